package freemarker

// Built-ins for strings.

import (
	"strings"
	"unicode/utf16"

	"temporal-twilio/freemarker/internal/javatext/locale"
)

func init() {
	define("upper_case", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(locale.Upper(e.settings.locale, s))
	}))
	define("lower_case", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(locale.Lower(e.settings.locale, s))
	}))
	define("cap_first", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(changeFirst(s, locale.UpperChar))
	}))
	define("uncap_first", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(changeFirst(s, locale.LowerChar))
	}))
	define("capitalize", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(capitalize(s))
	}))
	define("trim", onString(func(_ *env, _ *builtinNode, s string) (Value, error) {
		return String(strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })), nil
	}))
	define("length", onString(func(_ *env, _ *builtinNode, s string) (Value, error) {
		return Int(int64(utf16Len(s))), nil
	}))
	define("chop_linebreak", onString(func(_ *env, _ *builtinNode, s string) (Value, error) {
		for _, end := range []string{"\r\n", "\n", "\r"} {
			if t, ok := strings.CutSuffix(s, end); ok {
				return String(t), nil
			}
		}
		return String(s), nil
	}))
	define("word_list", onString(wordList))
	define("contains", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		return Bool(strings.Contains(s, t)), err
	}))
	define("starts_with", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		return Bool(strings.HasPrefix(s, t)), err
	}))
	define("ends_with", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		return Bool(strings.HasSuffix(s, t)), err
	}))
	define("ensure_ends_with", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		if err != nil || strings.HasSuffix(s, t) {
			return String(s), err
		}
		return e.newString(concat(s, t))
	}))
	define("remove_beginning", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		return String(strings.TrimPrefix(s, t)), err
	}))
	define("remove_ending", stringMethod(1, 1, func(e *env, n *builtinNode, s string, args []Value) (Value, error) {
		t, err := n.argString(e, args, 0)
		return String(strings.TrimSuffix(s, t)), err
	}))
	define("index_of", stringMethod(1, 2, indexOf))
	define("last_index_of", stringMethod(1, 2, lastIndexOf))
	define("substring", stringMethod(1, 2, substring))
	define("left_pad", stringMethod(1, 2, pad))
	define("right_pad", stringMethod(1, 2, pad))
}

// changeFirst changes the case of the first character that is not white space.
func changeFirst(s string, change func(rune) rune) string {
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		if isJavaSpace(r) {
			i += n
			continue
		}
		if r >= 0x10000 || utf16.IsSurrogate(r) {
			return s // Java changes only a single char
		}
		return s[:i] + string(change(r)) + s[i+n:]
	}
	return s
}

// capitalize makes the first letter of each word upper case and the others
// lower case. Words are separated by spaces, tabs and line breaks.
func capitalize(s string) string {
	root := locale.Locale{}
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexAny(s, " \t\r\n")
		if i == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if i < 0 {
			i = len(s)
		}
		_, n := decodeUnit(s)
		if n == 4 { // Java changes only the first surrogate, which has no case
			b.WriteString(s[:n])
		} else {
			b.WriteString(locale.Upper(root, s[:n]))
		}
		b.WriteString(locale.Lower(root, s[n:i]))
		s = s[i:]
	}
	return b.String()
}

func wordList(e *env, _ *builtinNode, s string) (Value, error) {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f'
	})
	return listOf(stringValues(words)), e.growList(len(words))
}

// indexOf implements String.indexOf.
func indexOf(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	t, err := n.argString(e, args, 0)
	if err != nil {
		return Value{}, err
	}
	from := 0
	if len(args) > 1 {
		if from, err = n.argInt(args, 1); err != nil {
			return Value{}, err
		}
	}
	from = max(from, 0)
	if length := utf16Len(s); from > length {
		from = length
	}
	start, _ := byteOffset(s, from)
	i := strings.Index(s[start:], t)
	if i < 0 {
		return Int(-1), nil
	}
	return Int(int64(utf16Len(s[:start+i]))), nil
}

// lastIndexOf implements String.lastIndexOf.
func lastIndexOf(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	t, err := n.argString(e, args, 0)
	if err != nil {
		return Value{}, err
	}
	end := len(s)
	if len(args) > 1 {
		from, err := n.argInt(args, 1)
		if err != nil {
			return Value{}, err
		}
		if from < 0 {
			return Int(-1), nil
		}
		if from < utf16Len(s) {
			start, _ := byteOffset(s, from)
			end = min(start+len(t), len(s))
		}
	}
	i := strings.LastIndex(s[:end], t)
	if i < 0 {
		return Int(-1), nil
	}
	return Int(int64(utf16Len(s[:i]))), nil
}

func substring(_ *env, n *builtinNode, s string, args []Value) (Value, error) {
	length := utf16Len(s)
	bounds := [2]int{0, length}
	for i := range args {
		b, err := n.argInt(args, i)
		if err != nil {
			return Value{}, err
		}
		if b < 0 || b > length {
			return Value{}, otherError(n.pos, "argument %d of ?%s is outside the string", i+1, n.bi.written)
		}
		bounds[i] = b
	}
	if bounds[0] > bounds[1] {
		return Value{}, otherError(n.pos, "the start of ?%s is after its end", n.bi.written)
	}
	return String(slice16(s, bounds[0], bounds[1])), nil
}

// pad implements ?left_pad and ?right_pad.
func pad(e *env, n *builtinNode, s string, args []Value) (Value, error) {
	width, err := n.argInt(args, 0)
	if err != nil {
		return Value{}, err
	}
	fill := " "
	if len(args) > 1 {
		if fill, err = n.argString(e, args, 1); err != nil {
			return Value{}, err
		}
		if fill == "" && width > utf16Len(s) {
			return Value{}, otherError(n.pos, "argument 2 of ?%s cannot be empty", n.bi.written)
		}
	}
	length := utf16Len(s)
	missing := width - length
	if missing <= 0 {
		return String(s), nil
	}
	if missing > e.limits.StringBytes {
		return Value{}, e.limitError("a string is too long")
	}
	fillLength := utf16Len(fill)
	if n.bi.name == "left_pad" {
		return e.newString(concat(repeat16(fill, fillLength, 0, missing), s))
	}
	// The repeated fill string is aligned with the start of s, not with its
	// end.
	return e.newString(concat(s, repeat16(fill, fillLength, length%fillLength, missing)))
}

// repeat16 repeats s, which is length units long, and returns n units of the
// result, starting at unit start.
func repeat16(s string, length, start, n int) string {
	var b strings.Builder
	if start > 0 {
		first := min(length-start, n)
		b.WriteString(slice16(s, start, start+first))
		n -= first
	}
	b.WriteString(strings.Repeat(s, n/length))
	b.WriteString(slice16(s, 0, n%length))
	return joinHalves(b.String())
}
