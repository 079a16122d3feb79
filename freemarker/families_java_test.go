//go:build java

package freemarker_test

// This file compares the results of new random templates of all families with
// those of Apache FreeMarker. It needs a JDK and libfreemarker-java:
//
//	go test -tags java ./freemarker -run TestFamiliesAgainstJava -seed 7 -java 2000

import (
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"temporal-twilio/freemarker/internal/corpus"
)

var (
	familyCases = flag.Int("java", 100, "how many templates of each family to compare with Java")
	familySeed  = flag.Uint64("seed", 1, "seed of the random templates")
	onlyFamily  = flag.String("family", "", "the only family to make templates of; empty for all")
)

func TestFamiliesAgainstJava(t *testing.T) {
	var cases []corpus.Case
	for _, name := range slices.Sorted(maps.Keys(families)) {
		m := maker{rand.New(rand.NewPCG(*familySeed, uint64(len(name))<<8|uint64(name[0])))}
		for range *familyCases {
			if c := families[name](m); *onlyFamily == "" || *onlyFamily == name {
				cases = append(cases, corpus.Case{Area: name, Template: c.template, Locale: c.locale, TimeZone: c.zone, Model: json.RawMessage(familyModel)})
			}
		}
	}
	if err := corpus.Answer(corpus.Base{}, cases); err != nil {
		t.Fatal(err)
	}
	reported := map[string]int{}
	for _, c := range cases {
		want := answer{class: c.Class, line: c.Line, column: c.Column}
		if c.Output != nil {
			want.output = *c.Output
		} else if c.Class == "" {
			continue // Java took too long, or ran out of memory
		}
		got := ask(c.Template, c.Model, c.Locale, c.TimeZone)
		got.err = nil
		if want.class == "other" && got.class == "limit" {
			continue // Java's stack or memory was exhausted
		}
		if want.class != "parse" {
			got.line, got.column = 0, 0
		}
		if got == want {
			continue
		}
		if reported[c.Area]++; reported[c.Area] <= 5 {
			t.Errorf("%s [%s %s] %q\n  Java: %+v\n  here: %+v", c.Area, c.Locale, c.TimeZone, c.Template, want, got)
		}
	}
	for name, n := range reported {
		t.Logf("%s: %d of %d differ", name, n, *familyCases)
	}
	t.Logf("%d templates", len(cases))
}
