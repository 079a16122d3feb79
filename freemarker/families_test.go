package freemarker_test

// Random templates, in families. Each family exercises one part of the language
// in unusual combinations.

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// familyModel is the data model of the templates of all families.
const familyModel = `{"name": "Anna", "n": 5, "z": 0, "neg": -3, "big": 1234567, "long": 9007199254740993,
"huge": 123456789012345678901234567890, "dbl": 1234.5678, "tiny": 0.000123, "half": 2.5, "dneg": -0.05,
"t": true, "f": false, "s": "Hello World", "e": "", "nul": null, "num": "12.50", "html": "<a href='x'>T&C \"q\"</a>",
"lst": ["a", "b", "c"], "nums": [3, 1, 2, 10, 2], "mixed": [1, "a", true, null, [1]], "el": [], "eh": {},
"h": {"a": 1, "b": null, "c": "x"}, "rows": [{"n": "x", "p": 2.5}, {"n": "é", "p": 1}, {"n": "B", "p": 10}],
"user": {"first": "Ada", "age": 36, "address": {"city": "London"}}, "csv": "a,b;c, d ,,e", "date": "2024-02-29 23:59:58",
"de": "Grüße aus München", "fr": "Où est l'été ?", "es": "¿Mañana, niño?", "pl": "Zażółć gęślą jaźń", "ru": "Привет, мир",
"el2": "ΟΔΥΣΣΕΥΣ", "ar": "مرحبا ١٢", "ja": "東京　タワー", "hi": "नमस्ते १२", "emoji": "👍🏽 ok 🇩🇪", "tr": "Iİıi"}`

// maker makes templates at random.
type maker struct{ r *rand.Rand }

func (m maker) pick(xs ...string) string { return xs[m.r.IntN(len(xs))] }

func (m maker) chance(percent int) bool { return m.r.IntN(100) < percent }

func (m maker) int(from, to int) int { return from + m.r.IntN(to-from+1) }

// some joins up to n random parts.
func (m maker) some(n int, sep string, make func() string) string {
	return strings.Join(repeat(m.r.IntN(n)+1, make), sep)
}

func repeat(n int, f func() string) []string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = f()
	}
	return parts
}

// familyCase is a template, and the locale and time zone to render it with.
type familyCase struct{ template, locale, zone string }

// families maps the name of each family to a function that makes one of its
// templates.
var families = map[string]func(m maker) familyCase{
	"dates":      maker.dates,
	"dateparse":  maker.dateParsing,
	"decimals":   maker.decimals,
	"numbers":    maker.numbers,
	"lambdas":    plain(maker.lambda),
	"switches":   plain(maker.switchCase),
	"attempts":   plain(func(m maker) string { return m.attempt(3) }),
	"loops":      plain(func(m maker) string { return m.loop(2) }),
	"formats":    plain(maker.outputFormat),
	"slices":     plain(maker.slice),
	"interpret":  plain(maker.interpret),
	"regexes":    plain(maker.regex),
	"sms":        maker.sms,
	"macros":     plain(maker.macros),
	"strings":    maker.strings,
	"whitespace": plain(maker.whitespace),
	"operators":  plain(func(m maker) string { return "${(" + m.expr(4) + ")!'none'}" }),
	"broken":     plain(maker.broken),
}

func plain(f func(m maker) string) func(m maker) familyCase {
	return func(m maker) familyCase { return familyCase{template: f(m)} }
}

var (
	familyLocales = strings.Fields(`en_US en_GB de de_AT de_CH fr fr_CA es es_MX it pt_BR pt nl sv nb_NO da fi pl cs hu ro
		tr az lt ru uk bg el he ar ar_EG fa ur hi bn mr ta th th_TH th_TH_TH vi ja ko zh zh_TW id sw gl ka hy kk my km
		en_US_POSIX no_NO_NY en_IN sr et lv hr sl sk ca eu is mt ga cy`)
	familyZones = strings.Fields(`UTC GMT Europe/Berlin America/New_York Asia/Tokyo Asia/Kolkata Australia/Lord_Howe
		America/St_Johns Europe/Dublin Africa/Casablanca Pacific/Apia GMT+5:30 EST Asia/Tehran America/Sao_Paulo Nope/Nope`)
)

