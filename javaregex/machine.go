package javaregex

// This file implements the matcher: a loop over instructions with its own
// stack, so that neither pattern nor input can exhaust Go's, and a budget for
// everything it does.

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// frameKind is what the matcher does when it backtracks to a frame.
type frameKind uint32

const (
	frameAlt        frameKind = iota // continue at pc, position a
	frameBranch                      // try the branches left in mask b, c at position a
	frameBranchAt                    // try the branches from b on at position a
	frameLocal                       // restore local a to b
	frameGroup                       // restore group a to b, c
	frameMark                        // remember that the memo key a, b fails
	frameFailedRun                   // remember that all positions from a to b fail after a run
	frameBarrier                     // a sub-match has failed
	frameRun                         // give back a character of a run that ends at b, and not before a
	frameLazyRun                     // take one more character at a; the run has b characters so far
	frameRepeat                      // continue after an iteration that ended at a; capture on success if b
	frameLazyRepeat                  // start iteration b at a
	frameTriedLoop                   // record that the loop's body has failed at a, and continue after it
	frameLazyLoop                    // start another iteration at a
	frameSuccess                     // nothing; but if the match succeeds, set group a to b, c
)

// frame is an entry of the stack: its kind in the low byte of op, a pc above it.
type frame struct {
	op      uint32
	a, b, c int32
}

const frameBytes = 16

// barrier is a sub-match in progress.
type barrier struct {
	frame    int32 // index in the stack of its frameBarrier
	pc       int32 // the instruction that started it
	pos      int32 // where it started
	count    int32 // for opRepeat: iterations done
	length   int32 // for opRepeat: length of the iterations since it last changed, 0 for none yet
	behindTo int32 // for opBehind: the outer machine.behindTo
	at, left int32 // for opBehind: the current start of the sub-match, and how many steps back are left
}

// pauseEvery is how many steps pass between two checks of the budget and the
// context.
const pauseEvery = 2048

// machine matches one program against one input. It lives on the stack of the
// call: the workspace there is enough for most patterns, and the machine
// allocates only what exceeds it. The caller creates results and errors, so
// that nothing escapes to the heap.
type machine struct {
	prog     *program
	input    string
	stack    []frame // those below depth are in use
	depth    int
	barriers []barrier // those below nested are in use
	nested   int
	locals   []int32
	groups   []int32
	dirty    bool // groups were set without a frame to restore them

	whole    bool  // the match must end at the end of the input
	last     int32 // where the previous match ended, for \G
	accepted int32 // where the latest sub-match ended, or the previous match: \b{g} looks from there
	behindTo int32 // where the current lookbehind must end
	runEnd   int32 // where the leading run of this attempt ended, -1 if there was none

	done     <-chan struct{} // done channel of the context; keeping the context would move the machine to the heap
	limits   *Limits
	begun    int        // where the current attempt started
	hopeless bool       // no match starts in the rest of the input
	slow     bool       // the call has taken many steps
	tick     int        // steps to the next pause
	spent    int        // steps before the last pause
	ended    Budget     // what ended the match, "" if nothing has
	end      time.Time  // the context's deadline, if it has one
	paused   *time.Time // time of the first pause; most matches never check the clock

	memo *memo // nil until the match has taken many steps
	// tried holds the positions at which the body of a loop has failed, one bit
	// each. Java continues after the loop there, which in a leaky program
	// differs from trying again.
	tried    [][]uint64
	hasTried bool // whether tried holds any position
}

// workspace is the memory that is enough for most matches.
type workspace struct {
	stack    [20]frame
	barriers [2]barrier
	locals   [8]int32
}

// begin prepares the machine for searches of one input, which share a budget. It allocates the
// slices that do not fit in the memory provided by the caller.
func (m *machine) begin(ctx context.Context, p *Pattern, input string) error {
	m.prog, m.limits = p.prog, &p.limits
	m.done, m.input, m.tick = ctx.Done(), input, pauseEvery
	m.end, _ = ctx.Deadline()
	if n := m.prog.locals; n > len(m.locals) {
		m.locals = make([]int32, n)
	}
	if n := 2 * m.prog.groups; n > len(m.groups) {
		m.groups = make([]int32, n)
	} else {
		m.groups = m.groups[:n]
	}
	if len(input) > m.limits.Input {
		return &BudgetError{BudgetInput, m.limits.Input}
	}
	if m.done == nil && m.end.IsZero() {
		return nil // the context never ends
	}
	return ctx.Err()
}

