package twiliosim

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"temporal-twilio/twilio"
)

func steps(m Message) string {
	var words []string
	for _, c := range m.History {
		words = append(words, c.Status.String())
	}
	return strings.Join(words, " ")
}

func advance(t testing.TB, sim *Sim, d time.Duration) {
	t.Helper()
	if err := sim.Advance(d); err != nil {
		t.Fatal(err)
	}
}

func outcome(t testing.TB, sim *Sim, o Outcome) {
	t.Helper()
	if _, err := sim.AddOutcome(o); err != nil {
		t.Fatal(err)
	}
}

func TestMessageEndsAsItsOutcomeSays(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome Outcome
		steps   string
		code    int
		told    string // the statuses of the callbacks
	}{
		"delivered":                  {Outcome{}, "queued sending sent delivered", 0, "sent delivered"},
		"undelivered":                {Outcome{Status: "undelivered", ErrorCode: 30003}, "queued sending sent undelivered", 30003, "sent undelivered"},
		"undelivered without a code": {Outcome{Status: "undelivered"}, "queued sending sent undelivered", 30008, "sent undelivered"},
		"failed":                     {Outcome{Status: "failed", ErrorCode: 30007}, "queued sending failed", 30007, "failed"},
		"sent without a receipt":     {Outcome{Status: "sent"}, "queued sending sent", 0, "sent"},
		"read":                       {Outcome{Status: "read"}, "queued sending sent delivered read", 0, "sent delivered read"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, answer("text/plain", ""))
			sim := start(t, Options{})
			if tc.outcome.Status != "" {
				tc.outcome.To = "+1555*"
				outcome(t, sim, tc.outcome)
			}
			sid := send(t, sim, phone, "hi", "StatusCallback", app.URL+"/status?ref=7")
			await(t, "the end", func() bool { return steps(one(t, sim, sid)) == tc.steps })
			if m := one(t, sim, sid); m.Error != tc.code {
				t.Errorf("got error %d, want %d", m.Error, tc.code)
			}
			for status := range strings.FieldsSeq(tc.told) {
				form := app.next(t)
				if form.Get("MessageStatus") != status || form.Get("SmsStatus") != status || form.Get("MessageSid") != sid || form.Get("ref") != "7" {
					t.Errorf("got the callback %v, want %s", form, status)
				}
				failed := status == "failed" || status == "undelivered"
				if form.Has("ErrorCode") != failed || failed && form.Get("ErrorCode") != fmt.Sprint(tc.code) {
					t.Errorf("the callback for %s has ErrorCode %q, want %d only after a failure", status, form.Get("ErrorCode"), tc.code)
				}
				if ended := status == "delivered" || status == "undelivered"; form.Has("RawDlrDoneDate") != ended || ended && len(form.Get("RawDlrDoneDate")) != 10 {
					t.Errorf("the callback for %s has RawDlrDoneDate %q, want ten digits only at the end", status, form.Get("RawDlrDoneDate"))
				}
			}
			for _, req := range app.seen() {
				if !twilio.Verify(sim.Token, app.URL+req.URL.String(), req.PostForm, req.Header.Get(twilio.SignatureHeader)) {
					t.Error("the signature of a callback is not valid")
				}
			}
		})
	}
}

func TestRejectionMatchesTheRESTAPI(t *testing.T) {
	sim := start(t, Options{})
	outcome(t, sim, Outcome{To: "+15551230014", Status: "rejected", ErrorCode: 21614})
	outcome(t, sim, Outcome{Body: "flood", Status: "rejected", ErrorCode: 21611, Next: 1})
	form := func(to, body string) url.Values {
		return url.Values{"To": {to}, "From": {DefaultNumber}, "Body": {body}}
	}
	if g, _ := try(sim, form("+15551230014", "hi")); g.status != 400 || g.str("message") != "To number: +15551230014, is not a mobile number" {
		t.Errorf("to a landline: got %d %s, want status 400 and Twilio's message", g.status, g.raw)
	}
	if g, _ := try(sim, form(phone, "a flood")); g.status != 429 || g.code() != 21611 {
		t.Errorf("to a full queue: got %d %s, want status 429 and code 21611", g.status, g.raw)
	}
	if g, _ := try(sim, form(phone, "a flood")); g.status != 201 {
		t.Errorf("after the rule was used up: got %d %s, want status 201", g.status, g.raw)
	}
	for code, status := range map[int]int{20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503, 21211: 400, 21408: 400, 21703: 400} {
		outcome(t, sim, Outcome{Status: "rejected", ErrorCode: code, Next: 1})
		if g, _ := try(sim, form(phone, "hi")); g.status != status || g.code() != code || g.str("message") == "Unknown error" {
			t.Errorf("code %d: got %d %s, want this code with its status and message", code, g.status, g.raw)
		}
	}
}

