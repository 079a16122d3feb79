package twiliosim

// The simulator's performance: messages created per second, listings of a full
// store, and memory.

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"temporal-twilio/test/cputime"
)

// The goal is to create 5,000 messages a second on two cores that also run the
// client.
func BenchmarkCreateOverHTTP(b *testing.B) {
	sim := start(b, Options{Concurrency: -1})
	httpClient := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	target := sim.URL + "/2010-04-01/Accounts/" + sim.Account + "/Messages.json"
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	cpu := cputime.Used()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			form := fmt.Sprintf("To=%%2B1555%07d&From=%%2B15005550006&Body=Your+order+42+is+on+its+way", n.Add(1)%10_000_000)
			req, _ := http.NewRequest("POST", target, strings.NewReader(form))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.SetBasicAuth(sim.Account, sim.Token)
			res, err := httpClient.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				b.Errorf("got status %d, want 201", res.StatusCode)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
	// On a busy machine, CPU time is the better measure. At 5,000 messages a
	// second on two cores, creating one may take 400 µs of CPU time.
	b.ReportMetric(float64((cputime.Used()-cpu).Microseconds())/float64(b.N), "cpu-µs/create")
}

// fill creates messages without HTTP, each to its own recipient.
func fill(tb testing.TB, sim *Sim, n int) {
	tb.Helper()
	acc := sim.accounts[sim.Account]
	for i := range n {
		r := sim.create(acc, url.Values{
			"To": {fmt.Sprintf("+1555%07d", i)}, "From": {DefaultNumber}, "Body": {fmt.Sprintf("%0160d", i)},
			"StatusCallback": {""},
		})
		if r.status != http.StatusCreated {
			tb.Fatalf("create %d: got status %d and %+v, want 201", i, r.status, r.body)
		}
	}
}

func BenchmarkListInAFullStore(b *testing.B) {
	sim := start(b, Options{})
	fill(b, sim, DefaultMaxMessages)
	for name, query := range map[string]string{
		"by recipient": "To=%2B15550050000&From=%2B15005550006", "newest": "PageSize=50", "by date": "DateSent%3E=2000-01-01&PageSize=50",
	} {
		b.Run(name, func(b *testing.B) {
			form, _ := url.ParseQuery(query)
			for b.Loop() {
				if r := sim.list(&request{account: sim.accounts[sim.Account], form: form}); r.status != http.StatusOK {
					b.Fatal(r.body)
				}
			}
		})
	}
}

func TestFullStoreFitsItsMemory(t *testing.T) {
	// The garbage collector lets the heap grow to twice the live data. For the
	// heap to stay under 300 MB, the live data must stay under half of that. A
	// fifth of the store is enough to tell.
	const kept = DefaultMaxMessages / 5
	const bound = 140 << 20 / 5
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sim := start(t, Options{MaxMessages: kept})
	fill(t, sim, kept+2000)
	deadline := time.Now().Add(5 * time.Minute) // long enough for a busy machine
	for one(t, sim, sim.Messages(Filter{Limit: 1})[0].SID).Status != Delivered {
		if time.Now().After(deadline) {
			t.Fatal("the messages were not delivered within the deadline")
		}
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := sim.State().Messages; n != kept {
		t.Errorf("%d messages are kept, want %d", n, kept)
	}
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d messages of 160 characters take %d MB", kept, used>>20)
	if used > bound {
		t.Errorf("the messages take %d MB, want less than %d", used>>20, bound>>20)
	}
	runtime.KeepAlive(sim)
}
