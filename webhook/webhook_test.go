package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

const (
	token     = "0123456789abcdef0123456789abcdef"
	publicURL = "https://sms.example.com/prefix"
	file      = `triggers:
  - name: order-status
    pattern: 'Order Number (?<orderNumber>.+)'
    echo: 'Your reference number is ${orderNumber}'
    echoError: 'There was a problem with ${orderNumber}.'
    start: {workflow: W, taskQueue: q}
  - name: quiet
    pattern: 'quiet'
    start: {workflow: W, taskQueue: q}
  - name: number
    pattern: 'Number'
    echo: 'Second'
    start: {workflow: W, taskQueue: q}
`
)

// bench is a webhook with a fake Temporal that accepts all calls unless the
// test sets err.
type bench struct {
	handler   http.Handler
	log       bytes.Buffer
	mu        sync.Mutex
	published []string
	events    []triggers.Match
	err       error
	doubt     bool
}

// always returns a function that always returns the same tokens.
func always(tokens map[string][]string) func() map[string][]string {
	return func() map[string][]string { return tokens }
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := triggers.Load(path, triggers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	o := Options{
		PublicURL: publicURL,
		Tokens:    always(map[string][]string{AnyAccount: {token}}),
		Triggers:  func() *triggers.Set { return set },
		Receive:   b.receive,
		Logger:    slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
	}
	if change != nil {
		change(&o)
	}
	if b.handler, err = Handler(o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) receive(_ context.Context, message sms.Inbound, firings []triggers.Match, mode Mode) Answer {
	r := &reception{Dispatcher: &Dispatcher{}, message: message, mode: mode}
	for i := range firings {
		r.input.Firings = append(r.input.Firings, firings[i].Plan())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !r.wanted():
		return r.unwanted()
	case b.err != nil:
		return r.unreached(b.err, b.doubt)
	}
	for i := range firings {
		if firings[i].Err == nil {
			b.published = append(b.published, firings[i].Trigger())
		}
	}
	b.events = append(b.events, firings...)
	return Answer{Replies: r.replies(true), Outcome: outcomeAccepted, Reasons: r.problems()}
}

// withoutTime omits the time, whose digits could look like part of a phone
// number.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func form(body string) url.Values {
	return url.Values{
		"MessageSid": {"SM00000000000000000000000000000001"}, "AccountSid": {"AC1"},
		"From": {"+15005550009"}, "To": {"+15005550006"}, "Body": {body},
	}
}

// deliver sends a form as Twilio does, signed with a token.
func (b *bench) deliver(form url.Values, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, SmsPath+"?a=1", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, publicURL+SmsPath+"?a=1", form))
	return b.serve(r)
}

func (b *bench) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

func TestWebhookRepliesWithEchoes(t *testing.T) {
	for body, want := range map[string]string{
		"Order Number 42":       "<Response><Message>Your reference number is 42</Message><Message>Second</Message></Response>",
		"Order Number <R&D> 5=": "<Response><Message>Your reference number is &lt;R&amp;D&gt; 5=</Message><Message>Second</Message></Response>",
		"quiet":                 "<Response></Response>",
		"nothing":               "<Response></Response>",
		"a+b%26c Number":        "<Response><Message>Second</Message></Response>",
	} {
		w := newBench(t, nil).deliver(form(body), token)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") || !strings.HasSuffix(w.Body.String(), "\n"+want) {
			t.Errorf("%q: got status %d, reply %s; want status 200, reply %s", body, w.Code, w.Body, want)
		}
	}
}

func TestWebhookReportsFailedPublishing(t *testing.T) {
	b := newBench(t, nil)
	b.err = errors.New("Temporal is unreachable")
	w := b.deliver(form("Order Number 42"), token)
	if want := "<Response><Message>There was a problem with 42.</Message></Response>"; w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), want) {
		t.Errorf("got status %d, reply %s; want status 200, reply %s", w.Code, w.Body, want)
	}
}