func TestSenderSendsAtItsRate(t *testing.T) {
	sim := start(t, Options{Speed: 1, Numbers: []string{DefaultNumber, "+18885550007"}})
	sim.Freeze(true)
	var long, free []string
	for range 4 {
		long = append(long, send(t, sim, phone, strings.Repeat("a", 161))) // two segments
		free = append(free, send(t, sim, phone, "hi", "From", "+18885550007"))
	}
	sent := func(sids []string) (n int) {
		for _, sid := range sids {
			if one(t, sim, sid).Status != Queued {
				n++
			}
		}
		return n
	}
	advance(t, sim, 0)
	if l, f := sent(long), sent(free); l != 1 || f != 1 {
		t.Errorf("at first, %d and %d were sent, want 1 and 1", l, f)
	}
	advance(t, sim, time.Second)
	if l, f := sent(long), sent(free); l != 1 || f != 4 {
		t.Errorf("after 1 s, %d and %d were sent, want 1 (of two segments each) and 4 (at three a second)", l, f)
	}
	advance(t, sim, time.Second)
	if l := sent(long); l != 2 {
		t.Errorf("after 2 s, %d were sent, want 2", l)
	}
	advance(t, sim, time.Hour)
	first, last := one(t, sim, long[0]), one(t, sim, long[3])
	if d := last.SentAt.Sub(*first.SentAt); d != 6*time.Second {
		t.Errorf("the last of four messages was sent %v after the first, want 6s, however far the clock jumped", d)
	}
}

func TestFullQueueRefusesMessages(t *testing.T) {
	sim := start(t, Options{Speed: 1, QueueLength: 5 * time.Second})
	if _, err := sim.AddService(Service{SID: pool, Senders: []string{DefaultNumber}}); err != nil {
		t.Fatal(err)
	}
	sim.Freeze(true)
	for range 5 {
		send(t, sim, phone, "hi")
	}
	g, _ := try(sim, good)
	if g.status != 429 || g.code() != 21611 || g.str("message") != "SMS queue is full." {
		t.Errorf("sent directly to a full queue: got %d %s, want status 429 and code 21611", g.status, g.raw)
	}
	g, _ = try(sim, url.Values{"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"hi"}})
	if g.status != 201 || g.str("status") != "accepted" {
		t.Fatalf("sent through the service: got %d %s, want status 201 and an accepted message", g.status, g.raw)
	}
	advance(t, sim, choosing)
	if m := one(t, sim, g.str("sid")); m.Status != Failed || m.Error != 30001 {
		t.Errorf("the service's message became %s %d, want failed 30001", m.Status, m.Error)
	}
	advance(t, sim, 2*time.Second)
	if g, _ := try(sim, good); g.status != 201 {
		t.Errorf("after some were sent: got %d %s, want status 201", g.status, g.raw)
	}
}

func TestConcurrentRequestsBeyondLimitAreRefused(t *testing.T) {
	sim := start(t, Options{Concurrency: 2})
	fault(t, sim, Fault{Kind: FaultDelay, Delay: Duration(time.Hour), Operation: "list", Next: 2})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var busy sync.WaitGroup
	for range 2 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, sim.URL+"/2010-04-01/Accounts/"+sim.Account+"/Messages.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(sim.Account, sim.Token)
		busy.Go(func() {
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
				t.Error("a delayed request got a response")
			}
		})
	}
	await(t, "both requests to be in progress", func() bool { return sim.Faults()[0].UsedUp })
	g, err := try(sim, good)
	if err != nil || g.status != 429 || g.code() != 20429 || g.header.Get("Twilio-Concurrent-Requests") != "3" {
		t.Errorf("the third request: got %d %s and error %v, want status 429 and code 20429", g.status, g.raw, err)
	}
	leave()
	busy.Wait()
	await(t, "a request to be accepted afterwards", func() bool { g, _ := try(sim, good); return g.status == 201 })
}

