package twiliosim

// The REST API: its routes, authentication, parsing, and the form of responses
// and errors.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const apiVersion = "2010-04-01"

// maxForm bounds the size of a REST request; Twilio's own limits for the fields
// are lower.
const maxForm = 1 << 20

// reply is a response that has not been written yet.
type reply struct {
	status int
	body   any // nil for no body
	code   int // Twilio's error code, 0 for success
	header http.Header
}

// restError is the body of an error response.
type restError struct {
	Code     int    `json:"code"`
	Detail   string `json:"detail,omitempty"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func fail(status, code int, format string, args ...any) reply {
	return reply{status: status, code: code, body: restError{
		Code: code, Message: fmt.Sprintf(format, args...), MoreInfo: moreInfo(code), Status: status,
	}}
}

func unauthorized() reply {
	r := fail(http.StatusUnauthorized, 20003, "Authenticate")
	e := r.body.(restError)
	e.Detail = "Your AccountSid or AuthToken was incorrect."
	r.body = e
	r.header = http.Header{"WWW-Authenticate": {`Basic realm="Twilio API"`}}
	return r
}

func notFound(path string) reply {
	return fail(http.StatusNotFound, 20404, "The requested resource %s was not found", path)
}

// request is a parsed and authenticated REST request.
type request struct {
	account   *account
	operation string
	sid       string // SID of the message
	sub       string // SID of the medium
	form      url.Values
	method    string
	path      string
}

// serveREST handles everything under /2010-04-01/.
func (s *Sim) serveREST(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	q, refused := s.readRequest(r)
	concurrent := 1
	if q.account != nil {
		concurrent = int(q.account.inFlight.Add(1))
		defer q.account.inFlight.Add(-1)
	}
	answer := refused
	var after *Fault
	if answer == nil {
		answer, after = s.handle(r.Context(), &q, concurrent)
	}
	if answer == nil { // reset the connection
		resetConnection(w)
		return
	}
	header := w.Header()
	maps.Copy(header, answer.header)
	header.Set("Date", s.clock.now().Format(http.TimeFormat))
	header.Set("Twilio-Request-Id", newSID("RQ"))
	header.Set("Twilio-Concurrent-Requests", strconv.Itoa(concurrent))
	header.Set("Twilio-Request-Duration", strconv.FormatFloat(time.Since(started).Seconds(), 'f', 3, 64))
	header.Set("X-Home-Region", "us1")
	header.Set("X-Api-Domain", "api.twilio.com")
	if answer.code != 0 {
		header.Set("X-Twilio-Error-Code", strconv.Itoa(answer.code))
	}
	if after != nil && after.Kind == FaultNotJSON {
		header.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(answer.status)
		fmt.Fprint(w, "<html><body><h1>Bad gateway</h1></body></html>")
		return
	}
	if answer.body == nil {
		w.WriteHeader(answer.status)
		return
	}
	text, err := encode(answer.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json;charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(answer.status)
	if after != nil && after.Kind == FaultTruncated {
		_, _ = w.Write(text[:len(text)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // aborts the response without logging a stack trace
	}
	_, _ = w.Write(text)
}

// encode returns v as JSON, without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// handle handles a request, with the faults that occur before and after it is
// processed. A nil reply means that the connection is reset.
func (s *Sim) handle(ctx context.Context, q *request, concurrent int) (*reply, *Fault) {
	if limit := s.options.Concurrency; limit > 0 && concurrent > limit {
		r := fail(http.StatusTooManyRequests, 20429, "Too Many Requests")
		return &r, nil
	}
	o := occasion{operation: q.operation, numbers: s.numbersOf(q)}
	if f := s.faults.fire(o, FaultDelay); f != nil && !sleep(ctx, time.Duration(f.Delay)) {
		return nil, nil
	}
	if f := s.faults.fire(o, Fault401, Fault429, Fault500, Fault503, FaultReset); f != nil {
		return f.reply(), nil
	}
	r := s.route(q)
	if r.code != 0 {
		return &r, nil
	}
	o.done = true
	f := s.faults.fire(o, FaultResponseLost, Fault500, Fault503, FaultTruncated, FaultNotJSON)
	if f == nil || f.Kind == FaultTruncated || f.Kind == FaultNotJSON {
		return &r, f
	}
	return f.reply(), nil
}

// reply returns a fault's response, or nil to reset the connection.
func (f *Fault) reply() *reply {
	var r reply
	switch f.Kind {
	case Fault401:
		r = unauthorized()
	case Fault429:
		r = fail(http.StatusTooManyRequests, 20429, "Too Many Requests")
	case Fault500:
		r = fail(http.StatusInternalServerError, 20500, "Internal Server Error")
	case Fault503:
		r = fail(http.StatusServiceUnavailable, 20503, "Service Unavailable")
	default:
		return nil
	}
	if f.RetryAfter > 0 {
		seconds := int((time.Duration(f.RetryAfter) + time.Second - 1) / time.Second)
		r.header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	}
	return &r
}

// numbersOf returns the addresses that a request involves, to which a fault may
// be restricted.
func (s *Sim) numbersOf(q *request) []string {
	if q.sid == "" {
		return []string{normalize(q.form.Get("To")), normalize(q.form.Get("From"))}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := s.bySID[q.sid]; m != nil {
		return []string{m.to, m.from}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// resetConnection closes a connection without a response, so that the client
// sees a reset.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// readRequest authenticates and parses a request; a non-nil reply rejects it.
func (s *Sim) readRequest(r *http.Request) (request, *reply) {
	q := request{method: r.Method, path: r.URL.Path}
	refuse := func(a reply) (request, *reply) { return q, &a }
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"+apiVersion+"/"), "/")
	last := len(parts) - 1
	user, password, _ := r.BasicAuth()
	who := s.authenticate(user, password)
	if isMedium(r.Method, parts) {
		// As at Twilio, anyone who knows the URL of a medium can fetch it.
		s.mu.RLock()
		who = s.accounts[parts[1]]
		s.mu.RUnlock()
	}
	if who == nil {
		return refuse(unauthorized())
	}
	name, isJSON := strings.CutSuffix(parts[last], ".json")
	parts[last] = name
	if parts[0] != "Accounts" {
		return refuse(notFound(q.path))
	}
	if len(parts) == 1 {
		q.account = who
	} else if q.account = s.reach(who, parts[1]); q.account == nil {
		return refuse(unauthorized())
	}
	operation, known := operationOf(r.Method, parts)
	if q.account.Test && operation != opCreate {
		return refuse(fail(http.StatusForbidden, 20008, "Resource not accessible with Test Account Credentials"))
	}
	if !known || !isJSON && !isMedium(r.Method, parts) {
		return refuse(notFound(q.path))
	}
	if operation == "" {
		return refuse(fail(http.StatusMethodNotAllowed, 20004, "Method not allowed"))
	}
	q.operation = operation
	if len(parts) > 3 {
		q.sid = parts[3]
	}
	if len(parts) > 5 {
		q.sub = parts[5]
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return refuse(fail(http.StatusBadRequest, 20001, "The request's parameters cannot be read"))
	}
	q.form = r.Form
	return q, nil
}

// isMedium reports whether a request is for a medium itself rather than its
// resource.
func isMedium(method string, parts []string) bool {
	return method == http.MethodGet && len(parts) == 6 && parts[4] == "Media" && !strings.HasSuffix(parts[5], ".json")
}

// operationOf returns the operation of a method on a path. It returns "" if the
// path does not allow the method, and false if the path does not exist.
func operationOf(method string, parts []string) (string, bool) {
	shape := len(parts)
	if shape == 3 && parts[2] == "IncomingPhoneNumbers" {
		return map[string]string{"GET": opNumbers}[method], true
	}
	if shape > 2 && parts[2] != "Messages" {
		return "", false
	}
	var operations map[string]string
	switch {
	case shape == 1:
		operations = map[string]string{"POST": opAccount}
	case shape == 2:
		operations = map[string]string{"GET": opAccount}
	case shape == 3:
		operations = map[string]string{"GET": opList, "POST": opCreate}
	case shape == 4:
		operations = map[string]string{"GET": opFetch, "POST": opUpdate, "DELETE": opDelete}
	case shape == 5 && parts[4] == "Media":
		operations = map[string]string{"GET": opMedia}
	case shape == 6 && parts[4] == "Media":
		operations = map[string]string{"GET": opMedia, "DELETE": opMedia}
	case shape == 5 && parts[4] == "Feedback":
		operations = map[string]string{"POST": opFeedback}
	default:
		return "", false
	}
	return operations[method], true
}
