package javaregex

// This file defines the program that the matcher runs, and compiles it from the
// tree. It is compiled from the end, so that what follows an instruction is
// known.

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// opcode is what an instruction does. "Continues" means: at its next
// instruction.
type opcode uint8

const (
	opEnd       opcode = iota // the match is complete
	opAccept                  // a sub-match (of a lookahead, an atomic part …) is complete
	opBehindEnd               // opAccept, but only at the position where the lookbehind started
	opByte                    // matches the byte
	opText                    // matches the text
	opFoldText                // matches the ASCII text, ignoring case; it is stored in lower case
	opSet                     // matches a character of class
	opRun                     // matches min to max characters of class
	opBranch                  // jumps to one of branches
	opOpen                    // stores the position in local
	opClose                   // captures group from local to here
	opAssert                  // continues if the assertion holds
	opBackref
	opLineBreak
	opGrapheme
	opAtomic   // continues after the first match of sub
	opLook     // continues if sub matches (does not, if negative) ahead
	opBehind   // continues if sub matches (does not, if negative) behind
	opRepeat   // matches sub min to max times, each iteration being atomic
	opLoopInit // starts a loop
	opLoop     // ends an iteration of sub: starts another or continues
)

// inst is an instruction.
type inst struct {
	op       opcode
	repeat   repeatKind
	assert   assertion
	negative bool
	optional bool // for opRepeat: an empty iteration counts; for opRun: it may be empty
	leading  bool // for opRun: every match begins with it
	marks    bool // for opRun: moves machine.accepted, as an atomic iteration does
	ranged   bool // for opRun: its failures are remembered by range, see failedRun
	sure     bool // a search cannot fail from here on
	restore  bool // for opOpen and opLoopInit: the local must be restored on backtracking
	byte     byte

	byCharacter bool // for opBehind: min and max are characters, not UTF-16 units

	next, sub int32
	min, max  int32 // for opBehind: how far back
	group     int32 // -1 for none
	local     int32 // for opOpen, opClose; for a loop, where its iteration began, or -1
	count     int32 // for a loop: the local that counts iterations, -1 if no count matters
	memo      int32 // index in program.memos, -1 if failures are not remembered
	tried     int32 // for opLoop: index in machine.tried, -1 for none

	class    *charClass
	text     string
	branches []int32
	masks    *[256]uint64 // for opBranch: the branches that can begin with a byte
	atEnd    uint64       // for opBranch: the branches that can match at the end
	after    *byteSet     // what can come next after it; nil: anything
	into     *byteSet     // for opLoop: what can come next where sub starts; nil: anything
}

// memoPoint is an instruction whose failures can be remembered, with everything
// that they depend on.
type memoPoint struct {
	counts []memoCount
	groups []int32 // captures that a back reference may look at
	opens  []int32 // locals of groups that are open here
	starts []int32 // locals of the enclosing loops that an empty iteration ends, innermost last
}

// memoCount is the counter of an enclosing loop.
type memoCount struct{ local, cap int32 }

// program is a compiled pattern.
type program struct {
	insts  []inst
	start  int32
	begin  int32 // where an attempt starts: at start, or after the text or ^ that candidate has checked
	skip   int   // the length of that text in bytes
	groups int
	locals int
	names  map[string]int
	memos  []memoPoint

	// hasSuccess is true if a repetition captures again when the match
	// succeeds; see frameSuccess.
	hasSuccess bool
	// leaky is true if a failed attempt can leave visible traces: captures made
	// in an atomic part, or the position from which \b{g} looks. In that case,
	// no attempt that Java makes may be skipped.
	leaky bool
	// usesGraphemeBound is true if the pattern contains \b{g}.
	usesGraphemeBound bool
	// usesLastMatch is true if the pattern contains \G.
	usesLastMatch bool

	small     bool         // the program has no sub-matches, and most matches need few frames
	triedSets int          // number of sets in machine.tried
	minLength int          // in characters
	anchored  bool         // matches start only at the start of the input
	prefix    string       // every match starts with it
	required  string       // every match contains it
	needs     []*charClass // every match contains characters of these, in order
	firsts    *byteSet     // every match starts with one of these; nil: anything
	single    *charClass   // if not nil, the matches are the single characters of this class
}

// charClass is a set prepared for matching.
type charClass struct {
	ascii [utf8.RuneSelf]bool
	set   runeSet // the other characters
	// whether all or none of the other characters are in the set
	all, none bool
}