func TestWebhookRefusesForgedRequests(t *testing.T) {
	good := form("Order Number 42")
	sign := func(r *http.Request, form url.Values) *http.Request {
		r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, publicURL+r.URL.RequestURI(), form))
		return r
	}
	post := func(contentType, body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, SmsPath, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	const formType = "application/x-www-form-urlencoded"
	without := func(key string) url.Values {
		f := form("Order Number 42")
		f.Del(key)
		return f
	}
	strange := form("Order Number 42")
	strange.Set("MessageSid", "SM1/../x")
	long := form(strings.Repeat("Order Number 42 ", 8000))
	cut := post(formType, "")
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader("a"), broken{}))
	forwarded := post(formType, good.Encode())
	forwarded.Header.Set("X-Forwarded-Host", "evil.example.com")
	forwarded.Header.Set("X-Forwarded-Proto", "https")
	forwarded.Header.Set(twilio.SignatureHeader, twilio.Sign(token, "https://evil.example.com"+SmsPath, good))
	for name, tc := range map[string]struct {
		request *http.Request
		status  int
	}{
		"without a signature":            {post(formType, good.Encode()), 403},
		"signed for different content":   {sign(post(formType, good.Encode()), form("Order Number 43")), 403},
		"signed for a forwarded host":    {forwarded, 403},
		"of another content type":        {sign(post("text/plain", "{}"), nil), 415},
		"without a content type":         {sign(post("", good.Encode()), good), 415},
		"with a body that is not a form": {sign(post(formType, "a=%zz"), nil), 400},
		"with a body that is too large":  {sign(post(formType, long.Encode()), long), 413},
		"without MessageSid":             {sign(post(formType, without("MessageSid").Encode()), without("MessageSid")), 400},
		"without From":                   {sign(post(formType, without("From").Encode()), without("From")), 400},
		"without To":                     {sign(post(formType, without("To").Encode()), without("To")), 400},
		"with an invalid MessageSid":     {sign(post(formType, strange.Encode()), strange), 400},
		"by GET without a signature":     {httptest.NewRequest(http.MethodGet, SmsPath, nil), 403},
		"by PUT":                         {httptest.NewRequest(http.MethodPut, SmsPath, nil), 405},
		"to another path":                {sign(httptest.NewRequest(http.MethodPost, "/twilio/other", nil), nil), 404},
		"with a body that is cut off":    {cut, 503},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			if w := b.serve(tc.request); w.Code != tc.status {
				t.Errorf("got status %d, want %d", w.Code, tc.status)
			}
			if len(b.published) > 0 {
				t.Errorf("published %v, want nothing", b.published)
			}
			if lines := strings.Count(b.log.String(), "\n"); lines != 1 || !strings.Contains(b.log.String(), "webhook request refused") {
				t.Errorf("got %d log lines, want 1 about the refusal:\n%s", lines, &b.log)
			}
		})
	}
	b := newBench(t, nil)
	if w := b.deliver(good, "another token"); w.Code != http.StatusForbidden || len(b.published) > 0 {
		t.Errorf("another token: got status %d, published %v; want status 403 and nothing published", w.Code, b.published)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection lost") }

func TestPrimaryAndSecondaryTokensBothVerify(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Tokens = always(map[string][]string{"AC1": {"primary", "secondary"}}) })
	for _, token := range []string{"primary", "secondary"} {
		if w := b.deliver(form("quiet"), token); w.Code != http.StatusOK {
			t.Errorf("token %s: got status %d, want status 200", token, w.Code)
		}
	}
}

func TestWebhookRequiresVerification(t *testing.T) {
	set := func() *triggers.Set { return &triggers.Set{} }
	receive := (&Dispatcher{}).Receive
	logger := slog.New(slog.DiscardHandler)
	for name, tc := range map[string]struct {
		options Options
		want    string
	}{
		"without a token":           {Options{PublicURL: publicURL, Triggers: set, Receive: receive, Logger: logger}, "no auth token"},
		"with an empty token":       {Options{PublicURL: publicURL, Tokens: always(map[string][]string{"AC1": {""}}), Triggers: set, Receive: receive, Logger: logger}, "empty"},
		"without a public URL":      {Options{Tokens: always(map[string][]string{AnyAccount: {token}}), Triggers: set, Receive: receive, Logger: logger}, "public URL"},
		"with a URL without a host": {Options{PublicURL: "https://", Tokens: always(map[string][]string{AnyAccount: {token}}), Triggers: set, Receive: receive, Logger: logger}, "public URL"},
		"without triggers":          {Options{PublicURL: publicURL, Tokens: always(map[string][]string{AnyAccount: {token}}), Receive: receive, Logger: logger}, "required"},
	} {
		if _, err := Handler(tc.options); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want it to contain %q", name, err, tc.want)
		}
	}
	if _, err := Handler(Options{Unsigned: true, Triggers: set, Receive: receive, Logger: logger}); err != nil {
		t.Errorf("unsigned, without a URL or tokens: got error %v, want none", err)
	}
}

