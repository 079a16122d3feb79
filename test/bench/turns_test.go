// Package bench compares the product with what people would use instead. Since the
// speed of a machine varies, the two sides take turns, and the result is the median
// of the ratios of neighboring turns.
//
//	go test ./test/bench -v -turns 12 -turn 1s
//
// With -short, there are fewer rows: "make bench" runs these.
package bench

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"temporal-twilio/test/bench/table"
)

var (
	turns = flag.Int("turns", 1, "how many turns each side gets")
	turn  = flag.Duration("turn", 20*time.Millisecond, "how long a turn is")
	rows  = flag.String("rows", "", "file that rows are appended to")
)

// isTrial reports whether this run only checks that the benchmarks still work:
// the figures of a single turn mean nothing.
func isTrial() bool { return *turns == 1 && *rows == "" }

// trialAtOnce is the most calls that a trial makes at a time.
const trialAtOnce = 4

// besideOthers lets a test run in parallel with others, but only in a trial.
func besideOthers(t *testing.T) {
	t.Helper()
	if isTrial() {
		t.Parallel()
	}
}

// measured holds the throughput and the median latency of one turn.
type measured struct {
	perSecond float64
	median    time.Duration
}

// versus is a comparison of throughput or, with one call at a time, of latency.
type versus struct {
	part, name, beside string
	atOnce             int
	// atLeast is the aim for our throughput, as a fraction of theirs, and atMost
	// the aim for our latency. Optional.
	atLeast, atMost float64
	// why explains a missed aim. Optional.
	why string
}

// report lets both sides take turns, and adds the row that compares them.
func (v versus) report(t *testing.T, ours, theirs func(context.Context, int) error) {
	t.Helper()
	var rates, latencies []float64
	var last [2]measured
	for range *turns {
		a, b := take(t, v.atOnce, ours), take(t, v.atOnce, theirs)
		rates = append(rates, a.perSecond/b.perSecond)
		latencies = append(latencies, float64(a.median)/float64(b.median))
		last = [2]measured{a, b}
	}
	row := table.Row{
		Part: v.part, Name: v.name, Beside: v.beside, Unit: "× the throughput", AtLeast: v.atLeast, Why: v.why,
		Note: "last turn: " + table.Number(last[0].perSecond) + "/s and " + table.Number(last[1].perSecond) + "/s",
	}
	figures := rates
	if v.atMost > 0 {
		row.Unit, row.AtLeast, row.AtMost, figures = "× the latency", 0, v.atMost, latencies
		row.Note = fmt.Sprintf("last turn: p50 %s and %s", last[0].median.Round(100*time.Microsecond), last[1].median.Round(100*time.Microsecond))
	}
	slices.Sort(latencies)
	t.Logf("%s, compared with %s, %d at a time: %.2f times its p50", v.name, v.beside, v.atOnce, latencies[len(latencies)/2])
	keep(t, table.Of(row, figures))
}

// keep logs a row, and adds it to the file of rows.
func keep(t *testing.T, row table.Row) {
	t.Helper()
	t.Log(row)
	if err := table.Append(*rows, row); err != nil {
		t.Fatal(err)
	}
}

// take calls work repeatedly for one turn, with atOnce calls at a time, and
// measures the calls.
func take(t *testing.T, atOnce int, work func(context.Context, int) error) measured {
	t.Helper()
	if isTrial() {
		atOnce = min(atOnce, trialAtOnce)
	}
	var (
		mu    sync.Mutex
		took  []time.Duration
		group sync.WaitGroup
		next  atomic.Int64
	)
	began := time.Now()
	for range atOnce {
		group.Go(func() {
			for time.Since(began) < *turn {
				from := time.Now()
				if err := work(t.Context(), int(next.Add(1))); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(from))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	elapsed := time.Since(began)
	slices.Sort(took)
	if len(took) == 0 {
		t.Fatal("no call was completed")
	}
	return measured{float64(len(took)) / elapsed.Seconds(), took[len(took)/2]}
}
