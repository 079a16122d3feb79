package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

// with returns an option that replaces the triggers with those in text.
func with(t *testing.T, text string) func(*Options) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := triggers.Load(path, triggers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(o *Options) { o.Triggers = func() *triggers.Set { return set } }
}

const everything = `triggers:
  - {name: all, pattern: '(?s).*', echo: 'Got it', start: {workflow: W, taskQueue: q}}
  - {name: out, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q}}
  - {name: in, event: SMS_OPT_IN, start: {workflow: W, taskQueue: q}}
  - {name: help, event: SMS_HELP, start: {workflow: W, taskQueue: q}}
`

// numbered returns a form whose MessageSid is made from a number.
func numbered(n int, body string) url.Values {
	f := form(body)
	f.Set("MessageSid", fmt.Sprintf("SM%032x", n))
	return f
}

func TestKeywordsAreNeverEchoed(t *testing.T) {
	for i, tc := range []struct{ body, optOutType, want string }{
		{"STOP", "", "out"}, {"stop ", "", "out"}, {"Yes", "", "all in"}, {"Yes", "START", "in"}, {"help", "", "help"}, {"adios", "STOP", "out"}, {"please stop", "", "all"},
	} {
		b := newBench(t, with(t, everything))
		f := numbered(i, tc.body)
		f.Set("OptOutType", tc.optOutType)
		w := b.deliver(f, token)
		slices.Sort(b.published)
		if got := strings.Join(b.published, " "); got != tc.want {
			t.Errorf("%q published %q, want %q", tc.body, got, tc.want)
		}
		if echoed := strings.Contains(w.Body.String(), "Got it"); w.Code != http.StatusOK || echoed != strings.Contains(tc.want, "all") {
			t.Errorf("%q: got status %d, reply %s; want an echo only from trigger all", tc.body, w.Code, w.Body)
		}
	}
}

func TestKeywordsDependOnTheNumber(t *testing.T) {
	b := newBench(t, with(t, "keywords: {+15005550006: {}}\n"+everything))
	if w := b.deliver(form("STOP"), token); strings.Join(b.published, " ") != "all" || !strings.Contains(w.Body.String(), "Got it") {
		t.Errorf("published %q, replied %s; want STOP to be an ordinary text", b.published, w.Body)
	}
}

func TestEventContainsAllParameters(t *testing.T) {
	b := newBench(t, with(t, everything))
	f := form("look")
	for name, value := range map[string]string{
		"NumMedia": "0", "MediaUrl0": "https://m/0", "MediaContentType0": "image/png", "MediaUrl1": "https://m/1", "MediaContentType1": "video/mp4",
		"MessagingServiceSid": "MG1", "Latitude": "52.5", "Longitude": "-13.4", "Address": "Street 1", "Label": "Home",
		"ProfileName": "Ann", "WaId": "15005550009", "FromCity": "", "NumSegments": "1", "SmsStatus": "received",
	} {
		f.Set(name, value)
	}
	b.deliver(f, token)
	got := b.events[0].Event
	if want := []sms.Media{{URL: "https://m/0", ContentType: "image/png"}, {URL: "https://m/1", ContentType: "video/mp4"}}; !reflect.DeepEqual(got.Media, want) {
		t.Errorf("got media %+v, want %+v", got.Media, want)
	}
	if want := (&sms.Location{Latitude: 52.5, Longitude: -13.4, Address: "Street 1", Label: "Home"}); !reflect.DeepEqual(got.Location, want) {
		t.Errorf("got location %+v, want %+v", got.Location, want)
	}
	if want := map[string]string{"ProfileName": "Ann", "WaId": "15005550009", "NumSegments": "1"}; !reflect.DeepEqual(got.Parameters, want) || got.MessagingServiceSID != "MG1" {
		t.Errorf("got parameters %v, service %q; want %v, service MG1", got.Parameters, got.MessagingServiceSID, want)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}

func TestWebhookAcceptsJSONAndGET(t *testing.T) {
	body, _ := json.Marshal(map[string]any{"MessageSid": "SM00000000000000000000000000000001", "AccountSid": "AC1", "From": "+15005550009", "To": "+15005550006", "Body": "Order Number 42", "NumMedia": 0})
	digest := sha256.Sum256(body)
	path := SmsPath + "?bodySHA256=" + hex.EncodeToString(digest[:])
	asJSON := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, publicURL+path, nil))
		return r
	}
	query := SmsPath + "?" + form("Order Number 42").Encode()
	get := func(signed string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, query, nil)
		r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, signed, nil))
		return r
	}
	for name, tc := range map[string]struct {
		request *http.Request
		status  int
	}{
		"JSON":                              {asJSON(string(body)), 200},
		"JSON with different content":       {asJSON(strings.Replace(string(body), "42", "43", 1)), 403},
		"invalid JSON":                      {asJSON("{"), 400},
		"a JSON list":                       {asJSON("[]"), 400},
		"GET":                               {get(publicURL + query), 200},
		"GET signed without the parameters": {get(publicURL + SmsPath), 403},
	} {
		b := newBench(t, nil)
		w := b.serve(tc.request)
		if w.Code != tc.status || (tc.status == 200) != (len(b.published) == 2) {
			t.Errorf("%s: got status %d %s, published %v; want status %d", name, w.Code, w.Body, b.published, tc.status)
		}
		if tc.status == 200 && !strings.Contains(w.Body.String(), "Your reference number is 42") {
			t.Errorf("%s: got %s, want the echo", name, w.Body)
		}
		if lines := strings.Count(b.log.String(), "\n"); tc.status != 200 && lines != 1 {
			t.Errorf("%s: got %d log lines, want 1", name, lines)
		}
	}
}

