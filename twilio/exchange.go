package twilio

// An exchange makes one request, and records what twilio-go's errors do not
// reveal, above all whether Twilio may have received the request.

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
)

// maxResponse is the maximum number of bytes read from a response body. A
// message takes about 1 kB, and a page of 1,000 messages about 1 MB. But a text
// can have 4,096 characters, each of which takes up to 6 bytes in JSON, so a
// page can reach 26 MB.
const maxResponse = 32 << 20

// exchange is one request. It replaces twilio-go's own client, which accepts no
// context and drops the headers of error responses.
type exchange struct {
	client *Client
	ctx    context.Context
	// check is called right before the request is written. If it returns an
	// error, the request is not written. Optional.
	check func() error

	// reached is true once the request has a connection. From then on,
	// Twilio may have acted on the request.
	reached atomic.Bool
	// held is the first error that check returned. It is atomic because
	// check runs on the transport's goroutine.
	held atomic.Pointer[error]
	// status is the HTTP status of the response, or 0 if there was none.
	status int
	// retryAfter is the wait that the response asks for, or 0.
	retryAfter time.Duration
	// listing is true if the response is a page of a listing of messages.
	listing bool
}

// SendRequest makes a request for twilio-go. It sends data as a form in a POST,
// and as the query otherwise. It ignores the headers that twilio-go passes,
// because the headers of the login are sufficient. Like the following methods,
// it implements [client.BaseClient].
func (x *exchange) SendRequest(method, address string, data url.Values, _ map[string]any, _ ...byte) (*http.Response, error) {
	to, err := x.client.at(address)
	if err != nil {
		return nil, err
	}
	form := data.Encode()
	if method != http.MethodPost {
		to.RawQuery, form = form, ""
	}
	answer, err := x.do(method, to, form)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: x.status, Body: io.NopCloser(bytes.NewReader(answer))}, nil
}

// AccountSid returns the SID that twilio-go puts into the paths of requests.
func (x *exchange) AccountSid() string { return x.client.access.AccountSID }

// SetTimeout does nothing, because the access determines the timeout.
func (x *exchange) SetTimeout(time.Duration) {}

// SetOauth does nothing, because the access holds the credentials.
func (x *exchange) SetOauth(client.OAuth) {}

// OAuth returns nil.
func (x *exchange) OAuth() client.OAuth { return nil }

// do makes a request within the timeout and returns the body of the response.
// If the status is not 2xx, the error is a TwilioRestError or, if the body is
// not JSON, the error from decoding it.
func (x *exchange) do(method string, to *url.URL, form string) ([]byte, error) {
	by := x.client.login()
	if by.odd {
		return nil, errOddCredentials
	}
	ctx, cancel := context.WithTimeout(x.ctx, x.client.access.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(x.traced(ctx, cancel), method, "", strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	request.URL, request.Host, request.Header = to, to.Host, by.header
	sent, requestID := time.Now(), ""
	if x.client.access.Observe != nil {
		defer func() {
			if x.held.Load() == nil { // otherwise, the request was never written
				x.client.access.Observe(x.ctx, Exchange{Method: method, Status: x.status, Took: time.Since(sent), RequestID: requestID})
			}
		}()
	}
	response, err := x.client.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	x.status, requestID = response.StatusCode, response.Header.Get("Twilio-Request-Id")
	x.retryAfter = parseRetryAfter(response.Header.Get("Retry-After"))
	if requestID != "" { // otherwise, a proxy responded
		x.client.clock.measure(sent, time.Now(), response.Header.Get("Date"))
	}
	answer := bytes.NewBuffer(make([]byte, 0, min(max(response.ContentLength, 0), maxResponse)+bytes.MinRead)) // usually a single allocation
	_, err = answer.ReadFrom(io.LimitReader(response.Body, maxResponse))
	_ = response.Body.Close() // already read
	if err != nil {
		return nil, err
	}
	x.listing = x.status == http.StatusOK && bytes.Contains(answer.Bytes(), []byte(`"messages"`))
	if x.status >= 200 && x.status < 300 {
		return answer.Bytes(), nil
	}
	rest := &client.TwilioRestError{}
	if err := json.NewDecoder(answer).Decode(rest); err != nil {
		return nil, err
	}
	return nil, rest
}

// traced returns a context that traces a request: it sets reached when the
// request gets a connection, and calls check right before the request is
// written.
func (x *exchange) traced(ctx context.Context, cancel func()) context.Context {
	var conn net.Conn
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport itself retries only if nothing was written.
		GetConn: func(string) { x.reached.Store(false) },
		GotConn: func(info httptrace.GotConnInfo) {
			conn = info.Conn
			x.reached.Store(true)
		},
		// The request is in the connection's buffer, but none of it has
		// been written yet.
		WroteHeaders: func() {
			if x.check == nil {
				return
			}
			if err := x.check(); err != nil {
				x.held.CompareAndSwap(nil, &err)
			}
			if x.held.Load() != nil {
				_ = conn.Close() // now nothing can be written
				cancel()
			}
		},
	})
}

// parseRetryAfter parses a number of seconds and caps it at an hour. It returns
// 0 for anything else.
func parseRetryAfter(s string) time.Duration {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, 3600) * float64(time.Second))
}