func TestServiceChoosesAndKeepsASender(t *testing.T) {
	app := newApplication(t, answer("text/plain", ""))
	numbers := []string{"+15005550011", "+15005550012"}
	sim := start(t, Options{Numbers: numbers})
	if _, err := sim.AddService(Service{SID: pool, Senders: numbers, StatusCallback: app.URL}); err != nil {
		t.Fatal(err)
	}
	used := map[string]string{}
	for i := range 8 {
		to := "+1555123000" + fmt.Sprint(1+i%3) // an odd number of recipients, so that mere rotation would change their senders
		g, _ := try(sim, url.Values{"To": {to}, "MessagingServiceSid": {pool}, "Body": {"hi"}})
		if g.status != 201 || g.str("status") != "accepted" || g.body["from"] != nil || g.str("num_segments") != "0" || g.str("messaging_service_sid") != pool {
			t.Fatalf("got %d %s, want an accepted message without a sender", g.status, g.raw)
		}
		await(t, "delivery", func() bool { return one(t, sim, g.str("sid")).Status == Delivered })
		m := one(t, sim, g.str("sid"))
		if before := used[to]; before != "" && before != m.From {
			t.Errorf("%s was texted from %s, then from %s", to, before, m.From)
		}
		used[to] = m.From
		for _, status := range []string{"queued", "sent", "delivered"} {
			if form := app.next(t); form.Get("MessageStatus") != status || form.Get("MessagingServiceSid") != pool || form.Get("From") != m.From {
				t.Errorf("got the callback %v, want %s", form, status)
			}
		}
		if list := rest(t, sim, "GET", "Messages.json?From="+url.QueryEscape(m.From), nil); !strings.Contains(list.raw, m.SID) {
			t.Errorf("the message is not listed for its sender %s", m.From)
		}
	}
	if used["+15551230001"] != numbers[0] || used["+15551230002"] != numbers[1] {
		t.Errorf("got the senders %v, want the numbers in turn", used)
	}
}