func TestTokensAreValidForOneAccount(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Tokens = always(map[string][]string{"AC1": {"one", "one-new"}, "AC2": {"two"}}) })
	for i, tc := range []struct {
		account, token string
		status         int
	}{
		{"AC1", "one", 200},
		{"AC1", "one-new", 200},
		{"AC2", "two", 200},
		{"AC1", "two", 403},
		{"AC2", "one", 403},
		{"AC3", "one", 403},
		{"", "one", 403},
	} {
		f := numbered(i, "quiet")
		f.Set("AccountSid", tc.account)
		if w := b.deliver(f, tc.token); w.Code != tc.status {
			t.Errorf("account %q with token %q: got status %d, want %d", tc.account, tc.token, w.Code, tc.status)
		}
	}
}

func TestForwardedHeadersCountOnlyIfNamed(t *testing.T) {
	deliver := func(b *bench, host string) int {
		r := httptest.NewRequest(http.MethodPost, SmsPath, strings.NewReader(form("quiet").Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, "https://sms.example.org"+SmsPath, form("quiet")))
		return b.serve(r).Code
	}
	named := newBench(t, func(o *Options) {
		o.PublicURL, o.Forwarded = "", []string{"X-Forwarded-Host", "X-Forwarded-Proto"}
	})
	if got := deliver(named, "sms.example.org"); got != http.StatusOK {
		t.Errorf("with a configured header: got status %d, want 200", got)
	}
	for _, host := range []string{"", "evil.example.org", "evil.example.org, sms.example.org"} {
		if got := deliver(named, host); got != http.StatusForbidden {
			t.Errorf("host %q: got status %d, want 403", host, got)
		}
	}
	if got := deliver(newBench(t, nil), "sms.example.org"); got != http.StatusForbidden {
		t.Errorf("with a header that is not configured: got status %d, want 403", got)
	}
	both := newBench(t, func(o *Options) { o.Forwarded = []string{"X-Forwarded-Host"} })
	if got := deliver(both, "sms.example.org"); got != http.StatusForbidden {
		t.Errorf("a public URL and forwarded headers: got status %d, want 403", got)
	}
}

