package freemarker

// White space stripping: lines that only contain directives leave no line break
// and no indentation behind, and <#t>, <#lt>, <#rt> and <#nt> trim or keep
// their line. The rules are those of the reference, which compares the lines on
// which adjacent nodes start and end.

import (
	"strings"
	"unicode/utf8"
)

// strip strips a template's content and returns it as one node.
func (p *parser) strip(kids []node) node {
	root := asSingle(kids)
	if p.tagged || p.lx.line > 1 || p.lx.prev != 0 { // there is white space to strip
		link(root, nil, 0)
		s := &stripper{strip: p.stripSpace, trims: p.trims, steps: 500_000}
		root = s.cleanUp(root)
		b := root.base()
		b.parent, b.index = nil, 0
		if s.blank != nil {
			root = s.blank
		}
	}
	return root
}

// stripper strips one template.
type stripper struct {
	strip bool
	trims bool // the template has trim directives
	steps int  // how many more nodes it may look at
	blank node // the result if a line cannot be trimmed
}

// blankLineNode fails when it runs. It replaces a line to trim that contains
// only spaces, some of which are not ASCII, because the reference cannot load
// such a template.
type blankLineNode struct{ element }

func (n *blankLineNode) exec(*env) error {
	return otherError(n.pos, "a line to trim contains only spaces, some of which are not ASCII")
}

// look counts a node that the stripper looks at, and returns true. It panics
// with a *ParseError after too many, because a line with many thousands of
// directives would take quadratic time.
func (s *stripper) look(n node) bool {
	s.steps--
	if s.steps < 0 {
		panic(&ParseError{
			Line: int(n.base().line), Column: int(n.base().col), Limit: true,
			Message: "there are too many directives on one line",
		})
	}
	return true
}

// link sets the parent and the index of n and of everything in it.
func link(n, parent node, index int) {
	b := n.base()
	b.parent, b.index = parent, int32(index)
	for i, k := range children(n) {
		link(k, n, i)
	}
}

// cleanUp strips n and everything in it, and returns its replacement.
func (s *stripper) cleanUp(n node) node {
	if t, ok := n.(*textNode); ok {
		if s.strip || s.trims {
			s.stripText(t)
		}
		return n
	}
	if f, ok := n.(*ifNode); ok && len(f.kids) == 1 {
		block := f.kids[0].(*blockNode)
		block.endLine = f.endLine
		return s.cleanUp(block)
	}
	if g := n.inside(); g != nil {
		for i, k := range g.kids {
			k = s.cleanUp(k)
			g.kids[i] = k
			k.base().parent, k.base().index = n, int32(i)
		}
		s.dropIgnorable(g)
	}
	switch n := n.(type) {
	case *macroNode:
		if len(n.kids) > 0 {
			if r, ok := n.kids[len(n.kids)-1].(*returnNode); ok {
				r.last = true
			}
		}
	case *blockNode:
		if n.kind == blockMixed && len(n.kids) == 1 {
			return n.kids[0]
		}
	}
	return n
}

// dropIgnorable removes the children that can be dropped after stripping.
// Whether a child can be dropped depends on the last child that was kept, and
// on the next child, which may itself be dropped later.
func (s *stripper) dropIgnorable(g *group) {
	kept := g.kids[:0]
	var before node
	for i, k := range g.kids {
		var after node
		if i+1 < len(g.kids) {
			after = g.kids[i+1]
		}
		if ignorable(k, before, after, s.strip) {
			continue
		}
		k.base().index = int32(len(kept))
		kept = append(kept, k)
		before = k
	}
	clear(g.kids[len(kept):])
	g.kids = kept
}

// ignorable reports whether a node between two others can be dropped.
func ignorable(n, before, after node, strip bool) bool {
	switch n := n.(type) {
	case *textNode:
		return n.ignorable(before, after, strip)
	case *silentNode:
		return n.kind == silentTrim
	case *compressNode:
		return len(n.kids) == 0
	case *blockNode:
		switch n.kind {
		case blockMixed, blockOutputFormat, blockAutoEsc:
			return len(n.kids) == 0
		}
	}
	return false
}

