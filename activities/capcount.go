package activities

// Counts messages against caps. CapsSmsWorkflow keeps the count for all
// workers.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

const (
	// capAhead is how many messages of a list are counted together, before
	// their turns. If the worker dies, they remain counted although they
	// were not sent.
	capAhead = 100
	// reachedFor is how long a send that has reached a cap waits before it
	// asks again.
	reachedFor = time.Second
	// capTimeout is how long a send waits for the answer to a request.
	capTimeout = 10 * time.Second
)

// errUncounted means that a message could not be counted, and therefore must
// not be sent yet.
var errUncounted = errors.New("the message is not counted for SEND_CAPS")

// allowance holds the messages that a send has reserved within the caps, by
// key.
type allowance struct {
	// asking is held while one recipient reserves messages for itself and
	// for the recipients waiting with it.
	asking sync.Mutex
	// mu guards the fields below.
	mu sync.Mutex
	// left is the number of reserved messages not yet used, and waiting is
	// the number of recipients that need one.
	left, waiting map[string]int
	limits        map[string]*Cap
	// counted is when messages were last reserved, by our clock, and at is
	// the same time by the clock of CapsSmsWorkflow. reached is when the
	// cap last allowed fewer messages than requested.
	counted, reached map[string]time.Time
	at               map[string]int64
}

func newAllowance() *allowance {
	return &allowance{left: make(map[string]int), waiting: make(map[string]int), limits: make(map[string]*Cap), counted: make(map[string]time.Time), reached: make(map[string]time.Time), at: make(map[string]int64)}
}

// use takes one of the messages reserved for a key, and returns the time at
// which it was reserved, or the zero time if none is left.
func (a *allowance) use(key string) (counted time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(key)
	if a.left[key] == 0 {
		return counted
	}
	a.left[key]--
	return a.counted[key]
}

// drop discards the messages left for a key when their window has passed, since
// others may have sent as many in the meantime. The caller holds mu.
func (a *allowance) drop(key string) {
	if limit := a.limits[key]; limit != nil && elapsed(a.counted[key]) > limit.Per {
		delete(a.left, key)
	}
}

// isReached reports whether a cap has been reached within the last reachedFor.
func (a *allowance) isReached(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, known := a.reached[key]
	return known && elapsed(at) < reachedFor
}

// wait adds more, which may be negative or zero, to the number of recipients
// that are waiting for a message of a key. It returns the new number.
func (a *allowance) wait(key string, more int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[key] += more
	return a.waiting[key]
}

// add records how many of the requested messages were reserved for a key.
func (a *allowance) add(key string, limit *Cap, asked int, answer reservation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if answer.count < asked {
		a.reached[key] = time.Now()
	}
	a.left[key] += answer.count
	a.limits[key], a.counted[key], a.at[key] = limit, time.Now(), answer.at
}

// reserveCap reserves a message within the recipient's cap. It returns the cap
// if it has been reached, and errUncounted if the message could not be counted.
func (s *send) reserveCap(ctx context.Context, to *recipient) (reached *Cap, err error) {
	limit, key := s.account.Caps.of(to.to)
	if limit == nil || limit.Most == 0 {
		return limit, nil
	}
	a := s.allowance
	a.wait(key, 1)
	defer a.wait(key, -1)
	a.asking.Lock()
	defer a.asking.Unlock()
	if to.counted = a.use(key); !to.counted.IsZero() {
		return nil, nil
	}
	if ctx.Err() != nil || s.halted() {
		return nil, errUncounted
	}
	if a.isReached(key) {
		return limit, nil
	}
	asked := a.wait(key, 0) + s.following(key)
	answer, err := s.activities.capCount.reserve(ctx, s.activities.counts(ctx), limit.request(key, asked))
	if err != nil && ctx.Err() != nil {
		return nil, errUncounted // conclude reports why
	}
	if err != nil {
		activity.GetLogger(ctx).Warn("messages could not be counted for SEND_CAPS; trying again", "error", err)
		s.uncounted()
		return nil, errUncounted
	}
	a.add(key, limit, asked, answer)
	if to.counted = a.use(key); !to.counted.IsZero() {
		return nil, nil
	}
	return limit, nil
}

// halted reports whether the round has stopped trying recipients.
func (s *send) halted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halt != nil
}

// uncounted ends the round because a message could not be counted.
func (s *send) uncounted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(sms.Error{Code: sms.CodeRateLimited, Retryable: true, Message: "Temporal did not say whether SEND_CAPS allows the message; nothing was sent"}, false)
}

// following returns how many of the next capAhead recipients in the queue have
// the same key.
func (s *send) following(key string) (count int) {
	s.mu.Lock()
	next := s.queue[s.begun:min(len(s.queue), s.begun+capAhead)]
	s.mu.Unlock()
	for _, to := range next {
		if _, of := s.account.Caps.of(to.to); of == key {
			count++
		}
	}
	return count
}

// giveBack lets the send's other recipients use the message reserved for this
// one, if it was certainly not sent.
func (s *send) giveBack(to *recipient) {
	s.mu.Lock()
	counted := to.counted
	if counted.IsZero() || to.state == accepted || to.state == doubtful {
		s.mu.Unlock()
		return
	}
	to.counted = time.Time{}
	s.mu.Unlock()
	_, key := s.account.Caps.of(to.to)
	s.allowance.mu.Lock()
	defer s.allowance.mu.Unlock()
	// Messages reserved before the last request may no longer count.
	if counted.Equal(s.allowance.counted[key]) {
		s.allowance.left[key]++
	}
}

