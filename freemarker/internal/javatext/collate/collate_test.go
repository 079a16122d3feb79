package collate

import (
	"strconv"
	"strings"
	"testing"

	"temporal-twilio/freemarker/internal/javatext/cases"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

// TestCompareMatchesJava compares the strings of testdata/comparisons.txt.gz,
// which gen/CollationCases.java wrote, or of the file that JAVATEXT_COLLATION
// names.
func TestCompareMatchesJava(t *testing.T) {
	s, name := cases.Open(t, "testdata/comparisons.txt.gz", "JAVATEXT_COLLATION")
	total, wrong := 0, 0
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		a, b := unescape.Replace(f[1]), unescape.Replace(f[2])
		want, _ := strconv.Atoi(f[3])
		c := For(locale.Parse(f[0]))
		total++
		if got := c.Compare(a, b); got != want || c.Equal(a, b) != (want == 0) {
			if wrong++; wrong <= 30 {
				t.Errorf("%s %+q %+q: got %d, equal %v, Java has %d", f[0], a, b, got, c.Equal(a, b), want)
			}
		}
	}
	if s.Err() != nil || total < 1000 {
		t.Fatalf("%s: got %d cases, error %v, want at least 1000", name, total, s.Err())
	}
	t.Logf("%d of %d cases wrong", wrong, total)
}

func FuzzCompare(f *testing.F) {
	f.Add("en_US", "a\u0301b", "áb")
	f.Add("th_TH", "เก", "กเ")
	f.Add("ja_JP", "か\u3099", "が")
	f.Fuzz(func(t *testing.T, l, a, b string) {
		c := For(locale.Parse(l))
		if c.Compare(a, a) != 0 || c.Equal(a, b) != (c.Compare(a, b) == 0) {
			t.Errorf("%s: Compare of %q with itself is not 0, or Compare and Equal disagree about %q and %q", l, a, a, b)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	c := For(locale.Parse("en_US"))
	c.Equal("a", "b")
	for _, pair := range [][2]string{{"pending", "pending"}, {"pending", "penalty"}, {"Ward A", "ward a"}, {"coté", "côte"}} {
		b.Run(pair[0]+"/equal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Equal(pair[0], pair[1])
			}
		})
		b.Run(pair[0]+"/compare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Compare(pair[0], pair[1])
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	var rules string
	for line := range locale.Lines(packed) {
		_, rules, _ = cutRules(line)
		break
	}
	for b.Loop() {
		build(rules)
	}
}
