package twilio

// One request and its response, observed: what twilio-go's errors do not say,
// above all whether Twilio can have seen the request at all.

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// maxResponse limits how much of a response is read. A message is about 1 kB,
// and a page of 1,000 about 1 MB.
const maxResponse = 4 << 20

// exchange is the RoundTripper of one call.
type exchange struct {
	ctx       context.Context
	base      *url.URL
	transport http.RoundTripper
	clock     *clock
	// observe is called after each request. Optional.
	observe func(context.Context, Exchange)
	// check is called right before a request is written; its error prevents
	// that. Optional.
	check func() error

	// reached is set once there is a connection to write to: from then on,
	// Twilio may have acted.
	reached atomic.Bool
	// held is the first error of check, which the transport's goroutine calls.
	held atomic.Pointer[error]
	// status is the HTTP status of the response, 0 if there was none.
	status int
	// retryAfter is from the response, 0 if there was none.
	retryAfter time.Duration
	// pages counts the responses that are pages of a listing, and others those
	// that are not.
	pages, others int
}

// RoundTrip adds the call's context and sends the request to the base URL.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(x.ctx)
	defer cancel()
	var conn net.Conn
	req = req.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport only retries by itself if nothing was written.
		GetConn: func(string) { x.reached.Store(false) },
		GotConn: func(info httptrace.GotConnInfo) {
			conn = info.Conn
			x.reached.Store(true)
		},
		// The request is in the connection's buffer, and none of it has been
		// written yet.
		WroteHeaders: func() {
			if x.check == nil {
				return
			}
			if err := x.check(); err != nil {
				x.held.CompareAndSwap(nil, &err)
			}
			if x.held.Load() != nil {
				_ = conn.Close() // so that nothing will be
				cancel()
			}
		},
	}))
	if x.base != nil {
		req.URL.Scheme, req.URL.Host, req.Host = x.base.Scheme, x.base.Host, x.base.Host
	}
	sent, requestID := time.Now(), ""
	if x.observe != nil {
		defer func() {
			if x.held.Load() == nil { // otherwise, it was never written
				x.observe(x.ctx, Exchange{Method: req.Method, Status: x.status, Took: time.Since(sent), RequestID: requestID})
			}
		}()
	}
	resp, err := x.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.status, requestID = resp.StatusCode, resp.Header.Get("Twilio-Request-Id")
	x.retryAfter = parseRetryAfter(resp.Header.Get("Retry-After"))
	x.clock.measure(sent, time.Now(), resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	_ = resp.Body.Close() // only read
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK && bytes.Contains(body, []byte(`"messages"`)) {
		x.pages++
	} else {
		x.others++
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// parseRetryAfter parses a number of seconds, up to an hour; 0 for anything
// else.
func parseRetryAfter(s string) time.Duration {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, 3600) * float64(time.Second))
}
