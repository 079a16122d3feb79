package twilio

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"

	"temporal-twilio/sms"
)

const (
	testAccount = "AC00000000000000000000000000000001"
	testToken   = "0123456789abcdef0123456789abcdef"
	created     = `{"sid":"SM00000000000000000000000000000001","to":"+15005550009","from":"+15005550006","status":"queued","num_segments":"2","body":"Hi"}`
)

// named converts the error of a call to the type that payloads contain, and
// returns the call's value unchanged.
func named[T any](value T, err error) (T, *sms.Error) { return value, sms.AsError(err) }

var draft = Draft{From: "+15005550006", To: "+15005550009", Body: "Hi"}

func newTestClient(t *testing.T, baseURL string, timeout time.Duration) *Client {
	t.Helper()
	c, err := New(Access{AccountSID: testAccount, Token: testToken, BaseURL: baseURL, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answering starts a server with the given handler, and returns a client that
// uses it.
func answering(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newTestClient(t, server.URL, time.Minute)
}

func TestSendCreatesMessage(t *testing.T) {
	var (
		path, user, password string
		form                 url.Values
	)
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		user, password, _ = r.BasicAuth()
		_ = r.ParseForm()
		form = r.PostForm
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, created)
	})
	got, problem := named(c.Send(t.Context(), draft))
	if problem != nil {
		t.Fatalf("got error %+v, want a message", *problem)
	}
	want := sms.Message{To: "+15005550009", SID: "SM00000000000000000000000000000001", Status: sms.StatusQueued, Segments: 2}
	if got != want {
		t.Errorf("got message %+v, want %+v", got, want)
	}
	if path != "/2010-04-01/Accounts/"+testAccount+"/Messages.json" || user != testAccount || password != testToken {
		t.Errorf("got a request to %s by user %s, want one to the account's messages with the account's credentials", path, user)
	}
	if form.Encode() != "Body=Hi&From=%2B15005550006&To=%2B15005550009" {
		t.Errorf("got form %s, want only Body, From and To", form.Encode())
	}
}

func TestSendClassifiesEachHTTPStatus(t *testing.T) {
	for status := 200; status <= 599; status++ {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, problem := named(c.Send(t.Context(), draft))
		if problem == nil {
			t.Fatalf("status %d without a message: got no error, want one", status)
		}
		code, retryable := sms.CodeOutcomeUnknown, false
		switch {
		case status == 401:
			code = sms.CodeAuthentication
		case status == 403:
			code = sms.CodePermissionDenied
		case status == 408, status == 499:
		case status == 429:
			code, retryable = sms.CodeRateLimited, true
		case status >= 300 && status < 400:
			code = sms.CodeConnection
		case status >= 400 && status < 500:
			code = sms.CodeInvalidRequest
		}
		if problem.Code != code || problem.Retryable != retryable || problem.HTTPStatus != status || problem.To != draft.To {
			t.Errorf("status %d: got %+v, want %s, retryable %v", status, *problem, code, retryable)
		}
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-1": 0, "NaN": 0, "1.5": 1500 * time.Millisecond, "999999999": time.Hour, "1e300": time.Hour, "Inf": time.Hour,
	} {
		if got := parseRetryAfter(header); got != want {
			t.Errorf("Retry-After %q: got %s, want %s", header, got, want)
		}
	}
}

func TestUnwrittenRequestIsNotObserved(t *testing.T) {
	c := answering(t, func(http.ResponseWriter, *http.Request) {})
	observed, late := 0, errors.New("too late")
	c.access.Observe = func(context.Context, Exchange) { observed++ }
	held := draft
	held.Check = func() error { return late }
	if _, err := c.Send(t.Context(), held); !errors.Is(err, late) || observed > 0 {
		t.Errorf("got error %v and %d requests observed, want %v and none", err, observed, late)
	}
}

