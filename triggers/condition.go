package triggers

// Conditions are written in a subset of Alfresco's expression language:
// comparisons, and, or, not, empty. Anything else is refused with an error that
// names it.

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// condition reports whether a trigger wants the event.
type condition func(*Event) bool

// maxConditionDepth limits the nesting of a condition.
const maxConditionDepth = 50

// condition compiles a condition, which is a single expression "${…}".
func (s scope) condition(text string) (condition, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "${") || !strings.HasSuffix(text, "}") {
		return nil, errors.New("write it as one expression, ${…}")
	}
	tokens, err := conditionTokens(text[2 : len(text)-1])
	if err != nil {
		return nil, err
	}
	p := &conditionParser{scope: s, tokens: tokens}
	value, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if rest := p.peek(); rest.kind != endToken {
		return nil, fmt.Errorf("unexpected %q after the expression", rest.text)
	}
	return func(e *Event) bool { return truth(value(e)) }, nil
}

type tokenKind int

const (
	endToken tokenKind = iota
	nameToken
	textToken
	numberToken
	operatorToken
)

type conditionToken struct {
	kind tokenKind
	text string
}

// operators lists the operators of a condition, longest first.
var operators = []string{"==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"}

// refused maps unsupported operators to a description of what they do and,
// where possible, what to write instead.
var refused = map[string]string{
	"[": "indexing with [ ]: write matchGroups.name",
	"?": "the conditional a ? b : c: use two triggers",
	"+": "arithmetic and concatenation with +", "-": "arithmetic with -", "*": "arithmetic with *",
	"/": "arithmetic with /", "%": "arithmetic with %", "=": "assignment: to compare, write ==",
	"->": "lambdas", ";": "several expressions with ;", "{": "sets and maps in { }", ":": "the conditional a ? b : c",
	"#": "deferred expressions #{…}", "&": "a single &: write &&", "|": "a single |: write ||",
}

// words maps operators that are spelled out to their symbols.
var words = map[string]string{
	"and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "empty": "empty",
}

func conditionTokens(text string) ([]conditionToken, error) {
	var tokens []conditionToken
	for text = strings.TrimLeft(text, " \t\r\n"); text != ""; text = strings.TrimLeft(text, " \t\r\n") {
		token, length, err := nextToken(text)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
		text = text[length:]
	}
	return tokens, nil
}

func nextToken(text string) (conditionToken, int, error) {
	switch first := text[0]; {
	case first == '\'' || first == '"':
		return quoted(text)
	case first >= '0' && first <= '9':
		length := span(text, func(c byte) bool { return c >= '0' && c <= '9' || c == '.' })
		return conditionToken{numberToken, text[:length]}, length, nil
	case letterByte(first):
		length := span(text, func(c byte) bool { return letterByte(c) || c >= '0' && c <= '9' || c == '.' })
		name := text[:length]
		if symbol, ok := words[name]; ok {
			return conditionToken{operatorToken, symbol}, length, nil
		}
		if name == "div" || name == "mod" || name == "instanceof" {
			return conditionToken{}, 0, fmt.Errorf("%s is not supported in conditions", name)
		}
		if strings.HasPrefix(strings.TrimLeft(text[length:], " \t"), "(") {
			return conditionToken{}, 0, fmt.Errorf("calling %s(…) is not supported in conditions: use the pattern instead", name)
		}
		return conditionToken{nameToken, name}, length, nil
	}
	for _, operator := range operators {
		if strings.HasPrefix(text, operator) {
			return conditionToken{operatorToken, operator}, len(operator), nil
		}
	}
	for _, length := range []int{2, 1} {
		if why, ok := refused[text[:min(length, len(text))]]; ok {
			return conditionToken{}, 0, fmt.Errorf("not supported in conditions: %s", why)
		}
	}
	char, _ := utf8.DecodeRuneInString(text)
	return conditionToken{}, 0, fmt.Errorf("unexpected %q in a condition", char)
}

func letterByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func span(text string, in func(byte) bool) int {
	n := 0
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}

// quoted parses a string in either kind of quotes, in which \ escapes the next
// character.
func quoted(text string) (conditionToken, int, error) {
	var value strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return conditionToken{textToken, value.String()}, i + 1, nil
		case text[i] == '\\' && i+1 < len(text):
			i++
			value.WriteByte(text[i])
		default:
			value.WriteByte(text[i])
		}
	}
	return conditionToken{}, 0, fmt.Errorf("a string has no closing %c", text[0])
}

// conditionParser compiles the tokens into a function, by recursive descent.
type conditionParser struct {
	scope  scope
	tokens []conditionToken
}

func (p *conditionParser) peek() conditionToken {
	if len(p.tokens) == 0 {
		return conditionToken{endToken, "the end"}
	}
	return p.tokens[0]
}

