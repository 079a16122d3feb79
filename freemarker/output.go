package freemarker

// Output formats and their escaping.

import (
	"cmp"
	"strings"
)

// outputFormat is one of FreeMarker's standard output formats, or a
// combination of two.
type outputFormat struct {
	name   string
	markup bool // it can escape
	mixing bool // values in other formats may be printed as they are
	enc    func(s string) string
	bypass []string // legacy escaping built-ins that leave its markup alone
}

var (
	formatUndefined = &outputFormat{name: "undefined", mixing: true}
	formatHTML      = &outputFormat{
		name: "HTML", markup: true, enc: escapeHTML,
		bypass: []string{"html", "xml", "xhtml"},
	}
	formatXML   = &outputFormat{name: "XML", markup: true, enc: escapeXML, bypass: []string{"xml"}}
	formatXHTML = &outputFormat{
		name: "XHTML", markup: true, enc: escapeHTML,
		bypass: []string{"html", "xml", "xhtml"},
	}
	formatRTF = &outputFormat{name: "RTF", markup: true, enc: escapeRTF, bypass: []string{"rtf"}}
)

var outputFormats = map[string]*outputFormat{
	"undefined":  formatUndefined,
	"HTML":       formatHTML,
	"XHTML":      formatXHTML,
	"XML":        formatXML,
	"RTF":        formatRTF,
	"plainText":  {name: "plainText"},
	"CSS":        {name: "CSS"},
	"JavaScript": {name: "JavaScript"},
	"JSON":       {name: "JSON"},
}

// maxCombined limits how deeply output formats may be nested in a name.
const maxCombined = 100

// findFormat returns the format with the given name, which may be a combination
// such as HTML{RTF}, or the reason why it does not exist.
func findFormat(name string) (*outputFormat, string) {
	if name == "" {
		return nil, "the name of an output format cannot be empty"
	}
	if strings.Count(name, "{") > maxCombined {
		return nil, "too many output formats are combined"
	}
	if strings.HasSuffix(name, "}") {
		i := strings.IndexByte(name, '{')
		if i < 0 {
			return nil, "missing \"{\" in the name of an output format"
		}
		outer, msg := findFormat(name[:i])
		if outer == nil {
			return nil, msg
		}
		inner, msg := findFormat(name[i+1 : len(name)-1])
		if inner == nil {
			return nil, msg
		}
		if !outer.markup || !inner.markup {
			return nil, "only markup output formats can be combined"
		}
		f := combineFormats(outer, inner)
		f.name = "" // in the reference, a combination that is named directly has no name
		return f, ""
	}
	if f := outputFormats[name]; f != nil {
		return f, ""
	}
	return nil, "unknown output format: " + name
}

func combineFormats(outer, inner *outputFormat) *outputFormat {
	return &outputFormat{
		name:   cmp.Or(outer.name, "null") + "{" + cmp.Or(inner.name, "null") + "}",
		markup: true,
		enc:    func(s string) string { return outer.enc(inner.enc(s)) },
		bypass: outer.bypass,
	}
}

func (f *outputFormat) escape(s string) string {
	if f.enc == nil {
		return s
	}
	return f.enc(s)
}

func (f *outputFormat) fromMarkup(s string) Value {
	return markupValue(&markup{format: f, text: s, hasText: true})
}

func (f *outputFormat) fromPlain(s string) Value {
	return markupValue(&markup{format: f, plain: s, isPlain: true})
}

// same reports whether two formats are identical.
func (f *outputFormat) same(g *outputFormat) bool { return f == g }

// concatMarkup joins two pieces of markup.
func concatMarkup(at pos, a, b *markup) (Value, error) {
	if !a.format.same(b.format) {
		switch {
		case b.isPlain:
			b = &markup{format: a.format, plain: b.plain, isPlain: true}
		case a.isPlain:
			a = &markup{format: b.format, plain: a.plain, isPlain: true}
		default:
			return Value{}, otherError(at, "cannot join %s and %s markup", a.format.name, b.format.name)
		}
	}
	if a.isPlain && b.isPlain {
		return a.format.fromPlain(concat(a.plain, b.plain)), nil
	}
	return a.format.fromMarkup(a.markupText() + b.markupText()), nil
}

// escaping is the output format of code, and whether output is escaped
// automatically.
type escaping struct {
	format *outputFormat
	policy escPolicy
}

// codeEscaping holds the escaping that applies at the start of code for ?eval
// and ?interpret. template is the template's initial escaping. begin is the
// escaping at the built-in or, if the output format there is the template's
// initial one, the same as template.
type codeEscaping struct{ begin, template escaping }

// escPolicy determines whether auto-escaping is on.
type escPolicy uint8

const (
	escDefault escPolicy = iota // if the format escapes by default: all markup formats
	escSupported
	escDisabled
)

var (
	htmlReplacer = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "'", "&#39;")
	xmlReplacer  = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;", "'", "&apos;")
	rtfReplacer  = strings.NewReplacer("{", `\{`, "}", `\}`, `\`, `\\`)
)

func escapeHTML(s string) string { return replaceIfAny(s, "<>&\"'", htmlReplacer) }
func escapeXML(s string) string  { return replaceIfAny(s, "<>&\"'", xmlReplacer) }
func escapeRTF(s string) string  { return replaceIfAny(s, `{}\`, rtfReplacer) }

func replaceIfAny(s, chars string, r *strings.Replacer) string {
	if !strings.ContainsAny(s, chars) {
		return s
	}
	return r.Replace(s)
}
