package main

// Health: what probes ask of the process at METRICS_ADDR, whichever halves run in
// it. Liveness depends on nobody: a Temporal that is away must not restart all.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"temporal-twilio/internal/temporal"
	"temporal-twilio/webhook"
)

// health is what the halves know of their readiness.
type health struct {
	// stopping ends when the process is to stop.
	stopping context.Context
	refused  *refusals
	temporal *readiness
	// polls is set while the worker polls.
	polls atomic.Bool
}

func newHealth(stopping context.Context, temporalClient *temporal.Client) *health {
	return &health{
		stopping: stopping, refused: &refusals{},
		temporal: &readiness{ask: func(ctx context.Context) error { return namespaceAnswers(ctx, temporalClient) }},
	}
}

// ready returns why neither half can do its work now, or what is not well
// although they can.
func (h *health) ready(ctx context.Context) (note string, err error) {
	if h.stopping.Err() != nil {
		return "", errors.New("the process is stopping")
	}
	if err := h.refused.err(); err != nil {
		return "", err
	}
	return h.temporal.get(ctx)
}

// handle adds the paths for probes to those of the metrics.
func (h *health) handle(mux *http.ServeMux, p parts) {
	say := func(w http.ResponseWriter, status int, text string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintln(w, text) // the client may have gone
	}
	mux.HandleFunc("GET "+webhook.LivePath, func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET "+webhook.ReadyPath, func(w http.ResponseWriter, r *http.Request) {
		note, err := h.ready(r.Context())
		if err == nil && p.worker && !h.polls.Load() {
			err = errors.New("the worker does not poll yet")
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
