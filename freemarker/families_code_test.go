package freemarker_test

// The families of templates that run code: expressions, directives, calls.

import (
	"fmt"
	"strings"
)

// atom returns a simple expression, such as a name, a literal or a range.
func (m maker) atom() string {
	return m.pick("name", "n", "neg", "big", "dbl", "half", "t", "f", "s", "e", "nul", "num", "lst", "nums", "mixed", "el", "eh", "h", "rows",
		"user", "user.first", "user.address.city", "h.a", "h.b", "h['c']", "nope", "nope.x", "lst[0]", "lst[5]", "nums[1]", "1", "2.50", `"x"`, `'a"b'`,
		`"${n}"`, `"${s}-${n}"`, `r"a${n}"`, "true", "false", "[]", "[1, 2]", "{}", `{"a": 1}`, "1..3", "3..1", "0..<2", "2..*2", "(1..)", `"é"`,
		".now?is_date", ".locale", ".lang", ".version", ".vars['n']", ".data_model.n", "html", "csv", "emoji")
}

func (m maker) builtin() string {
	return "?" + m.pick("string", "c", "size", "length", "upper_case", "lower_case", "cap_first", "trim", "first", "last", "reverse", "sort", "join(',')",
		"keys", "values", "has_content", "exists", "default('d')", "is_string", "is_number", "is_sequence", "is_hash", "is_boolean", "number", "boolean",
		"int", "round", "html", "xml", "js_string", "json_string", "j_string", "url('UTF-8')", "split(' ')", "replace('a', 'b')", "contains('a')", "index_of('l')",
		"substring(1)", "left_pad(6, '.')", "right_pad(6)", "starts_with('H')", "word_list", "chunk(2)", "seq_contains(1)", "seq_index_of('b')", "min", "max",
		"sort_by('n')", "map(x -> x)", "filter(x -> true)", "then('y', 'n')", "switch(1, 'one', 'other')", "string('yes', 'no')", "string('0.0')", "if_exists",
		"is_enumerable", "sequence", "eval", "capitalize", "chop_linebreak", "truncate(7)", "keep_after('l')", "keep_before('o')", "remove_ending('d')",
		"ensure_starts_with('x')", "last_index_of('o')", "matches('.*')", "is_method", "upper_abc", "lower_abc", "abs", "floor", "ceiling", "interpret")
}

// expr returns an expression whose operators are nested up to the given depth.
func (m maker) expr(depth int) string {
	if depth == 0 {
		return m.atom()
	}
	sub := func() string { return m.expr(depth - 1) }
	switch m.r.IntN(14) {
	case 0:
		return "(" + sub() + ")"
	case 1:
		return sub() + m.pick(" + ", " - ", " * ", " / ", " % ", "+", "*") + sub()
	case 2:
		return sub() + m.pick(" == ", " != ", " lt ", " gte ", " <= ", " = ") + sub()
	case 3:
		return m.pick("!", "-", "+", "!!") + m.pick(m.atom(), "("+sub()+")")
	case 4:
		return sub() + m.pick(" && ", " || ", " & ", " | ") + sub()
	case 5:
		return sub() + m.pick("!", "!"+m.atom(), "!("+sub()+")", "??", "!'d' + 'x'")
	case 6:
		return "(" + sub() + ")" + m.pick("!", "!"+m.atom(), "??")
	case 7:
		return strings.ReplaceAll(m.atom(), "(1..)", "lst") + "[" + m.pick("0", "1", "-1", "0..1", "1..", "0..<1", "1..*2", "'a'", "n", sub()) + "]"
	case 8:
		return "[" + m.some(3, ", ", sub) + "]"
	case 9:
		return `{"a": ` + sub() + `, "b": ` + sub() + "}"
	case 10, 11:
		return m.atom() + m.builtin() + m.pick("", "", m.builtin())
	case 12:
		return "(" + sub() + ")" + m.builtin()
	}
	return m.atom()
}

func (m maker) show(x string) string {
	return "<#attempt>${" + x + m.pick("", "", "?c", "?string", "?join(',')", "?size") + "}<#recover>no</#attempt>"
}