func TestWebhookAsksForRedelivery(t *testing.T) {
	const text = `triggers:
  - {name: mute, pattern: 'mute', start: {workflow: W, taskQueue: q}}
  - {name: again, pattern: 'again', echoError: Sorry, onPublishError: retry, start: {workflow: W, taskQueue: q}}
  - {name: told, pattern: 'told', echo: Fine, echoError: Sorry, start: {workflow: W, taskQueue: q}}
`
	for i, tc := range []struct {
		body   string
		status int
		reply  string
	}{
		{"mute", 503, ""}, {"again", 503, ""}, {"told", 200, "Sorry"}, {"told mute", 200, "Sorry"}, {"told again", 503, ""}, {"STOP", 200, ""},
	} {
		b := newBench(t, with(t, text))
		b.err = errors.New("away")
		w := b.deliver(numbered(i, tc.body), token)
		if w.Code != tc.status || strings.Contains(w.Body.String(), "Sorry") != (tc.reply != "") {
			t.Errorf("%q: got status %d, reply %s; want status %d, reply %q", tc.body, w.Code, w.Body, tc.status, tc.reply)
		}
		if tc.status == 503 && strings.Contains(w.Header().Get("Content-Type"), "xml") {
			t.Errorf("%q: got the content type of TwiML with status 503", tc.body)
		}
	}
}

func TestPatternOverBudgetFails(t *testing.T) {
	const hostile = `triggers:
  - {name: slow, pattern: '(?:(a+)+\1)+$'%s, start: {workflow: W, taskQueue: q}}
  - {name: good, pattern: 'a', echo: 'Good', start: {workflow: W, taskQueue: q}}
`
	for more, want := range map[string]struct {
		status int
		reply  string
	}{
		", echo: Fine, echoError: Sorry": {200, "Sorry"},
		", echo: Fine":                   {200, "Good"},
		", echo: Fine, echoError: Sorry, onPublishError: retry": {200, "Sorry"},
	} {
		b := newBench(t, with(t, fmt.Sprintf(hostile, more)))
		w := b.deliver(numbered(1, strings.Repeat("a", 1500)+"b"), token)
		if w.Code != want.status || strings.Contains(w.Body.String(), "Fine") || !strings.Contains(w.Body.String(), want.reply) {
			t.Errorf("%s: got status %d, reply %s; want status %d, reply %s", more, w.Code, w.Body, want.status, want.reply)
		}
		if !reflect.DeepEqual(b.published, []string{"good"}) || strings.Contains(b.log.String(), "aaa") {
			t.Errorf("%s: published %v, log %s; want only good published, and no text logged", more, b.published, b.log.String())
		}
	}
}

func TestLoopsGetNoEcho(t *testing.T) {
	b := newBench(t, func(o *Options) {
		with(t, everything)(o)
		o.OwnNumbers, o.echoBurst, o.echoEvery = []string{"+15005550007"}, 3, time.Hour
	})
	echoed := func(n int, from string) bool {
		f := numbered(n, "hi")
		f.Set("From", from)
		w := b.deliver(f, token)
		if w.Code != http.StatusOK {
			t.Errorf("message %d: got status %d, want 200", n, w.Code)
		}
		return strings.Contains(w.Body.String(), "Got it")
	}
	for n := range 6 {
		if got := echoed(n, "+15005550009"); got != (n < 3) {
			t.Errorf("message %d: got echoed %t, want %t", n, got, n < 3)
		}
	}
	// A redelivery gets the same answer as before, and does not count.
	if !echoed(0, "+15005550009") || echoed(5, "+15005550009") {
		t.Error("a redelivery did not get the reply of the first delivery")
	}
	if !echoed(10, "+15005550010") {
		t.Error("another phone was not echoed")
	}
	if echoed(11, "+15005550007") || echoed(12, "+15005550006") {
		t.Error("one of our own numbers was echoed")
	}
	if len(b.published) != 6+2+3 {
		t.Errorf("published %d events, want %d", len(b.published), 6+2+3)
	}
}

// shared is a Silencer that the webhooks of a test share.
type shared struct {
	silent, asked int
	ended         time.Time
	taken         []Accepted
	listed        int
	err           error
	// behind is how far Temporal's clock is behind that of the webhooks.
	behind time.Duration
	// away is the error returned when a webhook asks whether a phone is
	// silenced. If unseen is true, the answer is always no.
	away   error
	unseen bool
}

