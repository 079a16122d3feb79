package locale

import (
	"strings"
	"testing"

	"temporal-twilio/freemarker/internal/javatext/cases"
)

// TestCasingMatchesJava changes the case of the strings of
// testdata/casing.txt.gz, which gen/TextCases.java wrote, or of the file that
// JAVATEXT_CASING names.
func TestCasingMatchesJava(t *testing.T) {
	s, name := cases.Open(t, "testdata/casing.txt.gz", "JAVATEXT_CASING")
	total, wrong := 0, 0
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		total++
		l := Parse(f[0])
		if up, low := Upper(l, f[1]), Lower(l, f[1]); up != f[2] || low != f[3] {
			if wrong++; wrong <= 20 {
				t.Errorf("%s %+q: got %+q %+q, Java has %+q %+q", f[0], f[1], up, low, f[2], f[3])
			}
		}
	}
	if s.Err() != nil || total < 1000 {
		t.Fatalf("%s: got %d cases, error %v, want at least 1000", name, total, s.Err())
	}
}

func TestParseMatchesFreeMarker(t *testing.T) {
	for setting, want := range map[string]string{
		"en_US": "en_US", "pt_br": "pt_BR", "DE": "de", "": "", "en-US": "en-us", "no_NO_NY": "no_NO_NY",
		"iw_IL": "he_IL", "en,GB": "en_GB", `"fr_FR"`: "fr_FR", "JVM default": "en_US", "_": "", "in": "id",
	} {
		if got := Parse(setting).String(); got != want {
			t.Errorf("Parse(%q): got %q, want %q", setting, got, want)
		}
	}
}

func TestLocalesWithoutDataFallBack(t *testing.T) {
	if got := Parse("de_US").Numbers(); got.Decimal != ',' || got.CurrencyCode != "USD" || got.CurrencySymbol != "$" {
		t.Errorf("German in the United States: got %c %s %s, want , USD $", got.Decimal, got.CurrencyCode, got.CurrencySymbol)
	}
	if got := Parse("xx_YY").Numbers(); got.Decimal != '.' || got.CurrencyCode != "XXX" {
		t.Errorf("an unknown locale: got %c %s, want . XXX", got.Decimal, got.CurrencyCode)
	}
	if got := Parse("xx_DE").Dates(); got.FirstDay != 2 || got.MinimalDays != 4 {
		t.Errorf("weeks in Germany: got first day %d, minimum of %d days, want 2 and 4", got.FirstDay, got.MinimalDays)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("en_US")
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, setting string) {
		l := Parse(setting)
		if l.Numbers() == nil || l.Dates() == nil {
			t.Errorf("Parse(%q) has no data for numbers or dates", setting)
		}
		Lower(l, Upper(l, setting))
	})
}

func BenchmarkLowerASCII(b *testing.B) {
	b.ReportAllocs()
	l := Parse("en_US")
	for b.Loop() {
		Lower(l, "Order 66 Is Ready")
	}
}