func newCharClass(set runeSet) *charClass {
	c := &charClass{}
	for _, r := range set {
		for b := r.lo; b <= min(r.hi, utf8.RuneSelf-1); b++ {
			c.ascii[b] = true
		}
	}
	c.set = intersect(set, rangeOf(utf8.RuneSelf, maxRune))
	c.none = len(c.set) == 0
	c.all = len(c.set) == 1 && c.set[0] == runeRange{utf8.RuneSelf, maxRune}
	return c
}

func (c *charClass) contains(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return c.ascii[r]
	case c.none:
		return false
	case c.all:
		return true
	}
	return c.set.contains(r)
}

// compiler builds a program.
type compiler struct {
	*program
	referenced map[int]bool              // groups that back references refer to
	classes    map[*runeRange]*charClass // keyed by the first range of their set
	setFirsts  map[*runeRange]*firstInfo // likewise
	// the state of the walk over the tree
	counts   []memoCount // counters of the enclosing loops
	opens    []int32     // locals of the enclosing groups that are referenced
	starts   []int32     // locals of the enclosing loops that an empty iteration ends
	inLoop   bool
	inBehind bool
}

// compile compiles a tree to a program.
func compile(t *tree) *program {
	c := newCompiler(t)
	c.compile(t.root)
	return c.program
}

func newCompiler(t *tree) *compiler {
	c := &compiler{
		program:    &program{groups: t.groups, names: t.names},
		referenced: map[int]bool{},
		classes:    map[*runeRange]*charClass{},
		setFirsts:  map[*runeRange]*firstInfo{},
	}
	c.survey(t.root, false)
	return c
}

func (c *compiler) compile(root *node) {
	end := c.emit(inst{op: opEnd})
	follow := nothing()
	c.start = c.node(root, end, &follow)
	c.analyze(root)
}

// survey records which groups back references refer to, whether the program is
// leaky, and how the matches of large sets can start.
func (c *compiler) survey(n *node, inAtom bool) {
	switch n.kind {
	case nodeSet:
		if len(n.set) > 16 { // one that many nodes may share
			if shared := c.setFirsts[&n.set[0]]; shared != nil {
				n.firsts = shared
			}
			c.setFirsts[&n.set[0]] = n.first()
		}
	case nodeBackref:
		c.referenced[n.group] = true
	case nodeGroup:
		c.leaky = c.leaky || inAtom && n.group > 0
	case nodeAssert:
		if n.assert == atGraphemeBound {
			c.leaky, c.usesGraphemeBound = true, true
		}
	case nodeLook, nodeAtomic:
		inAtom = true
	case nodeRepeat:
		if n.isAtomic() && !n.repeatsSet() {
			if body := n.subs[0]; n.capturesItself() {
				c.leaky = c.leaky || inAtom
				c.survey(body.subs[0], true)
				return
			}
			inAtom = true
		}
	}
	for _, sub := range n.subs {
		c.survey(sub, inAtom)
	}
}

// isAtomic reports whether each iteration of n is matched separately, see
// opRepeat.
func (n *node) isAtomic() bool {
	return !n.isLoop() && (!n.optional || n.subs[0].kind != nodeGroup || n.repeat == possessive)
}

// capturesItself reports whether the atomic repetition n itself sets the group
// of its body.
func (n *node) capturesItself() bool {
	return n.repeat != possessive && n.subs[0].kind == nodeGroup && n.subs[0].group > 0
}

// analyze collects information that speeds up a search.
func (c *compiler) analyze(root *node) {
	c.minLength = root.minLength()
	c.anchored = root.beginsAtBegin()
	c.gatherNeeds(root)
	c.begin = c.start
	c.small = len(c.insts) <= 16 && !slices.ContainsFunc(c.insts, func(in inst) bool { return in.op >= opAtomic })
	if c.leaky {
		return
	}
	if !root.first().empty {
		c.firsts = root.first().table()
	}
	if in := &c.insts[c.start]; in.op == opSet && c.insts[in.next].op == opEnd {
		c.single = in.class
	}
	var l literals
	l.walk(root)
	l.cut()
	c.prefix, c.required = string(l.prefix), string(l.longest)
	if len(c.required) == len(c.prefix) {
		c.required = ""
	}
	switch in := &c.insts[c.start]; {
	case in.op == opText && strings.HasPrefix(c.prefix, in.text):
		c.begin, c.skip = in.next, len(in.text)
	case in.op == opByte && c.prefix != "" && c.prefix[0] == in.byte:
		c.begin, c.skip = in.next, 1
	case in.op == opAssert && in.assert == atBegin:
		c.begin = in.next
	}
	if pc := c.start; c.prefix == "" && len(c.referenced) == 0 {
		for op := c.insts[pc].op; op == opOpen; op = c.insts[pc].op {
			pc = c.insts[pc].next
		}
		if in := &c.insts[pc]; in.op == opRun && in.max == unbounded && in.repeat != lazy {
			in.leading, in.optional = true, false
		}
	}
}

