package javaregex

// This file defines the tree that a pattern is parsed into, and computes what
// Java's compiler determines about a part of it: its length, and whether it is
// deterministic.

import "math"

// nodeKind is the type of a node of the tree.
type nodeKind uint8

const (
	nodeEmpty     nodeKind = iota
	nodeSet                // one character of set
	nodeSeq                // subs one after the other
	nodeAlt                // one of subs, the first that leads to a match
	nodeGroup              // subs[0], captured as group; (?:…) if group is 0
	nodeRepeat             // subs[0], min to max times
	nodeLook               // lookaround: subs[0] must (not, if negative) match ahead or behind
	nodeAtomic             // (?>…)
	nodeBackref            // what group matched
	nodeAssert             // an assertion
	nodeLineBreak          // \R
	nodeGrapheme           // \X
)

// repeatKind is the order in which the possible counts of a repetition are
// tried.
type repeatKind uint8

const (
	greedy repeatKind = iota
	lazy
	possessive
)

// assertion is a condition on a position, which matches no characters.
type assertion uint8

const (
	atBegin            assertion = iota // ^ \A
	atLineBegin                         // (?m)^
	atUnixLineBegin                     // (?md)^
	atEnd                               // \z
	atFinalLineEnd                      // $ \Z
	atUnixFinalEnd                      // (?d)$
	atLineEnd                           // (?m)$
	atUnixLineEnd                       // (?md)$
	atLastMatch                         // \G
	atWordBoundary                      // \b
	notWordBoundary                     // \B
	atUnicodeBoundary                   // (?U)\b
	notUnicodeBoundary                  // (?U)\B
	atGraphemeBound                     // \b{g}
)

// unbounded is the max of a repetition without a maximum, as in Java.
const unbounded = math.MaxInt32

// node is a part of a pattern. Flags are resolved: a set is exactly what it
// matches.
type node struct {
	kind     nodeKind
	set      runeSet
	literal  bool    // for nodeSet: a character of the pattern that stands for itself
	alone    runeSet // for a literal: what it matches when not next to another literal, if that differs
	subs     []*node
	group    int // for nodeGroup and nodeBackref
	min, max int // for nodeRepeat
	repeat   repeatKind
	optional bool  // for nodeRepeat: written as ?
	once     study // for nodeRepeat: its body
	// for nodeRepeat: Java remembers where the loop's body has failed, and does
	// not try it again
	remembers bool
	assert    assertion
	negative  bool // for nodeLook
	behind    bool // for nodeLook

	// lookbehind lengths, and whether they count characters rather than UTF-16 units
	behindMin, behindMax int32
	byCharacter          bool

	firsts *firstInfo // see first

	// for nodeBackref: compare ASCII letters, or all, in either case
	foldASCII, foldUnicode bool
}

// tree is a parsed pattern.
type tree struct {
	root   *node
	groups int // capturing groups and group 0
	names  map[string]int
}

func seqOf(nodes []*node) *node {
	switch len(nodes) {
	case 0:
		return &node{kind: nodeEmpty}
	case 1:
		return nodes[0]
	}
	return &node{kind: nodeSeq, subs: nodes}
}

// isScan reports whether Java repeats n greedily with its own scan over a set.
func (n *node) isScan() bool {
	return n.kind == nodeRepeat && n.subs[0].kind == nodeSet && n.repeat == greedy && n.max == unbounded && !n.optional
}

// study is Java's TreeInfo: lengths in characters, computed with its 32-bit
// arithmetic, overflow included, because that decides which lookbehinds it
// accepts and where they look.
type study struct {
	min, max      int32
	maxValid      bool
	deterministic bool
}

func newStudy() study { return study{maxValid: true, deterministic: true} }

func studyOf(n *node) study {
	s := newStudy()
	s.add(&chain{nodes: []*node{n}})
	return s
}

// chain is a sequence of nodes, and what follows them.
type chain struct {
	nodes []*node
	next  *chain
}

// add extends s with the nodes of a chain, as if they followed the nodes that s
// has measured.
func (s *study) add(c *chain) {
	for c != nil {
		if len(c.nodes) == 0 {
			c = c.next
			continue
		}
		n, rest := c.nodes[0], &chain{c.nodes[1:], c.next}
		switch n.kind {
		case nodeSet:
			s.min++
			s.max++
		case nodeSeq, nodeGroup:
			rest = &chain{n.subs, rest}
		case nodeAlt:
			alternatives := make([]study, len(n.subs))
			for i, sub := range n.subs {
				alternatives[i] = studyOf(sub)
			}
			s.addAlternatives(alternatives, rest)
			return
		case nodeAtomic:
			s.add(&chain{nodes: n.subs})
		case nodeBackref:
			s.maxValid = false
		case nodeLineBreak:
			s.min++
			s.max += 2
		case nodeGrapheme:
			s.min++ // Java does not change max
			s.deterministic = false
		case nodeRepeat:
			if n.optional && n.subs[0].kind == nodeGroup && n.repeat != possessive {
				s.addAlternatives([]study{n.once, newStudy()}, rest)
				return
			}
			s.addRepeat(n)
		}
		c = rest
	}
}

// addAlternatives extends s with alternatives, each of which Java measures
// together with what follows.
func (s *study) addAlternatives(alternatives []study, rest *chain) {
	least, most := int32(math.MaxInt32), int32(-1)
	for _, one := range alternatives {
		least, most = min(least, one.min), max(most, one.max)
		s.maxValid = s.maxValid && one.maxValid
	}
	after := newStudy()
	after.add(rest)
	s.min += least + after.min
	s.max += most + after.max
	s.maxValid = s.maxValid && after.maxValid
	s.deterministic = false
}

func (s *study) addRepeat(n *node) {
	switch {
	case n.optional:
		least := s.min
		s.add(&chain{nodes: n.subs})
		s.min = least
		s.deterministic = false
	case n.isScan():
		s.min += int32(n.min)
		s.max += unbounded
		s.deterministic = false
	case n.isLoop():
		s.maxValid = false
		s.deterministic = false
	default:
		s.addCounted(n)
	}
}

func (s *study) addCounted(n *node) {
	one := n.once
	least := one.min*int32(n.min) + s.min
	if least < s.min {
		least = 0xFFFFFFF
	}
	s.min = least
	if s.maxValid && one.maxValid {
		most := one.max*int32(n.max) + s.max
		s.maxValid = most >= s.max
		s.max = most
	} else {
		s.maxValid = false
	}
	if !one.deterministic || n.min != n.max {
		s.deterministic = false
	}
}

// isLoop reports whether Java repeats n with full backtracking into its
// iterations, which is the case for a group that is not deterministic.
// Everything else is repeated with atomic iterations.
func (n *node) isLoop() bool {
	return n.kind == nodeRepeat && !n.optional && n.repeat != possessive &&
		n.subs[0].kind == nodeGroup && !n.once.deterministic
}