func (m maker) lambda() string {
	f := func() string {
		return m.pick("x -> x", "x -> x + 1", "(x) -> x * 2", "x -> x > 1", "(x -> x > 1)", "x -> x != 'b'", "x -> true", "x -> x?upper_case", "x -> nope!",
			"x -> x?string", "x -> x?index", "x -> x gt 2", "x -> n + x", "x -> lst?map(y -> y + x)?join('')", "x -> x?is_string", "x -> x.p", "x -> x.n", "x -> x.p gt 2",
			"x -> (x!0)?is_number", "x -> x % 2 == 0", "fn", "x -> fn(x)", "x -> x??", "x -> x!'null'", "(x) -> (y) -> x")
	}
	x := m.pick("lst", "nums", "mixed", "rows", "el", "1..5", "(1..)", "3..1", "h?keys", "h?values", "csv?split(',')", "s?word_list", "'a1b2'?matches('[a-z]')", "lst?reverse")
	for range m.int(1, 3) {
		x += "?" + m.pick("map", "map", "filter", "take_while", "drop_while") + "(" + f() + ")"
		if m.chance(20) {
			x += m.pick("[0]", "[1..]", "[0..*2]", "[0..1]", "[2..0]", "?sequence", "[0..<0]", "[-1]")
		}
	}
	tail := m.pick("?join(',')", "?size", "?first!'-'", "?last!'-'", "[0]!'-'", "?sort?join(' ')", "?seq_contains('a')?c", "?min!'-'", "?has_content?c", "?reverse?join('')",
		"[0..*3]?join('+')", "?seq_index_of(3)", "?chunk(2)?size", "?is_sequence?c", "?sequence?size", "?size > 1", "??")
	fn := "<#function fn x><#return x + 1></#function>"
	if m.chance(40) {
		return fn + "<#attempt><#list " + x + " as i>${i}<#sep>,<#else>none</#list><#recover>no</#attempt>"
	}
	return fn + "<#attempt>${" + x + tail + "}<#recover>no</#attempt>"
}

func (m maker) switchCase() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<#switch %s>%s", m.pick("n", "s", "t", "half", "'a'", "2", "nope!", "nul!1", "lst[0]", m.expr(1)), m.pick("", "\n", " ", "<#-- c -->", "\n  "))
	for range m.int(0, 5) {
		if m.chance(20) {
			b.WriteString("<#default>")
		} else {
			fmt.Fprintf(&b, "<#case %s>", m.pick("1", "2", "5", "'a'", "s", "true", "half", "'Hello World'", "n", "5.0", "'A'", m.expr(1)))
		}
		b.WriteString(m.pick("a", "b\n", "${n}", "x<#break>y", "<#break>", "<#if t>c<#break></#if>d", "<#list 1..2 as i>${i}<#break></#list>", "<#continue>", "\n  z\n", "",
			"<#switch 1><#case 1>in<#break></#switch>out"))
	}
	b.WriteString("</#switch>")
	if m.chance(40) {
		return "<#list 1..3 as n>" + b.String() + "|</#list>"
	}
	return b.String() + "end"
}

func (m maker) attempt(depth int) string {
	body := func() string {
		if depth > 0 && m.chance(50) {
			return m.attempt(depth - 1)
		}
		return m.pick("a", "b${nope}c", "${1/0}", "${'x'?number}", "<#stop 'x'>", "${lst}", "<#assign v = 'in'>", "<#list lst as i>${i}${nums[i_index + 1].x}</#list>",
			"<#include 'x'>", "${.error?length gt 0}", "<@nope/>", "<#break>", "<#assign v>${nope}</#assign>", "${n?no_esc}", "<#setting locale='de'>${1.5}", "<#return>",
			"<#macro q>${nope}</#macro><@q/>", "${v!'none'}", "${(nope)!'d'}", "<#attempt>${nope}<#recover></#attempt>ok", "${m()}", "<#local x = 1>", m.show(m.expr(1)))
	}
	return "<#attempt>" + m.some(2, "", body) + m.pick("", "\n") + "<#recover>" + m.pick("r", "[${v!'-'}]", body(), "${.error??c}", "") + m.pick("</#attempt>", "</#attempt>", "</#recover>")
}