// beginsAtBegin reports whether n can match only at the start of the input.
func (n *node) beginsAtBegin() bool {
	switch n.kind {
	case nodeAssert:
		return n.assert == atBegin
	case nodeSeq, nodeGroup, nodeAtomic:
		return n.subs[0].beginsAtBegin()
	case nodeAlt:
		for _, sub := range n.subs {
			if !sub.beginsAtBegin() {
				return false
			}
		}
		return true
	}
	return false
}

func (c *compiler) emit(in inst) int32 {
	in.sure = c.isSure(&in)
	c.insts = append(c.insts, in)
	return int32(len(c.insts) - 1)
}

// isSure reports whether a search cannot fail from the instruction on.
func (c *compiler) isSure(in *inst) bool {
	switch in.op {
	case opEnd:
		return !c.leaky
	case opOpen, opClose:
		return c.insts[in.next].sure
	case opRun:
		return in.min == 0 && c.insts[in.next].sure
	case opBranch: // an alternative that is sure can start anywhere
		return slices.ContainsFunc(in.branches, func(pc int32) bool { return c.insts[pc].sure })
	}
	return false
}

func (c *compiler) newLocal() int32 {
	c.locals++
	return int32(c.locals - 1)
}

// newMemo creates a memo point for an instruction at this point of the walk. It
// returns -1 in a lookbehind, whose outcome depends on where it started.
func (c *compiler) newMemo() int32 {
	if c.inBehind {
		return -1
	}
	m := memoPoint{counts: slices.Clone(c.counts), opens: slices.Clone(c.opens), starts: slices.Clone(c.starts)}
	for group := range c.referenced {
		if group < c.groups {
			m.groups = append(m.groups, int32(group))
		}
	}
	c.memos = append(c.memos, m)
	return int32(len(c.memos) - 1)
}

func (c *compiler) class(set runeSet) *charClass {
	if len(set) == 0 {
		return newCharClass(set)
	}
	class, ok := c.classes[&set[0]]
	if !ok {
		class = newCharClass(set)
		c.classes[&set[0]] = class
	}
	return class
}

// node compiles n so that it continues at the instruction next; follow is what
// can come there. It returns the first instruction.
func (c *compiler) node(n *node, next int32, follow *firstInfo) int32 {
	switch n.kind {
	case nodeSet:
		return c.char(n, next)
	case nodeSeq:
		return c.sequence(n.subs, next, follow)
	case nodeAlt:
		return c.branch(n.subs, next, follow)
	case nodeGroup:
		return c.capture(n, next, follow, c.inLoop)
	case nodeRepeat:
		return c.repeat(n, next, follow)
	case nodeLook:
		return c.look(n, next)
	case nodeAtomic:
		return c.emit(inst{op: opAtomic, next: next, sub: c.atom(n.subs[0])})
	case nodeBackref:
		return c.emit(inst{op: opBackref, next: next, group: int32(n.group), optional: n.foldASCII, negative: n.foldUnicode})
	case nodeAssert:
		c.usesLastMatch = c.usesLastMatch || n.assert == atLastMatch
		return c.emit(inst{op: opAssert, next: next, assert: n.assert})
	case nodeLineBreak:
		return c.emit(inst{op: opLineBreak, next: next})
	case nodeGrapheme:
		return c.emit(inst{op: opGrapheme, next: next})
	}
	return next
}

// sequence compiles nodes one after the other. Adjacent characters become one
// text.
func (c *compiler) sequence(nodes []*node, next int32, follow *firstInfo) int32 {
	after := *follow
	for i := len(nodes); i > 0; {
		start := textStart(nodes[:i])
		if start < i-1 {
			next = c.text(nodes[start:i], next)
			after = *nodes[start].first()
			i = start
			continue
		}
		i--
		next = c.node(nodes[i], next, &after)
		after = nodes[i].first().then(&after)
	}
	return next
}

