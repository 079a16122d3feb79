package freemarker_test

// Benchmarks of rendering alone, and of parsing followed by rendering. The
// templates are those that speed_test.go compares with the Java engine.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"temporal-twilio/freemarker"
)

// benchRow is one template of testdata/bench/rows.json.
type benchRow struct {
	Name     string `json:"name"`
	Template string `json:"template"`
	Rows     int    `json:"rows"` // elements of the model's "rows"
}

func benchRows(tb testing.TB) []benchRow {
	data, err := os.ReadFile("testdata/bench/rows.json")
	if err != nil {
		tb.Fatal(err)
	}
	var rows []benchRow
	if err := json.Unmarshal(data, &rows); err != nil {
		tb.Fatal(err)
	}
	return rows
}

// model returns the data model of a row. The Java harness builds the same one.
func (r benchRow) model(tb testing.TB) freemarker.Value {
	data, err := os.ReadFile("testdata/bench/model.json")
	if err != nil {
		tb.Fatal(err)
	}
	if r.Rows > 0 {
		var b bytes.Buffer
		b.WriteString(`{"rows":[`)
		for i := range r.Rows {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":%d,"name":"Row %d","price":%d.5}`, i, i, i)
		}
		b.WriteString(`]}`)
		data = b.Bytes()
	}
	v, err := freemarker.FromJSON(data)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (r benchRow) parse(tb testing.TB) *freemarker.Template {
	t, err := freemarker.Parse("bench", r.Template)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func render(tb testing.TB, t *freemarker.Template, model freemarker.Value) string {
	s, err := t.Render(context.Background(), model)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func BenchmarkRender(b *testing.B) {
	for _, r := range benchRows(b) {
		b.Run(r.Name, func(b *testing.B) {
			t, model := r.parse(b), r.model(b)
			b.ReportAllocs()
			for b.Loop() {
				render(b, t, model)
			}
		})
	}
}

func BenchmarkParseAndRender(b *testing.B) {
	for _, r := range benchRows(b) {
		b.Run(r.Name, func(b *testing.B) {
			model := r.model(b)
			b.ReportAllocs()
			for b.Loop() {
				render(b, r.parse(b), model)
			}
		})
	}
}
