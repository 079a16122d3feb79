package activities

// Sends heartbeats synchronously: a send waits for the response, which says
// whether it may continue.

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
)

// heart records the progress of one attempt. It does not use the SDK's
// heartbeats, which are sent later and could overwrite newer details.
type heart struct {
	recorder func(context.Context, any) error
	// timeout is the activity's heartbeat timeout, or 0 if it has none.
	timeout time.Duration
	// details returns the details to record. It is called for each
	// heartbeat.
	details func() any

	// beat is the latest time at which Temporal is known to have been
	// waiting for the attempt.
	beat atomic.Pointer[time.Time]

	// turn is held while details are being stored, so that they are stored
	// one at a time.
	turn chan struct{}
	// cancel ends the attempt's context.
	cancel context.CancelCauseFunc
}

func newHeart(recorder func(context.Context, any) error, timeout time.Duration, began time.Time) *heart {
	h := &heart{recorder: recorder, timeout: timeout, details: func() any { return nil }, turn: make(chan struct{}, 1), cancel: func(error) {}}
	h.beat.Store(&began)
	return h
}

// recorder returns the function that stores details.
func (a *Activities) recorder(ctx context.Context) func(context.Context, any) error {
	if a.Record != nil {
		return a.Record
	}
	client, token := activity.GetClient(ctx), activity.GetInfo(ctx).TaskToken
	return func(ctx context.Context, details any) error {
		return client.RecordActivityHeartbeat(ctx, token, details)
	}
}

// record stores the details. If that fails, because the attempt was cancelled
// or replaced or because Temporal did not answer, it also ends the attempt's
// context.
func (h *heart) record(ctx context.Context) error {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	ctx, cancel := context.WithTimeout(ctx, h.recordTimeout())
	defer cancel()
	sent := time.Now()
	if err := h.recorder(ctx, h.details()); err != nil {
		h.cancel(err)
		return err
	}
	h.beat.Store(&sent)
	return nil
}

// recordTimeout returns how long storing the details may take.
func (h *heart) recordTimeout() time.Duration {
	if h.timeout > 0 {
		return h.timeout
	}
	return 30 * time.Second
}

// fresh reports whether the last heartbeat is recent enough to rule out that
// Temporal has replaced this attempt, for example while the machine slept.
func (h *heart) fresh() bool {
	return h.timeout == 0 || elapsed(*h.beat.Load()) < h.timeout*3/4
}

// watch sends heartbeats at intervals, so that Temporal does not consider a
// waiting attempt dead. It ends the attempt's context when the worker stops.
// The returned function stops watching.
func (h *heart) watch(ctx context.Context, cancel context.CancelCauseFunc, stopping <-chan struct{}) func() {
	h.turn <- struct{}{}
	h.cancel = cancel
	<-h.turn
	watching, done := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A short send needs no heartbeat.
		timer := time.NewTimer(min(h.interval(), time.Second))
		defer timer.Stop()
		for {
			select {
			case <-watching.Done():
				return
			case <-stopping:
				cancel(errStopping)
				return
			case <-timer.C:
				if h.record(watching) != nil {
					return
				}
				timer.Reset(h.interval())
			}
		}
	}()
	return func() {
		done()
		<-ended
	}
}

// interval returns the time between heartbeats.
func (h *heart) interval() time.Duration {
	if h.timeout > 0 {
		return max(min(h.timeout/3, 10*time.Second), time.Millisecond)
	}
	return 10 * time.Second
}