// textStart returns where the text at the end of nodes starts.
func textStart(nodes []*node) int {
	i := len(nodes)
	exact, folded := true, true
	for i > 0 {
		_, isExact := nodes[i-1].literalChar()
		isFolded := isExact && nodes[i-1].set[0].lo < utf8.RuneSelf && !isASCIILetter(nodes[i-1].set[0].lo) || nodes[i-1].isFoldedLetter()
		exact, folded = exact && isExact, folded && isFolded
		if !exact && !folded {
			break
		}
		i--
	}
	return i
}

// isFoldedLetter reports whether n matches an ASCII letter in either case.
func (n *node) isFoldedLetter() bool {
	return n.kind == nodeSet && len(n.set) == 2 && n.set[0].lo == n.set[0].hi && n.set[1].lo == n.set[1].hi &&
		isASCIILetter(n.set[0].lo) && n.set[1].lo == n.set[0].lo|0x20
}

func (c *compiler) text(nodes []*node, next int32) int32 {
	var text []byte
	op := opText
	for _, n := range nodes {
		if n.isFoldedLetter() {
			op = opFoldText
			text = append(text, byte(n.set[1].lo))
			continue
		}
		text = utf8.AppendRune(text, n.set[0].lo)
	}
	return c.emit(inst{op: op, text: string(text), next: next})
}

func (c *compiler) char(n *node, next int32) int32 {
	if r, ok := n.literalChar(); ok {
		if r < utf8.RuneSelf {
			return c.emit(inst{op: opByte, byte: byte(r), next: next})
		}
		return c.emit(inst{op: opText, text: string(r), next: next})
	}
	return c.emit(inst{op: opSet, class: c.class(n.set), next: next})
}

// branch compiles alternatives.
func (c *compiler) branch(subs []*node, next int32, follow *firstInfo) int32 {
	in := inst{op: opBranch, memo: c.newMemo()}
	if len(subs) <= 64 && !c.leaky {
		in.masks = new([256]uint64)
	}
	for i, sub := range subs {
		in.branches = append(in.branches, c.node(sub, next, follow))
		if in.masks == nil {
			continue
		}
		first := sub.first().then(follow)
		next := first.next()
		if next.hasEnd() {
			in.atEnd |= 1 << i
		}
		for b := range in.masks {
			if next.has(byte(b)) {
				in.masks[b] |= 1 << i
			}
		}
	}
	return c.emit(in)
}

// capture compiles a group that is not repeated by a loop.
func (c *compiler) capture(n *node, next int32, follow *firstInfo, restore bool) int32 {
	if n.group == 0 {
		return c.node(n.subs[0], next, follow)
	}
	local := c.newLocal()
	end := c.emit(inst{op: opClose, group: int32(n.group), local: local, next: next})
	return c.emit(inst{op: opOpen, local: local, restore: restore, next: c.groupBody(n, local, end, follow)})
}

func (c *compiler) groupBody(n *node, local, end int32, follow *firstInfo) int32 {
	opens := len(c.opens)
	if c.referenced[n.group] {
		c.opens = append(c.opens, local)
	}
	entry := c.node(n.subs[0], end, follow)
	c.opens = c.opens[:opens]
	return entry
}

// atom compiles a part that is matched separately: once it has matched, it is
// not backtracked into. Its outcome does not depend on the enclosing loops.
func (c *compiler) atom(n *node) int32 {
	counts, starts := c.counts, c.starts
	c.counts, c.starts = nil, nil
	unknown := anything()
	entry := c.node(n, c.emit(inst{op: opAccept}), &unknown)
	c.counts, c.starts = counts, starts
	return entry
}

func (c *compiler) look(n *node, next int32) int32 {
	if !n.behind {
		return c.emit(inst{op: opLook, next: next, negative: n.negative, sub: c.atom(n.subs[0])})
	}
	inBehind := c.inBehind
	c.inBehind = true
	unknown := anything()
	in := inst{op: opBehind, next: next, negative: n.negative, min: n.behindMin, max: n.behindMax, byCharacter: n.byCharacter}
	in.sub = c.node(n.subs[0], c.emit(inst{op: opBehindEnd}), &unknown)
	c.inBehind = inBehind
	return c.emit(in)
}

