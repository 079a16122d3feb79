//go:build java

package freemarker_test

// This file measures us against Apache FreeMarker. It needs a JDK and
// libfreemarker-java:
//
//	go test -tags java ./freemarker -run TestSpeedAgainstJava -v

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// rate returns how often f runs in a second.
func rate(f func()) float64 {
	for start := time.Now(); time.Since(start) < 200*time.Millisecond; {
		f()
	}
	n, start := 0, time.Now()
	for time.Since(start) < 700*time.Millisecond {
		for range 10 {
			f()
		}
		n += 10
	}
	return float64(n) / time.Since(start).Seconds()
}

// javaRates runs the Java harness: name → cached, parse+render, output.
func javaRates(t *testing.T) map[string][3]string {
	cmd := exec.Command("sh", "testdata/oracle/bench.sh")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running the Java harness: %v", err)
	}
	rates := map[string][3]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			t.Fatalf("the Java harness printed %q", line)
		}
		rates[f[0]] = [3]string(f[1:])
	}
	return rates
}

// TestSpeedAgainstJava prints both engines' speed side by side.
func TestSpeedAgainstJava(t *testing.T) {
	java := javaRates(t)
	fmt.Printf("%-16s %12s %12s %7s   %12s %12s %7s\n", "ops/s", "Java cached", "Go cached", "ratio",
		"Java parse+", "Go parse+", "ratio")
	for _, r := range benchRows(t) {
		tpl, model := r.parse(t), r.model(t)
		j := java[r.Name]
		if got := fmt.Sprintf("%q", render(t, tpl, model)); r.Rows == 0 && got != j[2] {
			t.Errorf("%s: Go renders %s, Java %s", r.Name, got, j[2])
		}
		var cached, full float64
		fmt.Sscan(j[0], &cached)
		fmt.Sscan(j[1], &full)
		goCached := rate(func() { render(t, tpl, model) })
		goFull := rate(func() { render(t, r.parse(t), model) })
		fmt.Printf("%-16s %12.0f %12.0f %6.1fx   %12.0f %12.0f %6.1fx\n",
			r.Name, cached, goCached, goCached/cached, full, goFull, goFull/full)
	}
}
