package main

// The health probes at METRICS_ADDR, for either half of the process or both.
// Liveness does not depend on Temporal or Twilio, because a restart does not
// help if they are down.

import (
	"context"
	"errors"
	"sync/atomic"

	"temporal-twilio/internal/temporal"
)

// health tracks the readiness of the halves.
type health struct {
	// stopping is a context that ends when the process is asked to stop.
	stopping context.Context
	refused  *refusals
	temporal *readiness
	pausing  *pausing
	// polls is true while the worker is polling.
	polls atomic.Bool
}

func newHealth(stopping context.Context, temporalClient *temporal.Client) *health {
	return &health{
		stopping: stopping, refused: &refusals{},
		temporal: &readiness{ask: func(ctx context.Context) error { return namespaceAnswers(ctx, temporalClient) }},
	}
}

// ready returns an error if one of the halves cannot work now, or a note if
// each can but something else is wrong.
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

// readyToWork returns the readiness check of a process that runs the given
// halves. A worker must also be polling.
func (h *health) readyToWork(p parts) func(context.Context) (note string, err error) {
	return func(ctx context.Context) (note string, err error) {
		if note, err = h.ready(ctx); err == nil && p.worker && !h.polls.Load() {
			err = errors.New("the worker is not polling yet")
		}
		return note, err
	}
}
