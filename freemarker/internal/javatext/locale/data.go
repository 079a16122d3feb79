package locale

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// Symbols holds a locale's java.text.DecimalFormatSymbols, except for the
// currency.
type Symbols struct {
	Decimal, Grouping                 rune
	MonetaryDecimal, MonetaryGrouping rune
	ZeroDigit                         rune
	Minus, Percent, PerMille          string // a sign may include directional marks
	Exponent, Infinity, NaN           string
}

// Numbers is the data of a locale's number formats.
type Numbers struct {
	Symbols
	NumberPattern, CurrencyPattern, PercentPattern string

	CurrencyCode   string // ISO 4217, of the country; "XXX" if it has none
	CurrencySymbol string

	symbols map[string]string // by currency code; a currency without a symbol is written as its code
}

// Dates is the data of a locale's date formats. Weekdays start with Sunday.
type Dates struct {
	Eras, LongEras          []string
	Months, ShortMonths     []string
	AloneMonths             []string // standalone, for a month without a day
	AloneShortMonths        []string
	Weekdays, ShortWeekdays []string
	AmPm, LongAmPm          []string
	DateStyles, TimeStyles  []string // SimpleDateFormat patterns of full, long, medium, short
	Glue                    []string // how to join {1}, the date, and {0}, the time; by the shorter of their styles
	FirstDay, MinimalDays   int      // the first day of a week, 1 being Sunday, and the minimum length of the first week of a year
	ZeroDigit               rune
	Buddhist                bool // years count from 543 BC
}

//go:embed locales.txt.gz
var packed []byte

// tables holds the values that locales share, and the indexes of each locale's
// values.
type tables struct {
	sections  map[string][]string
	locales   map[string][]int
	countries map[string]country
	digits    map[string]int // decimals by currency code
}

type country struct {
	currency              string
	firstDay, minimalDays int
}

// The order of a locale's values in its line of locales.txt.
var sections = []string{
	"symbols", "patterns", "currencies", "eras", "months", "shortmonths", "standalonemonths",
	"standaloneshortmonths", "weekdays", "shortweekdays", "ampm", "styles", "glue", "week",
}

var data = sync.OnceValue(func() *tables {
	t := &tables{
		sections: map[string][]string{}, locales: map[string][]int{},
		countries: map[string]country{}, digits: map[string]int{},
	}
	section := ""
	for line := range Lines(packed) {
		if name, ok := strings.CutPrefix(line, "@"); ok {
			section = name
			continue
		}
		switch section {
		case "locales":
			name, rest, _ := strings.Cut(line, " ")
			numbers := strings.Split(rest, " ")
			values := make([]int, len(numbers))
			for i, n := range numbers {
				v, _ := strconv.ParseInt(n, 36, 32)
				values[i] = int(v)
			}
			t.locales[name] = values
		case "countries":
			f := strings.Split(line, "|")
			first, _ := strconv.Atoi(f[2])
			minimal, _ := strconv.Atoi(f[3])
			t.countries[f[0]] = country{f[1], first, minimal}
		case "currencydigits":
			n, codes, _ := strings.Cut(line, "|")
			d, _ := strconv.Atoi(n)
			for code := range strings.FieldsSeq(codes) {
				t.digits[code] = d
			}
		default:
			t.sections[section] = append(t.sections[section], line)
		}
	}
	return t
})

// Lines returns the lines of a table packed with gzip. The tables are embedded,
// so a table that cannot be unpacked is a bug.
func Lines(packed []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			panic("javatext: table is not gzipped: " + err.Error())
		}
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			if !yield(s.Text()) {
				return
			}
		}
		if s.Err() != nil {
			panic("javatext: cannot unpack a table: " + s.Err().Error())
		}
	}
}

// resolve returns the name under which the tables list a locale: language,
// country and variant if that is listed, otherwise without the variant,
// otherwise the language, otherwise the root.
func (t *tables) resolve(l Locale) string {
	for _, name := range [...]string{l.Language + "_" + l.Country + "_" + l.Variant, l.Language + "_" + l.Country, l.Language} {
		if _, ok := t.locales[name]; ok {
			return name
		}
	}
	return ""
}

