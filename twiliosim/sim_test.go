package twiliosim

// Helpers for the tests, and a test of the first thing that a new user tries.

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"temporal-twilio/twilio"
)

const phone = "+15551230001"

// patience is the time limit of each wait in these tests.
const patience = time.Minute

// start runs a fast simulator for one test.
func start(t testing.TB, o Options) *Sim {
	t.Helper()
	if o.Speed == 0 {
		o.Speed = 1e6
	}
	sim, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// application is a webhook that records requests and responds as configured.
type application struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	arrived  chan url.Values
}

// newApplication returns an application that calls answer for every request.
func newApplication(t testing.TB, answer http.HandlerFunc) *application {
	a := &application{arrived: make(chan url.Values, 10_000)}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		a.requests = append(a.requests, r)
		a.mu.Unlock()
		answer(w, r)
		select {
		case a.arrived <- r.Form:
		default: // drop the request: no test waits for that many, and a flood must not block the handler
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *application) seen() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*http.Request{}, a.requests...)
}

// next waits for the next request, and returns its parameters.
func (a *application) next(t testing.TB) url.Values {
	t.Helper()
	select {
	case form := <-a.arrived:
		return form
	case <-time.After(patience):
		t.Fatal("the webhook was not called")
		return nil
	}
}

func twiml(document string) http.HandlerFunc {
	return answer("text/xml", document)
}

func answer(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// got is a REST response as a client sees it.
type got struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (g got) code() int { n, _ := g.body["code"].(float64); return int(n) }
func (g got) str(field string) string {
	s, _ := g.body[field].(string)
	return s
}

// rest makes a REST request with the main account's credentials.
func rest(t testing.TB, sim *Sim, method, path string, form url.Values) got {
	t.Helper()
	return restAs(t, sim, sim.Account, sim.Token, method, path, form)
}

func restAs(t testing.TB, sim *Sim, user, password, method, path string, form url.Values) got {
	t.Helper()
	g, err := tryREST(sim, user, password, method, path, form)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tryREST(sim *Sim, user, password, method, path string, form url.Values) (got, error) {
	if !strings.HasPrefix(path, "/") {
		path = "/2010-04-01/Accounts/" + sim.Account + "/" + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, sim.URL+path, body)
	if err != nil {
		return got{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.SetBasicAuth(user, password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return got{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return got{}, err
	}
	g := got{status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &g.body)
	return g, nil
}

// send creates a message from the default number and returns its SID.
func send(t testing.TB, sim *Sim, to, body string, more ...string) string {
	t.Helper()
	form := url.Values{"To": {to}, "From": {DefaultNumber}, "Body": {body}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	g := rest(t, sim, "POST", "Messages.json", form)
	if g.status != http.StatusCreated {
		t.Fatalf("create: got %d %s, want status 201", g.status, g.raw)
	}
	return g.str("sid")
}

func one(t testing.TB, sim *Sim, sid string) Message {
	t.Helper()
	list := sim.Messages(Filter{SID: sid})
	if len(list) != 1 {
		t.Fatalf("message %s: found %d, want 1", sid, len(list))
	}
	return list[0]
}

// await polls until the condition holds.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTextIsAnsweredByTwiML(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>Your reference number is 42</Message></Response>`))
	sim := start(t, Options{Webhook: app.URL + "/twilio/sms"})

	result, err := sim.Inbound(context.Background(), Inbound{From: phone, To: DefaultNumber, Body: "Order Number 42"})
	if err != nil {
		t.Fatal(err)
	}
	if result.WebhookStatus != 200 || len(result.Replies) != 1 || result.Replies[0].Body != "Your reference number is 42" || result.Replies[0].To != phone {
		t.Fatalf("got the result %+v, want one reply with the reference number", result)
	}
	req := app.seen()[0]
	if !twilio.Verify(sim.Token, app.URL+"/twilio/sms", req.PostForm, req.Header.Get(twilio.SignatureHeader)) {
		t.Error("the signature of the request to the webhook is not valid")
	}
	if req.PostForm.Get("MessageSid") != result.MessageSID || req.PostForm.Get("Body") != "Order Number 42" {
		t.Errorf("the webhook got %v, want the text and its SID", req.PostForm)
	}
	await(t, "the reply to be delivered", func() bool { return one(t, sim, result.Replies[0].SID).Status == Delivered })
}