func (s *shared) Silenced(context.Context, sms.Inbound) (began, ended time.Time, err error) {
	s.asked++
	switch {
	case s.away != nil:
		return began, ended, s.away
	case s.silent > 0 && !s.unseen:
		return time.Now(), ended, nil
	}
	return s.ended, s.ended, nil
}

func (s *shared) Accepted(ctx context.Context, _ sms.Inbound, since time.Time) (accepted []Accepted, err error) {
	s.listed++
	if s.err != nil {
		<-ctx.Done() // Temporal does not answer
	}
	for _, text := range s.taken {
		if !text.At.Before(since) {
			accepted = append(accepted, text)
		}
	}
	return accepted, s.err
}

// webhooks returns three webhooks with the same Silencer.
func (s *shared) webhooks(t *testing.T, file string) (hooks []*bench) {
	t.Helper()
	for range 3 {
		hooks = append(hooks, newBench(t, func(o *Options) {
			with(t, file)(o)
			o.Silencer, o.echoEvery = s, time.Hour
			receive := o.Receive
			o.Receive = func(ctx context.Context, message sms.Inbound, matches []triggers.Match, mode Mode) Answer {
				known := slices.ContainsFunc(s.taken, func(text Accepted) bool { return text.MessageSID == message.MessageSID })
				if !known && message.From == "+15005550009" {
					s.taken = append(s.taken, Accepted{message.MessageSID, time.Now().Add(-s.behind)})
				}
				return receive(ctx, message, matches, mode)
			}
		}))
	}
	return hooks
}

func TestWebhooksShareEchoPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{}
		hooks := all.webhooks(t, everything)
		echoed := func(hook, n int, from string) bool {
			time.Sleep(time.Millisecond) // no two texts arrive at the same time
			f := numbered(n, "hi")
			f.Set("From", from)
			return strings.Contains(hooks[hook].deliver(f, token).Body.String(), "Got it")
		}
		for n := range 30 {
			if got := echoed(n%3, n, "+15005550009"); got != (n < echoBurst) {
				t.Errorf("text %d: got echoed %t, want %t", n, got, n < echoBurst)
			}
			if n < 6 && all.listed > 0 {
				t.Errorf("text %d: Temporal was asked, want no request", n)
			}
		}
		for n := range 30 {
			for hook := range hooks {
				if got := echoed(hook, n, "+15005550009"); got != (n < echoBurst) {
					t.Errorf("text %d, redelivered to webhook %d: got echoed %t, want %t", n, hook, got, n < echoBurst)
				}
			}
		}
		if !echoed(0, 100, "+15005550010") {
			t.Error("another phone was not echoed")
		}
	})
}

func TestWebhookCountsByItselfWithoutTemporal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{err: errors.New("away")}
		hook := all.webhooks(t, everything)[0]
		began := time.Now()
		for n := range 12 {
			if w := hook.deliver(numbered(n, "hi"), token); strings.Contains(w.Body.String(), "Got it") != (n < echoBurst) {
				t.Errorf("text %d: got reply %s, want an echo: %t", n, w.Body, n < echoBurst)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("12 replies took %s while Temporal did not answer, want at most a second", took)
		}
		if all.listed != 1 || strings.Count(hook.log.String(), "did not list") != 1 {
			t.Errorf("asked Temporal %d times, want once, with one warning; log:\n%s", all.listed, hook.log.String())
		}
	})
}

func TestStreakCountsForAllWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{}
		hooks := all.webhooks(t, "triggers:\n  - {name: quiet, pattern: 'hi', start: {workflow: W, taskQueue: q}}\n")
		for n := range maxStreak + 3 {
			if hooks[n%3].deliver(numbered(n, "hi"), token); n < maxStreak && all.silent > 0 {
				t.Fatalf("silenced after only %d texts, want more than %d", n+1, maxStreak)
			}
		}
		if all.silent != 1 {
			t.Errorf("silenced %d times, want once", all.silent)
		}
		// Ending the silence also ends it for webhooks that did not know about
		// it.
		all.silent, all.ended = 0, time.Now()
		for n := range 30 {
			hooks[n%3].deliver(numbered(100+n, "hi"), token)
		}
		if all.silent != 0 {
			t.Error("silenced again immediately after the silence was ended")
		}
	})
}

func (s *shared) Silence(context.Context, sms.Inbound) (workflowID string, err error) {
	if s.silent++; s.silent == 1 {
		workflowID = "sms-silence-x"
	}
	return workflowID, nil
}

func TestSilenceEndsMachineLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{}
		const file = `triggers:
  - {name: echo, pattern: 'hi', echo: 'Got it', start: {workflow: W, taskQueue: q}}
  - {name: back, pattern: 'hi', start: {workflow: SendSmsWorkflow, taskQueue: twilio}}
`
		hooks := []*bench{}
		for range 2 {
			hooks = append(hooks, newBench(t, func(o *Options) {
				with(t, file)(o)
				o.Silencer, o.echoBurst = all, 1000
			}))
		}
		say := func(hook, n int) (echoed bool, texted int) {
			time.Sleep(time.Millisecond) // no two texts arrive at the same time
			before := strings.Count(strings.Join(hooks[hook].published, " "), "back")
			w := hooks[hook].deliver(numbered(n, "hi"), token)
			return strings.Contains(w.Body.String(), "Got it"), strings.Count(strings.Join(hooks[hook].published, " "), "back") - before
		}
		for n := range maxStreak {
			if echoed, texted := say(0, n); !echoed || texted != 1 {
				t.Fatalf("text %d: got echoed %t, texted %d times; want an echo and one text", n, echoed, texted)
			}
			say(0, n) // a redelivery does not count
		}
		// The other webhook has received fewer texts and learns about the
		// silence.
		for n := range watched {
			say(1, 1000+n)
		}
		if echoed, texted := say(1, 2000); !echoed || texted != 1 || all.silent != 0 {
			t.Errorf("before the silence: got echoed %t, texted %d times, silenced %d times; want an echo, one text and no silence", echoed, texted, all.silent)
		}
		for hook, b := range hooks {
			b.published = nil
			for n := range 3 {
				if echoed, texted := say(hook, 3000+10*hook+n); echoed || texted != 0 {
					t.Errorf("webhook %d during the silence: got echoed %t, texted %d times; want neither", hook, echoed, texted)
				}
			}
			if len(b.published) != 3 {
				t.Errorf("webhook %d published %v, want three events", hook, b.published)
			}
		}
		if log := hooks[0].log.String(); all.silent != 1 || strings.Count(log, "like machines") != 1 || strings.Contains(log, "+1500") || !strings.Contains(log, `outcome="accepted, not echoed: more than 50 texts without a pause; silent for a day"`) {
			t.Errorf("silenced %d times, want once, with one warning and the outcome in the log; log %s", all.silent, log)
		}
		// Terminating the workflow ends the silence immediately for all
		// webhooks.
		all.silent, all.ended = 0, time.Now()
		for hook := range hooks {
			if echoed, texted := say(hook, 4000+10*hook); !echoed || texted != 1 || all.silent != 0 {
				t.Errorf("webhook %d after the silence: got echoed %t, texted %d times, silenced %d times; want an echo, one text and no silence", hook, echoed, texted, all.silent)
			}
		}
		// Texts that are more than maxPause apart are not a streak,
		// however many there are.
		g := newGuard(&Options{})
		now := time.Now()
		for n := range 3 * maxStreak {
			now = now.Add(2 * maxPause)
			if streak, _, _ := g.streak(sms.Inbound{MessageSID: fmt.Sprint(n)}, now); streak != 1 {
				t.Fatalf("got a streak of %d, want 1", streak)
			}
		}
	})
}

