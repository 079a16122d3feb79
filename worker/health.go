package main

// Health: the probes at METRICS_ADDR, whichever halves the process runs.
// Liveness depends on nothing else: if Temporal is down, a restart does not
// help.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/webhook"
)

// health holds what the halves know about their readiness.
type health struct {
	// stopping ends when the process is asked to stop.
	stopping context.Context
	refused  *refusals
	temporal *readiness
	pausing  *pausing
	// polls is true while the worker polls.
	polls atomic.Bool
}

func newHealth(stopping context.Context, temporalClient *temporal.Client) *health {
	return &health{
		stopping: stopping, refused: &refusals{},
		temporal: &readiness{ask: func(ctx context.Context) error { return namespaceAnswers(ctx, temporalClient) }},
	}
}

// ready returns an error if a half cannot do its work now, or else a note if
// something is wrong although both can.
func (h *health) ready(ctx context.Context) (note string, err error) {
	if h.stopping.Err() != nil {
		return "", errors.New("the process is stopping")
	}
	if err := h.refused.err(); err != nil {
		return "", err
	}
	note, err = h.temporal.get(ctx)
	if _, paused := h.pausing.paused(); err == nil && note == "" && paused {
		note = "all sending is paused"
	}
	return note, err
}

// handle adds the probes' paths to the metrics' server.
func (h *health) handle(mux *http.ServeMux, p parts) {
	say := func(w http.ResponseWriter, status int, text string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintln(w, text) // the client may be gone
	}
	mux.HandleFunc("GET "+webhook.LivePath, func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET "+webhook.ReadyPath, func(w http.ResponseWriter, r *http.Request) {
		note, err := h.ready(r.Context())
		if err == nil && p.worker && !h.polls.Load() {
			err = errors.New("the worker is not polling yet")
		}
		switch {
		case err != nil:
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		case note != "":
			say(w, http.StatusOK, "ready; "+note)
		default:
			say(w, http.StatusOK, "ready")
		}
	})
}
