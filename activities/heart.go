package activities

// The heart: heartbeats whose details are written down before a send goes on,
// and the news that their answers bring.

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// heart records the progress of one attempt. The SDK's own heartbeat is not
// used: it is sent some time later, and could overwrite newer details.
type heart struct {
	recorder func(context.Context, any) error
	// timeout is the activity's heartbeat timeout, 0 if it has none.
	timeout time.Duration
	cancel  context.CancelCauseFunc

	mu sync.Mutex
	// details are those of the last record.
	details any
	// beat is when Temporal last took a record.
	beat time.Time
}

func newHeart(recorder func(context.Context, any) error, timeout time.Duration, cancel context.CancelCauseFunc) *heart {
	return &heart{recorder: recorder, timeout: timeout, cancel: cancel}
}

// recorder is how details are written down.
func (a *Activities) recorder(ctx context.Context) func(context.Context, any) error {
	if a.Record != nil {
		return a.Record
	}
	client, token := activity.GetClient(ctx), activity.GetInfo(ctx).TaskToken
	return func(ctx context.Context, details any) error {
		return client.RecordActivityHeartbeat(ctx, token, details)
	}
}

// record writes details down. Where that fails the attempt must not go on, and
// its context ends: it was cancelled, or another took its place, or Temporal did
// not answer.
func (h *heart) record(ctx context.Context, details any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.details = details
	err := h.send(ctx)
	if err != nil {
		h.cancel(err)
	}
	return err
}

func (h *heart) send(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.patience())
	defer cancel()
	sent := time.Now()
	if err := h.recorder(ctx, h.details); err != nil {
		return err
	}
	h.beat = sent
	return nil
}

// patience is how long a record may take.
func (h *heart) patience() time.Duration {
	if h.timeout > 0 {
		return h.timeout
	}
	return 30 * time.Second
}

// fresh reports whether Temporal still counts on this attempt, by what it knew
// a moment ago: an attempt that was asleep for longer has been replaced.
func (h *heart) fresh() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.timeout == 0 || time.Since(h.beat) < h.timeout*3/4
}

// watch repeats the last record so that the attempt is not taken for dead while
// it waits, and ends its context when the worker stops. The function that it
// gives ends the watch.
func (h *heart) watch(ctx context.Context, stopping <-chan struct{}) func() {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(h.interval())
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-stopping:
				h.cancel(errStopping)
				return
			case <-ticker.C:
				if err := h.repeat(ctx); err != nil {
					h.cancel(err)
					return
				}
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

// interval is how often the record is repeated.
func (h *heart) interval() time.Duration {
	if h.timeout > 0 {
		return max(min(h.timeout/3, 10*time.Second), time.Millisecond)
	}
	return 10 * time.Second
}

// repeat sends the last record again, if it has grown old.
func (h *heart) repeat(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.details == nil || time.Since(h.beat) < h.interval()/2 || ctx.Err() != nil {
		return nil
	}
	return h.send(ctx)
}
