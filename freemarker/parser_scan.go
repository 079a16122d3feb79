package freemarker

// Lookahead, which decides whether an expression follows where the grammar
// makes it optional. A scan matches the longest construct that it can: an
// operator that has no right operand is not part of it. Parsing does not always
// consume the same tokens as a scan.

import "slices"

// startsExpression reports whether the next tokens start an expression.
func (p *parser) startsExpression() bool {
	switch p.peek() {
	case tString, tRawString, tFalse, tTrue, tInteger, tDecimal, tID:
		return true
	}
	_, ok := p.scanUnary(0)
	return ok
}

func (p *parser) startsUnary() bool { return p.startsExpression() }

// The scan functions take the number of tokens that have already been scanned,
// and return it plus the number of tokens of the construct. They return false
// if the construct does not follow.

func (p *parser) scanKind(i int, kinds ...tokenKind) (int, bool) {
	k := p.ahead(i).kind
	if slices.Contains(kinds, k) {
		return i + 1, true
	}
	return i, false
}

// scanChain scans item (separator item)*, with at most limit separators unless
// limit is negative.
func (p *parser) scanChain(i int, item func(int) (int, bool), limit int, seps ...tokenKind) (int, bool) {
	i, ok := item(i)
	if !ok {
		return i, false
	}
	for ; limit != 0; limit-- {
		j, ok := p.scanKind(i, seps...)
		if !ok {
			break
		}
		if j, ok = item(j); !ok {
			break
		}
		i = j
	}
	return i, true
}

func (p *parser) scanExpression(i int) (int, bool) {
	p.enter()
	defer p.leave()
	return p.scanChain(i, p.scanAnd, -1, tOr)
}

func (p *parser) scanAnd(i int) (int, bool) { return p.scanChain(i, p.scanEquality, -1, tAnd) }

func (p *parser) scanEquality(i int) (int, bool) {
	return p.scanChain(i, p.scanRelation, 1, tEquals, tDoubleEquals, tNotEquals)
}

func (p *parser) scanRelation(i int) (int, bool) {
	return p.scanChain(i, p.scanRange, 1, tNaturalGTE, tNaturalGT, tEscapedGTE, tEscapedGT, tLessEquals, tLess)
}

func (p *parser) scanRange(i int) (int, bool) {
	i, ok := p.scanAdditive(i)
	if !ok {
		return i, false
	}
	if j, ok := p.scanKind(i, tDotDot); ok {
		if k, ok := p.scanAdditive(j); ok {
			return k, true
		}
		return j, true
	}
	if j, ok := p.scanKind(i, tDotDotLess, tDotDotAsterisk); ok {
		if k, ok := p.scanAdditive(j); ok {
			return k, true
		}
	}
	return i, true
}

func (p *parser) scanAdditive(i int) (int, bool) {
	return p.scanChain(i, p.scanMultiplicative, -1, tPlus, tMinus)
}

func (p *parser) scanMultiplicative(i int) (int, bool) {
	return p.scanChain(i, p.scanUnary, -1, tTimes, tDivide, tPercent)
}

func (p *parser) scanUnary(i int) (int, bool) {
	if j, ok := p.scanKind(i, tPlus, tMinus); ok {
		return p.scanPrimary(j)
	}
	for p.ahead(i).kind == tExclam {
		i++
	}
	return p.scanPrimary(i)
}

func (p *parser) scanPrimary(i int) (int, bool) {
	i, ok := p.scanAtom(i)
	if !ok {
		return i, false
	}
	for {
		j, ok := p.scanPostfix(i)
		if !ok {
			return i, true
		}
		i = j
	}
}

func (p *parser) scanAtom(i int) (int, bool) {
	p.tick()
	switch p.ahead(i).kind {
	case tInteger, tDecimal, tString, tRawString, tTrue, tFalse, tID:
		return i + 1, true
	case tOpenCurly:
		i, ok := p.scanPairs(i + 1)
		if !ok {
			return i, false
		}
		return p.scanKind(i, tCloseCurly)
	case tOpenBracket:
		return p.scanKind(p.scanArgs(i+1), tCloseBracket)
	case tOpenParen:
		i, ok := p.scanExpression(i + 1)
		if !ok {
			return i, false
		}
		return p.scanKind(i, tCloseParen)
	case tDot:
		return p.scanKind(i+1, tID)
	}
	return i, false
}

// scanPairs scans the content of a hash literal.
func (p *parser) scanPairs(i int) (int, bool) {
	j := i
	for {
		var ok bool
		if j, ok = p.scanExpression(j); !ok {
			return i, true
		}
		if j, ok = p.scanKind(j, tComma, tColon); !ok {
			return i, true
		}
		if j, ok = p.scanExpression(j); !ok {
			return i, true
		}
		i = j
		if j, ok = p.scanKind(j, tComma); !ok {
			return i, true
		}
	}
}

func (p *parser) scanArgs(i int) int {
	i, ok := p.scanArg(i)
	for ok {
		j := i
		if k, comma := p.scanKind(i, tComma); comma {
			j = k
		}
		if j, ok = p.scanArg(j); ok {
			i = j
		}
	}
	return i
}

func (p *parser) scanArg(i int) (int, bool) {
	if j, ok := p.scanLambdaParams(i); ok {
		return p.scanExpression(j)
	}
	return p.scanExpression(i)
}

// scanLambdaParams scans the parameters of a lambda and its arrow.
func (p *parser) scanLambdaParams(i int) (int, bool) {
	if j, ok := p.scanKind(i, tID); ok {
		return p.scanKind(j, tLambdaArrow)
	}
	j, ok := p.scanKind(i, tOpenParen)
	if !ok {
		return i, false
	}
	if p.ahead(j).kind == tID {
		for {
			if j, ok = p.scanKind(j, tID); !ok {
				return i, false
			}
			k, comma := p.scanKind(j, tComma)
			if !comma {
				break
			}
			j = k
		}
	}
	if j, ok = p.scanKind(j, tCloseParen); !ok {
		return i, false
	}
	return p.scanKind(j, tLambdaArrow)
}

// scanRight scans the right operand of ! or .. after a mistake was found in it.
// The reference scans the whole operand before it parses it, so it reports
// invalid characters first.
func (p *parser) scanRight() {
	m := p.right
	p.lx, p.tok, p.queue, p.ready, p.depth = m.lx, m.tok, m.queue, m.ready, m.depth
	p.defaults = 0
	if m.unary {
		p.scanUnary(0)
	} else {
		p.scanExpression(0)
	}
}

// beginRight records where a right operand of ! or .. starts.
func (p *parser) beginRight(unary bool) {
	if p.defaults == 0 {
		p.right = mark{p.lx, p.tok, slices.Clone(p.queue), p.ready, p.depth, unary}
	}
	p.defaults++
}

func (p *parser) scanPostfix(i int) (int, bool) {
	switch p.ahead(i).kind {
	case tDot:
		return p.scanKind(i+1, tID, tTimes, tDoubleStar, tLess, tLessEquals, tEscapedGT, tEscapedGTE,
			tFalse, tTrue, tIn, tAs, tUsing)
	case tOpenBracket:
		j, ok := p.scanExpression(i + 1)
		if !ok {
			return i, false
		}
		return p.scanKind(j, tCloseBracket)
	case tOpenParen:
		return p.scanKind(p.scanArgs(i+1), tCloseParen)
	case tBuiltIn:
		return p.scanKind(i+1, tID)
	case tTerminatingExclam, tExists:
		return i + 1, true
	case tExclam:
		if j, ok := p.scanExpression(i + 1); ok {
			return j, true
		}
		return i + 1, true
	}
	return i, false
}