func TestMessageOfSenderlessServiceFails(t *testing.T) {
	sim := start(t, Options{})
	if _, err := sim.AddService(Service{SID: pool, Senders: []string{DefaultNumber}}); err != nil {
		t.Fatal(err)
	}
	sim.Freeze(true)
	g, _ := try(sim, url.Values{"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"hi"}})
	if _, err := sim.AddService(Service{SID: pool}); err != nil {
		t.Fatal(err)
	}
	advance(t, sim, time.Second)
	if m := one(t, sim, g.str("sid")); m.Status != Failed || m.Error != 21704 || m.ErrorMessage != "The Messaging Service contains no phone numbers" {
		t.Errorf("the message is %s %d %q, want failed 21704 with its text", m.Status, m.Error, m.ErrorMessage)
	}
}

func TestScheduledMessageIsSentOrCanceled(t *testing.T) {
	app := newApplication(t, answer("text/plain", ""))
	sim := start(t, Options{})
	if _, err := sim.AddService(Service{SID: pool, Senders: []string{DefaultNumber}}); err != nil {
		t.Fatal(err)
	}
	schedule := func() string {
		g, _ := try(sim, url.Values{
			"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"later"}, "ScheduleType": {"fixed"},
			"SendAt": {sim.Now().Add(time.Hour).Format(time.RFC3339)}, "StatusCallback": {app.URL},
		})
		if g.status != 201 || g.str("status") != "scheduled" {
			t.Fatalf("got %d %s, want a scheduled message", g.status, g.raw)
		}
		return g.str("sid")
	}
	goes, stays := schedule(), schedule()
	g := rest(t, sim, "POST", "Messages/"+stays+".json", url.Values{"Status": {"canceled"}})
	if g.status != 200 || g.str("status") != "canceled" {
		t.Fatalf("canceling: got %d %s, want a canceled message", g.status, g.raw)
	}
	if form := app.next(t); form.Get("MessageStatus") != "canceled" || form.Get("MessageSid") != stays {
		t.Errorf("got the callback %v, want status canceled for that message", form)
	}
	advance(t, sim, 59*time.Minute)
	if m := one(t, sim, goes); m.Status != Scheduled {
		t.Errorf("a minute before SendAt, the message is %s, want scheduled", m.Status)
	}
	advance(t, sim, 2*time.Minute)
	await(t, "delivery", func() bool { return one(t, sim, goes).Status == Delivered })
	if m := one(t, sim, stays); steps(m) != "scheduled canceled" {
		t.Errorf("the canceled message went through %q, want \"scheduled canceled\"", steps(m))
	}
	if form := app.next(t); form.Get("MessageStatus") != "queued" {
		t.Errorf("the first callback of the sent message is %v, want MessageStatus queued", form)
	}
	if g := rest(t, sim, "POST", "Messages/"+goes+".json", url.Values{"Status": {"canceled"}}); g.code() != 30409 {
		t.Errorf("canceling the sent message: got %s, want code 30409", g.raw)
	}
}

func TestMessageExpiresInALongQueue(t *testing.T) {
	sim := start(t, Options{Speed: 1})
	sim.Freeze(true)
	for range 10 {
		send(t, sim, phone, "hi")
	}
	late := send(t, sim, phone, "hi", "ValidityPeriod", "5")
	next := send(t, sim, phone, "hi")
	advance(t, sim, 5*time.Second)
	if m := one(t, sim, late); m.Status != Failed || m.Error != 30036 {
		t.Errorf("the message is %s %d, want failed 30036", m.Status, m.Error)
	}
	advance(t, sim, 6*time.Second)
	if m := one(t, sim, next); m.Status == Queued {
		t.Error("the expired message took a place in the queue")
	}
}

func TestMessageToOwnNumberArrivesThere(t *testing.T) {
	app := newApplication(t, twiml("<Response/>"))
	sim := start(t, Options{Numbers: []string{DefaultNumber, "+15005550011"}, Webhook: app.URL})
	send(t, sim, "+15005550011", "hello")
	if form := app.next(t); form.Get("To") != "+15005550011" || form.Get("From") != DefaultNumber || form.Get("Body") != "hello" {
		t.Errorf("the webhook of the other number got %v, want the message", form)
	}
}

func TestCallbacksRetryAsTheirURLSays(t *testing.T) {
	for name, tc := range map[string]struct {
		fragment string
		status   int
		attempts int
	}{
		"no retry of a 500 by default": {"", 500, 1},
		"a retry of a 500 with rp=5xx": {"#rc=2&rp=5xx", 500, 3},
		"5xx does not include a 404":   {"#rc=2&rp=5xx", 404, 1},
		"a retry of a 404 with rp=4xx": {"#rc=1&rp=ct,4xx", 404, 2},
		"retries of a 503 with rp=all": {"#rc=5&rp=all", 503, 6},
		"an rc above 5 is ignored":     {"#rc=9&rp=all", 503, 2},
		"no retry of a success":        {"#rc=5&rp=all", 204, 1},
		"no retries with rc=0":         {"#rc=0&rp=all", 500, 1},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tc.status) })
			sim := start(t, Options{})
			outcome(t, sim, Outcome{Status: "sent"})
			send(t, sim, phone, "hi", "StatusCallback", app.URL+"/status"+tc.fragment)
			failed := tc.status >= 400
			await(t, "the call", func() bool { return len(sim.WebhookCalls()) == 1 && (!failed || len(sim.Debugger()) > 0) })
			if got := sim.WebhookCalls()[0]; got.Attempts != tc.attempts || len(app.seen()) != tc.attempts || got.Status != tc.status {
				t.Errorf("got %d attempts, status %d, want %d attempts, status %d", got.Attempts, got.Status, tc.attempts, tc.status)
			}
			if (len(sim.Debugger()) == 1) != failed || failed && sim.Debugger()[0].Code != 11200 {
				t.Errorf("got the debugger entries %+v, want one with code 11200 only after a failure", sim.Debugger())
			}
			tokens := map[string]bool{}
			for _, req := range app.seen() {
				tokens[req.Header.Get("I-Twilio-Idempotency-Token")] = true
			}
			if len(tokens) != 1 || tokens[""] {
				t.Errorf("got the idempotency tokens %v, want one for all attempts", tokens)
			}
		})
	}
}

func TestFailedCallbackGoesToItsFallback(t *testing.T) {
	app := newApplication(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/status" {
			w.WriteHeader(500)
		}
	})
	sim := start(t, Options{StatusFallback: app.URL + "/fallback"})
	outcome(t, sim, Outcome{Status: "sent"})
	send(t, sim, phone, "hi", "StatusCallback", app.URL+"/status")
	app.next(t)
	form := app.next(t)
	if form.Get("ErrorCode") != "11200" || form.Get("ErrorUrl") != app.URL+"/status" || form.Get("MessageStatus") != "sent" {
		t.Errorf("the fallback got %v, want ErrorCode 11200, and the URL and status of the callback", form)
	}
	if last := app.seen()[1]; !twilio.Verify(sim.Token, app.URL+"/fallback", last.PostForm, last.Header.Get(twilio.SignatureHeader)) {
		t.Error("the signature of the request to the fallback is not valid")
	}
}

