package javaregex

// This file matches repetitions: runs over a set, loops that are backtracked
// into, and repetitions with atomic iterations, which capture in a way peculiar
// to Java.

import (
	"math/bits"
	"unicode/utf8"
)

func trailingZeros(mask uint64) int { return bits.TrailingZeros64(mask) }

// startRun matches a run of characters: the longest or, if the run is lazy, the
// shortest.
func (m *machine) startRun(pc int32, in *inst, pos int) (int32, int, bool) {
	if in.repeat == lazy {
		return m.startLazyRun(pc, in, pos)
	}
	if m.memo != nil && !m.memo.enter(m, in.memo, pos) {
		return 0, 0, false
	}
	if m.memo != nil && in.ranged {
		return m.rangedRun(pc, in, pos)
	}
	end, least, ok := m.scan(in, pos)
	if in.leading {
		m.runEnd = int32(end)
	}
	if in.marks && end > pos {
		m.accepted = int32(end)
	}
	if !ok {
		return 0, 0, false
	}
	if in.repeat == possessive || end == least || m.prog.insts[in.next].sure && !m.whole {
		return in.next, end, true
	}
	m.push(frameRun, pc, int32(least), int32(end), 0)
	if m.canBegin(in.after, end) {
		return in.next, end, true
	}
	return 0, 0, false // backtrack to the frame immediately
}

// rangedRun is like startRun, but for a greedy run that remembers where it has
// failed.
func (m *machine) rangedRun(pc int32, in *inst, pos int) (int32, int, bool) {
	known := m.memo.runs[in.memo]
	lo, hi := int(known.lo), int(known.hi)
	if lo <= pos && pos <= hi { // everything but an empty run has failed
		if in.leading {
			m.runEnd = known.hi
		}
		return in.next, pos, in.min == 0
	}
	stop := len(m.input)
	if pos < lo {
		stop = lo
	}
	end := m.scanAll(in.class, pos, stop)
	m.tick -= (end - pos) >> 4
	if end == pos {
		return in.next, pos, in.min == 0
	}
	_, width := m.charAt(pos)
	from, least := end, pos+width
	if end == lo { // the known failures are of the same run
		_, back := m.charBefore(end)
		from, end = end-back, hi
	}
	if in.leading {
		m.runEnd = int32(end)
	}
	if in.min == 0 {
		least = pos
	}
	if from < least {
		return 0, 0, false
	}
	m.push(frameFailedRun, pc, int32(pos+width), int32(end), 0)
	if from > least {
		m.push(frameRun, pc, int32(least), int32(from), 0)
	}
	return in.next, from, m.canBegin(in.after, from)
}

// markRun remembers that what follows a run has failed at all positions from lo
// to hi, or from lo to the end of the run's characters if hi is negative.
func (m *machine) markRun(in *inst, lo, hi int) {
	known := &m.memo.runs[in.memo]
	if hi < 0 {
		stop := len(m.input)
		if lo < int(known.lo) {
			stop = int(known.lo)
		}
		hi = m.scanAll(in.class, lo, stop)
		m.tick -= (hi - lo) >> 4
		if hi == int(known.lo) {
			hi = int(known.hi)
		}
	}
	if int(known.hi) != hi || lo < int(known.lo) {
		*known = failedRun{int32(lo), int32(hi)}
	}
}

// scan returns the ends of the longest and the shortest run from pos. It
// returns false if there is none.
func (m *machine) scan(in *inst, pos int) (end, least int, ok bool) {
	if in.max == unbounded && in.min <= 1 {
		end = m.scanAll(in.class, pos, len(m.input))
		m.tick -= (end - pos) >> 4
		switch {
		case in.min == 0:
			return end, pos, true
		case end == pos:
			return end, pos, false
		case m.input[pos] < utf8.RuneSelf:
			return end, pos + 1, true
		}
		_, width := m.charAt(pos)
		return end, pos + width, true
	}
	s, class, start := m.input, in.class, pos
	left, need := in.max, in.min
	least = pos
	for pos < len(s) && left > 0 {
		if b := s[pos]; b < utf8.RuneSelf {
			if !class.ascii[b] {
				break
			}
			pos++
		} else {
			r, width := m.charAt(pos)
			if !class.contains(r) {
				break
			}
			pos += width
		}
		left--
		if need > 0 {
			need--
			least = pos
		}
	}
	m.tick -= (pos - start) >> 4
	return pos, least, need == 0
}

// scanAll returns the end of the characters of class that start at pos, or stop
// if they go on beyond that.
func (m *machine) scanAll(class *charClass, pos, stop int) int {
	for s := m.input; pos < stop; {
		if b := s[pos]; b < utf8.RuneSelf {
			if !class.ascii[b] {
				return pos
			}
			pos++
			continue
		}
		r, width := m.charAt(pos)
		if !class.contains(r) {
			return pos
		}
		pos += width
	}
	return pos
}