// grow enlarges the stack: it doubles, but beyond the limit only by what can be
// pushed before the next pause.
func (m *machine) grow() {
	length := 2*len(m.stack) + 64
	if most := m.limits.Memory/frameBytes + 4*pauseEvery; length > most && len(m.stack) < most {
		length = most
	}
	longer := make([]frame, length)
	copy(longer, m.stack)
	m.stack = longer
}

// pause checks the budget and the context. It returns false if the match must
// end.
func (m *machine) pause() bool {
	m.spent += pauseEvery - m.tick
	m.tick = pauseEvery
	now := time.Now()
	if m.paused == nil {
		m.paused = &now
	}
	switch {
	case m.ended != "":
	case m.spent > m.limits.Steps:
		m.ended = BudgetSteps
	case m.depth*frameBytes+m.memo.size() > m.limits.Memory:
		m.ended = BudgetMemory
	case now.Sub(*m.paused) > m.limits.Time:
		m.ended = BudgetTime
	case !m.end.IsZero() && now.After(m.end):
		m.ended = budgetContext
	default:
		select {
		case <-m.done:
			m.ended = budgetContext
		default:
		}
	}
	if !m.slow && m.spent >= 2*pauseEvery {
		m.slow = true
		m.hopeless = m.isHopeless(m.begun)
	}
	if m.memo == nil && m.spent >= m.memoThreshold() {
		m.memo = newMemo(m)
	}
	return m.ended == "" && !m.hopeless
}

// memoThreshold returns the number of steps after which failures are
// remembered: a typical match ends sooner. In a leaky program, the captures of
// a failed attempt can persist, which a remembered failure would not repeat;
// there, failures are remembered only if the match would otherwise probably
// never end.
func (m *machine) memoThreshold() int {
	if m.prog.leaky {
		return min(m.limits.Steps/8, 400_000)
	}
	return 4096
}

// search finds the first match that starts at start or later. It returns -1 if
// there is none.
func (m *machine) search(start int) int {
	p := m.prog
	for i := range m.groups {
		m.groups[i] = -1
	}
	m.dirty = false
	if m.prog.triedSets > 0 {
		m.forgetTried()
	}
	if p.required != "" && !strings.Contains(m.input[start:], p.required) {
		return -1
	}
	for pos := start; ; {
		if pos = m.candidate(pos); pos < 0 {
			return -1
		}
		if m.attempt(pos) {
			return pos
		}
		if m.ended != "" || m.hopeless || p.anchored {
			return -1
		}
		if end := int(m.runEnd); end > pos {
			pos = end // an attempt that starts within the run would fail like this one
		}
		if pos >= len(m.input) {
			return -1
		}
		pos += runeWidth(m.input, pos)
	}
}

// matchAll matches the whole input.
func (m *machine) matchAll() bool {
	for i := range m.groups {
		m.groups[i] = -1
	}
	m.dirty = false
	if m.prog.triedSets > 0 {
		m.forgetTried()
	}
	return m.attempt(0)
}

// forgetTried clears the positions at which loops have failed.
func (m *machine) forgetTried() {
	switch {
	case m.tried == nil:
		m.tried = make([][]uint64, m.prog.triedSets)
		for i := range m.tried {
			m.tried[i] = make([]uint64, len(m.input)/64+1)
		}
	case m.hasTried:
		for i := range m.tried {
			clear(m.tried[i])
			m.tick -= len(m.tried[i]) >> 4
		}
	}
	m.hasTried = false
}

// candidate returns the first position from pos on at which a match may start,
// or -1.
func (m *machine) candidate(pos int) int {
	p, s := m.prog, m.input
	switch {
	case len(s)-pos < p.minLength || p.anchored && pos > 0:
		return -1
	case p.anchored:
		return pos
	case p.prefix != "":
		i := strings.Index(s[pos:], p.prefix)
		if i < 0 {
			return -1
		}
		return pos + i
	case p.firsts != nil:
		start := pos
		for pos < len(s) && !p.firsts.has(s[pos]) {
			if s[pos] < utf8.RuneSelf {
				pos++
			} else {
				pos += runeWidth(s, pos)
			}
		}
		m.tick -= (pos - start) >> 4
		if len(s)-pos < max(p.minLength, 1) {
			return -1
		}
	}
	return pos
}

// runeWidth returns the length in bytes of the character at i, or 1 for a byte
// that does not start a character.
func runeWidth(s string, i int) int {
	if i >= len(s) || s[i] < utf8.RuneSelf {
		return 1
	}
	_, width := utf8.DecodeRuneInString(s[i:])
	return width
}

