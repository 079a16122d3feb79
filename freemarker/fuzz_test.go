package freemarker_test

// Fuzz targets: no input makes the package panic, run on, or return text that
// is not UTF-8.

import (
	"context"
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
			t.Fatalf("the error is a %T", err)
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
	limits := freemarker.Limits{Steps: 200_000, Memory: 8 << 20, Time: 300 * time.Millisecond}
	f.Fuzz(func(t *testing.T, source string) {
		tpl, err := freemarker.Parse("fuzz", source, freemarker.WithLimits(limits))
		if err != nil {
			return
		}
		text, err := tpl.Render(context.Background(), model)
		if err != nil && strings.Contains(err.Error(), "internal error") {
			t.Fatal(err)
		}
		if !utf8.ValidString(text) || err != nil && text != "" {
			t.Fatalf("rendered %q with error %v", text, err)
		}
	})
}
