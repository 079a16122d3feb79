package freemarker_test

// Fuzz targets: no input makes the package panic, hang, or return text that
// is not UTF-8.

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"temporal-twilio/freemarker"
	"temporal-twilio/freemarker/internal/corpus"
)

func addSeeds(f *testing.F) {
	_, files, err := corpus.Load("testdata/corpus")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		cases, err := corpus.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i, c := range cases {
			if i%40 == 0 {
				f.Add(c.Template)
			}
		}
	}
	for _, s := range hostile {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
}

func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		_, err := freemarker.Parse("fuzz", source)
		if err == nil {
			return
		}
		pe, ok := err.(*freemarker.ParseError)
		if !ok {
			t.Fatalf("got an error of type %T, want *freemarker.ParseError", err)
		}
		if strings.Contains(pe.Message, "internal error") || pe.Line < 1 || pe.Column < 0 {
			t.Fatal(pe)
		}
	})
}

func FuzzRender(f *testing.F) {
	addSeeds(f)
	model, err := freemarker.FromJSON([]byte(`{"name":"Anna","n":5,"t":true,"lst":["a","b"],"h":{"a":1,"b":null},"x":1.5}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source string) { renderFuzzed(t, familyCase{template: source}, model) })
}

// FuzzFamilies renders templates of the families, each selected by a fuzzed
// number.
func FuzzFamilies(f *testing.F) {
	names := slices.Sorted(maps.Keys(families))
	for i := range names {
		f.Add(uint8(i), uint64(1))
	}
	model, err := freemarker.FromJSON([]byte(familyModel))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, family uint8, seed uint64) {
		m := maker{rand.New(rand.NewPCG(seed, 0))}
		renderFuzzed(t, families[names[int(family)%len(names)]](m), model)
	})
}

// renderFuzzed renders an arbitrary template, and checks what must hold for all
// of them.
func renderFuzzed(t *testing.T, c familyCase, model freemarker.Value) {
	limits := freemarker.Limits{Steps: 200_000, Memory: 8 << 20, Time: 300 * time.Millisecond}
	options := []freemarker.Option{freemarker.WithLimits(limits), freemarker.WithLocale(c.locale), freemarker.WithTimeZone(c.zone)}
	tpl, err := freemarker.Parse("fuzz", c.template, options...)
	if err != nil {
		if strings.Contains(err.Error(), "internal error") {
			t.Fatal(err)
		}
		return
	}
	text, err := tpl.Render(context.Background(), model)
	if err != nil && strings.Contains(err.Error(), "internal error") {
		t.Fatal(err)
	}
	if !utf8.ValidString(text) || err != nil && text != "" {
		t.Fatalf("got text %q and error %v, want valid UTF-8, and no text with an error", text, err)
	}
}
