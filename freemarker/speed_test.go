//go:build java

package freemarker_test

// This file compares the speed of this package with that of Apache FreeMarker.
// It needs a JDK and libfreemarker-java:
//
//	go test -tags java ./freemarker -run TestSpeedAgainstJava -v

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

const (
	warmUp  = 1500 * time.Millisecond
	window  = 100 * time.Millisecond
	windows = 9
)

// rate returns how often f runs in a second.
func rate(f func(), d time.Duration) float64 {
	n, start := 0, time.Now()
	for time.Since(start) < d {
		for range 10 {
			f()
		}
		n += 10
	}
	return float64(n) / time.Since(start).Seconds()
}

// javaEngine is the Java harness, which renders on request.
type javaEngine struct {
	lines *bufio.Scanner
	ask   func(line string) error
}

func startJava(t *testing.T) *javaEngine {
	cmd := exec.CommandContext(t.Context(), "sh", "testdata/oracle/bench.sh")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("cannot start the Java harness: %v", err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &javaEngine{bufio.NewScanner(out), func(line string) error {
		_, err := fmt.Fprintln(in, line)
		return err
	}}
}

func (j *javaEngine) line(t *testing.T) string {
	if !j.lines.Scan() {
		t.Fatalf("the Java harness ended: %v", j.lines.Err())
	}
	return j.lines.Text()
}

func (j *javaEngine) rate(t *testing.T, row, mode string, d time.Duration) float64 {
	if err := j.ask(fmt.Sprintf("%s\t%s\t%d", row, mode, d.Milliseconds())); err != nil {
		t.Fatal(err)
	}
	r, err := strconv.ParseFloat(j.line(t), 64)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSpeedAgainstJava prints both engines' speed side by side. They take turns
// in short windows, so that changes in the machine's speed affect both. The
// ratio is the median over adjacent windows.
func TestSpeedAgainstJava(t *testing.T) {
	java := startJava(t)
	rows := benchRows(t)
	for _, r := range rows {
		want := java.line(t)
		if got := fmt.Sprintf("%q", render(t, r.parse(t), r.model(t))); r.Rows == 0 && got != want {
			t.Errorf("%s: got %s, want %s as from Java", r.Name, got, want)
		}
	}
	fmt.Printf("%-16s %12s %12s %7s %9s   %12s %12s %7s %9s\n", "ops/s", "Java cached", "Go cached", "ratio",
		"allocs/op", "Java parse+", "Go parse+", "ratio", "allocs/op")
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			tpl, model := r.parse(t), r.model(t)
			line := fmt.Sprintf("%-16s", r.Name)
			for _, m := range []struct {
				name string
				run  func()
			}{
				{"cached", func() { render(t, tpl, model) }},
				{"full", func() { render(t, r.parse(t), model) }},
			} {
				java.rate(t, r.Name, m.name, warmUp)
				rate(m.run, window)
				var theirs, ours, ratios []float64
				for range windows {
					a := java.rate(t, r.Name, m.name, window)
					b := rate(m.run, window)
					theirs, ours, ratios = append(theirs, a), append(ours, b), append(ratios, b/a)
				}
				line += fmt.Sprintf(" %12.0f %12.0f %6.1fx %9.0f  ", median(theirs), median(ours), median(ratios),
					testing.AllocsPerRun(100, m.run))
			}
			fmt.Println(line)
		})
	}
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}
