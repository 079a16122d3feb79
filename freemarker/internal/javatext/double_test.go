package javatext

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"temporal-twilio/freemarker/internal/javatext/cases"
)

// TestFloatsMatchJava checks testdata/floats.txt.gz, which gen/TextCases.java
// wrote, or the file that JAVATEXT_FLOATS names.
func TestFloatsMatchJava(t *testing.T) {
	s, name := cases.Open(t, "testdata/floats.txt.gz", "JAVATEXT_FLOATS")
	total := 0
	for s.Scan() {
		f := strings.Fields(s.Text())
		total++
		d, _ := strconv.ParseUint(f[0], 16, 64)
		if got := string(AppendDouble(nil, math.Float64frombits(d))); got != f[1] {
			t.Errorf("double %s: got %s, Java has %s", f[0], got, f[1])
		}
		n, _ := strconv.ParseUint(f[2], 16, 32)
		if got := string(AppendFloat(nil, math.Float32frombits(uint32(n)))); got != f[3] {
			t.Errorf("float %s: got %s, Java has %s", f[2], got, f[3])
		}
	}
	if s.Err() != nil || total < 1000 {
		t.Fatalf("%s: got %d cases, error %v, want at least 1000", name, total, s.Err())
	}
}

func TestDoubleToStringKeepsQuirks(t *testing.T) {
	for f, want := range map[float64]string{
		2e-3: "0.002", 2e23: "1.9999999999999998E23", 1e23: "9.999999999999999E22", 8.41e21: "8.409999999999999E21", 2.2250738585072014e-308: "2.2250738585072014E-308",
		math.SmallestNonzeroFloat64: "4.9E-324", 1e7: "1.0E7", 9999999: "9999999.0", 0.001: "0.001", 1e-4: "1.0E-4",
		5.684341886080802e-14: "5.6843418860808015E-14", math.MaxFloat64: "1.7976931348623157E308", 0: "0.0", 100: "100.0",
		math.Inf(-1): "-Infinity", 0x1.da56a4b0835bfp+86: "1.4336E26", // Java's digits, which parse as the adjacent double
	} {
		if got := string(AppendDouble(nil, f)); got != want {
			t.Errorf("%g: got %s, want %s", f, got, want)
		}
	}
}

func FuzzAppendDouble(f *testing.F) {
	f.Add(1.5)
	f.Add(1e23)
	f.Fuzz(func(t *testing.T, v float64) {
		text := string(AppendDouble(nil, v))
		back, err := strconv.ParseFloat(text, 64)
		near := back == math.Nextafter(v, math.Inf(1)) || back == math.Nextafter(v, math.Inf(-1)) // as in Java
		if err != nil || back != v && !near && v == v {
			t.Errorf("%x is written as %s, which is parsed as %x, error %v, want the same number or an adjacent one", v, text, back, err)
		}
	})
}

func BenchmarkAppendDouble(b *testing.B) {
	for name, v := range map[string]float64{"price": 1234.5678, "large": 1.7976931348623157e300, "integer": 42} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf [32]byte
			for b.Loop() {
				AppendDouble(buf[:0], v)
			}
		})
	}
}