// attempt tries to match from pos on. If it succeeds, it sets group 0.
func (m *machine) attempt(pos int) bool {
	m.depth, m.nested = 0, 0
	m.runEnd, m.begun, m.hopeless = -1, pos, false
	if m.dirty {
		for i := range m.groups {
			m.groups[i] = -1
		}
		m.dirty = false
	}
	end := 0
	if m.whole {
		end = m.run(m.prog.start, pos)
	} else {
		end = m.run(m.prog.begin, pos+m.prog.skip)
	}
	if end < 0 {
		return false
	}
	if m.prog.hasSuccess {
		m.succeed(0)
	}
	m.groups[0], m.groups[1] = int32(pos), int32(end)
	return true
}

// succeed sets the groups that the frames of kind frameSuccess record, from the
// latest frame down to the one at base.
func (m *machine) succeed(base int) {
	for i := m.depth - 1; i >= base; i-- {
		if f := &m.stack[i]; frameKind(f.op&0xFF) == frameSuccess {
			m.groups[2*f.a], m.groups[2*f.a+1] = f.b, f.c
		}
	}
}

func (m *machine) push(kind frameKind, pc, a, b, c int32) {
	if m.depth == len(m.stack) {
		m.grow()
	}
	m.stack[m.depth] = frame{uint32(kind) | uint32(pc)<<8, a, b, c}
	m.depth++
}

// run executes from pc at position pos. It returns the end of the match, or -1.
// It is one loop over the table of instructions: function calls for the common
// ones would double their cost.
func (m *machine) run(pc int32, pos int) int { //nolint:cyclop,funlen // a table of the instructions
	s, insts := m.input, m.prog.insts
	for {
		if m.tick--; m.tick < 0 && !m.pause() {
			return -1
		}
		in := &insts[pc]
		ok := false
		switch in.op {
		case opByte:
			if ok = pos < len(s) && s[pos] == in.byte; ok {
				pc, pos = in.next, pos+1
			}
		case opText:
			m.tick -= len(in.text) >> 6
			if ok = len(s)-pos >= len(in.text) && s[pos:pos+len(in.text)] == in.text; ok {
				pc, pos = in.next, pos+len(in.text)
			}
		case opFoldText:
			m.tick -= len(in.text) >> 6
			if ok = hasFoldedPrefix(s[pos:], in.text); ok {
				pc, pos = in.next, pos+len(in.text)
			}
		case opSet:
			if pos < len(s) {
				if b := s[pos]; b < utf8.RuneSelf {
					if ok = in.class.ascii[b]; ok {
						pc, pos = in.next, pos+1
					}
				} else if r, width := m.charAt(pos); in.class.contains(r) {
					ok, pc, pos = true, in.next, pos+width
				}
			}
		case opRun:
			if in.optional && (pos == len(s) || s[pos] < utf8.RuneSelf && !in.class.ascii[s[pos]]) {
				pc, ok = in.next, true // an empty run
			} else {
				pc, pos, ok = m.startRun(pc, in, pos)
			}
		case opBranch:
			pc, ok = m.branch(pc, in, pos)
		case opOpen:
			if in.restore && m.depth > 0 {
				m.push(frameLocal, 0, in.local, m.locals[in.local], 0)
			}
			m.locals[in.local] = int32(pos)
			pc, ok = in.next, true
		case opClose:
			m.capture(in.group, m.locals[in.local], int32(pos), in.sure && !m.whole)
			pc, ok = in.next, true
		case opAssert:
			if pc = in.next; in.assert == atWordBoundary {
				ok = m.wordBoundary(pos, false)
			} else {
				ok = m.assert(in.assert, pos)
			}
		case opLoopInit:
			pc, ok = m.loopInit(in, pos)
		case opLoop:
			pc, ok = m.loop(pc, in, pos)
		case opEnd:
			if !m.whole || pos == len(s) {
				return pos
			}
		case opBehindEnd:
			if pos == int(m.behindTo) {
				pc, pos, ok = m.accept(pos)
			}
		case opAccept:
			pc, pos, ok = m.accept(pos)
		default:
			pc, pos, ok = m.rare(pc, in, pos)
		}
		if !ok {
			if pc, pos = m.backtrack(); pc < 0 {
				return -1
			}
		}
	}
}

// rare executes the instructions that only few patterns contain.
func (m *machine) rare(pc int32, in *inst, pos int) (int32, int, bool) {
	switch in.op {
	case opBackref:
		end, ok := m.backref(in, pos)
		return in.next, end, ok
	case opLineBreak:
		return m.lineBreak(in, pos)
	case opGrapheme:
		if pos >= len(m.input) {
			return 0, 0, false
		}
		return in.next, m.nextGrapheme(pos, len(m.input)), true
	case opAtomic, opLook:
		m.enter(barrier{pc: pc, pos: int32(pos)})
		return in.sub, pos, true
	case opBehind:
		return m.behind(pc, in, pos)
	}
	return m.startRepeat(pc, in, pos)
}