func (m maker) moment() string {
	return fmt.Sprintf(`"%04d-%02d-%02d %02d:%02d:%02d.%03d"?datetime("yyyy-MM-dd HH:mm:ss.SSS")`,
		m.r.IntN(3)*m.int(0, 900)+m.int(1, 2300-900), m.int(1, 12), m.int(1, 31), m.int(0, 23), m.int(0, 59), m.int(0, 59), m.int(0, 999))
}

func (m maker) datePattern() string {
	return m.some(6, m.pick(" ", "-", "/", ".", ":", "", " 'o''clock' ", ", "), func() string {
		return strings.Repeat(m.pick(strings.Split("G y y M M L d d E u a H k K h m s S D F w W z Z X Y", " ")...), m.int(1, 5))
	})
}

func (m maker) dateFormat() string {
	style := func() string { return m.pick("short", "medium", "long", "full") }
	return m.pick(style(), style()+"_"+style(), "iso", "xs", "iso_ms", "iso_h_nz", "iso_m u", "iso_fz", "xs_ms_nz",
		m.datePattern(), m.datePattern(), m.datePattern())
}

func (m maker) dates() familyCase {
	var b strings.Builder
	fmt.Fprintf(&b, `<#assign d = %s>`, m.moment())
	for range m.int(1, 3) {
		switch m.r.IntN(7) {
		case 0:
			fmt.Fprintf(&b, `<#setting %s="%s">`, m.pick("datetime_format", "date_format", "time_format"), m.dateFormat())
		case 1:
			fmt.Fprintf(&b, `<#setting time_zone="%s">`, m.pick(familyZones...))
		case 2:
			fmt.Fprintf(&b, `<#setting locale="%s">`, m.pick(familyLocales...))
		}
		fmt.Fprintf(&b, "[%s]", m.pick("${d}", "${d?date}", "${d?time}", "${d?string}", "${d?date?string.full}", "${d?time?string.long}",
			fmt.Sprintf(`${d%s?string("%s")}`, m.pick("", "", "?date", "?time"), m.dateFormat()),
			fmt.Sprintf(`${d%s?string("%s")}`, m.pick("", "", "?date", "?time"), m.dateFormat()),
			"${d?"+m.pick("iso_utc", "iso_local", "iso_utc_ms", "iso_local_h_nz", "iso_utc_m", "iso_utc_fz")+"}",
			fmt.Sprintf(`${d?iso("%s")}`, m.pick(familyZones...)), "${d?long?c}", "${(d?date == d?date)?c}"))
	}
	return familyCase{b.String(), m.pick(familyLocales...), m.pick(familyZones...)}
}

func (m maker) dateParsing() familyCase {
	p := m.dateFormat()
	q := p
	if m.chance(20) {
		q = m.dateFormat()
	}
	conversion := m.pick("datetime", "datetime", "date", "time")
	t := fmt.Sprintf(`<#assign d = %s><#assign s = d%s?string("%s")>${s}|<#attempt>${s?%s("%s")?string("yyyy-MM-dd HH:mm:ss.SSS X")}<#recover>no</#attempt>`,
		m.moment(), m.pick("", "", "?date", "?time"), p, conversion, q)
	if m.chance(30) {
		text := m.pick("2024-02-29T12:34:56Z", "2024-02-29", "12:34", "20240229T123456+0130", "2024-2-9", "-0001-01-01", "12:34:56,789-05",
			"2024-13-01", "1999-W01", "24:00:00", "2024-02-30", "10:15:30.123456", "2024-02-29T12", "T12:00", "99:99")
		t = fmt.Sprintf(`<#attempt>${"%s"?%s.%s?string("yyyy-MM-dd HH:mm:ss.SSS X")}<#recover>no</#attempt>`, text, conversion, m.pick("iso", "xs"))
	}
	return familyCase{t, m.pick(familyLocales...), m.pick(familyZones...)}
}

