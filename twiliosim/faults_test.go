package twiliosim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

var good = url.Values{"To": {phone}, "From": {DefaultNumber}, "Body": {"hi"}}

func try(sim *Sim, form url.Values) (got, error) {
	return tryREST(sim, sim.Account, sim.Token, "POST", "Messages.json", form)
}

func fault(t testing.TB, sim *Sim, f Fault) Fault {
	t.Helper()
	added, err := sim.AddFault(f)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestLostResponseStillCreatesTheMessage(t *testing.T) {
	sim := start(t, Options{})
	fault(t, sim, Fault{Kind: FaultResponseLost, Operation: "create", Next: 1})
	_, err := try(sim, good)
	if err == nil || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Fatalf("the client got %v, want a reset connection", err)
	}
	list := sim.Messages(Filter{To: phone})
	if len(list) != 1 {
		t.Fatalf("got %d messages, want 1", len(list))
	}
	await(t, "its delivery", func() bool { return one(t, sim, list[0].SID).Status == Delivered })
	if g, err := try(sim, good); err != nil || g.status != http.StatusCreated {
		t.Errorf("the next create: got %v, %v, want status 201", g, err)
	}
}

func TestLostResponseSkipsFailedRequests(t *testing.T) {
	sim := start(t, Options{})
	fault(t, sim, Fault{Kind: FaultResponseLost, Operation: "create", Next: 1})
	if g, err := try(sim, url.Values{"To": {"x"}, "From": {DefaultNumber}, "Body": {"hi"}}); err != nil || g.code() != 21211 {
		t.Fatalf("a refused create: got %v, %v, want code 21211", g.raw, err)
	}
	if _, err := try(sim, good); err == nil {
		t.Error("a request that created nothing used up the fault")
	}
}

func TestFaultsBeforeTheWorkCreateNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		fault        Fault
		status, code int // 0: the connection is reset
		retryAfter   string
	}{
		"401":                          {Fault{Kind: Fault401}, 401, 20003, ""},
		"429":                          {Fault{Kind: Fault429}, 429, 20429, "1"},
		"429 with its own Retry-After": {Fault{Kind: Fault429, RetryAfter: Duration(2500 * time.Millisecond)}, 429, 20429, "3"},
		"500":                          {Fault{Kind: Fault500}, 500, 20500, ""},
		"503 with Retry-After":         {Fault{Kind: Fault503, RetryAfter: Duration(7 * time.Second)}, 503, 20503, "7"},
		"queue full":                   {Fault{Kind: FaultQueueFull, Number: phone}, 429, 21611, ""},
		"reset":                        {Fault{Kind: FaultReset}, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sim := start(t, Options{})
			tc.fault.Next = 1
			fault(t, sim, tc.fault)
			g, err := try(sim, good)
			if (err != nil) != (tc.status == 0) || g.status != tc.status || g.code() != tc.code || g.header.Get("Retry-After") != tc.retryAfter {
				t.Errorf("got %d %s %v, want %d %d", g.status, g.raw, err, tc.status, tc.code)
			}
			if n := len(sim.Messages(Filter{})); n != 0 {
				t.Errorf("got %d messages, want none", n)
			}
			if g, err := try(sim, good); err != nil || g.status != http.StatusCreated {
				t.Errorf("the next create: got %v, %v, want status 201", g.raw, err)
			}
		})
	}
}

