package freemarker

// This file parses <#ftl …>, and expressions that must be constants.

import "strings"

func (p *parser) header() {
	p.accept(tTextSpace)
	if p.accept(tTrivialFTLHeader) {
		return
	}
	p.expect(tFTLHeader)
	var requested *token
	for p.peek() == tID {
		t := p.take()
		p.expect(tEquals)
		x := p.expression()
		name := p.image(t)
		p.lx.checkConvention(t, conventionOf(name))
		v, ok := constantValue(x)
		if !ok {
			p.fail(x.at(), "the parameters of #ftl must be constants")
		}
		if p.headerParam(name, t, x, v) {
			requested = &t
		}
	}
	if requested != nil && !p.format.markup {
		p.fail(requested.pos, "auto-escaping needs a markup output format")
	}
	p.looseEnd()
}

// headerParam applies one parameter. It reports whether auto-escaping is requested.
func (p *parser) headerParam(name string, t token, x expr, v Value) bool {
	is := func(legacy, camel string) bool { return strings.EqualFold(name, legacy) || name == camel }
	switch {
	case is("encoding", ""):
		if v.kind != kString {
			p.fail(x.at(), "a string is needed here")
		}
	case is("strip_whitespace", "stripWhitespace"):
		p.stripSpace = p.constantBool(x, v, true)
	case is("strip_text", "stripText"):
		p.stripText = p.constantBool(x, v, true)
	case is("strict_syntax", "strictSyntax"):
		p.lx.lenient = !p.constantBool(x, v, true)
	case is("auto_esc", "autoEsc"):
		if p.constantBool(x, v, false) {
			p.escPolicy = escSupported
			return true
		}
		p.escPolicy = escDisabled
	case is("output_format", "outputFormat"):
		if v.kind != kString {
			p.fail(x.at(), "a string is needed here")
		}
		f, msg := findFormat(v.str())
		if f == nil {
			p.fail(x.at(), msg)
		}
		p.format = f
	case is("ns_prefixes", "nsPrefixes"):
		if msg := checkPrefixes(v); msg != "" {
			p.fail(x.at(), msg)
		}
	case is("attributes", ""):
		if v.kind != kMap {
			p.fail(x.at(), "a hash is needed here")
		}
	default:
		p.fail(t.pos, "there is no parameter "+name+" of #ftl")
	}
	return false
}

// checkPrefixes checks the XML prefixes of a template, which have no effect
// here.
func checkPrefixes(v Value) (msg string) {
	m, ok := v.ref.(*hashMap)
	if !ok {
		return "a hash is needed here"
	}
	uris := map[string]bool{}
	for i, prefix := range m.names {
		uri := m.vals[i]
		switch {
		case uri.kind != kString:
			return "the URI of a prefix must be a string"
		case uri.str() == "" || prefix == "":
			return "a prefix and its URI cannot be empty"
		case prefix == "N":
			return "the prefix N is reserved"
		case uris[uri.str()]:
			return "two prefixes cannot have the same URI"
		}
		uris[uri.str()] = prefix != "D" // the URI of the default namespace may also have another prefix
	}
	return ""
}

func (p *parser) constantBool(x expr, v Value, yesNo bool) bool {
	if v.kind == kBool {
		return v.bool()
	}
	if yesNo && v.kind == kString {
		if b, ok := parseYesNo(v.str()); ok {
			return b
		}
	}
	p.fail(x.at(), "a boolean is needed here")
	return false
}

// parseYesNo parses a string that stands for a boolean in old templates, such
// as "yes".
func parseYesNo(s string) (value, ok bool) {
	if strings.HasPrefix(s, `"`) && len(s) >= 2 {
		s = s[1 : len(s)-1]
	}
	switch strings.ToLower(s) {
	case "n", "no", "f", "false":
		return false, true
	case "y", "yes", "t", "true":
		return true, true
	}
	return false, false
}

// constantValue evaluates an expression of literals. It returns false for any
// other expression.
func constantValue(x expr) (Value, bool) {
	switch x := x.(type) {
	case *numberNode:
		return x.v, true
	case *boolNode:
		return x.v, true
	case *stringNode:
		return String(x.s), x.parts == nil
	case *parenNode:
		return constantValue(x.x)
	case *signNode:
		return x.constant, !x.constant.missing()
	case *notNode:
		v, ok := constantValue(x.x)
		return Bool(!v.bool()), ok && v.kind == kBool
	case *listNode:
		items := make([]Value, len(x.items))
		for i, it := range x.items {
			v, ok := constantValue(it)
			if !ok {
				return Value{}, false
			}
			items[i] = v
		}
		return listOf(items), true
	case *hashNode:
		m := newHashMap(len(x.keys))
		for i := range x.keys {
			k, ok := constantValue(x.keys[i])
			v, ok2 := constantValue(x.values[i])
			if !ok || !ok2 || k.kind != kString {
				return Value{}, false
			}
			m.set(k.str(), v)
		}
		return Value{ref: m, kind: kMap}, true
	case *chainNode:
		return constantText(x)
	}
	return Value{}, false
}

// constantText evaluates a sum of string literals. It returns false for any
// other expression.
func constantText(x *chainNode) (Value, bool) {
	v, ok := constantValue(x.first)
	if !ok || v.kind != kString {
		return Value{}, false
	}
	text := []byte(v.str())
	for _, l := range x.rest {
		r, ok := constantValue(l.x)
		if !ok || l.op != '+' || r.kind != kString {
			return Value{}, false
		}
		text = append(text, r.str()...)
	}
	return String(joinHalves(string(text))), true
}
