package broadcast

import (
	"math"
	"testing"
)

func TestNumbersFormASet(t *testing.T) {
	var set numbers
	some := []uint64{0, 1, 15005550006, math.MaxInt64}
	for n := range uint64(10_000) {
		some = append(some, 12_025_550_000+n)
	}
	for _, again := range []bool{false, true} {
		for _, n := range some {
			if known := set.add(n); known != again {
				t.Fatalf("add(%d) = %v, want %v", n, known, again)
			}
		}
	}
	if set.count != len(some) || len(set.slots) > 2*len(some) {
		t.Errorf("the set has %d numbers in %d slots, want %d in at most %d", set.count, len(set.slots), len(some), 2*len(some))
	}
}