// giveUpCaps gives the unused reservations back to CapsSmsWorkflow, without
// waiting for the response.
func (s *send) giveUpCaps(ctx context.Context) {
	s.allowance.mu.Lock()
	defer s.allowance.mu.Unlock()
	for key := range s.allowance.limits {
		s.allowance.drop(key)
		if count := s.allowance.left[key]; count > 0 {
			back := s.allowance.limits[key].request(key, -count)
			back.At = s.allowance.at[key]
			s.activities.capCount.enqueue(s.activities.counts(ctx), back)
		}
	}
	clear(s.allowance.left)
}

// counts returns the function that sends requests to CapsSmsWorkflow.
func (a *Activities) counts(ctx context.Context) counting {
	if a.countCaps != nil {
		return a.countCaps
	}
	return inWorkflow(a.client(ctx))
}

// request returns a request to reserve count messages or, if count is negative,
// to give back that many.
func (c *Cap) request(key string, count int) sms.CapTake {
	return sms.CapTake{Key: key, Count: count, Most: c.Most, Seconds: int(c.Per / time.Second)}
}

// counting sends requests to CapsSmsWorkflow and returns how many messages each
// of them reserved.
type counting func(ctx context.Context, requests []sms.CapTake) (sms.TakeCapsResult, error)

// inWorkflow returns a function that sends requests to CapsSmsWorkflow until it
// answers. It retries because a new run may just be starting, and because
// CapsSmsWorkflow may still process a request that timed out.
func inWorkflow(temporalClient client.Client) counting {
	return func(ctx context.Context, requests []sms.CapTake) (result sms.TakeCapsResult, err error) {
		id := uuid.NewString() // a repeated update counts only once, unless a new run has started in the meantime
		for wait := 100 * time.Millisecond; ; wait = min(2*wait, capTimeout) {
			result, err = askWorkflow(ctx, temporalClient, id, requests)
			if _, refused := errors.AsType[*temporal.ApplicationError](err); err == nil || refused {
				return result, err
			}
			if sleep(ctx, wait) != nil {
				return result, fmt.Errorf("ask %s: %w", sms.CapsID, err)
			}
		}
	}
}

// askWorkflow sends requests to CapsSmsWorkflow, which it starts if necessary.
func askWorkflow(ctx context.Context, temporalClient client.Client, id string, requests []sms.CapTake) (result sms.TakeCapsResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, capTimeout)
	defer cancel()
	handle, err := temporalClient.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: temporalClient.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: sms.CapsID, TaskQueue: sms.TaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			StaticSummary: "Counts messages for SEND_CAPS",
			// If a worker dies while processing the count, another
			// takes over after this time.
			WorkflowTaskTimeout: 2 * time.Second,
		}, sms.CapsSmsWorkflowName, sms.CapsSmsInput{}),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: id, UpdateName: sms.TakeCapsUpdate, Args: []any{sms.TakeCapsInput{Takes: requests}}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return result, err
	}
	if err := handle.Get(ctx, &result); err != nil {
		return result, err
	}
	if len(result.Taken) != len(requests) {
		return result, temporal.NewNonRetryableApplicationError(fmt.Sprintf("%s returned %d answers to %d requests", sms.CapsID, len(result.Taken), len(requests)), "", nil)
	}
	return result, nil
}

// capCount sends one update at a time, containing all requests that arrived
// during the previous one, because Temporal limits the updates in flight for a
// workflow.
type capCount struct {
	mu      sync.Mutex
	waiting []*capWait
	asking  bool
}

// reservation is how many messages were reserved, and when, by the clock of
// CapsSmsWorkflow.
type reservation struct {
	count int
	at    int64
}

// capWait is a request waiting for its answer.
type capWait struct {
	request sms.CapTake
	done    chan struct{}
	answer  reservation
	err     error
	// left is true if the caller has stopped waiting for the answer.
	left bool
}

// reserve sends a request and waits for the answer. Messages that are reserved
// after it has stopped waiting are given back.
func (c *capCount) reserve(ctx context.Context, count counting, request sms.CapTake) (reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, capTimeout)
	defer cancel()
	w := c.enqueue(count, request)
	select {
	case <-w.done:
		return w.answer, w.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w.left = true
	c.waiting = slices.DeleteFunc(c.waiting, func(other *capWait) bool { return other == w })
	select {
	case <-w.done: // the answer has just arrived
		return w.answer, w.err
	default:
		return reservation{}, ctx.Err()
	}
}

// enqueue adds a request to the next update.
func (c *capCount) enqueue(count counting, request sms.CapTake) *capWait {
	w := &capWait{request: request, done: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, w)
	if !c.asking {
		c.asking = true
		go c.ask(count)
	}
	return w
}

// ask sends updates until no requests are waiting.
func (c *capCount) ask(count counting) {
	for {
		c.mu.Lock()
		now := c.waiting
		c.waiting = nil
		if c.asking = len(now) > 0; !c.asking {
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		requests := make([]sms.CapTake, len(now))
		for i, w := range now {
			requests[i] = w.request
		}
		// This update has no timeout because an abandoned update may
		// still be counted.
		result, err := count(context.Background(), requests)
		c.answer(now, result, err)
	}
}

// answer delivers the answers. Messages that were reserved for a caller that
// has stopped waiting are given back ahead of the next requests.
func (c *capCount) answer(waits []*capWait, result sms.TakeCapsResult, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var late []*capWait
	for i, w := range waits {
		if w.err = err; err == nil {
			w.answer = reservation{result.Taken[i], result.At}
		}
		if w.left && w.answer.count > 0 {
			back := &capWait{request: w.request, done: make(chan struct{})}
			back.request.Count, back.request.At = -w.answer.count, w.answer.at
			late = append(late, back)
		}
		close(w.done)
	}
	c.waiting = append(late, c.waiting...)
}