func (m maker) loop(depth int) string {
	v := m.pick("i", "x", "item")
	over := m.pick("lst", "nums", "1..3", "el", "rows", "mixed", "h?keys", "5..1", "csv?split(',')", "[]", "[[1, 2], [3]]", "0..<0", "['a']", "{'k': 1}?values")
	inside := func() string {
		if depth > 0 && m.chance(35) {
			return m.loop(depth - 1)
		}
		return m.pick("${"+v+"!'null'}", "${"+v+"?index}", "${"+v+"?counter}", "${"+v+"?has_next?c}", "${"+v+"?is_first?c}", "${"+v+"?is_last?c}", "${"+v+"?item_parity}",
			"${"+v+"?item_parity_cap}", "${"+v+"?item_cycle('a', 'b', 'c')}", "${"+v+"?is_odd_item?c}", "${"+v+"?is_even_item?then('e', 'o')}", "${"+v+"_index}",
			"${"+v+"_has_next?c}", "<#sep>,", "<#sep>, </#sep>", "<#if "+v+"?index == 1><#break></#if>", "<#if "+v+"?counter == 2><#continue></#if>", "-", "\n", "${i!}",
			"<#assign c = (c!0) + 1>${c}", "<#nested>", "${"+v+".n!}")
	}
	body := m.some(4, m.pick("", " "), inside)
	otherwise := m.pick("", "<#else>none", "<#else>${"+v+"!'gone'}")
	switch m.r.IntN(8) {
	case 0:
		return "<#list " + over + ">(<#items as " + v + ">" + body + "</#items>)" + otherwise + "</#list>"
	case 1:
		return "<#list h as k, " + v + ">${k}=" + body + otherwise + "</#list>"
	case 2:
		return "<#list user><#items as k, " + v + ">${k}" + strings.ReplaceAll(body, "${"+v+"!'null'}", "v") + "</#items></#list>"
	case 3:
		return "<#foreach " + v + " in " + over + ">" + body + "</#foreach>"
	case 4:
		return "<#attempt><#list " + over + " as " + v + ">" + body + otherwise + "</#list><#recover>no</#attempt>"
	}
	return "<#list " + over + " as " + v + ">" + body + otherwise + "</#list>" + m.pick("", "${"+v+"!'out'}")
}

func (m maker) outputFormat() string {
	format := func() string {
		return m.pick("HTML", "XML", "XHTML", "RTF", "plainText", "undefined", "JSON", "CSS", "JavaScript", "HTML{RTF}", "XML{HTML}", "{HTML}", "{XML}")
	}
	var inside func(depth int) string
	inside = func(depth int) string {
		if depth > 0 && m.chance(50) {
			switch m.r.IntN(4) {
			case 0:
				return "<#outputformat '" + format() + "'>" + inside(depth-1) + "</#outputformat>"
			case 1:
				return "<#noautoesc>" + inside(depth-1) + "</#noautoesc>"
			case 2:
				return "<#autoesc>" + inside(depth-1) + "</#autoesc>"
			}
			return "<#escape x as " + m.pick("x?html", "x?xml", "'[' + x + ']'", "x!'d'") + ">" + inside(depth-1) + m.pick("", "<#noescape>${html}</#noescape>") + "</#escape>"
		}
		return m.pick("${html}", "${html?esc}", "${html?no_esc}", "${n}", "${'a' + html}", "${'<b>'?no_esc + html}", "${\"${html}\"}", "<#assign c>${html}</#assign>${c}",
			"${.output_format}", "${.auto_esc?c}", "${html?html}", "${html?xml}", "${html?rtf}", "${html?xhtml}", "<@q>${html}</@q>", "${f1(html)}", "${html?esc?markup_string}", "${'<'?esc?is_markup_output?c}",
			"<#assign w = html?esc>${w}${w?is_string?c}", "${w!'-'}", "${(html?esc)?has_content?c}", "#{n}", "<b>&", "${html?truncate(8)}", "${html?truncate_m(8)}", "${{}?keys?join('<')}", "<@'${r\"${html}\"}'?interpret/>")
	}
	header := m.pick("", "", "<#ftl output_format='"+format()+"'>", "<#ftl output_format='"+format()+"' auto_esc="+m.pick("true", "false")+">", "<#ftl auto_esc=false>")
	return header + "<#macro q>[<#nested>${html}]</#macro><#function f1 x><#return x></#function>" + m.some(4, " ", func() string { return inside(3) })
}

