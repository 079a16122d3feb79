package freemarker

// Built-ins that escape strings for other languages.

import (
	"fmt"
	"slices"
	"strings"
)

func init() {
	legacy := func(enc func(string) string) builtin {
		return builtin{binds: bindsLegacyEscaping, eval: func(e *env, n *builtinNode) (Value, error) {
			return escapeLegacy(e, n, enc)
		}}
	}
	define("html", legacy(escapeHTML))
	define("web_safe", legacy(escapeHTML))
	define("xhtml", legacy(escapeHTML))
	define("xml", legacy(escapeXML))
	define("rtf", legacy(escapeRTF))
	define("j_string", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(escapeJava(s))
	}))
	define("js_string", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(escapeScript(s, false))
	}))
	define("json_string", onString(func(e *env, _ *builtinNode, s string) (Value, error) {
		return e.newString(escapeScript(s, true))
	}))
	for _, name := range []string{"url", "url_path"} {
		define(name, builtin{
			prepare: prepareString, strings: true, min: 1, max: 1, method: encodeURL,
			alone: func(_ *env, n *builtinNode, target Value) (Value, error) {
				return object0(&urlValue{n: n, target: target}), nil
			},
		})
	}
	define("esc", builtin{binds: bindsMarkup, eval: func(e *env, n *builtinNode) (Value, error) {
		return convertMarkup(e, n, n.format.fromPlain)
	}})
	define("no_esc", builtin{binds: bindsMarkup, eval: func(e *env, n *builtinNode) (Value, error) {
		return convertMarkup(e, n, n.format.fromMarkup)
	}})
	define("markup_string", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
		v, err := n.target.eval(e)
		if err != nil {
			return v, err
		}
		if v.kind != kMarkup {
			return v, e.typeError(n.target, v, "markup")
		}
		return e.newString(v.ref.(*markup).markupText())
	}})
}

func escapeLegacy(e *env, n *builtinNode, enc func(string) string) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	if m, ok := v.ref.(*markup); ok {
		if slices.Contains(m.format.bypass, n.bi.written) {
			return v, nil
		}
		return v, e.typeError(n.target, v, "a string")
	}
	s, _, err := e.text(v, n.target, false)
	if err != nil {
		return v, err
	}
	if err := e.work(len(s)); err != nil {
		return v, err
	}
	return e.newString(enc(s))
}

// convertMarkup implements ?esc and ?no_esc.
func convertMarkup(e *env, n *builtinNode, convert func(string) Value) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	v, _, err = e.textOrMarkup(v, n.target, false)
	if err != nil {
		return v, err
	}
	if v.kind == kString {
		return convert(v.str()), e.grow(len(v.str()))
	}
	m := v.ref.(*markup)
	if m.format.same(n.format) || n.format.mixing {
		return v, nil
	}
	if !m.isPlain {
		return v, otherError(n.target.at(), "%s markup cannot be turned into %s", m.format.name, n.format.name)
	}
	return n.format.fromPlain(m.plain), nil
}

// escapeJava escapes s for a Java string literal.
func escapeJava(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ':
			b.WriteByte(c)
		default:
			if e := controlEscape(rune(c)); e != 0 {
				b.WriteByte('\\')
				b.WriteByte(e)
			} else {
				fmt.Fprintf(&b, "\\u%04x", c)
			}
		}
	}
	return b.String()
}

// controlEscape returns the letter in the escape sequence of a control
// character, such as n for a line feed (\n), or 0 if it has no such sequence.
func controlEscape(r rune) byte {
	switch r {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\f':
		return 'f'
	case '\b':
		return 'b'
	case '\t':
		return 't'
	}
	return 0
}

// escapeScript escapes s for a JavaScript or JSON string literal. The result
// cannot close a script element or a CDATA section.
func escapeScript(s string, forJSON bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		kind := scriptEscape(s, i, r, n, forJSON)
		switch {
		case kind == 0:
			b.WriteString(s[i : i+n])
		case kind == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case kind != 'x':
			b.WriteByte('\\')
			b.WriteByte(kind)
		case !forJSON && r < 0x100:
			fmt.Fprintf(&b, "\\x%02X", r)
		default:
			fmt.Fprintf(&b, "\\u%04X", r)
		}
		i += n
	}
	return b.String()
}

// scriptEscape returns how to escape the character r at s[i:]: 0 means not at
// all, '\\' means with a backslash, 'x' means with its code, and any other
// letter means with a backslash and that letter.
func scriptEscape(s string, i int, r rune, n int, forJSON bool) byte {
	dangerous := false
	switch {
	case r < ' ':
		if c := controlEscape(r); c != 0 {
			return c
		}
		return 'x'
	case r == '"' || r == '\\' || r == '\'' && !forJSON:
		return '\\'
	case r == '/':
		if i == 0 || s[i-1] == '<' {
			return '\\'
		}
	case r == '>':
		dangerous = mayClose(s, i)
		if dangerous && !forJSON {
			return '\\'
		}
	case r == '<':
		dangerous = i+n == len(s) || s[i+n] == '!' || s[i+n] == '?'
	case r >= 0x7F && r <= 0x9F, r == 0x2028, r == 0x2029:
		dangerous = true
	}
	if dangerous {
		return 'x'
	}
	return 0
}

// mayClose reports whether the > at s[i:] may end a comment or a CDATA section.
func mayClose(s string, i int) bool {
	if i == 0 {
		return true
	}
	return (s[i-1] == ']' || s[i-1] == '-') && (i == 1 || s[i-2] == s[i-1])
}

// urlValue is the value of x?url or x?url_path without arguments. As a string,
// it is x escaped in the charset of the settings. As a method, it takes the
// charset to use instead.
type urlValue struct {
	n      *builtinNode
	target Value
}

func (*urlValue) abilities() ability { return aString | aMethod }

func (*urlValue) wantsStrings() bool { return true }

func (u *urlValue) call(e *env, _ pos, args []Value) (Value, error) {
	return u.n.apply(e, u.target, args)
}

func (u *urlValue) asString(e *env) (string, error) {
	charset := e.settings.urlCharset
	if charset == "" {
		charset = e.settings.encoding
	}
	if charset == "" {
		return "", otherError(u.n.pos, "?%s needs a charset, as an argument or a setting", u.n.bi.written)
	}
	v, err := encodeURL(e, u.n, u.target, []Value{String(charset)})
	return v.str(), err
}

func encodeURL(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
	s, charset := target.str(), args[0].str()
	if err := e.work(len(s)); err != nil {
		return Value{}, err
	}
	safe := func(c byte) bool {
		return isLetter(c) || isDigit(c) || strings.IndexByte("_-.!~'()*", c) >= 0 ||
			c == '/' && n.bi.name == "url_path"
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if safe(s[i]) {
			b.WriteByte(s[i])
			i++
			continue
		}
		start := i
		for i < len(s) && !safe(s[i]) {
			i++
		}
		encoded, err := encodeCharset(s[start:i], charset)
		if err != nil {
			return Value{}, otherError(n.pos, "unknown charset in the argument of ?%s", n.bi.written)
		}
		for _, c := range []byte(encoded) {
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
		if b.Len() > e.limits.StringBytes {
			break
		}
	}
	return e.newString(b.String())
}

const hexDigits = "0123456789ABCDEF"
