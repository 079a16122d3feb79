package freemarker

// Memory for the nodes that a template has many of, several at a time.

import "strings"

// nodeSpace holds the nodes of one template that are still to be used. Those
// of different templates never share memory, so none keeps another alive.
type nodeSpace struct {
	outputs []outputSpace
	texts   []textNode
	strings []stringNode
	ident   *identNode // for the first variable of the interpolation under way
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

// literal returns a string literal; they mostly come in pairs.
func (s *nodeSpace) literal() *stringNode {
	if len(s.strings) == 0 {
		s.strings = make([]stringNode, 2)
	}
	n := &s.strings[0]
	s.strings = s.strings[1:]
	return n
}

func (s *nodeSpace) variable() *identNode {
	n := s.ident
	if n == nil {
		return &identNode{}
	}
	s.ident = nil
	return n
}