func TestUnanswerableSendersGetNoEcho(t *testing.T) {
	for from, want := range map[string]bool{
		"+15005550009": true, "whatsapp:+15005550009": true, "messenger:1234567890": true, "rcs:agent_1": true,
		"SUPPORT": false, "Bank 24": false, "73737": false, "266696687": false,
	} {
		b := newBench(t, with(t, everything))
		f := form("hi")
		f.Set("From", from)
		w := b.deliver(f, token)
		if len(b.published) != 1 || w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Got it") != want {
			t.Errorf("%s: got status %d %s, published %v; want status 200, one event, and an echo: %t", from, w.Code, w.Body, b.published, want)
		}
	}
}

func TestTextsMustComeFromNumbersAccount(t *testing.T) {
	for _, tc := range []struct {
		account, token, to string
		status             int
	}{
		{"AC1", "one", "+15005550006", 200},
		{"AC2", "two", "+15005550006", 403},
		{"AC2", "two", "whatsapp:+15005550006", 403},
		{"AC2", "two", "+15005550007", 200},
		{"AC1", "one", "+15005550007", 403},
		{"AC2", "two", "+15005550008", 200}, // the account of the number's owner is not configured
	} {
		b := newBench(t, func(o *Options) {
			o.Tokens = always(map[string][]string{"AC1": {"one"}, "AC2": {"two"}})
			o.NumberAccounts = map[string]string{"+15005550006": "AC1", "+15005550007": "AC2"}
		})
		f := form("quiet")
		f.Set("AccountSid", tc.account)
		f.Set("To", tc.to)
		if w := b.deliver(f, tc.token); w.Code != tc.status || (len(b.published) == 1) != (tc.status == 200) {
			t.Errorf("%+v: got status %d, published %v; want an event only with status 200", tc, w.Code, b.published)
		}
	}
}

func TestRepliesRespectTwiliosLimits(t *testing.T) {
	many := make([]string, 15)
	for i := range many {
		many[i] = strings.Repeat("я", 2000)
	}
	kept, cut := bounded(many)
	if !cut || len(kept) != 10 || len([]rune(kept[0])) != sms.MaxBodyLength {
		t.Errorf("kept %d replies, cut %t; want 10 replies, the first cut to %d characters", len(kept), cut, sms.MaxBodyLength)
	}
	for i := range many {
		many[i] = strings.Repeat(`"`, 1600) // 5 bytes each in XML
	}
	if kept, cut = bounded(many); !cut || len(twilio.Reply(kept...)) > 64<<10 {
		t.Errorf("the reply is %d bytes, want at most 64 kB", len(twilio.Reply(kept...)))
	}
	if kept, cut = bounded([]string{"", "a", ""}); cut || len(kept) != 1 {
		t.Errorf("kept %q, want only a", kept)
	}
}

func TestGuardMemoryIsBounded(t *testing.T) {
	g := newGuard(&Options{})
	var guarding sync.WaitGroup
	for w := range 4 {
		guarding.Go(func() {
			for n := range remembered {
				_ = g.unsaid(sms.Inbound{Event: sms.EventReceived, MessageSID: fmt.Sprint(w, n), From: fmt.Sprint(n), To: fmt.Sprint(w)})
			}
		})
	}
	guarding.Wait()
	if len(g.answers.latest) > remembered || len(g.answers.older) > remembered || len(g.pairs.latest) > remembered {
		t.Errorf("remembered %d and %d answers and %d pairs, want at most %d of each", len(g.answers.latest), len(g.answers.older), len(g.pairs.latest), remembered)
	}
}