func (t *tables) value(name, section string) string {
	for i, s := range sections {
		if s == section {
			return t.sections[section][t.locales[name][i]]
		}
	}
	panic("javatext: no section " + section)
}

// known is the part of a locale that its data depends on: the name that it
// resolves to, and its country, for the currency and the calendar. However many
// locales are requested, there are few distinct values.
type known struct{ name, country string }

func (t *tables) known(l Locale) known {
	k := known{name: t.resolve(l), country: l.Country}
	if _, ok := t.countries[k.country]; !ok && k.country != "" {
		k.country = "?"
	}
	return k
}

var (
	numbers sync.Map // known to *Numbers
	dates   sync.Map // known to *Dates
)

// Numbers returns the data of the locale's number formats. It is shared and must not be modified.
func (l Locale) Numbers() *Numbers {
	t := data()
	k := t.known(l)
	if n, ok := numbers.Load(k); ok {
		return n.(*Numbers)
	}
	f := strings.Split(t.value(k.name, "symbols"), "|")
	p := strings.Split(t.value(k.name, "patterns"), "|")
	n := &Numbers{
		Symbols: Symbols{
			Decimal: first(f[0]), Grouping: first(f[1]), Percent: f[2], ZeroDigit: first(f[3]), Minus: f[4],
			Exponent: f[5], PerMille: f[6], Infinity: f[7], NaN: f[8],
			MonetaryDecimal: first(f[9]), MonetaryGrouping: first(f[10]),
		},
		NumberPattern: p[0], CurrencyPattern: p[1], PercentPattern: p[2],
		CurrencyCode: "XXX", CurrencySymbol: "\u00a4", symbols: map[string]string{},
	}
	if s := t.value(k.name, "currencies"); s != "" {
		for pair := range strings.SplitSeq(s, "\t") {
			n.symbols[pair[:3]] = pair[3:]
		}
	}
	if c := t.countries[k.country].currency; c != "" {
		n.CurrencyCode, n.CurrencySymbol = c, n.SymbolOf(c)
	}
	numbers.Store(k, n)
	return n
}

// SymbolOf returns a currency's symbol in the locale, or its code if it has
// none.
func (n *Numbers) SymbolOf(code string) string {
	if s, ok := n.symbols[code]; ok {
		return s
	}
	return code
}

// CurrencyDigits returns the number of decimals of a currency, or -1 if ISO
// 4217 does not define it, as for "XXX" and "XAU". ok is false for unknown
// codes.
func CurrencyDigits(code string) (digits int, ok bool) {
	digits, ok = data().digits[code]
	return digits, ok
}

// Dates returns the data of the locale's date formats. It is shared and must not be modified.
func (l Locale) Dates() *Dates {
	t := data()
	k := t.known(l)
	if d, ok := dates.Load(k); ok {
		return d.(*Dates)
	}
	list := func(section string) []string { return strings.Split(t.value(k.name, section), "\t") }
	bars := func(section string) []string { return strings.Split(t.value(k.name, section), "|") }
	halves := func(section string) ([]string, []string) {
		short, long, _ := strings.Cut(t.value(k.name, section), "|")
		return strings.Split(short, "\t"), strings.Split(long, "\t")
	}
	styles, week := bars("styles"), bars("week")
	d := &Dates{
		Months: list("months"), ShortMonths: list("shortmonths"),
		AloneMonths: list("standalonemonths"), AloneShortMonths: list("standaloneshortmonths"),
		Weekdays: list("weekdays"), ShortWeekdays: list("shortweekdays"),
		DateStyles: styles[:4], TimeStyles: styles[4:], Glue: bars("glue"),
		ZeroDigit: l.Numbers().ZeroDigit,
		Buddhist:  l.Language == "th" && l.Country == "TH",
	}
	d.Eras, d.LongEras = halves("eras")
	d.AmPm, d.LongAmPm = halves("ampm")
	d.FirstDay, _ = strconv.Atoi(week[0])
	d.MinimalDays, _ = strconv.Atoi(week[1])
	if c, ok := t.countries[k.country]; ok {
		d.FirstDay, d.MinimalDays = c.firstDay, c.minimalDays
	} else if k.country == "?" {
		d.FirstDay, d.MinimalDays = 2, 1
	}
	dates.Store(k, d)
	return d
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
