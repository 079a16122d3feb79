// Package bench measures the product beside what people would use instead, in one
// run. Machines are noisy: the two take turns, and what counts is the median of
// the ratios of neighbours.
//
//	go test ./test/bench -v -turns 12 -turn 1s
package bench

import (
	"context"
	"flag"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	turns = flag.Int("turns", 1, "how many turns each of the two gets")
	turn  = flag.Duration("turn", 200*time.Millisecond, "how long a turn is")
)

// measured is one turn.
type measured struct {
	perSecond float64
	median    time.Duration
}

// report lets two do their work by turns, so many at a time, and says how they
// compare.
func report(t *testing.T, what string, atOnce int, ours, theirs func(context.Context, int) error) {
	t.Helper()
	var rates, latencies []float64
	var last [2]measured
	for range *turns {
		a, b := take(t, atOnce, ours), take(t, atOnce, theirs)
		rates = append(rates, a.perSecond/b.perSecond)
		latencies = append(latencies, float64(a.median)/float64(b.median))
		last = [2]measured{a, b}
	}
	slices.Sort(rates)
	slices.Sort(latencies)
	middle := len(rates) / 2
	t.Logf("%s, %d at a time: %.2f of its throughput (%.2f to %.2f), %.2f times its p50; at last %.0f/s and %.0f/s, %s and %s",
		what, atOnce, rates[middle], rates[0], rates[len(rates)-1], latencies[middle],
		last[0].perSecond, last[1].perSecond, last[0].median.Round(100*time.Microsecond), last[1].median.Round(100*time.Microsecond))
}

// take does work for a turn.
func take(t *testing.T, atOnce int, work func(context.Context, int) error) measured {
	t.Helper()
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
		t.Fatal("nothing was done")
	}
	return measured{float64(len(took)) / elapsed.Seconds(), took[len(took)/2]}
}
