package decimal

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"temporal-twilio/freemarker/internal/javatext/cases"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

// TestNumbersMatchJava formats the numbers of testdata/numbers.txt.gz, which
// gen/NumberCases.java wrote, or of the file that JAVATEXT_NUMBERS names.
func TestNumbersMatchJava(t *testing.T) {
	s, name := cases.Open(t, "testdata/numbers.txt.gz", "JAVATEXT_NUMBERS")
	total, wrong := 0, 0
	for s.Scan() {
		c := strings.Split(s.Text(), "\t")
		for i := range c {
			c[i] = unescape.Replace(c[i])
		}
		total++
		if got := answer(t, c); got != c[4] {
			if wrong++; wrong <= 30 {
				t.Errorf("%s %q %s %s: got %q, Java has %q", c[0], c[1], c[2], c[3], got, c[4])
			}
		}
	}
	if s.Err() != nil || total < 1000 {
		t.Fatalf("%s: got %d cases, error %v, want at least 1000", name, total, s.Err())
	}
	t.Logf("%d of %d cases wrong", wrong, total)
}

func answer(t *testing.T, c []string) string {
	f, err := New(c[1], locale.Parse(c[0]))
	if err != nil {
		if c[2] != "!" {
			return "does not compile: " + err.Error()
		}
		return err.Error()
	}
	var text []byte
	switch c[2] {
	case "!":
		return "compiles"
	case "l":
		v, _ := strconv.ParseInt(c[3], 10, 64)
		text, err = f.AppendInt64(nil, v)
	case "d":
		v, _ := strconv.ParseUint(c[3], 16, 64)
		text, err = f.AppendFloat64(nil, math.Float64frombits(v))
	case "i":
		v, _ := new(big.Int).SetString(c[3], 10)
		text, err = f.AppendBigInt(nil, v)
	case "b":
		unscaled, exponent, _ := strings.Cut(c[3], "e")
		v, _ := new(big.Int).SetString(unscaled, 10)
		e, _ := strconv.Atoi(exponent)
		text, err = f.AppendDecimal(nil, v, -e)
	default:
		t.Fatalf("unknown type of case %q", c[2])
	}
	if err != nil {
		return "!" + err.Error()
	}
	return string(text)
}

func TestTextLengthIsBounded(t *testing.T) {
	f, err := New("0", locale.Parse("en_US"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AppendDecimal(nil, big.NewInt(1), -2_000_000_000); err != ErrTooLong {
		t.Errorf("10^2000000000: got error %v, want ErrTooLong", err)
	}
	if text, err := f.AppendDecimal(nil, big.NewInt(1), 2_000_000_000); err != nil || string(text) != "0" {
		t.Errorf("10^-2000000000: got %q, error %v, want 0", text, err)
	}
	if _, err := Fraction(locale.Locale{}, 2_000_000_000, 2_000_000_000).AppendFloat64(nil, 1.5); err != nil {
		t.Errorf("two billion decimals of a double: got error %v, want none, since at most 340 are written", err)
	}
	if _, err := Fraction(locale.Locale{}, 2_000_000_000, 2_000_000_000).AppendDecimal(nil, big.NewInt(1), 0); err != ErrTooLong {
		t.Errorf("two billion decimals of a BigDecimal: got error %v, want ErrTooLong", err)
	}
}

func TestNamedFormatsMatchFreeMarker(t *testing.T) {
	append64 := func(f *Format, v float64) string {
		text, err := f.AppendFloat64(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := append64(Computer(), math.Inf(-1)); got != "-INF" {
		t.Errorf("computer: got %s, want -INF", got)
	}
	if got := append64(Computer(), 1234.5678901234567891); got != "1234.567890123457" && got != "1234.5678901234567" {
		t.Errorf("computer: got %s, want 1234.567890123457 or 1234.5678901234567", got)
	}
	if got := append64(Fraction(locale.Parse("de_DE"), 2, 4), 1234.5); got != "1234,50" {
		t.Errorf("#{x; m2M4}: got %s, want 1234,50", got)
	}
	if got := append64(Fraction(locale.Parse("en_US"), 0, 50), 1234567.125); got != "1234567.125" {
		t.Errorf("#{x}: got %s, want 1234567.125", got)
	}
}

func FuzzFormat(f *testing.F) {
	for _, spec := range []string{"number", "#,##0.00", "0.###E0", "0;; roundingMode=up", "¤¤0.0;(0)", "'"} {
		f.Add(spec, "de_DE", 1234.5, int64(5), 3)
	}
	f.Fuzz(func(t *testing.T, spec, l string, v float64, n int64, scale int) {
		format, err := New(spec, locale.Parse(l))
		if err != nil {
			return
		}
		for _, text := range [][]byte{
			first(format.AppendFloat64(nil, v)), first(format.AppendInt64(nil, n)),
			first(format.AppendDecimal(nil, big.NewInt(n), scale)), first(format.AppendBigInt(nil, big.NewInt(n))),
		} {
			if len(text) > 5*MaxLength+10*len(spec) {
				t.Errorf("got %d bytes for the format %q, want at most %d", len(text), spec, 5*MaxLength+10*len(spec))
			}
		}
	})
}

func first(text []byte, _ error) []byte { return text }

func BenchmarkAppend(b *testing.B) {
	f, err := New("number", locale.Parse("en_US"))
	if err != nil {
		b.Fatal(err)
	}
	var buf [64]byte
	b.Run("int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.AppendInt64(buf[:0], 1234567)
		}
	})
	b.Run("double", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.AppendFloat64(buf[:0], 1234.5678)
		}
	})
	b.Run("decimal", func(b *testing.B) {
		b.ReportAllocs()
		v := big.NewInt(12345678)
		for b.Loop() {
			f.AppendDecimal(buf[:0], v, 4)
		}
	})
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		l := locale.Parse("en_US")
		for b.Loop() {
			New("#,##0.00", l)
		}
	})
}