func (m maker) slice() string {
	over := m.pick("lst", "nums", "s", "'abc'", "el", "e", "1..5", "5..1", "emoji", "de", "rows", "lst?map(x -> x)", "nums?filter(x -> true)", "lst?reverse", "h?keys", "'a1b2'?matches('[a-z]')", "'é😀x'", "'abc'?esc", "mixed")
	at := func() string { return m.pick("0", "1", "2", "3", "4", "-1", "n", "nope!0", "1.9", "5", "6", "99") }
	x := over
	for range m.int(1, 2) {
		x += "[" + at() + m.pick("", "..", "..", "..<", "..!", "..*") + m.pick("", at(), at(), "-"+m.pick("1", "2", "5")) + "]"
	}
	x = strings.NewReplacer("..<]", "..]", "..!]", "..]", "..*]", "..]").Replace(x)
	return "<#attempt>${" + x + m.pick("", "", "?join(',')", "?join(',')", "?size", "?length", "?first", "!'d'", "??c", "?has_content?c", "?is_string?c") + "}<#recover>no</#attempt>" +
		"<#attempt><#list " + x + " as i>${i!'-'};</#list><#recover>no</#attempt>"
}

func (m maker) interpret() string {
	code := m.pick("${n}", "<#assign v = 7>${v}", "<#macro k a>(${a})</#macro><@k a=1/>", "${nope}", "${", "<#if t>y</#if>", "<#list lst as i>${i}</#list>", "[#ftl]${n}[#if t]y[/#if]",
		"<#ftl output_format='HTML'>${html}", "${.vars?is_hash?c}", "<#function g x><#return x * 2></#function>${g(4)}", "<#return>", "<#break>", "<#nested>", "${i!'no i'}", "<#local y = 1>",
		"<#setting locale='de'>${1.5}", "\n<#if t>\nx\n</#if>\n", "${'$'}{n}", "<#attempt>${nope}<#recover>r</#attempt>", "<#t>x <#lt>", "${p!}", "<@q/>", "<#--c-->x", "<#noparse>${n}</#noparse>", "")
	text := "r" + quote(code)
	use := m.pick("<@"+text+"?interpret/>", "<#assign c = "+text+"?interpret><@c/><@c/>", "<@["+text+", 'id']?interpret/>", "<#list 1..2 as i><@"+text+"?interpret/></#list>",
		"<#macro q p='P'><@"+text+"?interpret/></#macro><@q/>", "<#attempt><@"+text+"?interpret/><#recover>no</#attempt>${v!'-'}", "<#outputformat 'HTML'><@"+text+"?interpret/></#outputformat>",
		"<#noautoesc><@"+text+"?interpret/></#noautoesc>", "<#outputformat 'XML'><#noautoesc><@"+text+"?interpret>body</@></#noautoesc></#outputformat>")
	if m.chance(40) {
		x := "r" + quote(m.pick(m.expr(2), m.expr(1), "n + 1", "'a' + s", "[1, 2]?size", "{'a': 1}.a", "1 +", "(", "x -> x", "nope", "nope!", "lst?map(x -> x)?join('')", ".vars.n", "i!0", "\"${n}\"", "1 2", "s) + (s"))
		use = m.pick("<#attempt>${"+x+"?eval}<#recover>no</#attempt>", "<#attempt>${("+x+"?eval)!'d'}<#recover>no</#attempt>", "<#list 1..2 as i><#attempt>${"+x+"?eval}<#recover>no</#attempt></#list>",
			"<#function g p><#return "+x+"?eval></#function><#attempt>${g(1)}<#recover>no</#attempt>", "<#attempt>${"+quote(`{"a": [1, 2.50, null, "x\u00e9"], "b": {}}`)+"?eval_json.a[1]}<#recover>no</#attempt>")
	}
	return use + m.pick("", "${v!'-'}", "${i!'-'}")
}