// accept consumes one of the operators, if it comes next.
func (p *conditionParser) accept(operators ...string) (string, bool) {
	next := p.peek()
	for _, operator := range operators {
		if next.kind == operatorToken && next.text == operator {
			p.tokens = p.tokens[1:]
			return operator, true
		}
	}
	return "", false
}

func (p *conditionParser) or(depth int) (reference, error) {
	return p.chain(depth, p.and, func(_ string, a, b reference) reference {
		return func(e *Event) any { return truth(a(e)) || truth(b(e)) }
	}, "||")
}

func (p *conditionParser) and(depth int) (reference, error) {
	return p.chain(depth, p.equality, func(_ string, a, b reference) reference {
		return func(e *Event) any { return truth(a(e)) && truth(b(e)) }
	}, "&&")
}

func (p *conditionParser) equality(depth int) (reference, error) {
	return p.chain(depth, p.relation, compare, "==", "!=")
}

func (p *conditionParser) relation(depth int) (reference, error) {
	return p.chain(depth, p.unary, compare, "<=", ">=", "<", ">")
}

// chain parses operands separated by operators of equal precedence, left to
// right.
func (p *conditionParser) chain(depth int, operand func(int) (reference, error), join func(string, reference, reference) reference, operators ...string) (reference, error) {
	left, err := operand(depth)
	if err != nil {
		return nil, err
	}
	for {
		operator, ok := p.accept(operators...)
		if !ok {
			return left, nil
		}
		right, err := operand(depth)
		if err != nil {
			return nil, err
		}
		left = join(operator, left, right)
	}
}

func (p *conditionParser) unary(depth int) (reference, error) {
	if depth > maxConditionDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxConditionDepth)
	}
	if operator, ok := p.accept("!", "empty"); ok {
		value, err := p.unary(depth + 1)
		if err != nil {
			return nil, err
		}
		if operator == "!" {
			return func(e *Event) any { return !truth(value(e)) }, nil
		}
		return func(e *Event) any { return isEmpty(value(e)) }, nil
	}
	if _, ok := p.accept("("); ok {
		value, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if _, closed := p.accept(")"); !closed {
			return nil, fmt.Errorf("a ) is missing before %q", p.peek().text)
		}
		return value, nil
	}
	return p.operand()
}

func (p *conditionParser) operand() (reference, error) {
	token := p.peek()
	constant := func(value any) reference { return func(*Event) any { return value } }
	var value reference
	switch token.kind {
	case textToken:
		value = constant(token.text)
	case numberToken:
		number, ok := number(token.text)
		if !ok {
			return nil, fmt.Errorf("%s is not a number", token.text)
		}
		value = constant(number)
	case nameToken:
		switch token.text {
		case "true", "false":
			value = constant(token.text == "true")
		case "null":
			value = constant(nil)
		default:
			var err error
			if value, err = p.scope.resolve(token.text); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("a value is missing before %q", token.text)
	}
	p.tokens = p.tokens[1:]
	return value, nil
}

// compare compares as numbers if either side is a number, otherwise as strings.
// Null equals only null, and is neither less nor greater than anything.
func compare(operator string, a, b reference) reference {
	return func(e *Event) any {
		left, right := a(e), b(e)
		if left == nil || right == nil {
			equal := left == nil && right == nil
			return operator == "==" && equal || operator == "!=" && !equal
		}
		order, ok := order(left, right)
		if !ok {
			return operator == "!="
		}
		switch operator {
		case "==":
			return order == 0
		case "!=":
			return order != 0
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		}
		return order >= 0
	}
}

// order compares two values. ok is false if one is a number and the other
// cannot be parsed as one.
func order(a, b any) (order int, ok bool) {
	if !isNumber(a) && !isNumber(b) {
		return strings.Compare(inText(a), inText(b)), true
	}
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// decimal matches a number as people write it. Go accepts more: NaN, Inf, 0x10,
// 1_0, 1/3.
var decimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// maxDigits limits the length of a number in a string.
const maxDigits = 100

func isNumber(value any) bool {
	switch value.(type) {
	case *big.Rat, float64:
		return true
	}
	return false
}

// number parses a number exactly, however many digits it has.
func number(value any) (*big.Rat, bool) {
	switch value := value.(type) {
	case *big.Rat:
		return value, true
	case float64:
		n := new(big.Rat).SetFloat64(value)
		return n, n != nil
	case string:
		text := strings.TrimSpace(value)
		if len(text) > maxDigits || !decimal.MatchString(text) {
			return nil, false
		}
		return new(big.Rat).SetString(text)
	}
	return nil, false
}

// truth converts a value to a boolean as the expression language does: true,
// and the string "true" in any case, are true, and everything else is false.
func truth(value any) bool {
	switch value := value.(type) {
	case bool:
		return value
	case string:
		return strings.EqualFold(value, "true")
	}
	return false
}

func isEmpty(value any) bool {
	if value == nil {
		return true
	}
	text := inText(value)
	return text == "" || text == "null" || text == "[]" || text == "{}"
}