func TestFaultsAfterTheWorkKeepMessage(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  Fault
		status int
		body   func(raw string) bool
	}{
		"500":       {Fault{Kind: Fault500, After: true}, 500, func(raw string) bool { return strings.Contains(raw, `"code":20500`) }},
		"503":       {Fault{Kind: Fault503, After: true}, 503, func(raw string) bool { return strings.Contains(raw, `"code":20503`) }},
		"not JSON":  {Fault{Kind: FaultNotJSON}, 201, func(raw string) bool { return strings.HasPrefix(raw, "<html>") }},
		"truncated": {Fault{Kind: FaultTruncated}, 201, func(raw string) bool { return strings.HasPrefix(raw, "{") && !json.Valid([]byte(raw)) }},
	} {
		t.Run(name, func(t *testing.T) {
			sim := start(t, Options{})
			tc.fault.Operation = "create"
			fault(t, sim, tc.fault)
			req, _ := http.NewRequest("POST", sim.URL+"/2010-04-01/Accounts/"+sim.Account+"/Messages.json", strings.NewReader(good.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.SetBasicAuth(sim.Account, sim.Token)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			raw, err := io.ReadAll(res.Body)
			if tc.fault.Kind == FaultTruncated && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("reading ended with %v, want an unexpected EOF", err)
			}
			if res.StatusCode != tc.status || !tc.body(string(raw)) {
				t.Errorf("got %d %q, want status %d and a broken body", res.StatusCode, raw, tc.status)
			}
			if n := len(sim.Messages(Filter{})); n != 1 {
				t.Errorf("got %d messages, want 1", n)
			}
		})
	}
}

func TestFaultKeepsToOperationAndNumber(t *testing.T) {
	sim := start(t, Options{})
	fault(t, sim, Fault{Kind: Fault500, Operation: "list"})
	fault(t, sim, Fault{Kind: Fault503, Number: "+15551230002"})
	if g, _ := try(sim, good); g.status != http.StatusCreated {
		t.Errorf("a create for another number: got %d, want 201", g.status)
	}
	if g := rest(t, sim, "GET", "Messages.json", nil); g.status != 500 {
		t.Errorf("a listing: got %d, want 500", g.status)
	}
	if g, _ := try(sim, url.Values{"To": {"+1 555 123 0002"}, "From": {DefaultNumber}, "Body": {"hi"}}); g.status != 503 {
		t.Errorf("a create for the number: got %d, want 503", g.status)
	}
}

func TestFaultEndsAfterNRequests(t *testing.T) {
	sim := start(t, Options{})
	fault(t, sim, Fault{Kind: Fault500, Next: 3})
	for i := range 4 {
		g, _ := try(sim, good)
		if want := map[bool]int{true: 500, false: 201}[i < 3]; g.status != want {
			t.Errorf("request %d: got %d, want %d", i, g.status, want)
		}
	}
	if left := sim.Faults(); len(left) != 1 || !left[0].UsedUp || left[0].Fired != 3 {
		t.Errorf("got the faults %+v, want one that is used up and has fired 3 times", left)
	}
	for range keptUsedUp + 1 {
		fault(t, sim, Fault{Kind: Fault500, Next: 1})
		try(sim, good)
	}
	if left := sim.Faults(); len(left) != keptUsedUp {
		t.Errorf("%d used-up faults are kept, want %d", len(left), keptUsedUp)
	}
}

func TestSeedRepeatsFaultsByRate(t *testing.T) {
	run := func(seed uint64) string {
		sim := start(t, Options{Seed: seed, Faults: []Fault{{Kind: Fault500, Rate: 0.5}}})
		var pattern strings.Builder
		for range 64 {
			g, _ := try(sim, good)
			pattern.WriteByte("01"[g.status/500])
		}
		return pattern.String()
	}
	first, again, other := run(7), run(7), run(8)
	if first != again {
		t.Errorf("one seed produced two different sequences:\n%s\n%s", first, again)
	}
	if first == other {
		t.Errorf("two seeds produced the same sequence: got %s", first)
	}
	if n := strings.Count(first, "1"); n < 16 || n > 48 {
		t.Errorf("a rate of 0.5 failed %d of 64 requests, want 16 to 48", n)
	}
}

