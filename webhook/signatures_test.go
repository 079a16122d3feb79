package webhook

// Tests of requests as Twilio sends them and as proxies forward them.

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// signatureCase is one request and its expected outcome.
type signatureCase struct {
	ID     string `json:"id"`
	Token  string `json:"token"`
	Method string `json:"method"`
	// PublicURL is the configured URL, or a remark with the names of the
	// forwarded headers.
	PublicURL string `json:"publicUrl"`
	// RequestedURL is the URL that reaches the webhook, and SignedURL is
	// the URL that Twilio signed.
	RequestedURL string            `json:"requestedUrl"`
	SignedURL    string            `json:"signedUrl"`
	Form         map[string]string `json:"form"`
	Headers      map[string]string `json:"headers"`
	Signature    string            `json:"signature"`
	Accept       bool              `json:"accept"`
}

var forwardedRemark = regexp.MustCompile(`WEBHOOK_FORWARDED=([\w,-]+)`)

func (c signatureCase) request() *http.Request {
	form := url.Values{}
	for name, value := range c.Form {
		form.Set(name, value)
	}
	body := ""
	if c.Method == http.MethodPost {
		body = form.Encode()
	}
	r := httptest.NewRequest(c.Method, c.RequestedURL, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range c.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set(twilio.SignatureHeader, c.Signature)
	return r
}

func TestSignaturesWithEachSpelling(t *testing.T) {
	data, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []signatureCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			b := newBench(t, func(o *Options) {
				o.Tokens = always(map[string][]string{AnyAccount: {c.Token}})
				o.PublicURL = c.PublicURL
				if names := forwardedRemark.FindStringSubmatch(c.PublicURL); names != nil {
					o.PublicURL, o.Forwarded = "", strings.Split(names[1], ",")
				}
				o.Status = func(context.Context, string, sms.StatusUpdate) error { return nil }
			})
			w := b.serve(c.request())
			if accepted := w.Code < 300; accepted != c.Accept || !accepted && w.Code != http.StatusForbidden {
				t.Errorf("got status %d, want accepted %t", w.Code, c.Accept)
			}
			if strings.Contains(b.log.String(), "sms.example") {
				t.Errorf("got log %s, want no header quoted", b.log.String())
			}
		})
	}
}

func TestSignatureRefusalsReportCause(t *testing.T) {
	request := func(header, value string) *http.Request {
		r := signatureCase{Method: http.MethodPost, RequestedURL: SmsPath, Form: map[string]string{"AccountSid": "AC1"}, Signature: "x"}.request()
		r.Header.Set(header, value)
		return r
	}
	behind := func(names ...string) func(*Options) {
		return func(o *Options) { o.PublicURL, o.Forwarded = "", names }
	}
	for name, tc := range map[string]struct {
		change        func(*Options)
		header, value string
		want          string
	}{
		"no signature":                        {nil, twilio.SignatureHeader, "", "there is no X-Twilio-Signature header"},
		"a removed prefix":                    {nil, "X-Forwarded-Prefix", "/api", "removed a prefix from the path (X-Forwarded-Prefix)"},
		"a removed prefix, forwarded by name": {behind("Host"), "X-Forwarded-Prefix", "/api/", "removed a prefix from the path (X-Forwarded-Prefix)"},
		"a prefix in the public URL":          {nil, "X-Forwarded-Prefix", "/prefix/", "check that Twilio calls the public URL"},
		"a prefix from a named header":        {behind("Host", "X-Forwarded-Prefix"), "X-Forwarded-Prefix", "/api", "check that Twilio calls the public URL"},
		"a broken header":                     {behind("Forwarded"), "Forwarded", "host", "RFC 7239"},
		"a header without the host":           {behind("Forwarded"), "Forwarded", "for=192.0.2.1", "do not report where"},
		"an unknown account":                  {func(o *Options) { o.Tokens = always(map[string][]string{"AC2": {token}}) }, "X", "", "no auth token for this account"},
	} {
		b := newBench(t, tc.change)
		if w := b.serve(request(tc.header, tc.value)); w.Code != http.StatusForbidden || !strings.Contains(b.log.String(), tc.want) {
			t.Errorf("%s: got status %d, log %s; want status 403 and %q", name, w.Code, b.log.String(), tc.want)
		}
		if strings.Contains(b.log.String(), "/api") {
			t.Errorf("%s: got log %s, want no header quoted", name, b.log.String())
		}
	}
}

func TestForwardedHeadersMustReportHost(t *testing.T) {
	for names, want := range map[string]string{
		"X-Forwarded-For":                    `"X-Forwarded-For" is unknown`,
		"X-Forwarded-Host,Front-End-Https":   `"Front-End-Https" is unknown`,
		"X-Forwarded-Proto":                  "no forwarded header reports the host",
		"X-Forwarded-Proto,X-Original-Host":  "",
		"forwarded":                          "",
		"Host,X-Scheme,X-Forwarded-Prefix":   "",
		"X-Forwarded-Host,X-Forwarded-Proto": "",
	} {
		var o Options
		newBench(t, func(whole *Options) { o = *whole })
		o.PublicURL, o.Forwarded = "", strings.Split(names, ",")
		_, err := Handler(o)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got error %v, want it to contain %q", names, err, want)
		}
	}
}