// quote makes a string literal of s. If s has a single quote, its double quotes
// are dropped.
func quote(s string) string {
	if strings.Contains(s, "'") {
		return `"` + strings.ReplaceAll(s, `"`, "") + `"`
	}
	return "'" + s + "'"
}

func (m maker) regex() string {
	pattern := m.some(4, "", func() string {
		return m.pick("a", "l", "o", ".", "[a-m]", "[^a-z]", `\\d`, `\\w`, `\\s`, "(l+)", "(o| )", "(?:x|W)", "(?<g>e)", `\\b`, "é", "^", "$", "(?i)H", "[A-Z]", `\\p{L}`, ",", "\n", "#", " ", `\\.`) +
			m.pick("", "", "", "*", "+", "?", "+?", "{2}", "*+")
	})
	target := m.pick("s", "csv", "de", "'aaa\\nBBB\\nccc'", "name", "ja", "num", "'x1y22z333'", "el2", "e", "'Hello, hello; HELLO'", "date", "hi", "'a.b.c'")
	flags := m.pick("", ", 'r'", ", 'i'", ", 'ri'", ", 'rm'", ", 'rs'", ", 'rc'", ", 'f'", ", 'rf'", ", 'rif'", ", 'im'", ", 'rmi'", ", 'x'")
	p := `"` + pattern + `"`
	return "<#attempt>" + m.pick("${"+target+"?replace("+p+", '"+m.pick("_", "", "[$0]", "$1", "<$1>", `\\\\`, "${'$'}2", "é", "\\\\$", "$", "${g}")+"'"+flags+")}",
		"<#list "+target+"?split("+p+flags+") as x>[${x}]</#list>", "${"+target+"?matches("+p+strings.ReplaceAll(flags, "r", "")+")?string('y', 'n')}",
		"<#list "+target+"?matches("+p+strings.ReplaceAll(flags, "f", "")+") as x>[${x}|<#list x?groups as g>${g!'-'},</#list>]</#list>", "<#assign q = "+target+"?matches("+p+")><#if q>${q?groups?size}${q?groups[1]!}</#if>",
		"${"+target+"?keep_after("+p+flags+")}", "${"+target+"?keep_before("+p+flags+")}", "${"+target+"?keep_after_last("+p+flags+")}", "${"+target+"?keep_before_last("+p+flags+")}",
		"${"+target+"?ensure_starts_with("+p+", '>')}", "${"+target+"?ensure_starts_with("+p+", '>'"+flags+")}", "${"+target+"?contains("+p+")?c}", "${"+target+"?index_of("+p+")}", "${"+target+"?matches("+p+")?size}") + "<#recover>no</#attempt>"
}

