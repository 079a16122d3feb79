package table

import (
	"strings"
	"testing"
)

func TestVerdictsAreHonest(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Of(Row{AtLeast: 0.95}, []float64{0.98, 1, 1.02}), "met"},
		{Of(Row{AtLeast: 0.95}, []float64{0.94, 1, 1.02}), "met"},
		{Of(Row{AtLeast: 0.95}, []float64{0.8, 1, 1.02}), "met by the median only"},
		{Of(Row{AtLeast: 0.95, Beside: "another"}, []float64{0.95, 0.98, 4.91}), "unclear: turns differ by a factor of 5.2"},
		{Of(Row{AtMost: 0.3}, []float64{0.02, 0.03, 0.08}), "met"},
		{Of(Row{AtMost: 0.3}, []float64{0.02, 0.03, 0.31}), "unclear: turns differ by a factor of 15.5"},
		{Of(Row{AtLeast: 3, Why: "it does more"}, []float64{0.91, 0.99, 1.91}), "missed by 67%: it does more"},
		{Row{AtLeast: 0.9, Median: 0.897}, "missed by less than 1%"},
		{Of(Row{AtMost: 1.05}, []float64{0.9, 1.02, 1.3}), "met by the median only"},
		{Row{AtMost: 40, Median: 44.3}, "missed by 11%"},
		{Row{AtMost: 40, Missing: "no Java here"}, "not measured: no Java here"},
		{Row{Median: 1}, ""},
	} {
		if got := c.row.verdict(); got != c.want {
			t.Errorf("%+v: got the verdict %q, want %q", c.row, got, c.want)
		}
	}
}

func TestRowsReadAsEnglish(t *testing.T) {
	one, two := Row{Name: "a text", Unit: "actions", Median: 1}.String(), Row{Name: "a text", Unit: "actions", Median: 2}.String()
	if !strings.Contains(one, "| 1 action |") || !strings.Contains(two, "| 2 actions |") {
		t.Errorf("got the rows\n%s\n%s\nwant 1 action in the first and 2 actions in the second", one, two)
	}
}
