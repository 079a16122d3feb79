package freemarker

// Memory for the nodes that a template has many of, several at a time.

import "strings"

// nodeSpace holds the nodes of one template that are still to be used. Those
// of different templates never share memory, so none keeps another alive.
type nodeSpace struct {
	outputs  []outputSpace
	texts    []textNode
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

// reserve makes as many nodes as the source will probably need.
func (s *nodeSpace) reserve(src string) {
	n := min(strings.Count(src, "${"), maxReserved)
	if n > 0 {
		s.outputs = make([]outputSpace, n)
	}
}

func (s *nodeSpace) text() *textNode {
	if len(s.texts) == 0 {
		s.texts = make([]textNode, len(s.outputs)+1) // around the interpolations to come
	}
	n := &s.texts[0]
	s.texts = s.texts[1:]
	return n
}

// output returns an interpolation; the variable that comes with it is used for
// the next one.
func (s *nodeSpace) output() *outputNode {
	if len(s.outputs) == 0 {
		s.outputs = make([]outputSpace, 1)
	}
	n := &s.outputs[0]
	s.outputs = s.outputs[1:]
	s.ident = &n.ident
	return &n.outputNode
}

// soon returns the source up to a little after what is being parsed. What it
// has more of is made together.
func (p *parser) soon() string {
	rest := p.lx.src[p.lx.p:]
	return rest[:min(len(rest), 80)]
}

const maxTogether = 4

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

func (p *parser) newBuiltin() *builtinNode {
	s := &p.space
	if len(s.builtins) == 0 {
		s.builtins = make([]builtinNode, min(1+strings.Count(p.soon(), "?"), maxTogether))
	}
	n := &s.builtins[0]
	s.builtins = s.builtins[1:]
	return n
}

// newArgs copies arguments off the parser's stack.
func (p *parser) newArgs(xs []expr) []expr {
	s := &p.space
	if len(s.args) < len(xs) {
		n := len(xs)
		if n < maxTogether && strings.IndexByte(p.soon(), '(') >= 0 {
			n = maxTogether
		}
		s.args = make([]expr, n)
	}
	args := s.args[:len(xs):len(xs)]
	s.args = s.args[len(xs):]
	copy(args, xs)
	return args
}

func (s *nodeSpace) variable() *identNode {
	n := s.ident
	if n == nil {
		return &identNode{}
	}
	s.ident = nil
	return n
}
