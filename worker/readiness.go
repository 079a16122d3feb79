package main

// Checks whether texts can be published now. Load balancers ask this often and
// concurrently.

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"
)

const (
	// readyFor is how long an answer from Temporal counts as current.
	readyFor = time.Second
	// askTimeout is how long Temporal may take to answer. It is longer than
	// a text may wait, so that a slow Temporal can be distinguished from
	// one that does not answer.
	askTimeout = 10 * time.Second
	// slowAfter is how long a probe waits for Temporal before it gets the
	// previous answer, because load balancers have short timeouts. If there
	// is no previous answer, firstWait applies instead.
	slowAfter = 500 * time.Millisecond
	firstWait = 2 * time.Second
)

// readiness asks Temporal at most once per second, however many probes there
// are.
type readiness struct {
	// ask sends a request to Temporal and returns its error.
	ask func(context.Context) error

	asking singleflight.Group
	last   atomic.Pointer[verdict]
}

// verdict is the meaning of an answer from Temporal.
type verdict struct {
	note string
	err  error
	at   time.Time
}

// get returns an error if texts cannot be published now, or a note if they can
// but something else is wrong. If Temporal takes a long time to answer, the
// previous answer counts.
func (r *readiness) get(ctx context.Context) (note string, err error) {
	last, wait := r.last.Load(), slowAfter
	switch {
	case last == nil:
		wait = firstWait
	case time.Since(last.at) < readyFor:
		return last.note, last.err
	}
	answered := r.asking.DoChan("", func() (any, error) {
		// The caller may stop waiting, but others wait for the same
		// answer.
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

// judge returns the meaning of an answer. If Temporal limits our requests,
// texts can still be published: they wait their turn, as they would on any
// other webhook.
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

// reason is the error returned to a probe. It begins with the name of what
// failed.
type reason string

func (r reason) Error() string { return string(r) }