func TestWebhookShowsOutcomesIfConfigured(t *testing.T) {
	b := newBench(t, func(o *Options) {
		with(t, `triggers: [{name: hi, pattern: '(?i)hi', echo: 'Got it', start: {workflow: W, taskQueue: q}}]`)(o)
		o.ShowOutcome, o.echoBurst, o.echoEvery = true, 1, time.Hour
	})
	for n, tc := range []struct{ body, want string }{
		{"hi", "accepted"},
		{"hi", "accepted, not echoed: too fast"},
		{"hello", "no trigger"},
		{"STOP", "opt-out, no trigger"},
		{"help", "help, no trigger"},
		{"start", "opt-in, no trigger"},
		{"Liked “hello”", "reaction, no trigger"},
	} {
		if got := b.deliver(numbered(n, tc.body), token).Header().Get(OutcomeHeader); got != tc.want {
			t.Errorf("%s: got outcome %q, want %q", tc.body, got, tc.want)
		}
	}
	if got := inWords(optIn, Answer{Outcome: string(sms.OutcomeAnswered)}); got != "answered" {
		t.Errorf("got outcome %q for a yes that answers a question, want answered", got)
	}
	if got := inWords("", Answer{Outcome: string(sms.OutcomeUnwanted), WorkflowID: "sms-SM1"}); got != "no trigger, answers no open question" {
		t.Errorf("got outcome %q for a text that an open question did not take, want that it says so", got)
	}
	if log := b.log.String(); !strings.Contains(log, `outcome="accepted, not echoed: too fast"`) {
		t.Errorf("got log without the outcome:\n%s", log)
	}
	if got := newBench(t, nil).deliver(numbered(1, "hello"), token).Header().Get(OutcomeHeader); got != "" {
		t.Errorf("without ShowOutcome: got outcome %q, want none", got)
	}
}

func TestUncaughtSignalIsReported(t *testing.T) {
	nobody, one := 0, 1
	for _, tc := range []struct {
		counts []*int
		want   string
	}{
		{[]*int{&one, nil}, "published"},
		{[]*int{nil, &nobody, &one}, "published, trigger t1 reached no workflow"},
		{[]*int{&nobody, &nobody}, "published, 2 triggers reached no workflow"},
	} {
		result := sms.ReceiveSmsResult{Outcome: sms.OutcomePublished}
		for n, count := range tc.counts {
			result.Firings = append(result.Firings, sms.FiringResult{Trigger: fmt.Sprintf("t%d", n), Outcome: sms.OutcomePublished, Count: count})
		}
		if got := inWords("", told(result)); got != tc.want {
			t.Errorf("got outcome %q, want %q", got, tc.want)
		}
	}
}

func TestPausedSendingPublishesWithoutReply(t *testing.T) {
	paused := true
	triggered := with(t, everything)
	b := newBench(t, func(o *Options) {
		triggered(o)
		o.Paused = func() (string, bool) { return "", paused }
		o.ShowOutcome = true
	})
	w := b.deliver(numbered(1, "hi"), token)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Got it") || len(b.published) != 1 || !strings.Contains(w.Header().Get(OutcomeHeader), "all sending is paused") {
		t.Errorf("published %q, got status %d %s, outcome %q; want one event and no echo, and the reason in the outcome", b.published, w.Code, w.Body, w.Header().Get(OutcomeHeader))
	}
	paused = false
	if w := b.deliver(numbered(2, "hi"), token); !strings.Contains(w.Body.String(), "Got it") {
		t.Errorf("after the pause: got reply %s, want Got it", w.Body)
	}
}

// A sender who must not get a reply cannot be told that a text was lost, so
// Twilio has to deliver the text again.
func TestUnreportedFailureIsDeliveredAgain(t *testing.T) {
	const lost = "triggers:\n  - {name: a, pattern: a, echo: Taken, echoError: Lost, start: {workflow: W, taskQueue: q}}\n"
	for name, change := range map[string]func(*Options){
		"too fast":   func(o *Options) { o.echoBurst, o.echoEvery = 1, time.Hour },
		"own number": func(o *Options) { o.OwnNumbers = []string{"+15005550009"} },
		"paused":     func(o *Options) { o.Paused = func() (string, bool) { return "", true } },
	} {
		b := newBench(t, func(o *Options) { with(t, lost)(o); change(o) })
		b.deliver(numbered(1, "a"), token)
		b.err = errors.New("away")
		if w := b.deliver(numbered(2, "a"), token); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got status %d %s, want status 503", name, w.Code, w.Body)
		}
	}
}