// repeat compiles a quantifier in one of the four ways in which Java matches
// it.
func (c *compiler) repeat(n *node, next int32, follow *firstInfo) int32 {
	body := n.subs[0]
	switch {
	case n.repeatsSet():
		return c.run(n, next, follow)
	case n.isLoop():
		return c.loop(n, next, follow)
	case !n.isAtomic():
		subs := []*node{body, {kind: nodeEmpty}}
		if n.repeat == lazy {
			subs[0], subs[1] = subs[1], subs[0]
		}
		return c.branch(subs, next, follow)
	}
	in := inst{
		op: opRepeat, repeat: n.repeat, min: int32(n.min), max: int32(n.max), optional: n.optional,
		group: -1, next: next, memo: c.newMemo(),
	}
	if n.capturesItself() {
		in.group = int32(body.group)
		c.hasSuccess = true
		opens := c.opens
		in.sub = c.atom(body.subs[0])
		c.opens = opens
	} else {
		in.sub = c.atom(body)
	}
	return c.emit(in)
}

// repeatsSet reports whether n repeats single characters, either without a
// group or in a non-capturing one.
func (n *node) repeatsSet() bool {
	body := n.subs[0]
	for body.kind == nodeGroup && body.group == 0 {
		body = body.subs[0]
	}
	return body.kind == nodeSet
}

// table returns what can come next where f starts, or nil, which means
// anything, if no attempt may be skipped.
func (c *compiler) table(f *firstInfo) *byteSet {
	if c.leaky {
		return nil
	}
	return f.table()
}

func (c *compiler) run(n *node, next int32, follow *firstInfo) int32 {
	body := n.subs[0]
	for body.kind == nodeGroup {
		body = body.subs[0]
	}
	in := inst{
		op: opRun, repeat: n.repeat, min: int32(n.min), max: int32(n.max), class: c.class(body.set),
		next: next, memo: -1, after: c.table(follow), marks: c.usesGraphemeBound && !n.isScan() && n.isAtomic(),
	}
	if next := follow.next(); in.repeat == greedy && !c.leaky && !next.meets(&body.first().bytes) {
		in.repeat = possessive // giving back a character cannot help
	}
	in.optional = in.min == 0 && in.repeat != lazy
	if in.repeat != possessive && in.min != in.max {
		in.memo = c.newMemo()
	}
	if in.memo >= 0 && in.max == unbounded && in.min <= 1 && !in.marks {
		point := &c.memos[in.memo]
		in.ranged = len(point.counts)+len(point.groups)+len(point.opens) == 0
	}
	return c.emit(in)
}

// loop compiles a repetition that can be backtracked into.
func (c *compiler) loop(n *node, next int32, follow *firstInfo) int32 {
	body := n.subs[0]
	in := inst{
		op: opLoop, repeat: n.repeat, min: int32(n.min), max: int32(n.max),
		next: next, local: -1, count: -1, tried: -1, after: c.table(follow),
	}
	if c.leaky && n.remembers {
		in.tried = int32(c.triedSets)
		c.triedSets++
	}
	nested, counts, starts := c.inLoop, len(c.counts), len(c.starts)
	c.inLoop = true
	if n.min > 1 || n.max != unbounded {
		in.count = c.newLocal()
		bound := in.max
		if bound == unbounded {
			bound = in.min
		}
		c.counts = append(c.counts, memoCount{in.count, bound})
	}
	in.memo = c.newMemo()
	if body.first().empty || body.group > 0 {
		in.local = c.newLocal()
	}
	if body.first().empty {
		c.starts = append(c.starts, in.local)
	}
	loop := c.emit(in)
	inner := *follow
	inner.bytes = inner.bytes.or(&body.first().bytes)
	end, entry := loop, int32(0)
	if body.group > 0 {
		end = c.emit(inst{op: opClose, group: int32(body.group), local: in.local, next: loop})
	}
	entry = c.groupBody(body, in.local, end, &inner)
	if in.local >= 0 {
		entry = c.emit(inst{op: opOpen, local: in.local, restore: true, next: entry})
	}
	bodyFirst := body.first().then(&inner)
	c.insts[loop].sub = entry
	c.insts[loop].into = c.table(&bodyFirst)
	if !body.first().empty {
		c.insts[loop].local = -1 // no iteration is empty
	}
	c.inLoop, c.counts, c.starts = nested, c.counts[:counts], c.starts[:starts]
	init := c.insts[loop]
	init.op, init.next, init.restore, init.memo = opLoopInit, loop, nested, -1
	return c.emit(init)
}
