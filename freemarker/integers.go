package freemarker

// Arithmetic on integers, which is most of what loops and counters compute: a
// chain of variables and literals as a short program.

import "slices"

// intOp is one operation on the number computed so far.
type intOp struct {
	op   byte // + - * %; or opAside, which begins another number
	from intSource
	at   int32      // the place of a variable, if from says so
	n    int64      // a literal
	x    *identNode // a variable
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

// integer runs the chain's program, if all that it reads and computes are
// integers that fit. Otherwise nothing has happened.
func (n *chainNode) integer(e *env) (l int64, ok bool) {
	var aside [maxAside]int64
	top := 0
	ops := n.ints
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
			p := e.places[o.at]
			if p == 0 {
				return 0, false
			}
			v = &e.ns.vals[p-1]
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
			if l == int64(int32(l)) && r == int64(int32(r)) {
				l *= r
			} else if l, ok = mulSmall(l, r); !ok {
				return 0, false
			}
		case '%':
			if r <= 0 {
				return 0, false
			}
			l = remainder(l, r)
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

// remainder is l % r for a positive r.
func remainder(l, r int64) int64 {
	if uint64(l)|uint64(r) < 1<<32 {
		return int64(uint32(l) % uint32(r)) // a division in half the time
	}
	return l % r
}

// plan writes the program of a chain that consists of variables, integers and
// such chains, unless it is long.
func (p *parser) plan(n *chainNode) {
	var room [8]intOp
	ops, steps := room[:0], int32(len(n.rest))
	first, rest := n.first, n.rest
	if len(rest) == 1 && (rest[0].op == '+' || rest[0].op == '*') && isChain(rest[0].x) && !isChain(first) {
		first, rest = rest[0].x, []chainLink{{rest[0].op, first}} // nothing to put aside
	}
	for i := -1; i < len(rest); i++ {
		op, x := byte('+'), first // to the zero that a program begins with
		if i >= 0 {
			op, x = rest[i].op, rest[i].x
		}
		switch x := unwrap(x).(type) {
		case *identNode:
			if x.depth == -2 {
				return
			}
			o := intOp{op: op, x: x, from: fromVariable}
			if x.depth == 0 && x.which == varFirst {
				o.from = fromItem
			}
			ops = append(ops, o)
			steps++
		case *numberNode:
			if x.v.kind != kDec || x.v.scale != 0 {
				return
			}
			ops = append(ops, intOp{op: op, n: x.v.num})
		case *chainNode:
			if len(x.ints) == 0 || x.aside == maxAside {
				return
			}
			begin := len(ops)
			ops = append(ops, x.ints...)
			steps += x.steps
			if i >= 0 {
				ops[begin].op = opAside
				ops = append(ops, intOp{op: op, from: fromAside})
				n.aside = max(n.aside, x.aside+1)
			} else {
				n.aside = x.aside
			}
		default:
			return
		}
		if op == '/' || len(ops) > maxIntOps {
			return
		}
	}
	n.ints, n.steps = slices.Clone(ops), steps
	n.intKind = kDec
	if n.rest[len(n.rest)-1].op == '%' {
		n.intKind = kLong
	}
	if p.vars != nil {
		p.vars.chains = append(p.vars.chains, n)
	}
}

// resolve tells a program where its variables are, once all are known.
func (n *chainNode) resolve() {
	for i := range n.ints {
		o := &n.ints[i]
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
