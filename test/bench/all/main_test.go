package main

import (
	"strings"
	"testing"

	"temporal-twilio/test/bench/table"
)

func TestLinesOfTheEnginesBecomeRows(t *testing.T) {
	rows := templateRows("10k arithmetic           1180         2360     2.0x         4           1100         2200     2.2x        37  \n")
	rows = append(rows, patternRows("order number                80        100     0.80         90        300       2000\n")...)
	rows = append(rows, patternRows("yes or no                   80        NaN      NaN         90        300       2000\n")...)
	rows = append(rows, templateRows("ops/s             Java cached    Go cached   ratio allocs/op    Java parse+    Go parse+   ratio allocs/op\n")...)
	rows = append(rows, patternRows("CPU ns                javaregex       Java    ratio       kept     regexp    compile\n")...)
	if len(rows) != 4 {
		t.Fatalf("got %+v, want 4 rows, and none for a heading", rows)
	}
	var page strings.Builder
	table.Write(&page, rows)
	for _, want := range []string{
		"| 10k arithmetic, parsed before | Java | 2 × the speed |  | ≥ 1 | met | 2360/s and 1180/s |",
		"| 10k arithmetic, parsed and rendered | Java | 2.20 × the speed |  | ≥ 5 | missed by 56%: the engine interprets a tree, whereas Java compiles the hot loop | 2200/s and 1100/s |",
		"| order number | Java, warm | 0.80 × the time |  | ≤ 1 | met | 80 ns and 100 ns; Go's regexp 300 ns |",
		"| yes or no | Java, warm | – |  | ≤ 1 | not measured: no Java here |  |",
	} {
		if !strings.Contains(page.String(), want+"\n") {
			t.Errorf("the line %s is missing in\n%s", want, page.String())
		}
	}
}
