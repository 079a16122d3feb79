package twiliosim

// The controls under /sim/, for people, the page and scripts. API.md documents
// the request and the response of each.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/sms"
)

// maxControl bounds the size of a control request.
const maxControl = 256 << 10

// handler returns the handler for everything that the simulator serves.
func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/"+apiVersion+"/", s.serveREST)
	mux.Handle("/", pageHandler())
	for pattern, control := range s.controls() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serveControl(w, r, control) })
	}
	mux.HandleFunc("GET /sim/events", func(w http.ResponseWriter, r *http.Request) { s.events.serve(w, r, s.ctx.Done()) })
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Errorf("%s %s is not a control; twiliosim/API.md lists them", r.Method, r.URL.Path))
	})
	return s.guard(mux)
}

// guard rejects requests from pages of other sites, which a browser on this
// machine would send here. Unless AllowRemote is set, the host must be
// localhost or a loopback address, since a site can resolve its own name to
// 127.0.0.1. An Origin header must name the same host.
func (s *Sim) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !s.options.AllowRemote && !isLoopback(strings.Trim(host, "[]")) {
			writeError(w, http.StatusForbidden, fmt.Errorf("host %q is not this machine: use 127.0.0.1 or localhost, or start with --allow-remote", r.Host))
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				writeError(w, http.StatusForbidden, errors.New("requests from another site's page are refused"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// control handles a request. Its error is reported with status 400, unless it
// is a statusError.
type control func(r *http.Request, body []byte) (any, error)

// statusError is an error with its own HTTP status.
type statusError struct {
	status int
	error
}

func serveControl(w http.ResponseWriter, r *http.Request, control control) {
	var body []byte
	if r.Method != http.MethodGet {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if kind != "application/json" && r.Method != http.MethodDelete {
			writeError(w, http.StatusUnsupportedMediaType, errors.New(`send JSON with the header "Content-Type: application/json"`))
			return
		}
		var err error
		if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxControl)); err != nil {
			writeError(w, http.StatusRequestEntityTooLarge, fmt.Errorf("the request cannot be read or is longer than %d bytes", maxControl))
			return
		}
	}
	result, err := control(r, body)
	if err != nil {
		status := http.StatusBadRequest
		if own, ok := errors.AsType[statusError](err); ok {
			status = own.status
		}
		writeError(w, status, err)
		return
	}
	writeJSON(w, http.StatusOK, result)
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := encode(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}

// decode decodes JSON strictly: an unknown field is an error.
func decode[T any](body []byte) (T, error) {
	var v T
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("the JSON does not match what this control accepts: %w", err)
	}
	if d.More() {
		return v, errors.New("the JSON does not match what this control accepts: there is more than one value")
	}
	return v, nil
}

func (s *Sim) controls() map[string]control {
	return map[string]control{
		"GET /sim/health":           func(*http.Request, []byte) (any, error) { return map[string]string{"status": "ok"}, nil },
		"GET /sim/state":            func(*http.Request, []byte) (any, error) { return s.State(), nil },
		"GET /sim/messages":         s.controlMessages,
		"GET /sim/examples":         func(r *http.Request, _ []byte) (any, error) { return s.askApplication(r.Context()), nil },
		"POST /sim/inbound":         s.controlInbound,
		"POST /sim/measure":         controlMeasure,
		"GET /sim/debugger":         func(*http.Request, []byte) (any, error) { return map[string]any{"entries": s.Debugger()}, nil },
		"GET /sim/webhooks":         func(*http.Request, []byte) (any, error) { return map[string]any{"calls": s.WebhookCalls()}, nil },
		"GET /sim/faults":           func(*http.Request, []byte) (any, error) { return s.faultList(), nil },
		"POST /sim/faults":          s.controlAddFault,
		"DELETE /sim/faults":        func(*http.Request, []byte) (any, error) { s.ClearFaults(); return s.faultList(), nil },
		"DELETE /sim/faults/{id}":   s.controlRemoveFault,
		"GET /sim/outcomes":         func(*http.Request, []byte) (any, error) { return s.outcomeList(), nil },
		"POST /sim/outcomes":        s.controlAddOutcome,
		"DELETE /sim/outcomes":      func(*http.Request, []byte) (any, error) { s.ClearOutcomes(); return s.outcomeList(), nil },
		"DELETE /sim/outcomes/{id}": s.controlRemoveOutcome,
		"POST /sim/optouts":         s.controlOptOut,
		"POST /sim/numbers":         s.controlNumber,
		"POST /sim/services":        s.controlService,
		"POST /sim/accounts":        s.controlAccount,
		"POST /sim/clock":           s.controlClock,
		"POST /sim/reset":           func(*http.Request, []byte) (any, error) { s.Reset(); return s.State(), nil },
	}
}

// State is a summary of the simulator's state.
type State struct {
	URL        string     `json:"url"`
	Account    string     `json:"account"`
	Numbers    []Number   `json:"numbers"`
	Services   []Service  `json:"services"`
	Accounts   []string   `json:"accounts"`
	UIURL      string     `json:"uiUrl"`
	Namespace  string     `json:"namespace"`
	Clock      ClockState `json:"clock"`
	Speed      float64    `json:"speed"`
	Seed       uint64     `json:"seed,string"`
	Messages   int        `json:"messages"`
	OptOuts    []OptOut   `json:"optOuts"`
	Faults     []Fault    `json:"faults"`
	FaultKinds []string   `json:"faultKinds"`
	Outcomes   []Outcome  `json:"outcomes"`
	// LastEventID is the ID from which to follow /sim/events without missing
	// anything that happened after this state.
	LastEventID string `json:"lastEventId"`
}

// ClockState is the state of the simulated clock.
type ClockState struct {
	Now time.Time `json:"now"`
	// Offset is how far the simulated clock is ahead of the machine's.
	Offset Duration `json:"offset"`
	Frozen bool     `json:"frozen"`
}

// State returns the simulator's current state. It contains no secret.
func (s *Sim) State() State {
	// Read the event ID first: an event that is published in between is then
	// reported twice rather than missed.
	last := s.events.id(s.events.last())
	now, offset, frozen := s.clock.state()
	st := State{
		URL: s.URL, Account: s.Account, Numbers: []Number{}, Services: []Service{}, UIURL: s.options.UIURL, Namespace: s.options.Namespace,
		Clock: ClockState{now, Duration(offset), frozen}, Seed: s.options.Seed,
		OptOuts: s.OptOuts(), Faults: s.Faults(), FaultKinds: FaultKinds, Outcomes: s.Outcomes(), LastEventID: last,
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	st.Speed, st.Messages = s.speed, len(s.order)
	for _, number := range s.numberOrder {
		st.Numbers = append(st.Numbers, s.numbers[number].Number)
	}
	st.Accounts = slices.Sorted(maps.Keys(s.accounts))
	for _, sid := range st.Accounts {
		acc := s.accounts[sid]
		for _, mg := range slices.Sorted(maps.Keys(acc.services)) {
			st.Services = append(st.Services, acc.services[mg].Service)
		}
	}
	return st
}

func (s *Sim) faultList() any   { return map[string]any{"faults": s.Faults(), "kinds": FaultKinds} }
func (s *Sim) outcomeList() any { return map[string]any{"outcomes": s.Outcomes()} }

func (s *Sim) controlInbound(r *http.Request, body []byte) (any, error) {
	in, err := decode[Inbound](body)
	if err != nil {
		return nil, err
	}
	return s.Inbound(r.Context(), in)
}

func (s *Sim) controlMessages(r *http.Request, _ []byte) (any, error) {
	q := r.URL.Query()
	f := Filter{
		Phone: q.Get("phone"), From: q.Get("from"), To: q.Get("to"), Direction: q.Get("direction"),
		InReplyTo: q.Get("inReplyTo"), SID: q.Get("sid"), Limit: 100,
	}
	if err := f.Status.UnmarshalText([]byte(q.Get("status"))); err != nil {
		return nil, err
	}
	if v := q.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 {
			return nil, fmt.Errorf("limit %q: want 1 to 1000", v)
		}
		f.Limit = n
	}
	return map[string]any{"messages": s.Messages(f)}, nil
}

func controlMeasure(_ *http.Request, body []byte) (any, error) {
	in, err := decode[struct {
		Body string `json:"body"`
	}](body)
	if err != nil {
		return nil, err
	}
	size := sms.Measure(in.Body)
	out := map[string]any{"encoding": size.Encoding, "segments": size.Segments, "units": size.Units}
	if size.Culprit != 0 {
		out["culprit"], out["culpritIndex"] = string(size.Culprit), size.CulpritIndex
	}
	return out, nil
}

func (s *Sim) controlAddFault(_ *http.Request, body []byte) (any, error) {
	f, err := decode[Fault](body)
	if err != nil {
		return nil, err
	}
	return s.AddFault(f)
}

func (s *Sim) controlRemoveFault(r *http.Request, _ []byte) (any, error) {
	if id := r.PathValue("id"); !s.RemoveFault(id) {
		return nil, statusError{http.StatusNotFound, fmt.Errorf("no fault has the ID %q; GET /sim/faults lists them", id)}
	}
	return s.faultList(), nil
}

func (s *Sim) controlAddOutcome(_ *http.Request, body []byte) (any, error) {
	o, err := decode[Outcome](body)
	if err != nil {
		return nil, err
	}
	return s.AddOutcome(o)
}

func (s *Sim) controlRemoveOutcome(r *http.Request, _ []byte) (any, error) {
	if id := r.PathValue("id"); !s.RemoveOutcome(id) {
		return nil, statusError{http.StatusNotFound, fmt.Errorf("no outcome rule has the ID %q; GET /sim/outcomes lists them", id)}
	}
	return s.outcomeList(), nil
}

func (s *Sim) controlOptOut(_ *http.Request, body []byte) (any, error) {
	o, err := decode[struct {
		Sender    string `json:"sender"`
		Recipient string `json:"recipient"`
		OptedOut  bool   `json:"optedOut"`
	}](body)
	if err != nil {
		return nil, err
	}
	if err := s.SetOptOut(o.Sender, o.Recipient, o.OptedOut); err != nil {
		return nil, err
	}
	return map[string]any{"optOuts": s.OptOuts()}, nil
}

func (s *Sim) controlNumber(_ *http.Request, body []byte) (any, error) {
	n, err := decode[Number](body)
	if err != nil {
		return nil, err
	}
	if err := s.SetNumber(n); err != nil {
		return nil, err
	}
	return s.State(), nil
}

func (s *Sim) controlService(_ *http.Request, body []byte) (any, error) {
	v, err := decode[Service](body)
	if err != nil {
		return nil, err
	}
	return s.AddService(v)
}

func (s *Sim) controlAccount(_ *http.Request, body []byte) (any, error) {
	a, err := decode[Account](body)
	if err != nil {
		return nil, err
	}
	return s.AddAccount(a)
}

// controlClock moves the clock: {"advance":"1h"}, {"frozen":true}, {"speed":100}.
func (s *Sim) controlClock(_ *http.Request, body []byte) (any, error) {
	in, err := decode[struct {
		Advance Duration `json:"advance"`
		Frozen  *bool    `json:"frozen"`
		Speed   float64  `json:"speed"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.Speed != 0 {
		if err := s.SetSpeed(in.Speed); err != nil {
			return nil, err
		}
	}
	if in.Frozen != nil {
		s.Freeze(*in.Frozen)
	}
	if in.Advance != 0 {
		if err := s.Advance(time.Duration(in.Advance)); err != nil {
			return nil, err
		}
	}
	now, offset, frozen := s.clock.state()
	return map[string]any{"now": now, "offset": Duration(offset), "frozen": frozen, "speed": s.State().Speed}, nil
}