func TestHugeExplanationIsCut(t *testing.T) {
	huge := strings.Repeat("ж", maxExplanation)
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"code": 21211, "message": %q, "more_info": %q, "status": 400}`, huge, huge)
	})
	_, problem := named(c.Send(t.Context(), draft))
	if problem == nil || problem.Code != sms.CodeInvalidTo || len(problem.Message)+len(problem.MoreInfo) > 2*(maxExplanation+len("…")) || !strings.HasPrefix(problem.Message, "жж") {
		t.Errorf("got %+v, want INVALID_TO with at most %d bytes for each explanation", problem, maxExplanation)
	}
}

func TestInformationalResponseLeavesOutcomeUnknown(t *testing.T) {
	for status := 100; status <= 199; status++ {
		c := newTestClient(t, "http://"+raw(t, fmt.Sprintf("HTTP/1.1 %d Wait\r\n\r\n", status)), time.Minute)
		if _, problem := named(c.Send(t.Context(), draft)); problem == nil || problem.Code != sms.CodeOutcomeUnknown || problem.Retryable {
			t.Errorf("status %d: got %+v, want OUTCOME_UNKNOWN", status, problem)
		}
	}
}

// raw starts a server that responds to the first request on each connection
// with the bytes of answer and then closes the connection.
func raw(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			if request, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				_, _ = io.WriteString(connection, answer)
			}
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

func TestForeignResponseFailsListing(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		empty  bool
	}{
		"an empty list":  {200, `{"messages":[],"page":0,"next_page_uri":null}`, true},
		"something else": {200, `{}`, false},
		"a redirect":     {302, ``, false},
		"a proxy's page": {200, `<html>`, false},
		"nothing":        {204, ``, false},
	} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			_, _ = io.WriteString(w, tc.body)
		})
		listing, problem := named(c.List(t.Context(), Query{To: draft.To, Limit: 50}))
		if (problem == nil) != tc.empty || len(listing.Records) > 0 || listing.Whole != tc.empty {
			t.Errorf("%s: got listing %v, error %+v, want an empty whole listing = %t, or else an error", name, listing, problem, tc.empty)
		}
	}
}

func TestSendClassifiesTwiliosErrors(t *testing.T) {
	for _, tc := range []struct {
		twilio, status int
		code           sms.Code
		retryable      bool
	}{
		{20003, 401, sms.CodeAuthentication, false},
		{20008, 403, sms.CodePermissionDenied, false},
		{20404, 404, sms.CodeInvalidRequest, false},
		{20429, 429, sms.CodeRateLimited, true},
		{21211, 400, sms.CodeInvalidTo, false},
		{21212, 400, sms.CodeInvalidFrom, false},
		{21408, 400, sms.CodeInvalidRegion, false},
		{21602, 400, sms.CodeMissingInput, false},
		{21606, 400, sms.CodeInvalidFrom, false},
		{21608, 400, sms.CodePermissionDenied, false},
		{21610, 400, sms.CodeOptedOut, false},
		{21611, 429, sms.CodeRateLimited, true},
		{21612, 400, sms.CodeInvalidTo, false},
		{21614, 400, sms.CodeInvalidTo, false},
		{21617, 400, sms.CodeInvalidRequest, false},
		{20500, 500, sms.CodeOutcomeUnknown, false},
		{20503, 503, sms.CodeOutcomeUnknown, false},
	} {
		t.Run(fmt.Sprint(tc.twilio), func(t *testing.T) {
			c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = fmt.Fprintf(w, `{"code":%d,"message":"Said by Twilio","more_info":"https://www.twilio.com/docs/errors/%d","status":%d}`, tc.twilio, tc.twilio, tc.status)
			})
			_, problem := named(c.Send(t.Context(), draft))
			if problem == nil {
				t.Fatal("got no error")
			}
			if problem.Code != tc.code || problem.Retryable != tc.retryable || problem.TwilioCode != tc.twilio || problem.HTTPStatus != tc.status {
				t.Errorf("got error %+v, want %s, retryable %t, with Twilio's code and the HTTP status", *problem, tc.code, tc.retryable)
			}
			if problem.MoreInfo == "" || problem.Message == "" {
				t.Errorf("got error %+v, want a message and a link to Twilio's page", *problem)
			}
		})
	}
}

// A caller sees only the payload, so the payload must show whether Twilio
// refuses the account.
func TestPayloadShowsAccountRefusals(t *testing.T) {
	check := func(why reason, code int) {
		e := (&exchange{}).because(why, "", &client.TwilioRestError{Code: code}, "")
		if want := why.scope == sms.ScopeAccount && !why.retry; e.RefusesAccount() != want {
			t.Errorf("%s with Twilio's code %d: got RefusesAccount %t, want %t", why.label, code, !want, want)
		}
	}
	for code, why := range codes {
		check(why, code)
	}
	for _, why := range []reason{byStatus(401), byStatus(403), byStatus(404), byStatus(429), notTwilio, certificate, unreachable, lost} {
		check(why, 0)
	}
}

func TestLostResponseLeavesOutcomeUnknown(t *testing.T) {
	hijack := func(before func(net.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			before(conn)
			_ = conn.Close()
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"the connection closes without a response": hijack(func(net.Conn) {}),
		"the connection is reset":                  hijack(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }),
		"the response is cut off": hijack(func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n"+created[:40])
		}),
		"the response is not HTTP": hijack(func(c net.Conn) { _, _ = io.WriteString(c, "hello\r\n\r\n") }),
		"the response is not JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "<html>")
		},
		"the response has no SID": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "{}")
		},
		"a gateway's page comes with 502": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problem := named(answering(t, handler).Send(t.Context(), draft))
			if problem == nil || problem.Code != sms.CodeOutcomeUnknown || problem.Retryable {
				t.Errorf("got %+v, want OUTCOME_UNKNOWN", problem)
			}
		})
	}
	t.Run("the response takes too long", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // lets the server notice when the client disconnects
			<-r.Context().Done()
		}))
		defer server.Close()
		var problem *sms.Error
		// On a busy machine, a short timeout may expire before the
		// request is sent.
		for timeout := 50 * time.Millisecond; timeout < 20*time.Second; timeout *= 2 {
			if _, problem = named(newTestClient(t, server.URL, timeout).Send(t.Context(), draft)); problem != nil && problem.Code == sms.CodeOutcomeUnknown {
				return
			}
		}
		t.Errorf("got %+v, want OUTCOME_UNKNOWN", problem)
	})
}

func TestUnreachedTwilioSentNothing(t *testing.T) {
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	defer untrusted.Close()
	untrusted.Config.ErrorLog = nil
	for name, tc := range map[string]struct {
		url       string
		retryable bool
	}{
		"the connection is refused":          {"http://127.0.0.1:1", true},
		"the host has no address":            {"http://twilio.invalid", true},
		"the certificate is not trusted":     {untrusted.URL, false},
		"the server speaks another protocol": {"https://" + strings.TrimPrefix(answeringURL(t), "http://"), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, problem := named(newTestClient(t, tc.url, time.Minute).Send(t.Context(), draft))
			if problem == nil || problem.Code != sms.CodeConnection || problem.Retryable != tc.retryable {
				t.Errorf("got %+v, want TWILIO_CONNECTION_ERROR, retryable %v", problem, tc.retryable)
			}
		})
	}
}

func answeringURL(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}

func TestSendRespectsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := answering(t, func(http.ResponseWriter, *http.Request) { t.Error("got a request, want none") })
	if _, problem := named(c.Send(ctx, draft)); problem == nil || problem.Code != sms.CodeConnection || problem.Retryable {
		t.Errorf("got error %+v, want %s, not retryable", problem, sms.CodeConnection)
	}
}

func TestGatewayErrorsHideNumbers(t *testing.T) {
	var err error = &sms.Error{To: "+15005550009", Code: sms.CodeInvalidTo, Message: "The 'To' number +15005550009 is not a valid phone number."}
	if strings.Contains(fmt.Sprint(errors.Join(err)), "555") {
		t.Errorf("the error contains the number: %v", err)
	}
}

func TestNewRefusesInvalidOptions(t *testing.T) {
	for name, o := range map[string]Access{
		"no account":               {Token: testToken},
		"no credentials":           {AccountSID: testAccount},
		"a key without its secret": {AccountSID: testAccount, Username: "SK1"},
		"a region alone":           {AccountSID: testAccount, Token: testToken, Region: "ie1"},
		"an edge alone":            {AccountSID: testAccount, Token: testToken, Edge: "dublin"},
		"an invalid base URL":      {AccountSID: testAccount, Token: testToken, BaseURL: "localhost:8090"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

func TestReplyEscapesText(t *testing.T) {
	for _, tc := range []struct {
		bodies []string
		want   string
	}{
		{nil, `<Response></Response>`},
		{[]string{`<b>"A" & 'B'</b>`}, `<Response><Message>&lt;b&gt;&#34;A&#34; &amp; &#39;B&#39;&lt;/b&gt;</Message></Response>`},
		{[]string{"one", "two"}, `<Response><Message>one</Message><Message>two</Message></Response>`},
		{[]string{"nul\x00"}, "<Response><Message>nul\uFFFD</Message></Response>"},
	} {
		got := string(Reply(tc.bodies...))
		if got != `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+tc.want {
			t.Errorf("Reply(%q) = %s, want %s", tc.bodies, got, tc.want)
		}
	}
	if n := strings.Count(string(Reply(make([]string, 30)...)), "<Message>"); n != MaxReplies {
		t.Errorf("got %d replies, want %d", n, MaxReplies)
	}
}