func (m maker) macros() string {
	params := m.pick("a", "a b", "a b='B'", "a='A' b=a", "a b...", "a...", "", "a, b", "a b c='C'", "a=n b='x' rest...")
	body := m.some(4, "", func() string {
		return m.pick("${a!'-'}", "${b!'-'}", "<#nested>", "<#nested 1>", "<#nested a!, 2>", "<#local l = 'loc'>${l}", "<#return>", "<#if a??>A</#if>", "${c!}", "${.args?size}", "<#list b as x>${x}</#list>", "${b?size}", "<#list b as k, v>${k}=${v};</#list>",
			"<#assign g = 'set'>", "<#global gg = 1>", "${l!'no l'}", "${n}", "${rest?size}", "<#local n = 9>${n}", "${.locals?size}", "\n")
	})
	args := m.pick("", " 1", " 1 2", " 1, 2", " a=1", " a=1 b=2", " b=2", " a='x' z=3", " 1 2 3", " a=nope", " a=(nope)!'d'", " lst", " h", " 1 -1", " a=1, b=2", " n s")
	call := m.pick("<@q"+args+"/>", "<@q"+args+">in${l!'-'}${n}</@q>", "<@q"+args+"; x, y>${x!'-'}${y!'-'}</@q>", "<@q"+args+"></@>", "<#call q>", "<@q?with_args([7])"+args+"/>", "<@q?with_args({'a': 7})"+args+"/>", "<@q?with_args_last([8])"+args+"/>",
		"<#assign w = q><@w"+args+"/>", "<@nope!q"+args+"/>", "<@.pass"+args+">x</@>", "<@compress single_line=true> a \n b </@compress>", "<@capture_output var='cc'>z</@capture_output>${cc}")
	def := "<#macro q " + params + ">" + body + "</#macro>"
	if m.chance(40) {
		def = "<#function q " + params + ">" + m.pick("", "<#if a?? && a?is_number && a gt 3><#return 'big'></#if>", "<#local l = 1>", "text") + "<#return " + m.pick("a!'-'", "1", "(a!0)?string + (b!'-')?is_string?c", "lst", ".args?size", "l!'no'", "n") + "></#function>"
		call = m.pick("${q("+strings.TrimSpace(m.pick("", "1", "1, 2", "1, 2, 3", "s", "nope!", "lst"))+")}", "${q(1)?string}", "${q?with_args([5])(1)!}", "${lst?map(q)?join(',')}", "<@q 1/>", "${q(1) + q(5)}", "${(q(nope))!'d'}")
	}
	before, after := def, ""
	if m.chance(30) {
		before, after = "", def
	}
	return before + m.some(2, "|", func() string { return "<#attempt>" + call + "<#recover>no</#attempt>" }) + "${g!'-'}${gg!'-'}${l!'-'}" + after
}

func (m maker) whitespace() string {
	return m.some(9, "", func() string {
		return m.pick("a", " ", "\n", "\n", "\r\n", "  ", "\t", "\u3000", "\u00a0", "\u2003", "\r", "<#if t>", "</#if>", "<#assign x = 1>", "<#-- c -->", "${n}", "<#t>", "<#lt>", "<#rt>", "<#nt>", "<#list 1..2 as i>", "</#list>",
			"<#macro w>", "</#macro>", "<#sep>", "<#ftl>", "<#ftl strip_whitespace=false>", "<#else>", "<@w/>", "<#noparse>x</#noparse>", "<#setting locale='en'>", "<#compress>", "</#compress>", "<#switch 1>", "<#case 1>", "</#switch>", "<#assign y>", "</#assign>", "#", "$", "<", "b\n", " \n")
	})
}

// broken returns a template with a part removed or inserted.
func (m maker) broken() string {
	s := m.pick(m.loop(1), m.switchCase(), m.macros(), "${"+m.expr(3)+"}", m.lambda(), m.outputFormat(), "<#if "+m.expr(2)+">a<#elseif "+m.expr(1)+">b<#else>c</#if>", "<#assign a = "+m.expr(2)+" b = "+m.expr(1)+">")
	r := []rune(s)
	i := m.r.IntN(len(r))
	switch m.r.IntN(3) {
	case 0:
		j := min(i+m.int(1, 4), len(r))
		return string(r[:i]) + string(r[j:])
	case 1:
		return string(r[:i])
	}
	return string(r[:i]) + m.pick("<", ">", "}", "{", "${", "</#", "<#", "]", "(", ")", "!", "?", "\"", "'", ",", "#", "\\", "..", "=", "&", "é", "@", "-", "</#if>", "x", " ", "->") + string(r[i:])
}