// hasFoldedPrefix reports whether s starts with text, ignoring case. text is
// ASCII in lower case.
func hasFoldedPrefix(s, text string) bool {
	last := len(text) - 1
	if len(s) <= last || !foldsTo(s[last], text[last]) { // compare the last byte first, because long texts often start alike
		return false
	}
	for i := range last {
		if !foldsTo(s[i], text[i]) {
			return false
		}
	}
	return true
}

func foldsTo(c, want byte) bool {
	return c == want || c|0x20 == want && 'a' <= want && want <= 'z'
}

// capture sets a group. If the match may still backtrack, it pushes a frame to
// undo this. Without frames to backtrack to, the next attempt clears the
// groups, except in a leaky program, where captures outlive their attempt.
func (m *machine) capture(group, start, end int32, sure bool) {
	g := m.groups[2*group : 2*group+2 : 2*group+2]
	if !sure && (m.depth > 0 || m.prog.leaky) {
		m.push(frameGroup, 0, group, g[0], g[1])
	} else {
		m.dirty = true
	}
	g[0], g[1] = start, end
}

// branch starts an alternation: only branches that can start with the next byte
// are tried.
func (m *machine) branch(pc int32, in *inst, pos int) (int32, bool) {
	if m.memo != nil && !m.memo.enter(m, in.memo, pos) {
		return 0, false
	}
	if in.masks == nil {
		m.push(frameBranchAt, pc, int32(pos), 1, 0)
		return in.branches[0], true
	}
	mask := in.atEnd
	if pos < len(m.input) {
		mask = in.masks[m.input[pos]]
	}
	if mask != 0 && mask&(mask-1) == 0 {
		return in.branches[trailingZeros(mask)], true
	}
	return m.nextBranch(pc, in, pos, mask)
}

// nextBranch continues with the first branch in mask, and keeps the others for
// later.
func (m *machine) nextBranch(pc int32, in *inst, pos int, mask uint64) (int32, bool) {
	if mask == 0 {
		return 0, false
	}
	first := trailingZeros(mask)
	if mask &= mask - 1; mask != 0 {
		m.push(frameBranch, pc, int32(pos), int32(uint32(mask)), int32(uint32(mask>>32)))
	}
	return in.branches[first], true
}

// backtrack pops frames until one offers another way to continue. It returns pc
// -1 if none does.
func (m *machine) backtrack() (int32, int) {
	for m.depth > 0 {
		f := &m.stack[m.depth-1]
		kind, pc := frameKind(f.op&0xFF), int32(f.op>>8)
		if kind == frameRun {
			if pc, pos, ok := m.giveBack(f, pc); ok {
				return pc, pos
			}
			continue
		}
		a, b, c := f.a, f.b, f.c
		m.depth--
		ok, pos := false, int(a)
		switch kind {
		case frameAlt:
			return pc, pos
		case frameLocal:
			m.locals[a] = b
		case frameGroup:
			m.groups[2*a], m.groups[2*a+1] = b, c
		case frameMark:
			m.memo.mark(m, uint64(uint32(a))|uint64(uint32(b))<<32)
		case frameFailedRun:
			m.markRun(&m.prog.insts[pc], pos, int(b))
		case frameBranch:
			pc, ok = m.nextBranch(pc, &m.prog.insts[pc], pos, uint64(uint32(b))|uint64(uint32(c))<<32)
		case frameBranchAt:
			branches := m.prog.insts[pc].branches
			if int(b)+1 < len(branches) {
				m.push(frameBranchAt, pc, a, b+1, 0)
			}
			pc, ok = branches[b], true
		case frameLazyRun:
			pc, pos, ok = m.extendRun(pc, pos, b)
		case frameTriedLoop:
			in := &m.prog.insts[pc]
			m.tried[in.tried][pos/64] |= 1 << (pos % 64)
			m.hasTried = true
			return in.next, pos
		case frameLazyLoop:
			pc, ok = m.iterate(&m.prog.insts[pc])
		case frameRepeat:
			pc, ok = m.afterRepeat(&m.prog.insts[pc], b != 0), true
		case frameLazyRepeat:
			pc, pos, ok = m.lazyIteration(pc, pos, b)
		case frameBarrier:
			pc, pos, ok = m.subFailed()
		}
		if ok {
			return pc, pos
		}
	}
	return -1, 0
}