func TestLogsContainNoNumberOrText(t *testing.T) {
	b := newBench(t, nil)
	b.deliver(form("Order Number 42"), token)
	b.deliver(form("Order Number 42"), "another")
	b.err = errors.New("away")
	b.deliver(form("Order Number 42"), token)
	b.serve(httptest.NewRequest(http.MethodPost, SmsPath, strings.NewReader(form("x").Encode())))
	log := b.log.String()
	if !strings.Contains(log, "outcome=accepted triggers=\"order-status number\"") || !strings.Contains(log, "refused") || !strings.Contains(log, "outcome=\"Temporal unreachable\"") {
		t.Errorf("want lines about an accepted, a refused and a failed request; got log:\n%s", log)
	}
	for _, private := range []string{"555", "42", token} {
		if strings.Contains(log, private) {
			t.Errorf("got %q in the log, want no number, text or token:\n%s", private, log)
		}
	}
}

func TestHealthDistinguishesLiveFromReady(t *testing.T) {
	var note string
	away := errors.New("Temporal is unreachable")
	b := newBench(t, func(o *Options) { o.Ready = func(context.Context) (string, error) { return note, away } })
	get := func(path string) (int, string) {
		w := b.serve(httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	if code, _ := get(LivePath); code != http.StatusOK {
		t.Errorf("live: got status %d, want status 200", code)
	}
	if code, text := get(ReadyPath); code != http.StatusServiceUnavailable || text != "not ready: Temporal is unreachable" {
		t.Errorf("while Temporal is unreachable: got status %d, %q; want status 503 and the reason", code, text)
	}
	away = nil
	if code, text := get(ReadyPath); code != http.StatusOK || text != "ready" {
		t.Errorf("while Temporal is reachable: got status %d, %q; want status 200 and \"ready\"", code, text)
	}
	note = "Temporal is slow"
	if code, text := get(ReadyPath); code != http.StatusOK || text != "ready; Temporal is slow" {
		t.Errorf("while Temporal is slow: got status %d, %q; want status 200 and a note", code, text)
	}
}

func FuzzFormNeverPanics(f *testing.F) {
	f.Add(http.MethodPost, "application/x-www-form-urlencoded", form("Order Number 42").Encode())
	f.Add(http.MethodPost, "application/x-www-form-urlencoded", "a;b=%00&Body=%ff")
	f.Add(http.MethodPost, "application/json", `{"MessageSid": "SM00000000000000000000000000000001", "From": 5, "To": null, "Latitude": "NaN"}`)
	f.Add(http.MethodGet, "", form("Order Number 42").Encode())
	f.Fuzz(func(t *testing.T, method, contentType, body string) {
		if method != http.MethodGet {
			method = http.MethodPost
		}
		b := newBench(t, func(o *Options) { o.Unsigned = true })
		r := httptest.NewRequest(method, SmsPath, strings.NewReader(body))
		if method == http.MethodGet {
			r.URL.RawQuery = body
		}
		r.Header.Set("Content-Type", contentType)
		if w := b.serve(r); w.Code != http.StatusOK && (w.Code < 400 || w.Code > 499) {
			t.Errorf("got status %d, want 200 or 4xx", w.Code)
		}
	})
}

// watchedBody is a body that reports when it is first read.
type watchedBody struct {
	io.ReadCloser
	begun func()
}

func (w watchedBody) Read(p []byte) (int, error) {
	w.begun()
	return w.ReadCloser.Read(p)
}

func TestUnverifiedRequestsTakeNoSlot(t *testing.T) {
	b := newBench(t, nil)
	reading := make(chan struct{}, maxAtOnce+1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = watchedBody{r.Body, sync.OnceFunc(func() { reading <- struct{}{} })}
		b.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	for range maxAtOnce {
		slow, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		if _, err := io.WriteString(slow, "POST "+SmsPath+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na"); err != nil {
			t.Fatal(err)
		}
	}
	for range maxAtOnce {
		<-reading
	}
	f := form("Order Number 42")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+SmsPath, strings.NewReader(f.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(token, publicURL+SmsPath, f))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("got status %s, want 200", response.Status)
	}
}

func TestWebhookShedsTooManyTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		publishing, done := make(chan struct{}, maxAtOnce+1), make(chan struct{})
		b := newBench(t, func(o *Options) {
			o.Receive = func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer {
				publishing <- struct{}{}
				<-done
				return Answer{}
			}
		})
		var delivering sync.WaitGroup
		for n := range maxAtOnce {
			delivering.Go(func() { b.deliver(numbered(n, "quiet"), token) })
		}
		for range maxAtOnce {
			<-publishing
		}
		if w := b.deliver(numbered(maxAtOnce, "quiet"), token); w.Code != http.StatusServiceUnavailable || len(publishing) > 0 {
			t.Errorf("got status %d, and %d more texts being published; want status 503 and none", w.Code, len(publishing))
		}
		close(done)
		delivering.Wait()
		if w := b.deliver(numbered(maxAtOnce, "quiet"), token); w.Code != http.StatusOK {
			t.Errorf("after a slot is free: got status %d, want status 200", w.Code)
		}
	})
}