func (m maker) sms() familyCase {
	return familyCase{template: m.some(4, m.pick(" ", "\n"), func() string {
		return m.pick("${de}", "${fr?upper_case}", "${es?lower_case}", "${pl?cap_first}", "${ru?capitalize}", "${el2?lower_case}", "${ar}", "${ja?length}", "${ja?split('　')?join('/')}", "${hi[0..*3]}", "${emoji?length}",
			"${emoji[0..*2]}", "${tr?upper_case}|${tr?lower_case}", "${user.first}, ${n} Artikel: ${dbl?string.currency}", "Hola ${name!'amigo'}", "${(user.last)!'—'}", "${ja?trim}", "<#if ru?contains('мир')>да</#if>",
			"${[de, fr, es, pl]?sort?join(' | ')}", "${de?replace('ü', 'ue')}", "${fr?url('UTF-8')}", "${ja?url('UTF-8')}", "${pl?js_string}", "${ar?json_string}", "${hi?j_string}", "${de?truncate(10)}", "${ja?truncate_c(4, '…')}",
			"${rows?map(r -> r.n + ': ' + r.p?string.currency)?join('; ')}", "${date?datetime('yyyy-MM-dd HH:mm:ss')?string.full}", "${date?datetime('yyyy-MM-dd HH:mm:ss')?date}", "${big} ${big?c} ${half}", "${1234.5?string(',##0.00')} €",
			"${ru?word_list?size}", "${emoji?matches('.')?size}", "${de?index_of('ü')}", "${es?starts_with('¿')?c}", "${pl?left_pad(25, '·')}", "${tr?cap_first}${tr?uncap_first}", "<#list [ru, el2, ar]?sort as x>${x[0]}</#list>", "${(de == de?lower_case)?c}", "${html?html}", "${hi?upper_case}")
	}), locale: m.pick("de_DE", "fr_FR", "es_ES", "pl_PL", "ru_RU", "el_GR", "ar_EG", "ja_JP", "hi_IN", "tr_TR", "en_US", "lt_LT"), zone: m.pick(familyZones...)}
}

func (m maker) strings() familyCase {
	s := func() string {
		return m.pick("s", "de", "fr", "es", "pl", "ru", "el2", "ja", "hi", "emoji", "tr", "csv", "html", "e", "name", "num", `"a\tb\n"`, `"  x "`, `"İıſK"`, `"ß ŉ ǰ ﬁ"`, `"\x0001\x1F600"`, `"O'Neil \"x\" </script> ]]>"`, "date", "n", "t")
	}
	x := m.some(3, "|", func() string {
		return "<#attempt>${" + s() + "?" + m.pick("upper_case", "lower_case", "cap_first", "uncap_first", "capitalize", "trim", "length", "html", "xml", "xhtml", "rtf", "js_string", "json_string", "j_string", "url('UTF-8')", "url_path('UTF-8')", "url('ISO-8859-1')",
			"word_list?join('_')", "chop_linebreak", "split('')?join('.')", "replace('', '-')", "replace('l', 'L')", "replace('L', 'x', 'i')", "split('o')?size", "split('O', 'i')?join('/')", "index_of("+s()+")", "contains("+s()+")?c", "substring(1)",
			"substring(0, 3)", "left_pad(15, '.-')", "right_pad(15, 'ab')", "truncate(9)", "truncate_w(12)", "truncate_c(7)", "truncate(12, '..')", "truncate_w(10, '', 0)", "keep_after(' ')", "keep_before(' ')", "keep_after_last(' ')", "keep_before_last('l')",
			"remove_beginning('H')", "remove_ending('d')", "ensure_starts_with('H')", "ensure_ends_with('!')", "starts_with("+s()+")?c", "ends_with('d')?c", "last_index_of('o')", "last_index_of('l', 3)", "index_of('o', 5)", "number", "boolean?c", "eval", "is_string?c",
			"upper_case?lower_case", "reverse", "string", "has_content?c", "truncate_m(9)?is_markup_output?c", "absolute_template_name") + "}<#recover>no</#attempt>"
	})
	if m.chance(25) {
		x += "<#list [" + m.some(5, ", ", s) + "]?sort as x>${x};</#list>${(" + s() + " == " + s() + ")?c}"
	}
	return familyCase{template: x, locale: m.pick(familyLocales...)}
}