// giveBack shortens the run of a frame by a character, or more if what follows
// cannot start there.
func (m *machine) giveBack(f *frame, pc int32) (int32, int, bool) {
	s, in := m.input, &m.prog.insts[pc]
	least, end := int(f.a), int(f.b)
	for from := end; ; {
		if s[end-1] < utf8.RuneSelf {
			end--
		} else {
			_, width := utf8.DecodeLastRuneInString(s[:end])
			end -= width
		}
		end = max(end, least)
		fits := in.after == nil || in.after.has(s[end])
		if end == least {
			m.depth--
			m.tick -= (from - end) >> 4
			return in.next, end, fits
		}
		if fits {
			f.b = int32(end)
			m.tick -= (from - end) >> 4
			return in.next, end, true
		}
	}
}

func (m *machine) startLazyRun(pc int32, in *inst, pos int) (int32, int, bool) {
	if m.memo != nil && in.memo >= 0 && !m.memo.enter(m, in.memo, pos) {
		return 0, 0, false
	}
	if m.memo != nil && in.ranged && pos < len(m.input) {
		if known := m.memo.runs[in.memo]; int(known.lo) <= pos && pos <= int(known.hi) {
			return in.next, pos, in.min == 0
		}
		if r, width := m.charAt(pos); in.class.contains(r) {
			m.push(frameFailedRun, pc, int32(pos+width), -1, 0)
		}
	}
	shortest := *in
	shortest.max = in.min
	end, _, ok := m.scan(&shortest, pos)
	if in.marks && end > pos {
		m.accepted = int32(end)
	}
	if !ok {
		return 0, 0, false
	}
	return m.lazyRun(pc, in, end, in.min)
}

// lazyRun continues after a run of count characters that ends at pos. If what
// follows cannot start there, it first takes more characters.
func (m *machine) lazyRun(pc int32, in *inst, pos int, count int32) (int32, int, bool) {
	if count > 0 && m.memo != nil && in.ranged {
		if known := m.memo.runs[in.memo]; int(known.lo) <= pos && pos <= int(known.hi) {
			return 0, 0, false
		}
	}
	s, start := m.input, pos
	if in.after != nil {
		for pos < len(s) && !in.after.has(s[pos]) {
			r, width := m.charAt(pos)
			if count == in.max || !in.class.contains(r) {
				return 0, 0, false
			}
			pos += width
			count++
		}
		m.tick -= (pos - start) >> 4
		if pos == len(s) && !in.after.hasEnd() {
			return 0, 0, false
		}
	}
	if count < in.max {
		m.push(frameLazyRun, pc, int32(pos), count, 0)
	}
	return in.next, pos, true
}

// extendRun takes one more character of a lazy run.
func (m *machine) extendRun(pc int32, pos int, count int32) (int32, int, bool) {
	in := &m.prog.insts[pc]
	if pos >= len(m.input) {
		return 0, 0, false
	}
	r, width := m.charAt(pos)
	if !in.class.contains(r) {
		return 0, 0, false
	}
	if in.marks {
		m.accepted = int32(pos + width)
	}
	return m.lazyRun(pc, in, pos+width, count+1)
}

// canBegin reports whether what comes at pos is in next. A nil next contains
// everything.
func (m *machine) canBegin(next *byteSet, pos int) bool {
	if next == nil {
		return true
	}
	if pos < len(m.input) {
		return next.has(m.input[pos])
	}
	return next.hasEnd()
}

// setLocal changes a local, and pushes a frame that restores it on
// backtracking.
func (m *machine) setLocal(local, value int32) {
	m.push(frameLocal, 0, local, m.locals[local], 0)
	m.locals[local] = value
}

// loopInit starts a loop.
func (m *machine) loopInit(in *inst, pos int) (int32, bool) {
	after := m.prog.insts[in.next].next
	if in.count >= 0 {
		if in.restore {
			m.push(frameLocal, 0, in.count, m.locals[in.count], 0)
		}
		m.locals[in.count] = 1
	}
	switch {
	case in.min > 0:
		return in.sub, true
	case in.max == 0 || !m.canBegin(in.into, pos):
		return after, true
	case in.repeat == lazy:
		m.push(frameAlt, in.sub, int32(pos), 0, 0)
		return after, true
	}
	m.push(frameAlt, after, int32(pos), 0, 0)
	return in.sub, true
}

// loop ends an iteration. An empty one ends the loop, whatever its count.
func (m *machine) loop(pc int32, in *inst, pos int) (int32, bool) {
	if in.local >= 0 && pos <= int(m.locals[in.local]) {
		return in.next, true
	}
	if m.memo != nil && in.memo >= 0 && !m.memo.enter(m, in.memo, pos) {
		return 0, false
	}
	if in.count >= 0 {
		count := m.locals[in.count]
		if count < in.min {
			m.setLocal(in.count, count+1)
			return in.sub, true
		}
		if count >= in.max {
			return in.next, true
		}
	}
	if !m.canBegin(in.into, pos) {
		return in.next, true
	}
	if in.repeat == lazy {
		m.push(frameLazyLoop, pc, int32(pos), 0, 0)
		return in.next, true
	}
	switch {
	case in.tried >= 0 && m.tried[in.tried][pos/64]>>(pos%64)&1 != 0:
		return in.next, true
	case in.tried >= 0:
		m.push(frameTriedLoop, pc, int32(pos), 0, 0)
	case m.canBegin(in.after, pos):
		m.push(frameAlt, in.next, int32(pos), 0, 0)
	}
	return m.iterate(in)
}

