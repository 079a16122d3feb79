package main

// Readiness: whether texts can be published now, which load balancers ask
// often, and many of them at once.

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"
)

const (
	// readyFor is how long an answer of Temporal's counts as current.
	readyFor = time.Second
	// askTimeout is how long Temporal may take to answer, as it may for a text.
	askTimeout = 10 * time.Second
	// slowAfter is how long who asks waits for an answer; then the one before
	// counts, since probes are impatient. firstWait is the same if there is none.
	slowAfter = 500 * time.Millisecond
	firstWait = 2 * time.Second
)

// readiness asks Temporal at most once a second, however many ask us.
type readiness struct {
	// ask returns Temporal's error.
	ask func(context.Context) error

	asking singleflight.Group
	last   atomic.Pointer[verdict]
}

// verdict is what an answer of Temporal's means.
type verdict struct {
	note string
	err  error
	at   time.Time
}

// get returns why texts cannot be published now, or what is not well although
// they can. If Temporal takes long to answer, its last answer stands.
func (r *readiness) get(ctx context.Context) (note string, err error) {
	last, wait := r.last.Load(), slowAfter
	switch {
	case last == nil:
		wait = firstWait
	case time.Since(last.at) < readyFor:
		return last.note, last.err
	}
	answered := r.asking.DoChan("", func() (any, error) {
		// Whoever asked may go; the others wait for the same answer.
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		v := judge(r.ask(ctx))
		v.at = time.Now()
		r.last.Store(&v)
		return nil, nil
	})
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case <-answered:
		last = r.last.Load()
		return last.note, last.err
	case <-ctx.Done():
	}
	switch {
	case last == nil:
		return "", reason("Temporal has not answered yet")
	case last.err != nil:
		return "", last.err
	}
	return "Temporal is slow", nil
}

// judge says what an answer means. A Temporal that limits our requests takes
// texts: they wait for their turn, and no other webhook would be better off.
func judge(err error) verdict {
	switch serviceerror.ToStatus(err).Code() {
	case codes.OK:
		return verdict{}
	case codes.ResourceExhausted:
		return verdict{note: "Temporal limits our requests"}
	case codes.NotFound:
		return verdict{err: reason("Temporal does not have our namespace")}
	case codes.PermissionDenied, codes.Unauthenticated:
		return verdict{err: reason("Temporal refuses our credentials")}
	case codes.DeadlineExceeded:
		return verdict{err: reason("Temporal does not answer")}
	}
	return verdict{err: reason("Temporal is unreachable")}
}

// reason is an error in words for whoever asks, which begin with a name.
type reason string

func (r reason) Error() string { return string(r) }
