package twiliosim

import (
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestStoreEvictsOldestByTextSize(t *testing.T) {
	sim := start(t, Options{QueueLength: 10_000 * time.Hour})
	acc := sim.accounts[sim.Account]
	form := url.Values{"To": {phone}, "From": {DefaultNumber}, "Body": {strings.Repeat("я", 1600)}, "StatusCallback": {"http://127.0.0.1:1/" + strings.Repeat("x", 3000)}}
	sim.Freeze(true) // nothing is sent
	const each = 3200 + 3019
	for range maxWeight/each + 100 {
		if r := sim.create(acc, form); r.status != http.StatusCreated {
			t.Fatalf("got status %d and %+v, want 201", r.status, r.body)
		}
	}
	if n := sim.State().Messages; n != maxWeight/each {
		t.Errorf("%d messages of %d bytes are kept, want %d", n, each, maxWeight/each)
	}
	sim.Reset()
	if sim.weight != 0 {
		t.Errorf("%d bytes are counted after a reset, want 0", sim.weight)
	}
}

func TestMessageRetainsNoRequestMemory(t *testing.T) {
	sim := start(t, Options{MaxMessages: 1000})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 200 {
		form := "To=5551230001&From=15005550006&Body=hi&StatusCallback=http://h/&MediaUrl=http://h/x.png&Padding=" + strings.Repeat("x", 500_000)
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if r := sim.create(sim.accounts[sim.Account], values); r.status != http.StatusCreated {
			t.Fatalf("got status %d and %+v, want 201", r.status, r.body)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 20<<20 {
		t.Errorf("200 short messages take %d MB, want at most 20", used>>20)
	}
	runtime.KeepAlive(sim)
}
