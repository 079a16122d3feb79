package twiliosim

// Webhook requests call the application, signed, and with Twilio's timeouts,
// retries and redirects.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/twilio"
)

const (
	maxTwiML     = 64 << 10
	maxRedirects = 10
	// maxTogether is how many requests to one URL run concurrently. Further
	// requests to that URL wait.
	maxTogether = 100
	shownTwiML  = 8 << 10
)

// hook is a request to make.
type hook struct {
	// kind is inbound, redirect, action, fallback, status or status-fallback.
	kind       string
	url        string
	method     string
	params     url.Values
	account    *account
	messageSID string
}

// hookAnswer is the outcome of a hook. code is 0 for a response below 400,
// otherwise the code in Twilio's debugger.
type hookAnswer struct {
	status      int
	contentType string
	body        []byte
	header      http.Header
	code        int
	detail      string
	attempts    int
	took        time.Duration
}

// WebhookCall is a webhook request that was made, for the page.
type WebhookCall struct {
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	MessageSID string    `json:"messageSid,omitempty"`
	// MessageStatus and To are parameters of a status callback.
	MessageStatus string `json:"messageStatus,omitempty"`
	To            string `json:"to,omitempty"`
	Method        string `json:"method"`
	URL           string `json:"url"`
	// Status is the HTTP status, 0 if there was no response.
	Status      int               `json:"status"`
	DurationMS  int64             `json:"durationMs"`
	Attempts    int               `json:"attempts"`
	ContentType string            `json:"contentType,omitempty"`
	Body        string            `json:"body,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	ErrorCode   int               `json:"errorCode,omitempty"`
	Error       string            `json:"error,omitempty"`
}

const keptCalls = 200

// overrides holds the connection settings in a URL's fragment.
//
// Source: Twilio's documentation of webhook connection overrides.
type overrides struct {
	connect, read, total time.Duration
	retries              int
	policy               map[string]bool
}

func readOverrides(fragment string) overrides {
	o := overrides{connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second, retries: 1, policy: map[string]bool{"ct": true}}
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return o
	}
	number := func(key string, low, high int, set func(int)) {
		if n, err := strconv.Atoi(values.Get(key)); err == nil && n >= low && n <= high {
			set(n)
		}
	}
	number("ct", 100, 10_000, func(n int) { o.connect = time.Duration(n) * time.Millisecond })
	number("rt", 100, 15_000, func(n int) { o.read = time.Duration(n) * time.Millisecond })
	number("tt", 100, 15_000, func(n int) { o.total = time.Duration(n) * time.Millisecond })
	number("rc", 0, 5, func(n int) { o.retries = n })
	if list := values.Get("rp"); list != "" {
		o.policy = map[string]bool{}
		for p := range strings.SplitSeq(list, ",") {
			o.policy[strings.TrimSpace(p)] = true
		}
	}
	return o
}

// webhookTransport returns the transport of all webhook requests; each request
// sets its own connect timeout.
func webhookTransport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			timeout, ok := ctx.Value(connectTimeout{}).(time.Duration)
			if !ok {
				timeout = 5 * time.Second
			}
			return (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, addr)
		},
		TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: maxTogether, IdleConnTimeout: 30 * time.Second,
	}
}

type connectTimeout struct{}

var (
	errReadTimeout  = errors.New("no response in time")
	errTotalTimeout = errors.New("not finished in time")
)

// call makes a request to the application, with its retries, and records it for
// the page.
func (s *Sim) call(ctx context.Context, h hook) hookAnswer {
	target, fragment, _ := strings.Cut(h.url, "#")
	o := readOverrides(fragment)
	release, ok := s.lanes.enter(ctx, target)
	if !ok {
		return hookAnswer{code: 11200, detail: "the simulator is closing"}
	}
	defer release()
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(context.WithValue(ctx, connectTimeout{}, o.connect), o.total, errTotalTimeout)
	defer cancel()
	token := idempotencyToken()
	var a hookAnswer
	for attempt := 1; ; attempt++ {
		var failure string
		a, failure = s.attempt(ctx, h, target, o, token)
		a.attempts = attempt
		if failure == "" || attempt > o.retries || !(o.policy["all"] || o.policy[failure]) || ctx.Err() != nil {
			break
		}
	}
	a.took = time.Since(started)
	s.record(h, target, a)
	return a
}

// attempt makes a request and follows its redirects. failure is the retry
// policy's name for a failure: ct, rt, 4xx, 5xx, or "other", which only "all"
// retries. It is "" after success.
func (s *Sim) attempt(ctx context.Context, h hook, target string, o overrides, token string) (a hookAnswer, failure string) {
	method, params := h.method, h.params
	for range maxRedirects + 1 {
		var next string
		a, next, failure = s.exchange(ctx, h.account, method, target, params, o, token)
		if next == "" {
			return a, failure
		}
		target = next
		if a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
			method = http.MethodGet
		}
	}
	return hookAnswer{code: 11215, status: a.status, detail: fmt.Sprintf("more than %d redirects", maxRedirects)}, "other"
}

// exchange makes one HTTP request. next is the target if the response is a
// redirect, or "".
func (s *Sim) exchange(ctx context.Context, acc *account, method, target string, params url.Values, o overrides, token string) (a hookAnswer, next, failure string) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading *time.Timer
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		reading = time.AfterFunc(o.read, func() { cancel(errReadTimeout) })
	}})
	res, err := s.roundTrip(ctx, acc, method, target, params, token)
	if reading != nil {
		defer reading.Stop()
	}
	if err != nil {
		code, failure := classify(ctx, err)
		return hookAnswer{code: code, detail: describe(ctx, err)}, "", failure
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTwiML+1))
	if err != nil {
		code, failure := classify(ctx, err)
		return hookAnswer{status: res.StatusCode, code: code, detail: describe(ctx, err)}, "", failure
	}
	a = hookAnswer{status: res.StatusCode, contentType: res.Header.Get("Content-Type"), body: body, header: res.Header}
	if location, err := res.Location(); err == nil && res.StatusCode >= 300 && res.StatusCode < 400 {
		return a, location.String(), ""
	}
	if res.StatusCode >= 400 {
		a.code, a.detail = 11200, fmt.Sprintf("the application answered with HTTP status %d", res.StatusCode)
		return a, "", strconv.Itoa(res.StatusCode/100) + "xx"
	}
	return a, "", ""
}

// roundTrip sends a signed request, and sends it again with the URL's
// credentials if the server asks for them.
func (s *Sim) roundTrip(ctx context.Context, acc *account, method, target string, params url.Values, token string) (*http.Response, error) {
	body, signed := params, target
	if method == http.MethodGet {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		if len(params) > 0 {
			signed = target + separator + params.Encode()
		}
		body = nil
	}
	build := func() (*http.Request, error) {
		var reader io.Reader
		if method != http.MethodGet {
			reader = strings.NewReader(body.Encode())
		}
		req, err := http.NewRequestWithContext(ctx, method, signed, reader)
		if err != nil {
			return nil, err
		}
		if method != http.MethodGet {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}
		req.Header.Set("User-Agent", "TwilioProxy/1.1")
		req.Header.Set("Accept", "*/*")
		req.Header.Set("I-Twilio-Idempotency-Token", token)
		req.Header.Set("X-Home-Region", "us1")
		req.Header.Set(twilio.SignatureHeader, twilio.Sign(acc.Token, signed, body))
		return req, nil
	}
	req, err := build()
	if err != nil {
		return nil, err
	}
	user := req.URL.User
	req.URL.User = nil
	res, err := s.client.Do(req)
	if err != nil || res.StatusCode != http.StatusUnauthorized || user == nil {
		return res, err
	}
	_ = res.Body.Close()
	if req, err = build(); err != nil {
		return nil, err
	}
	req.URL.User = nil
	password, _ := user.Password()
	req.SetBasicAuth(user.Username(), password)
	return s.client.Do(req)
}

// classify returns Twilio's code and the retry policy's name for a failed
// request.
func classify(ctx context.Context, err error) (code int, failure string) {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &dns):
		return 11210, "ct"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		strings.Contains(err.Error(), "TLS handshake"), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return 11220, "ct"
	case errors.As(err, &op) && op.Op == "dial":
		return 11205, "ct"
	case errors.Is(context.Cause(ctx), errReadTimeout), errors.Is(context.Cause(ctx), errTotalTimeout):
		return 11200, "rt"
	}
	return 11200, "other"
}

func describe(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause.Error()
	}
	// The URL is recorded separately.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return err.Error()
}

// record stores the call for the page.
func (s *Sim) record(h hook, target string, a hookAnswer) {
	c := WebhookCall{
		At: s.clock.now(), Kind: h.kind, MessageSID: h.messageSID, Method: h.method, URL: target, Status: a.status,
		DurationMS: a.took.Milliseconds(), Attempts: a.attempts, ContentType: a.contentType,
		Body: string(a.body[:min(len(a.body), shownTwiML)]), ErrorCode: a.code, Error: a.detail,
	}
	if strings.HasPrefix(h.kind, "status") {
		c.MessageStatus, c.To = h.params.Get("MessageStatus"), h.params.Get("To")
	}
	for key, values := range a.header {
		// An application may name the workflow that it started in a custom
		// header.
		if strings.HasPrefix(key, "X-") && len(values[0]) <= 512 && len(c.Headers) < 16 {
			if c.Headers == nil {
				c.Headers = map[string]string{}
			}
			c.Headers[key] = values[0]
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	if over := len(s.calls) - keptCalls; over > 0 {
		s.calls = s.calls[over:]
	}
	s.mu.Unlock()
	s.events.publish(eventWebhook, c)
}

func idempotencyToken() string {
	hex := newSID("")
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}
