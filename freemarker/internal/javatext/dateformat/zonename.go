package dateformat

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"temporal-twilio/freemarker/internal/javatext/locale"
)

//go:embed zones.txt.gz
var packedZones []byte

// zoneTable is the content of zones.txt; gen/Zones.java describes the format.
type zoneTable struct {
	rules  []string
	ids    map[string]zoneEntry
	sorted []string          // IDs
	orders map[string]string // by locale, the numbers of IDs, in the order in which SimpleDateFormat tries their names
	names  map[string]string // by locale, the line with the names of its zones
}

type zoneEntry struct{ rules, names, saving int }

var zoneTables = sync.OnceValue(func() *zoneTable {
	t := &zoneTable{ids: map[string]zoneEntry{}, orders: map[string]string{}, names: map[string]string{}}
	section := ""
	for line := range locale.Lines(packedZones) {
		if name, ok := strings.CutPrefix(line, "@"); ok {
			section = name
			continue
		}
		switch section {
		case "rules":
			t.rules = append(t.rules, line)
		case "ids":
			f := strings.Fields(line)
			var e zoneEntry
			e.rules, _ = strconv.Atoi(f[1])
			e.names, _ = strconv.Atoi(f[2])
			e.saving, _ = strconv.Atoi(f[3])
			t.ids[f[0]] = e
			t.sorted = append(t.sorted, f[0])
		case "orders":
			names, order, _ := strings.Cut(line, "\t")
			for name := range strings.FieldsSeq(names) {
				if name == "root" {
					name = ""
				}
				t.orders[name] = order
			}
		case "names":
			name, rest, _ := strings.Cut(line, "\t")
			t.names[name] = rest
		}
	}
	return t
})

// zoneNames holds the names of one zone. The order is that of
// SimpleDateFormat's zone strings.
type zoneNames [4]string // standard long, standard short, summer long, summer short

// localZones holds the names of the zones in a locale.
type localZones struct {
	names map[int]zoneNames
	order []string // IDs, in the order in which SimpleDateFormat tries their names
}

var local sync.Map // locale's name to *localZones; only for locales in the tables

// zonesIn returns the names of the zones in a locale. The locale's own names
// take precedence over those of its language, and these over the root's.
func zonesIn(l locale.Locale) *localZones {
	t := zoneTables()
	chain := []string{""}
	switch l { // the JDK uses the names of other locales for these
	case thaiDigits:
		l = locale.Locale{}
	case locale.Locale{Language: "no", Country: "NO", Variant: "NY"}:
		l = locale.Locale{Language: "nn", Country: "NO"}
	}
	for _, name := range []string{l.Language, l.Language + "_" + l.Country} {
		if t.names[name] != "" || t.orders[name] != "" {
			chain = append(chain, name)
		}
	}
	key := chain[len(chain)-1]
	if z, ok := local.Load(key); ok {
		return z.(*localZones)
	}
	z := &localZones{names: map[int]zoneNames{}}
	order := ""
	for _, name := range chain {
		if o := t.orders[name]; o != "" {
			order = o
		}
		for field := range strings.SplitSeq(t.names[name], "\t") {
			number, names, ok := strings.Cut(field, "=")
			if !ok {
				continue
			}
			n, _ := strconv.ParseInt(number, 36, 32)
			z.names[int(n)] = zoneNames(strings.Split(names, "|"))
		}
	}
	for number := range strings.FieldsSeq(order) {
		n, _ := strconv.ParseInt(number, 36, 32)
		z.order = append(z.order, t.sorted[n])
	}
	local.Store(key, z)
	return z
}

// thaiDigits is the locale that uses Thai digits, even in offsets.
var thaiDigits = locale.Locale{Language: "th", Country: "TH", Variant: "TH"}

// name returns TimeZone.getDisplayName(summer, long or short, locale).
func (z *Zone) name(l locale.Locale, summer, long bool) string {
	n := z.names
	if n == utcNames {
		n = zoneTables().ids["UTC"].names
	}
	if n < 0 {
		return z.id
	}
	i := 0
	if summer {
		i = 2
	}
	if !long {
		i++
	}
	name := zonesIn(l).names[n][i]
	if l == thaiDigits && strings.HasPrefix(name, "GMT") {
		name = strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				r += '\u0e50' - '0'
			}
			return r
		}, name)
	}
	return name
}
