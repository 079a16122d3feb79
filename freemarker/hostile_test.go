package freemarker_test

// Templates that try to use up time, memory or the stack.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"temporal-twilio/freemarker"
)

func rep(s string, n int) string { return strings.Repeat(s, n) }

// numbered repeats a format with the numbers up to n.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostile templates by what they attack. Each must be answered in time; most
// must be refused.
var hostile = map[string]string{
	"nested parentheses":            "${" + rep("(", 50000) + "1" + rep(")", 50000) + "}",
	"nested lists":                  "${" + rep("[", 50000) + rep("]", 50000) + "?size}",
	"nested hashes":                 "${" + rep(`{"a":`, 20000) + "1" + rep("}", 20000) + "?size}",
	"nested #if":                    rep("<#if true>", 20000) + rep("</#if>", 20000),
	"nested #list":                  rep("<#list 1..2 as x>", 2000) + "x" + rep("</#list>", 2000),
	"thirty loops":                  rep("<#list 1..9 as x>", 30) + "x" + rep("</#list>", 30),
	"comments in an expression":     "${1" + rep("<!---->", 30000) + "}",
	"open comments":                 rep("<#-- ", 40000),
	"almost comments":               "${1 <!--" + rep("-- ", 80000) + "}",
	"almost end tags":               "<#noparse>" + rep("</", 100000),
	"dashes":                        "<#--" + rep("-", 200000),
	"almost tags":                   rep("<#", 120000),
	"almost interpolations":         rep("$", 250000),
	"raw strings":                   "${" + rep(`r"" + `, 30000) + `""}`,
	"many negations":                "${" + rep("!", 100000) + "true}",
	"long path":                     "${a" + rep(".a", 50000) + "}",
	"long index":                    "${a" + rep("[0]", 50000) + "}",
	"long built-ins":                `${"a"` + rep("?trim", 50000) + "}",
	"long calls":                    "${a" + rep("()", 50000) + "}",
	"long defaults":                 "${a" + rep("!a", 50000) + "}",
	"long defaults in parentheses":  "${" + rep("(a!", 50000) + "1" + rep(")", 50000) + "}",
	"long sum":                      "${1" + rep("+1", 100000) + "}",
	"sums within sums":              rep("${"+rep("(", 30)+"1"+rep("+1)", 30)+"}", 1900),
	"long concatenation":            `${"a"` + rep(`+"a"`, 60000) + "}",
	"long product":                  "${9" + rep("*9", 100000) + "}",
	"long conjunction":              "<#if true" + rep("&&true", 40000) + ">x</#if>",
	"long #elseif":                  "<#if false>" + rep("<#elseif false>", 17000) + "</#if>",
	"unclosed lists":                "${x!" + rep("[x![", 40000),
	"scanned twice":                 "${" + rep("x!(", 140) + "1" + rep("+1", 60000) + rep(")", 140) + "}",
	"nested string literals":        "${" + rep(`"${'`, 3000) + "}",
	"many lines":                    rep("\n<#if true>\n</#if>", 15000),
	"many texts on one line":        rep("<#assign a=1> ", 18000),
	"many trims on one line":        rep("<#t>a", 50000),
	"unclosed tags":                 rep("<#if x>", 30000),
	"unclosed comment":              "<#--" + rep("-", 200000),
	"many brackets":                 rep("<", 200000),
	"nested escapes":                rep("<#escape x as x + x>", 100) + "${'a'}" + rep("</#escape>", 100),
	"endless range":                 "<#list 1.. as x></#list>",
	"large range":                   "<#list 1..2000000000 as x></#list>",
	"large range joined":            `${(1..2000000000)?join(",")}`,
	"large range reversed":          `<#list (1..2000000000)?reverse as x>${x}</#list>`,
	"large range sorted":            `${(1..2000000000)?sort?size}`,
	"large range added":             `${((1..2000000000) + [1])?size}`,
	"large range chunked":           `${(1..2000000000)?chunk(2)?size}`,
	"large range sliced":            `${(1..2000000000)[0..1999999998]?size}`,
	"large range contains":          `${(1..2000000000)?seq_contains(-1)?c}`,
	"large range mapped":            `${(1..2000000000)?map(x -> x)?size}`,
	"large range filtered":          `<#list (1..2000000000)?filter(x -> false) as x></#list>`,
	"endless range filtered":        `${(1..)?filter(x -> false)?first!}`,
	"endless minimum":               `${(1..)?map(x -> x)?min}`,
	"endless macro":                 "<#macro m><@m/></#macro><@m/>",
	"endless function":              "<#function f x><#return f(x + 1)></#function>${f(1)}",
	"endless nested content":        "<#macro m><#nested></#macro><#macro n><@m><@n/></@m></#macro><@n/>",
	"wide function":                 "<#function f x><#return f(x) + f(x)></#function>${f(1)}",
	"deep expression in function":   "<#function f x><#return " + rep("(", 140) + "f(x)" + rep(")", 140) + "></#function>${f(1)}",
	"endless eval":                  `<#assign s = "s?eval">${s?eval}`,
	"endless interpret":             `<#assign s = "<@s?interpret/>"><@s?interpret/>`,
	"eval in a loop":                `<#list 1..1000000 as x>${"1+1"?eval}</#list>`,
	"interpret in a loop":           `<#list 1..1000000 as x><@"${x}"?interpret/></#list>`,
	"deep eval":                     `${("(" + ""?left_pad(100000, "(") + "1")?eval}`,
	"deep JSON":                     `${""?left_pad(100000, "[")?eval_json}`,
	"long JSON":                     `${("[" + ""?left_pad(200000, "1,") + "1]")?eval_json?size}`,
	"doubled string":                `<#assign s = "x"><#list 1..100 as i><#assign s = s + s></#list>`,
	"doubled string in literal":     `<#assign s = "x"><#list 1..100 as i><#assign s = "${s}${s}"></#list>`,
	"doubled capture":               `<#assign s>xx</#assign><#list 1..100 as i><#assign s>${s}${s}</#assign></#list>`,
	"doubled list":                  `<#assign s = [1]><#list 1..100 as i><#assign s = s + s></#list>`,
	"doubled hash":                  `<#assign h = {}><#list 1..1000000 as i><#assign h = h + {"${i}": h}></#list>`,
	"grown list":                    `<#assign s = []><#list 1..10000000 as i><#assign s = s + [i]></#list>`,
	"grown string":                  `<#assign s = ""><#list 1..10000000 as i><#assign s = s + "x"></#list>`,
	"list of strings":               `<#assign s = ""?left_pad(200000)><#assign l = []><#list 1..100000 as i><#assign l = l + [s + i]></#list>`,
	"many variables":                `<#list 1..1000000 as i><@"<#assign a${i} = 1>"?interpret/></#list>`,
	"padding":                       `${"x"?left_pad(2000000000)}`,
	"padding right":                 `${"x"?right_pad(2000000000, "ab")}`,
	"padding in a loop":             `<#list 1..1000000 as i><#assign s = "x"?left_pad(200000)></#list>`,
	"replacing nothing":             `<#assign s = ""?left_pad(1000)>${s?replace("", s)}`,
	"replacing by much":             `<#assign s = ""?left_pad(20000)>${s?replace(" ", s)}`,
	"regex replacing by much":       `<#assign s = ""?left_pad(20000)>${s?replace(" ", s, "r")}`,
	"catastrophic regex":            `${("a"?left_pad(40, "a") + "!")?matches("(a+)+$")?c}`,
	"catastrophic regex 2":          `${(""?left_pad(5000, "a"))?replace("(a|aa)+b", "", "r")}`,
	"catastrophic regexes":          `<#list 1..1000 as i>${(""?left_pad(3000, "a"))?replace("a*a*a*a*b", "", "r")}</#list>`,
	"many regexes":                  `<#list 1..1000000 as i>${"a"?replace("a{${i?c}}", "", "r")}</#list>`,
	"large repetition":              `${"a"?matches("((a{1,1000}){1,1000}){1,1000}")?c}`,
	"nested regex":                  `${"a"?matches(""?left_pad(10000, "(") + ""?left_pad(10000, ")"))?c}`,
	"splitting":                     `${""?left_pad(250000, "a,")?split(",")?size}`,
	"splitting into units":          `${""?left_pad(250000, "a")?split("")?size}`,
	"squares":                       `<#assign x = 12345678901234567890><#list 1..100 as i><#assign x = x * x></#list>${x}`,
	"squares divided":               `<#assign x = 3><#list 1..100 as i><#assign x = (x / 7) * (x / 7) * 1000></#list>${x}`,
	"large exponent":                `${"1e999999999"?number}`,
	"large negative exponent":       `${"1e-999999999"?number + 1}`,
	"large literal":                 "${" + rep("9", 200000) + "}",
	"many digits":                   `${1?string(""?left_pad(900, "0"))}`,
	"long number format":            `${1?string(""?left_pad(100000, "0"))}`,
	"long date format":              `${.now?string(""?left_pad(100000, "y"))}`,
	"wide date format":              `<#list 1..100000 as i>${.now?string(""?left_pad(900, "y"))}</#list>`,
	"many number formats":           `<#list 1..1000000 as i>${1?string("0.'${i}'")}</#list>`,
	"many date formats":             `<#list 1..1000000 as i>${.now?string("'${i}'")}</#list>`,
	"many locales":                  `<#list 1..1000000 as i><#setting locale="x${i}_Y">${i?string.currency}</#list>`,
	"many time zones":               `<#list 1..1000000 as i><#setting time_zone="Z/${i}">${.now}</#list>`,
	"time zone path":                `<#setting time_zone="../../../etc/passwd">${.time_zone}`,
	"sorting long strings":          `<#assign s = ""?left_pad(100000, "é")>${(1..300)?map(i -> s + i)?sort?size}`,
	"sorting":                       `${(1..90000)?map(i -> "é" + (i * 7919 % 90001))?sort?size}`,
	"sorting in a loop":             `<#assign l = (1..5000)?map(i -> "" + (i * 7919 % 90001))><#list 1..10000 as i>${l?sort?size}</#list>`,
	"comparing long strings":        `<#assign s = ""?left_pad(250000, "é")><#list 1..10000 as i><#if s + "a" == s + "b"></#if></#list>`,
	"indexing long strings":         `<#assign s = ""?left_pad(250000, "é")><#list 1..10000000 as i>${s[i]}</#list>`,
	"searching long strings":        `<#assign s = ""?left_pad(250000, "a")><#list 1..10000000 as i>${s?index_of(s + "b")}</#list>`,
	"upper case":                    `<#assign s = ""?left_pad(250000, "ß")><#list 1..1000000 as i><#assign t = s?upper_case></#list>`,
	"escaping":                      `<#assign s = ""?left_pad(250000, "<")><#list 1..1000000 as i><#assign t = s?html?html></#list>`,
	"json escaping":                 `<#assign s = ""?left_pad(250000, "<")><#list 1..1000000 as i><#assign t = s?json_string></#list>`,
	"url escaping":                  `<#assign s = ""?left_pad(250000, "é")><#list 1..1000000 as i><#assign t = s?url("UTF-8")></#list>`,
	"truncating":                    `<#assign s = ""?left_pad(250000, "a")><#list 1..1000000 as i><#assign t = s?truncate(200000)></#list>`,
	"words":                         `<#assign s = ""?left_pad(250000, "a ")><#list 1..1000000 as i><#assign t = s?word_list></#list>`,
	"keys":                          `<#assign h = {}><#list 1..1000 as i><#assign h = h + {"${i}": i}></#list><#list 1..10000000 as i>${h?keys?size}</#list>`,
	"large output":                  `<#list 1..10000000 as x>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</#list>`,
	"compressed output":             `<#compress><#list 1..10000000 as x>  </#list></#compress>`,
	"nested compress":               rep("<#compress>", 100) + `<#list 1..100000 as x>x x</#list>` + rep("</#compress>", 100),
	"caught limits":                 `<#list 1..1000 as i><#attempt><#list 1.. as x></#list><#recover>caught</#attempt></#list>`,
	"caught recursion":              `<#macro m><#attempt><@m/><#recover><@m/></#attempt></#macro><@m/>`,
	"caught errors":                 `<#list 1..10000000 as i><#attempt>${nope}<#recover></#attempt></#list>`,
	"defaults that recurse":         `<#function f x><#return (f(x))!f(x)></#function>${f(1)}`,
	"macro with many parameters":    "<#macro m " + rep("a ", 1) + strings.Join(strings.Fields(rep("p=1 ", 20000)), " ") + "></#macro><@m 1/>",
	"many parameters of themselves": "<#macro m " + numbered("p%d=1 ", 20000) + "><@m/></#macro><@m/>",
	"many local variables":          "<#macro m>" + numbered("<#local v%d=1>", 10000) + "<@m/></#macro><@m/>",
	"many arguments of a built-in":  "<#list 1..10000000 as i>${i?item_cycle(" + rep("'a',", 20000) + "'a')}</#list>",
	"many arguments of a macro":     "<#macro m a...></#macro><#list 1..10000000 as i><@m " + rep("1, ", 20000) + "1/></#list>",
	"bound arguments that grow":     "<#macro m a...></#macro><#assign f=m><#list 1..10000000 as i><#assign f=f?with_args([i])></#list><@f/>",
	"many #elseif in a loop":        "<#list 1..10000000 as i><#if false>" + rep("<#elseif false>", 10000) + "</#if></#list>",
	"many #case in a loop":          "<#list 1..1000000 as i><#switch i>" + numbered("<#case -%d>", 10000) + "</#switch></#list>",
	"long name in errors":           "<#list 1..10000000 as i><#attempt>${" + rep("a", 100000) + "b}<#recover></#attempt></#list>",
	"long code evaluated":           `<#list 1..10000 as i>${("1" + ""?left_pad(200000, "+1"))?eval}</#list>`,
	"long code interpreted":         `<#list 1..10000 as i><@(""?left_pad(200000, "<#if true></#if>"))?interpret/></#list>`,
	"code that runs itself twice":   `<#assign s = "(s?eval) + (s?eval)">${s?eval}`,
	"macro that defines itself":     `<#assign s = "<#macro m><@m/></#macro><@m/>"><@s?interpret/>`,
	"lambda in a function":          "<#function f n><#return (1..3)?map(x -> f(n + 1))?join('')></#function>${f(1)}",
	"lambda that filters endlessly": "<#list (1..)?drop_while(x -> (1..)?filter(y -> true)?size gt 0) as x></#list>",
	"loops in lambdas":              "<#list (1..1000)" + rep("?filter(x -> (1..1000)?filter(y -> false)?size == 0)", 5) + " as x>${x}</#list>",
	"lazy chain":                    "<#list (1..100000)" + rep("?map(x -> x + 1)", 140) + " as x></#list>",
	"filled chunk":                  "<#list [1]?chunk(2000000000, 0) as c>${c?size}<#list c as x></#list></#list>",
	"default of itself":             "<#function f a=f()><#return a></#function>${f()}",
	"recursion in a capture":        "<#macro m><#local x><@m/></#local></#macro><@m/>",
	"caught recursion in functions": "<#function f n><#attempt><#return f(n + 1)><#recover><#return f(n + 1)></#attempt></#function>${f(1)}",
	"caught padding":                `<#attempt>${"x"?left_pad(2000000000)}<#recover>caught</#attempt>`,
	"caught digits":                 `<#attempt>${"1e999999999"?number + 1}<#recover>caught</#attempt>`,
	"caught deep code":              `<#attempt><@(""?left_pad(100000, "<#if true>"))?interpret/><#recover>caught</#attempt>`,
	"limit caught with !":           `${(""?left_pad(2000000000))!"default"}`,
	"defaults evaluated to digits":  "<#list 1..10000000 as i><#assign x = " + rep("9", 900) + " * " + rep("9", 900) + "></#list>",
	"quotients of many digits":      "<#assign x = " + rep("9", 990) + "><#list 1..10000000 as i><#assign y = x / 7.0000000001></#list>",
	"many fraction digits":          `<#list 1..10000000 as i><#assign q = (i / 7)?string("0." + ""?left_pad(990, "0"))></#list>`,
	"markup doubled":                `<#ftl output_format="HTML"><#assign s = "<"?esc><#list 1..64 as i><#assign s = s + s></#list>x`,
	"combining marks":               `<#assign s = ""?left_pad(250000, "a\x0301")><#list 1..10000000 as i><#if s + "b" == s></#if></#list>`,
	"index past almost":             `<#assign s = ""?left_pad(250000, "a")><#assign p = ""?left_pad(120000, "a") + "b"><#list 1..10000000 as i>${s?index_of(p)}${s?replace(p, "x")?length}</#list>`,
	"matches of a long string":      `${""?left_pad(250000, "a")?matches("")?size}`,
	"settings in a loop":            `<#list 1..10000000 as i><#setting locale=["de", "hi", "ja"][i % 3]><#setting time_zone=["UTC", "Asia/Tokyo"][i % 2]>${i}${.now}</#list>`,
	"settings":                      "<#list 1..100000000 as i>" + rep("<#setting locale='de'>", 11000) + "</#list>",
	"settings in a short loop":      "<#list 1..2000 as i>" + rep("<#setting locale='de'>", 11000) + "</#list>",
	"unknown time zones":            "<#list 1..100000000 as i>" + numbered("<#setting time_zone='Europe/B%d'>", 6000) + "</#list>",
	"#switch with many cases":       "<#list 1..100000000 as i><#switch 1>" + rep("<#case 2>", 25000) + "</#switch></#list>",
	"range literals":                "<#list 1..100000000 as i>" + rep("<#if (1..5)??></#if>", 12000) + "</#list>",
	"macros defined again":          `<#assign t = "<#macro a></#macro>"?interpret><#list 1..100000000 as i><@t/></#list>`,
	"large hash listed in part":     "<#assign h = {" + numbered("'k%d': 1, ", 15000) + "'z': 2}><#list 1..10000000 as i><#list h as k, v><#break></#list></#list>",
	"large hash bound":              "<#macro m a...></#macro><#assign f = m?with_args({" + numbered("'k%d': 1, ", 15000) + "'z': 2})><#list 1..10000000 as i><@f/></#list>",
	"variables by name":             `<#list 1..10000000 as i><@capture_output var="v" + i?c>x</@capture_output></#list>`,
	"long #escape":                  "<#escape x as " + rep("x+", 2000) + "x>" + rep("${1}", 60000) + "</#escape>",
	"long #escape with built-ins":   "<#escape x as x" + rep("?trim", 500) + ">" + rep("${1}", 60000) + "</#escape>",
	"escapes that double":           "<#escape x as [x, x]?size>" + rep("<#escape x as [x, x]?size>", 59) + "${1}" + rep("</#escape>", 60),
	"combined output formats":       "<#outputformat 'HTML" + rep("{HTML", 40000) + rep("}", 40000) + "'>x</#outputformat>",
	"long sum in the header":        "<#ftl attributes={'a':" + rep("'a'+", 60000) + "'z'}>x",
	"long regular expression":       `<#list 1..10000000 as i><#assign t = "a"?matches(""?left_pad(60000, "a|b|") + i)?c></#list>`,
	"groups of many":                "<#assign m = 'a'?matches('" + rep("()", 5000) + "a')><#list 1..10000000 as i><#assign g = m?groups></#list>",
	"urls in other charsets":        `<#assign s = ""?left_pad(80000, "あ")><#list 1..10000000 as i><#assign t = s?url("Shift_JIS")></#list>`,
	"long text in a function":       "<#function f>" + rep("x", 200000) + "<#return 1></#function><#list 1..100000000 as i><#assign a = f()></#list>",
	"long string in a function":     "<#assign s = ''?left_pad(250000)><#function f>${s}<#return 1></#function><#list 1..100000000 as i><#assign a = f()></#list>",
	"loops within loops of code":    "<#assign s><#noparse>" + rep("<#list 1..1 as x>", 100) + "<@s?interpret/>${y!}" + rep("</#list>", 100) + "</#noparse></#assign><@s?interpret/>",
	"new":                           `${"freemarker.template.utility.Execute"?new()("id")}`,
	"api":                           `${m?api.class}`,
	"include":                       `<#include "/etc/passwd">`,
	"import":                        `<#import "/etc/passwd" as p>`,
}

