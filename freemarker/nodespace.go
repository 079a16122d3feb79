package freemarker

// Memory for the nodes that a template has many of, several at a time.

import "strings"

// ownNodes is memory that comes with a template. It is enough for a short one.
type ownNodes struct {
	root    blockNode
	outputs [2]outputSpace
	texts   [2]textNode
	kids    [5]node
}

// nodeSpace holds the nodes of one template that are still to be used. Those
// of different templates never share memory, so none keeps another alive.
type nodeSpace struct {
	outputs  []outputSpace
	more     int // how many interpolations there will be beyond those
	texts    []textNode
	kids     []node
	strings  []stringNode
	builtins []builtinNode
	args     []expr
	ident    *identNode // for the first variable of the interpolation under way
}

// outputSpace is an interpolation and a variable that it prints.
type outputSpace struct {
	outputNode
	ident identNode
}

// maxReserved is how many nodes are made at once at most.
const maxReserved = 32

// use makes the space of a template with that source.
func (s *nodeSpace) use(own *ownNodes, src string) {
	s.outputs, s.texts, s.kids = own.outputs[:], own.texts[:], own.kids[:]
	s.more = strings.Count(src, "$") - len(own.outputs)
}

func (s *nodeSpace) text() *textNode {
	if len(s.texts) == 0 {
		s.texts = make([]textNode, len(s.outputs)+min(max(s.more, 0), maxReserved)+1) // around the interpolations to come
	}
	n := &s.texts[0]
	s.texts = s.texts[1:]
	return n
}

// output returns an interpolation; the variable that comes with it is used for
// the next one.
func (s *nodeSpace) output() *outputNode {
	if len(s.outputs) == 0 {
		n := max(1, min(s.more, maxReserved))
		s.outputs = make([]outputSpace, n)
		s.more -= n
	}
	n := &s.outputs[0]
	s.outputs = s.outputs[1:]
	s.ident = &n.ident
	return &n.outputNode
}

// children copies nodes off the parser's stack.
func (s *nodeSpace) children(nodes []node) []node {
	n := len(nodes)
	if n > len(s.kids) {
		return append([]node(nil), nodes...)
	}
	kids := s.kids[:n:n]
	s.kids = s.kids[n:]
	copy(kids, nodes)
	return kids
}

func (s *nodeSpace) variable() *identNode {
	n := s.ident
	if n == nil {
		return &identNode{}
	}
	s.ident = nil
	return n
}

const maxTogether = 4

// callSpace is what a call of a built-in with arguments mostly needs.
type callSpace struct {
	builtins [maxTogether]builtinNode
	strings  [maxTogether]stringNode
	args     [maxTogether]expr
}

// soon returns the source up to a little after what is being parsed. What it
// has more of is made together.
func (p *parser) soon() string {
	rest := p.lx.src[p.lx.p:]
	return rest[:min(len(rest), 80)]
}

func (p *parser) newBuiltin() *builtinNode {
	s := &p.space
	if len(s.builtins) == 0 {
		soon := p.soon()
		if len(s.strings) == 0 && len(s.args) == 0 && strings.IndexByte(soon, '(') >= 0 {
			c := &callSpace{}
			s.builtins, s.strings, s.args = c.builtins[:], c.strings[:], c.args[:]
		} else {
			s.builtins = make([]builtinNode, min(1+strings.Count(soon, "?"), maxTogether))
		}
	}
	n := &s.builtins[0]
	s.builtins = s.builtins[1:]
	return n
}

func (p *parser) newLiteral() *stringNode {
	s := &p.space
	if len(s.strings) == 0 {
		soon := p.soon()
		quotes := strings.Count(soon, `"`) + strings.Count(soon, "'")
		s.strings = make([]stringNode, min(1+quotes/2, maxTogether))
	}
	n := &s.strings[0]
	s.strings = s.strings[1:]
	return n
}

// newArgs copies arguments off the parser's stack.
func (p *parser) newArgs(xs []expr) []expr {
	s := &p.space
	n := len(xs)
	if len(s.args) < n {
		s.args = make([]expr, max(n, min(1+strings.Count(p.soon(), ","), maxTogether)))
	}
	args := s.args[:n:n]
	s.args = s.args[n:]
	copy(args, xs)
	return args
}