func (m maker) number() string {
	return m.pick("n", "z", "neg", "big", "long", "huge", "dbl", "tiny", "half", "dneg", "1.005", "2.675", "0.1", "-7.5",
		fmt.Sprintf("%d.%0*d", m.int(0, 99999), m.int(1, 5), m.int(0, 99)), fmt.Sprint(m.int(-10, 1000000)), "(dbl * 3)", "(n / 3)", "(big?double)",
		"(dbl?float)", `("1e25"?number)`, `("NaN"?number)`, `("INF"?number)`, `("-INF"?number)`, "(-z)", "0.5", "1.5", "(half + 1)")
}

func (m maker) decimalPattern() string {
	p := m.pick("", "'x'", "$", "¤", "¤¤", "%", "-", "(", "''", "‰", "é") +
		m.pick("0", "#", "#,##0", "00", "#,###", "#,##,##0", "##0", "0000", "", "#,####", ",##0") +
		m.pick("", "", ".0", ".00", ".##", ".0#", ".###", ".", ".0000") +
		m.pick("", "", "", "E0", "E00", "'E'") + m.pick("", "", "%", "‰", " ¤", "'%'", ")", " kg")
	if m.chance(25) {
		p += ";" + m.pick("-#", "(0)", "#-", "neg 0.0", "'-'0", "")
	}
	if m.chance(30) {
		p += ";;" + m.some(3, m.pick(" ", ", "), func() string {
			return m.pick("roundingMode=", "rnd=") + m.pick("halfUp", "halfDown", "halfEven", "up", "down", "ceiling", "floor", "unnecessary") +
				m.pick("", " groupingSeparator=_", " mul=100", " decimalSeparator=','", " exponentSeparator=e", " minusSign=m", " infinity=inf",
					" nan=''", " percent=p", " perMille=q", " zeroDigit=٠", " currencyCode=EUR", " currencySymbol=Fr", " monetaryDecimalSeparator='_'")
		})
	}
	return p
}

func (m maker) decimals() familyCase {
	t := m.some(3, " ", func() string {
		return fmt.Sprintf(`<#attempt>[${(%s)?string("%s")}]<#recover>no</#attempt>`, m.number(), m.decimalPattern())
	})
	return familyCase{template: t, locale: m.pick(familyLocales...)}
}

func (m maker) numbers() familyCase {
	t := m.some(3, " ", func() string {
		return "<#attempt>" + m.pick("${"+m.number()+"}", "${"+m.number()+"?c}", "${"+m.number()+"?string.currency}", "${"+m.number()+"?string.percent}",
			"#{"+m.number()+"}", "#{"+m.number()+"; m1M4}", "#{"+m.number()+"; M2}", "${"+m.number()+"?"+m.pick("round", "floor", "ceiling", "abs",
				"int", "long", "short", "byte", "double", "float", "is_nan", "is_infinite", "lower_abc", "upper_abc")+m.pick("?string", "?c", "")+"}",
			"${("+m.number()+m.pick(" + ", " - ", " * ", " / ", " % ")+m.number()+")"+m.pick("", "?c", "?string('0.####')")+"}",
			"${("+m.number()+m.pick(" == ", " != ", " < ", " gt ", " lte ", " gte ")+m.number()+")?c}",
			"${"+m.number()+"?string?number}", "<#setting number_format='"+m.pick("0.##", "currency", "percent", "computer", "0.00", "#,##0.0;(0)")+"'>${"+m.number()+"}",
			"<#assign x = "+m.number()+"><#assign x "+m.pick("+=", "-=", "*=", "/=", "%=")+" "+m.number()+">${x}", "<#assign x = n>${x}<#assign x++>${x}<#assign x-->${x}") + "<#recover>no</#attempt>"
	})
	return familyCase{template: t, locale: m.pick(familyLocales...)}
}