// TestHostileTemplatesAreAnsweredInTime runs all of them with a deadline that
// none should reach.
func TestHostileTemplatesAreAnsweredInTime(t *testing.T) {
	model := freemarker.Map(
		freemarker.Entry{Key: "m", Value: freemarker.Map()},
		freemarker.Entry{Key: "a", Value: freemarker.String("a")},
	)
	for name, source := range hostile {
		t.Run(name, func(t *testing.T) {
			var took, parsed time.Duration
			var err error
			for range 5 { // a busy machine gets another try
				var tpl *freemarker.Template
				start := time.Now()
				tpl, err = freemarker.Parse("hostile", source)
				parsed = time.Since(start)
				if err == nil {
					_, err = tpl.Render(context.Background(), model)
				}
				if took = time.Since(start); took <= 2*time.Second*slowdown {
					break
				}
			}
			if took > 2*time.Second*slowdown {
				t.Errorf("took %v, %v of it to parse", took, parsed)
			}
			if err != nil && strings.Contains(err.Error(), "internal error") {
				t.Error(err)
			}
			var re *freemarker.RenderError
			if strings.Contains(name, "caught") && !(errors.As(err, &re) && re.Kind == freemarker.KindLimit) {
				t.Errorf("a template caught a limit: %v", err)
			}
			t.Logf("%v (parsing %v): %v", took.Round(time.Millisecond), parsed.Round(time.Millisecond), err)
		})
	}
}

// TestContextEndsARendering checks that a deadline is honoured in the midst
// of each hostile template, within 50 ms. A busy machine gets ten tries.
func TestContextEndsARendering(t *testing.T) {
	model := freemarker.Map(freemarker.Entry{Key: "a", Value: freemarker.String("a")})
	for name, source := range hostile {
		tpl, err := freemarker.Parse("hostile", source, freemarker.WithLimits(freemarker.Limits{Time: time.Minute}))
		if err != nil {
			continue
		}
		const deadline, tolerance = 20 * time.Millisecond, 50 * time.Millisecond * slowdown
		late := time.Duration(0)
		for range 10 {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			start := time.Now()
			_, err = tpl.Render(ctx, model)
			late = time.Since(start) - deadline
			cancel()
			if late < tolerance {
				break
			}
		}
		if late >= tolerance {
			t.Errorf("%s: ended %v after the deadline: %v", name, late, err)
		}
	}
}