func TestPanicEndsOnlyOneRequest(t *testing.T) {
	for where, change := range map[string]func(*Options){
		"while publishing": func(o *Options) {
			o.Receive = func(context.Context, sms.Inbound, []triggers.Match, Mode) Answer { panic("for +15005550009") }
		},
		"while matching": func(o *Options) { o.Triggers = func() *triggers.Set { panic(errors.New("for +15005550009")) } },
	} {
		b := newBench(t, change)
		w := b.deliver(form("Order Number 42"), token)
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Header().Get("Content-Type"), "xml") {
			t.Errorf("%s: got status %d, reply %s; want status 500 without TwiML", where, w.Code, w.Body)
		}
		if got := b.log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "type=") || strings.Contains(got, "+1500") {
			t.Errorf("%s: got log %s, want one line with the type and no number", where, got)
		}
	}
}

func TestPublicURLHasNoWebhookPath(t *testing.T) {
	for public, want := range map[string]string{
		"https://sms.example.com/twilio/sms":     "it must be https://sms.example.com",
		"https://sms.example.com/a/twilio/sms/":  "it must be https://sms.example.com/a",
		"https://sms.example.com/twilio/status":  "it must be https://sms.example.com",
		"https://sms.example.com/twilio":         "",
		"https://sms.example.com/my/twilio/sms2": "",
	} {
		_, err := Handler(Options{
			PublicURL: public, Tokens: always(map[string][]string{"AC1": {token}}), Logger: slog.New(slog.DiscardHandler),
			Triggers: func() *triggers.Set { return nil }, Receive: (&Dispatcher{}).Receive,
		})
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("%s: got error %v, want it to contain %q", public, err, want)
		}
	}
}

func TestExamplesAreServedIfConfigured(t *testing.T) {
	for show, want := range map[bool]string{true: `{"examples":["Order Number 42",`, false: "404"} {
		b := newBench(t, func(o *Options) { o.ShowOutcome = show })
		w := b.serve(httptest.NewRequest(http.MethodGet, ExamplesPath, nil))
		if got := strconv.Itoa(w.Code) + " " + w.Body.String(); !strings.Contains(got, want) {
			t.Errorf("with ShowOutcome %t: got %s, want %s", show, got, want)
		}
	}
	paused := newBench(t, func(o *Options) {
		o.ShowOutcome = true
		o.Paused = func() (string, bool) { return "wrong price", true }
	})
	if w := paused.serve(httptest.NewRequest(http.MethodGet, ExamplesPath, nil)); !strings.Contains(w.Body.String(), `"paused":"wrong price"`) {
		t.Errorf("while paused: got %s, want the reason", w.Body)
	}
}