func TestCallbackFaultsTakeEffect(t *testing.T) {
	for name, tc := range map[string]struct {
		faults []Fault
		told   string
	}{
		"lost":      {[]Fault{{Kind: FaultWebhookLost, Next: 1}}, "delivered"},
		"doubled":   {[]Fault{{Kind: FaultWebhookDoubled, Next: 1}}, "sent sent delivered"},
		"reordered": {[]Fault{{Kind: FaultWebhookReordered, Next: 1}}, "delivered sent"},
		"late":      {[]Fault{{Kind: FaultWebhookLate, Next: 1, Delay: Duration(time.Hour)}}, "delivered sent"},
		"all lost":  {[]Fault{{Kind: FaultWebhookLost, Number: phone}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, answer("text/plain", ""))
			sim := start(t, Options{Faults: tc.faults})
			sid := send(t, sim, phone, "hi", "StatusCallback", app.URL)
			await(t, "delivery", func() bool { return one(t, sim, sid).Status == Delivered })
			told := strings.Fields(tc.told)
			for i, status := range told {
				if i > 0 && name == "late" {
					advance(t, sim, time.Hour)
				}
				if form := app.next(t); form.Get("MessageStatus") != status {
					t.Errorf("callback %d has status %s, want %s", i, form.Get("MessageStatus"), status)
				}
			}
			if err := sim.Close(); err != nil {
				t.Fatal(err)
			}
			if n := len(app.seen()); n != len(told) {
				t.Errorf("got %d callbacks, want %d", n, len(told))
			}
		})
	}
}

func TestSlowWebhookDelaysNobodyElse(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	app := newApplication(t, answer("text/plain", ""))
	sim := start(t, Options{})
	for range 2 * maxTogether { // without HTTP, so that it takes no time
		form := url.Values{"To": {phone}, "From": {DefaultNumber}, "Body": {"hi"}, "StatusCallback": {slow.URL}}
		if r := sim.create(sim.accounts[sim.Account], form); r.status != http.StatusCreated {
			t.Fatalf("got status %d and %+v, want 201", r.status, r.body)
		}
	}
	send(t, sim, phone, "hi", "StatusCallback", app.URL)
	for range 2 {
		app.next(t)
	}
	for _, call := range sim.WebhookCalls() {
		if call.URL == slow.URL {
			t.Fatal("a call of the slow application ended first, so the other application may have waited for it")
		}
	}
}

func TestHangingApplicationCostsCallbacksNotMemory(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	sim := start(t, Options{})
	sim.waiting.Store(maxWaiting - 1)
	outcome(t, sim, Outcome{Status: "sent"})
	send(t, sim, phone, "the last text that may wait", "StatusCallback", hanging.URL)
	await(t, "the callback of another message to wait", func() bool { return sim.waiting.Load() == maxWaiting })
	dropped := send(t, sim, phone, "one too many", "StatusCallback", hanging.URL)
	await(t, "the debugger to list the dropped one", func() bool { return len(sim.Debugger()) == 1 })
	if e := sim.Debugger()[0]; e.MessageSID != dropped || e.Detail != tooManyWaiting {
		t.Errorf("got the debugger entry %+v, want one for the dropped callback", e)
	}
}

func TestEvictedMessagesLoseTheirSchedule(t *testing.T) {
	sim := start(t, Options{MaxMessages: 100})
	if _, err := sim.AddService(Service{SID: pool, Senders: []string{DefaultNumber}}); err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"later"}, "ScheduleType": {"fixed"},
		"SendAt": {sim.Now().Add(30 * 24 * time.Hour).Format(time.RFC3339)},
	}
	for range 3 * minSwept {
		if r := sim.create(sim.accounts[sim.Account], form); r.status != http.StatusCreated {
			t.Fatalf("got status %d and %+v, want 201", r.status, r.body)
		}
	}
	sim.clock.mu.Lock()
	defer sim.clock.mu.Unlock()
	if n := len(sim.clock.queue); n > minSwept+1 {
		t.Errorf("%d timers are kept, want at most %d", n, minSwept+1)
	}
}
