package freemarker

// Arithmetic on integers, which is most of what loops and counters compute:
// variables and literals, and chains of them, as short programs.

import (
	"math"
	"math/bits"
	"slices"
)

// intProgram computes an integer from variables and literals.
type intProgram struct {
	ops   []intOp // none if there is no program
	steps int32
	aside int32 // how many numbers it puts aside at once
	kind  kind  // of what it computes
}

// intOp is one operation on the number computed so far.
type intOp struct {
	op   byte // + - * %; or opAside, which begins another number
	from intSource
	at   int32      // the place of a variable, if from says so
	n    int64      // a literal
	x    *identNode // a variable

	// inverse of a literal that divides is 2^64 / n, rounded up. With it the
	// remainder of a number below 2^32 takes two multiplications and no division
	// (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019).
	inverse uint64
}

// opAside puts the number computed so far aside and begins with the operand.
const opAside = '('

// intSource says where an operand is.
type intSource uint8

const (
	fromLiteral  intSource = iota
	fromItem               // the innermost frame's first variable
	fromLocal              // a local variable of the macro
	fromAssigned           // a variable that the template assigns
	fromVariable           // any other variable
	fromAside              // the number put aside is the left operand
)

const (
	maxAside  = 4  // how many numbers can be put aside at once
	maxIntOps = 32 // so that chains in chains do not copy each other without end
)

// value runs the program, if all that it reads and computes are integers that
// fit. Otherwise nothing has happened, except that steps were counted.
func (p *intProgram) value(e *env) (int64, bool) {
	e.stepsLeft -= int(p.steps)
	return p.run(e)
}

// run is value without the count. That top is less than maxAside is said where
// it is used, so that the compiler knows.
func (p *intProgram) run(e *env) (l int64, ok bool) {
	var aside [maxAside]int64
	top := 0
	ops := p.ops
	for i := range ops {
		o := &ops[i]
		var v *Value
		r := o.n
		switch o.from {
		case fromLiteral:
			goto compute
		case fromItem:
			v = &e.top.val1
		case fromLocal:
			v = &e.macro.locals[o.at]
		case fromAssigned:
			v = &e.ns.vals[o.at]
		case fromVariable:
			if v = o.x.find(e); v == nil {
				return 0, false
			}
		default:
			top--
			l, r = aside[top&(maxAside-1)], l
			goto compute
		}
		if !v.isSmall() || v.scale != 0 {
			return 0, false
		}
		r = v.num
	compute:
		switch o.op {
		case '+':
			s := l + r
			if (s^l)&(s^r) < 0 {
				return 0, false
			}
			l = s
		case '-':
			s := l - r
			if (l^r)&(s^l) < 0 {
				return 0, false
			}
			l = s
		case '*':
			if l != int64(int32(l)) || r != int64(int32(r)) {
				if l, ok = smallResult(o.op, l, r); !ok {
					return 0, false
				}
				continue
			}
			l *= r
		case '%':
			if r <= 0 {
				return 0, false
			}
			if o.inverse != 0 && uint64(l) < 1<<32 {
				rest, _ := bits.Mul64(o.inverse*uint64(l), uint64(r))
				l = int64(rest)
			} else {
				l %= r
			}
		default:
			aside[top&(maxAside-1)] = l
			top++
			l = r
		}
	}
	return l, true
}

// smallResult computes l op r for integers, if the result is one that fits.
func smallResult(op byte, l, r int64) (int64, bool) {
	switch op {
	case '+':
		s := l + r
		return s, (s^l)&(s^r) >= 0
	case '-':
		s := l - r
		return s, (l^r)&(s^l) >= 0
	case '*':
		return mulSmall(l, r)
	}
	return 0, false
}

// plan writes the program of a chain that consists of variables, integers and
// such chains, unless it is long.
func (p *parser) plan(n *chainNode) {
	first, rest := n.first, n.rest
	if len(rest) == 1 && (rest[0].op == '+' || rest[0].op == '*') && isChain(rest[0].x) && !isChain(first) {
		first, rest = rest[0].x, []chainLink{{rest[0].op, first}} // nothing to put aside
	}
	var room [8]intOp
	prog := intProgram{ops: room[:0], steps: int32(len(rest)), kind: kDec}
	if n.rest[len(n.rest)-1].op == '%' {
		prog.kind = kLong
	}
	if !prog.add('+', first) { // to the zero that a program begins with
		return
	}
	for _, link := range rest {
		if link.op == '/' || !prog.add(link.op, link.x) {
			return
		}
	}
	p.keep(&n.ints, prog)
	absorbed(n.first)
	for _, link := range n.rest {
		absorbed(link.x)
	}
}

// absorbed drops the program of a chain that is part of a longer one: nested
// chains would hold many copies.
func absorbed(x expr) {
	if c, ok := unwrap(x).(*chainNode); ok {
		c.ints = intProgram{}
	}
}

// planCompare writes the programs of both sides of a comparison.
func (p *parser) planCompare(n *compareNode) {
	var room [8]intOp
	left, right := intProgram{ops: room[:0]}, intProgram{ops: room[4:4]}
	if !left.add('+', n.l) || len(left.ops) > 4 || !right.add('+', n.r) {
		return
	}
	p.keep(&n.left, left)
	absorbed(n.l)
	if o := right.ops[0]; len(right.ops) == 1 && o.from == fromLiteral {
		n.bound = o.n
	} else {
		p.keep(&n.right, right)
		absorbed(n.r)
	}
}

// add adds an operation with x. It reports false if x is none for a program.
func (p *intProgram) add(op byte, x expr) bool {
	switch x := unwrap(x).(type) {
	case *identNode:
		if x.depth == -2 {
			return false
		}
		o := intOp{op: op, x: x, from: fromVariable}
		if x.depth == 0 && x.which == varFirst {
			o.from = fromItem
		}
		p.ops = append(p.ops, o)
		p.steps++
	case *numberNode:
		if x.v.kind != kDec || x.v.scale != 0 {
			return false
		}
		o := intOp{op: op, n: x.v.num}
		if op == '%' && o.n > 1 && o.n < 1<<32 {
			o.inverse = math.MaxUint64/uint64(o.n) + 1
		}
		p.ops = append(p.ops, o)
	case *chainNode:
		if len(x.ints.ops) == 0 || x.ints.aside == maxAside {
			return false
		}
		begin := len(p.ops)
		p.ops = append(p.ops, x.ints.ops...)
		p.steps += x.ints.steps
		p.aside = max(p.aside, x.ints.aside)
		if begin > 0 {
			p.ops[begin].op = opAside
			p.ops = append(p.ops, intOp{op: op, from: fromAside})
			p.aside = max(p.aside, x.ints.aside+1)
		}
	default:
		return false
	}
	return len(p.ops) <= maxIntOps
}

// keep copies a program to where it stays. It will be told where its variables
// are once all are known.
func (p *parser) keep(to *intProgram, prog intProgram) {
	*to = prog
	to.ops = slices.Clone(prog.ops)
	if p.vars != nil {
		p.vars.programs = append(p.vars.programs, to)
	}
}

// resolve tells a program where its variables are.
func (p *intProgram) resolve() {
	for i := range p.ops {
		o := &p.ops[i]
		if o.from != fromVariable || o.x.depth >= 0 {
			continue
		}
		switch {
		case o.x.slot >= 0:
			o.from, o.at = fromLocal, o.x.slot
		case o.x.place >= 0:
			o.from, o.at = fromAssigned, o.x.place
		}
	}
}

func isChain(x expr) bool {
	_, ok := unwrap(x).(*chainNode)
	return ok
}
