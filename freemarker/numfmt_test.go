package freemarker

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestFloatsAreRoundedExactly compares the digits of ${double} with strconv's,
// which are rounded half to even from the exact value. Beyond 2^42, Java writes
// fewer digits.
func TestFloatsAreRoundedExactly(t *testing.T) {
	check := func(f float64) {
		want := strconv.FormatFloat(f, 'f', 3, 64)
		if strings.Contains(want, ".") {
			want = strings.TrimRight(strings.TrimRight(want, "0"), ".")
		}
		got := strings.ReplaceAll(string(appendFloatGrouped(nil, f)), ",", "")
		if got != want {
			t.Fatalf("%v (%#x) is written as %s, want %s", f, math.Float64bits(f), got, want)
		}
	}
	for _, f := range []float64{
		0, math.Copysign(0, -1), 0.0005, 0.0015, 0.00049, 0.0625, 0.1875, 0.9995, 0.99951, 1.9995, 999.9995,
		999.9999, 1000, 1234.5, 0.5, 2.5, 1 << 41, 1<<41 + 1, 1<<42 - 1, 1<<42 - 0.5, math.SmallestNonzeroFloat64,
		math.Ldexp(1, -10), math.Ldexp(1, -11), math.Ldexp(1.999, -11), math.Ldexp(1, -12), math.Ldexp(1, -1022),
	} {
		check(f)
		check(-f)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		check(math.Ldexp(r.Float64()-0.5, r.IntN(60)-16))
		check(float64(r.IntN(1e9)) / 10000)
		check(float64(r.IntN(1<<24)) / 4096)
	}
}