// iterate starts another iteration of a loop.
func (m *machine) iterate(in *inst) (int32, bool) {
	if in.count >= 0 {
		m.setLocal(in.count, m.locals[in.count]+1)
	}
	return in.sub, true
}

// enter starts a sub-match.
func (m *machine) enter(b barrier) {
	b.frame = int32(m.depth)
	m.push(frameBarrier, 0, 0, 0, 0)
	if m.nested == len(m.barriers) {
		longer := make([]barrier, 2*m.nested+8)
		copy(longer, m.barriers)
		m.barriers = longer
	}
	m.barriers[m.nested] = b
	m.nested++
}

// leave ends the innermost sub-match.
func (m *machine) leave() barrier {
	m.nested--
	return m.barriers[m.nested]
}

// accept ends a sub-match that has succeeded at pos, and drops its frames.
func (m *machine) accept(pos int) (int32, int, bool) {
	b := m.leave()
	if m.prog.hasSuccess {
		m.succeed(int(b.frame))
	}
	m.depth = int(b.frame)
	in := &m.prog.insts[b.pc]
	if in.op == opBehind {
		m.behindTo = b.behindTo
		return in.next, int(b.pos), !in.negative
	}
	m.accepted = int32(pos)
	switch in.op {
	case opAtomic:
		return in.next, pos, true
	case opRepeat:
		return m.iterated(in, b, pos)
	}
	return in.next, int(b.pos), !in.negative
}

// subFailed ends a sub-match that has failed; its frame has been popped.
func (m *machine) subFailed() (int32, int, bool) {
	b := m.leave()
	in := &m.prog.insts[b.pc]
	switch in.op {
	case opRepeat:
		if in.repeat == lazy || b.count < in.min {
			return 0, 0, false
		}
		return m.afterRepeat(in, b.length > 0), int(b.pos), true
	case opBehind:
		return m.behindStep(in, b)
	}
	return in.next, int(b.pos), in.negative
}

// startRepeat starts a repetition with atomic iterations.
func (m *machine) startRepeat(pc int32, in *inst, pos int) (int32, int, bool) {
	if m.memo != nil && in.memo >= 0 && !m.memo.enter(m, in.memo, pos) {
		return 0, 0, false
	}
	return m.nextIteration(in, barrier{pc: pc, pos: int32(pos)})
}

// nextIteration starts an iteration at b.pos, or continues after the
// repetition.
func (m *machine) nextIteration(in *inst, b barrier) (int32, int, bool) {
	if b.count >= in.min && in.repeat == lazy {
		m.push(frameLazyRepeat, b.pc, b.pos, b.count, 0)
		return in.next, int(b.pos), true
	}
	if b.count >= in.max {
		return m.afterRepeat(in, b.length > 0), int(b.pos), true
	}
	m.enter(b)
	return in.sub, int(b.pos), true
}

// lazyIteration starts an iteration that a lazy repetition has postponed.
func (m *machine) lazyIteration(pc int32, pos int, count int32) (int32, int, bool) {
	in := &m.prog.insts[pc]
	if count >= in.max {
		return 0, 0, false
	}
	m.enter(barrier{pc: pc, pos: int32(pos), count: count})
	return in.sub, pos, true
}

// afterRepeat continues after a repetition. When everything that follows has
// matched, Java captures the last iteration again if more than one iteration
// since the last change of length could be given back. This is visible in the
// captures of an enclosing loop.
func (m *machine) afterRepeat(in *inst, again bool) int32 {
	if again && in.group >= 0 {
		m.push(frameSuccess, 0, in.group, m.groups[2*in.group], m.groups[2*in.group+1])
	}
	return in.next
}

// iterated ends an iteration that has matched from b.pos to end.
func (m *machine) iterated(in *inst, b barrier, end int) (int32, int, bool) {
	length := int32(m.units(int(b.pos), end))
	optional := b.count >= in.min
	switch {
	case optional && length == 0:
		return in.next, end, in.repeat != lazy || in.optional
	case optional && in.repeat == greedy:
		again := int32(0)
		if b.length == length {
			again = 1
		}
		m.push(frameRepeat, b.pc, b.pos, again, 0)
		b.length = length
	}
	if in.group >= 0 {
		m.capture(in.group, b.pos, int32(end), false)
	}
	b.pos = int32(end)
	b.count++
	return m.nextIteration(in, b)
}