func previous(n node) node {
	b := n.base()
	if b.parent == nil || b.index == 0 {
		return nil
	}
	return children(b.parent)[b.index-1]
}

func following(n node) node {
	b := n.base()
	if b.parent == nil {
		return nil
	}
	kids := children(b.parent)
	if int(b.index)+1 >= len(kids) {
		return nil
	}
	return kids[b.index+1]
}

// prevLeaf returns the leaf before n in the source. Macros and captured blocks
// count as leaves.
func prevLeaf(n node) node {
	for n != nil {
		if s := previous(n); s != nil {
			for !isLeaf(s) {
				kids := children(s)
				s = kids[len(kids)-1]
			}
			return s
		}
		n = n.base().parent
	}
	return nil
}

func nextLeaf(n node) node {
	for n != nil {
		if s := following(n); s != nil {
			for !isLeaf(s) {
				s = children(s)[0]
			}
			return s
		}
		n = n.base().parent
	}
	return nil
}

func isLeaf(n node) bool {
	switch n.(type) {
	case *macroNode, *blockAssignNode:
		return true
	}
	return len(children(n)) == 0
}

// blank reports whether s consists of control characters and spaces.
func blank(s string) bool {
	for i := range len(s) {
		if s[i] > ' ' {
			return false
		}
	}
	return true
}

// firstBreak returns the index of the first line break in s, or -1.
func firstBreak(s string) int {
	for i := range len(s) {
		if s[i] == '\n' || s[i] == '\r' {
			return i
		}
	}
	return -1
}

// lastBreak returns the index of the last line break in s, or -1.
func lastBreak(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '\n' || s[i] == '\r' {
			return i
		}
	}
	return -1
}

func (s *stripper) stripText(t *textNode) {
	if t.text == "" {
		return
	}
	keepLeft := s.trims && s.trimBefore(t)
	keepRight := s.trims && s.trimAfter(t)
	if !s.strip || t.text == "" || t.topLevel() && previous(t) == nil {
		return
	}
	head, tail := 0, 0
	if !keepLeft {
		tail = s.tailToStrip(t)
	}
	if !keepRight {
		head = s.headToStrip(t)
	}
	if head == 0 && tail == 0 {
		return
	}
	t.text = t.text[head : len(t.text)-tail]
	if head > 0 {
		t.line++
		t.col = 1
	}
}

// topLevel reports whether a text is directly in the template.
func (t *textNode) topLevel() bool {
	if t.parent == nil {
		return true
	}
	b, ok := t.parent.(*blockNode)
	return ok && b.kind == blockMixed && b.parent == nil
}

// trimBefore applies the trim directives that follow the text on its last line.
// It reports whether there are any.
func (s *stripper) trimBefore(t *textNode) bool {
	found := false
	for n := nextLeaf(t); n != nil && n.base().line == t.endLine && s.look(n); n = nextLeaf(n) {
		trim, ok := n.(*silentNode)
		if !ok || trim.kind != silentTrim {
			continue
		}
		if !trim.left && !trim.right {
			found = true
		}
		if !trim.left {
			continue
		}
		found = true
		last := lastBreak(t.text)
		if last < 0 && t.col != 1 {
			continue
		}
		line := t.text[last+1:]
		if blank(line) {
			t.text = t.text[:last+1]
			continue
		}
		printable := trimLeftSpace(line)
		if printable == "" {
			s.blank = &blankLineNode{element{pos: t.pos}}
		}
		t.text = t.text[:last+1] + printable
	}
	return found
}

func trimLeftSpace(s string) string {
	for len(s) > 0 {
		r, n := decodeUnit(s)
		if !isJavaSpace(r) {
			break
		}
		s = s[n:]
	}
	return s
}

// trimRightSpace cuts white space from the end of s.
func trimRightSpace(s string) string {
	return strings.TrimRightFunc(s, isJavaSpace)
}