func TestDelayFaultDelaysTheRequest(t *testing.T) {
	sim := start(t, Options{})
	fault(t, sim, Fault{Kind: FaultDelay, Delay: Duration(60 * time.Millisecond), Next: 1})
	began := time.Now()
	if g, _ := try(sim, good); g.status != http.StatusCreated || time.Since(began) < 60*time.Millisecond {
		t.Errorf("got %d after %v, want a delay of 60ms", g.status, time.Since(began))
	}
}

func TestRefusedConnectionFailsAtThePort(t *testing.T) {
	sim := start(t, Options{})
	if g, err := try(sim, good); err != nil || g.status != http.StatusCreated {
		t.Fatal(g.raw, err)
	}
	fault(t, sim, Fault{Kind: FaultRefuse, Delay: Duration(time.Minute)})
	http.DefaultClient.CloseIdleConnections()
	_, err := try(sim, good)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want connection refused", err)
	}
	sim.server.mu.Lock()
	sim.server.reopening.Reset(0) // as if the minute were over
	sim.server.mu.Unlock()
	await(t, "the port to open again", func() bool { g, err := try(sim, good); return err == nil && g.status == http.StatusCreated })
	if n := len(sim.Messages(Filter{})); n != 2 {
		t.Errorf("got %d messages, want 2", n)
	}
}

func TestListingLagHidesMessagesFromLists(t *testing.T) {
	sim := start(t, Options{})
	sim.Freeze(true)
	fault(t, sim, Fault{Kind: FaultListingLag, Delay: Duration(10 * time.Minute), Number: phone})
	sid := send(t, sim, phone, "hi")
	other := send(t, sim, "+15551230002", "hi")
	received := text(t, sim, "hi").MessageSID
	listed := func() string { return rest(t, sim, "GET", "Messages.json", nil).raw }
	if raw := listed(); strings.Contains(raw, sid) || strings.Contains(raw, received) || !strings.Contains(raw, other) {
		t.Errorf("got the listing %s before the lag has passed, want only the message that does not lag", raw)
	}
	if g := rest(t, sim, "GET", "Messages/"+sid+".json", nil); g.status != 200 {
		t.Errorf("fetching by SID: got %d, want status 200", g.status)
	}
	if err := sim.Advance(10 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if raw := listed(); !strings.Contains(raw, sid) || !strings.Contains(raw, received) {
		t.Error("the messages are not listed after the lag")
	}
}

func TestParseFaultReadsALine(t *testing.T) {
	for line, want := range map[string]Fault{
		"response-lost": {Kind: "response-lost"},
		"response-lost,next=3,op=create,number=+1 555 123 0001": {Kind: "response-lost", Next: 3, Operation: "create", Number: phone},
		"delay,delay=2s,rate=0.1":                               {Kind: "delay", Delay: Duration(2 * time.Second), Rate: 0.1},
		"503, after, retry-after=5s":                            {Kind: "503", After: true, RetryAfter: Duration(5 * time.Second)},
		"429":                                                   {Kind: "429", RetryAfter: Duration(time.Second)},
		"webhook-doubled,op=inbound":                            {Kind: "webhook-doubled", Operation: "inbound"},
		"webhook-lost":                                          {Kind: "webhook-lost", Operation: "callback"},
	} {
		if got, err := ParseFault(line); err != nil || got != want {
			t.Errorf("%s: got %+v, error %v, want %+v", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"":                             "want one of",
		"explode":                      "want one of",
		"delay,often":                  "not a setting",
		"delay,delay=soon":             "write it like",
		"delay,rate=2":                 "above 0 and up to 1",
		"delay,next=-1":                "1 or more",
		"delay,op=callback":            "want one of create",
		"webhook-reordered,op=inbound": "want one of callback",
		"reset,after":                  "only for 500 and 503",
		"refuse,number=+15551230001":   "for everyone",
		"refuse,delay=2m":              "at most 1m",
		"listing-lag,op=create":        "cannot be restricted",
	} {
		if _, err := ParseFault(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", line, err, want)
		}
	}
}