// trimAfter applies the trim directives that come before the text on its first
// line. It reports whether there are any, or false if the text to trim has no
// line break.
func (s *stripper) trimAfter(t *textNode) bool {
	found := false
	for n := prevLeaf(t); n != nil && n.base().endLine == t.line && s.look(n); n = prevLeaf(n) {
		trim, ok := n.(*silentNode)
		if !ok || trim.kind != silentTrim {
			continue
		}
		if !trim.left && !trim.right {
			found = true
		}
		if !trim.right {
			continue
		}
		found = true
		end := firstBreak(t.text) + 1
		if end == 0 {
			return false
		}
		if end < len(t.text) && t.text[end-1] == '\r' && t.text[end] == '\n' {
			end++
		}
		opening, rest := t.text[:end], t.text[end:]
		if blank(opening) {
			t.text = rest
			t.line++
			t.col = 1
			continue
		}
		if blank(rest) && s.trimsRest(t) {
			rest = ""
		}
		printable := trimRightSpace(opening)
		if printable == "" {
			s.blank = &blankLineNode{element{pos: t.pos}}
		}
		t.text = printable + rest
	}
	return found
}

// trimsRest reports whether white space after a trimmed line is also removed.
func (s *stripper) trimsRest(t *textNode) bool {
	trims := true
	for n := nextLeaf(t); n != nil && n.base().line == t.endLine && s.look(n); n = nextLeaf(n) {
		if heedsBefore(n) {
			trims = false
		}
		if trim, ok := n.(*silentNode); ok && trim.kind == silentTrim && trim.left {
			return true
		}
	}
	return trims
}

// headToStrip returns how many bytes of the first line are removed with the
// directives before it.
func (s *stripper) headToStrip(t *textNode) int {
	end := firstBreak(t.text)
	if end < 0 && t.col != 1 {
		return 0
	}
	end++
	if end > 0 && end < len(t.text) && t.text[end-1] == '\r' && t.text[end] == '\n' {
		end++
	}
	if !blank(t.text[:end]) {
		return 0
	}
	for n := prevLeaf(t); n != nil && n.base().endLine == t.line && s.look(n); n = prevLeaf(n) {
		if heedsBefore(n) {
			return 0
		}
	}
	return end
}

// tailToStrip returns how many bytes of the last line are the indentation of
// directives.
func (s *stripper) tailToStrip(t *textNode) int {
	last := lastBreak(t.text)
	if last < 0 && t.col != 1 || !blank(t.text[last+1:]) {
		return 0
	}
	for n := nextLeaf(t); n != nil && n.base().line == t.endLine && s.look(n); n = nextLeaf(n) {
		if heedsAfter(n) {
			return 0
		}
	}
	return len(t.text) - last - 1
}

// heedsBefore reports whether n, which comes before a text, makes white space
// at the start of the text significant.
func heedsBefore(n node) bool {
	switch n := n.(type) {
	case *outputNode, *numberOutputNode:
		return true
	case *textNode:
		if n.ignorable(previous(n), following(n), true) {
			return false
		}
		for text := n.text; text != ""; {
			c, size := utf8.DecodeLastRuneInString(text)
			if c == '\n' || c == '\r' {
				return false
			} else if !isJavaSpace(c) {
				return true
			}
			text = text[:len(text)-size]
		}
		return true
	}
	return false
}

// heedsAfter reports whether n, which comes after a text, makes white space at
// the end of the text significant.
func heedsAfter(n node) bool {
	switch n := n.(type) {
	case *outputNode, *numberOutputNode:
		return true
	case *textNode:
		if n.ignorable(previous(n), following(n), true) {
			return false
		}
		for _, c := range n.text {
			if c == '\n' || c == '\r' {
				return false
			} else if !isJavaSpace(c) {
				return true
			}
		}
		return true
	}
	return false
}

// ignorable reports whether a text is only the space between directives that
// never print anything.
func (t *textNode) ignorable(before, after node, strip bool) bool {
	if t.text == "" {
		return true
	}
	if !strip || !blank(t.text) {
		return false
	}
	top := t.topLevel()
	return (before == nil && top || silent(before)) && (after == nil && top || silent(after))
}

// silent reports whether a node never prints anything.
func silent(n node) bool {
	switch n := n.(type) {
	case *macroNode, *assignNode, *assignListNode, *settingNode:
		return true
	case *refusedNode:
		return n.what == "#import"
	case *silentNode:
		return n.kind == silentComment
	}
	return false
}
