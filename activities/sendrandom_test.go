package activities

// Tests sends under random faults, in simulated time: processes are killed,
// suspended and cut off from Temporal, some run an older version, and Twilio
// fails, lags and has a different clock.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/sms"
	"temporal-twilio/test/chaos/version0"
	"temporal-twilio/twilio"
)

var (
	seeds     = flag.Uint64("seeds", 10, "the number of random tests of sends, with and without an older version")
	firstSeed = flag.Uint64("first-seed", 1, "the seed of the first random test of sends")
)

// chance is a source of randomness. It is safe for concurrent use.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

// of returns true with the given probability, in percent.
func (c *chance) of(percent float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64()*100 < percent
}

// upTo returns a random duration from 0 to most.
func (c *chance) upTo(most time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.random.Int64N(int64(most) + 1))
}

// weather holds what all processes share: Twilio and the source of randomness.
type weather struct {
	*chance
	// mixed is true if some processes run an older version.
	mixed bool
	// skew is how far Twilio's clock is ahead, lag is how late a listing
	// shows a message, and slow limits each part of a request's duration.
	skew, lag, slow time.Duration

	mu sync.Mutex
	// messages lists Twilio's messages, oldest first.
	messages []twilio.Record
	// deaf is the time until which Twilio answers no listing.
	deaf time.Time
}

// create adds a message to those at Twilio.
func (w *weather) create(from, to, body string) sms.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := sms.Message{To: to, SID: fmt.Sprintf("SM%d", len(w.messages)), Status: sms.StatusQueued, Segments: 1}
	w.messages = append(w.messages, twilio.Record{Message: m, From: from, Body: body, Direction: "outbound-api", Created: time.Now().Add(w.skew).Truncate(time.Second)})
	return m
}

// process is a worker's process and, as a gateway, its connection to Twilio.
type process struct {
	gatewayFunc
	*weather
	older      bool
	activities *Activities

	mu sync.Mutex
	// heard is true once a response has shown Twilio's time.
	heard bool
	dead  bool
	// paused is the time until which the process is suspended.
	paused time.Time
}

func newProcess(w *weather) *process {
	p := &process{weather: w, older: w.mixed && w.of(40)}
	p.activities = &Activities{
		Accounts: map[string]Account{"": {Gateway: p, Pace: NewPace(Limits{Concurrency: 8})}},
		Renderer: NewFreeMarker("", ""),
		Record: func(ctx context.Context, details any) error {
			return ctx.Value(taskKey{}).(*task).record(ctx, details)
		},
		Settle: 1500 * time.Millisecond, Patience: 3 * time.Second, RecordFirst: w.mixed,
	}
	return p
}

var errDead = errors.New("the process is dead")

// here waits while the process is suspended. It returns errDead if the process
// has been killed.
func (p *process) here() error {
	for {
		p.mu.Lock()
		dead, rest := p.dead, time.Until(p.paused)
		p.mu.Unlock()
		if dead {
			return errDead
		}
		if rest <= 0 {
			return nil
		}
		time.Sleep(rest)
	}
}

func (p *process) Now() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Add(p.skew - 900*time.Millisecond), p.heard // a lower bound, as twilio.Client returns
}

func (p *process) hear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = true
}

func (p *process) Send(_ context.Context, d twilio.Draft) (m sms.Message, err error) {
	time.Sleep(p.upTo(p.slow))
	if err := p.here(); err != nil {
		return m, err
	}
	if err := d.Check(); err != nil {
		return m, err
	}
	time.Sleep(p.upTo(p.slow)) // from here on, the request arrives even if the process is killed
	fails := p.of(8)
	if !fails || p.of(40) {
		m = p.create(d.From, d.To, d.Body)
	}
	time.Sleep(p.upTo(p.slow))
	if err := p.here(); err != nil {
		return m, err
	}
	if !fails || p.of(50) {
		p.hear()
	}
	if fails {
		return sms.Message{}, unknownError(503)
	}
	return m, nil
}

func (p *process) List(ctx context.Context, q twilio.Query) (l twilio.Listing, err error) {
	time.Sleep(p.upTo(4 * p.slow))
	if err := p.here(); err != nil {
		return l, err
	}
	fails := p.of(7)
	w := p.weather
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if ctx.Err() != nil || fails || now.Before(w.deaf) {
		return l, &sms.Error{Code: sms.CodeConnection, Retryable: true, Message: "no answer"}
	}
	p.hear()
	for _, r := range slices.Backward(w.messages) {
		if now.Add(w.skew).Sub(r.Created) < w.lag || q.To != "" && r.To != q.To || q.From != "" && r.From != q.From || r.Created.Before(q.Since) {
			continue
		}
		if len(l.Records) == q.Limit {
			return l, nil
		}
		l.Records = append(l.Records, r)
	}
	l.Whole = true
	return l, nil
}

// activityState is the state of one send at Temporal.
type activityState struct {
	*weather
	input     sms.SendSmsInput
	id        string
	scheduled time.Time

	mu sync.Mutex
	// attempt is the number of the current attempt, and beat is when it
	// will start, or when its last heartbeat was.
	attempt int32
	beat    time.Time
	details json.RawMessage
	// away is the time until which Temporal cannot be reached.
	away   time.Time
	result *sms.SendSmsResult
}

// task is one attempt, which runs in a process.
type task struct {
	*activityState
	process *process
	number  int32
	began   time.Time
}

// taskKey is the key under which an activity's context holds the task.
type taskKey struct{}

// record stores heartbeat details at Temporal.
func (k *task) record(ctx context.Context, details any) error {
	if err := k.process.here(); err != nil {
		return err
	}
	k.mu.Lock()
	away := time.Until(k.away)
	k.mu.Unlock()
	if sleep(ctx, away+k.upTo(k.slow)) != nil {
		return context.DeadlineExceeded
	}
	data, err := json.Marshal(details)
	if err != nil {
		return err
	}
	if k.process.older {
		data = formerly(data)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.attempt != k.number || k.result != nil {
		return errors.New("activity not found")
	}
	k.beat, k.details = time.Now(), data
	return nil
}

// formerly removes from a record what version 0 did not record.
func formerly(data json.RawMessage) json.RawMessage {
	known, err := version0.Reduce(data)
	if err != nil {
		panic(err) // unreachable: a record is JSON
	}
	data, _ = json.Marshal(known)
	return data
}

// run runs the attempt, and reports its outcome to Temporal.
func (k *task) run(log *slog.Logger) {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(log))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&inTask{task: k}}})
	env.RegisterActivityWithOptions(k.process.activities.SendSms, activity.RegisterOptions{Name: sms.SendSmsName})
	encoded, err := env.ExecuteActivity(sms.SendSmsName, k.input)
	if k.process.here() != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.attempt != k.number || k.result != nil:
	case err == nil:
		k.result = &sms.SendSmsResult{}
		_ = encoded.Get(k.result) // if this fails, recipients are missing, which fails the test
	default:
		wait := 50 * time.Millisecond
		if e, ok := errors.AsType[*temporal.ApplicationError](err); ok {
			wait = max(wait, e.NextRetryDelay())
		}
		k.attempt++
		k.beat = time.Now().Add(wait)
	}
}

// inTask is an interceptor that gives an activity the attempt and the heartbeat
// details of its task.
type inTask struct {
	interceptor.WorkerInterceptorBase
	task *task
}

func (i *inTask) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &inboundTask{interceptor.ActivityInboundInterceptorBase{Next: next}, i.task}
}

type inboundTask struct {
	interceptor.ActivityInboundInterceptorBase
	task *task
}

func (i *inboundTask) Init(next interceptor.ActivityOutboundInterceptor) error {
	return i.Next.Init(&outboundTask{interceptor.ActivityOutboundInterceptorBase{Next: next}, i.task})
}

func (i *inboundTask) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	return i.Next.ExecuteActivity(context.WithValue(ctx, taskKey{}, i.task), in)
}

type outboundTask struct {
	interceptor.ActivityOutboundInterceptorBase
	task *task
}

const (
	// stormHeartbeat is the heartbeat timeout of a send, stormAttempt is
	// the timeout of an attempt, and stormTotal is the timeout of all
	// attempts together.
	stormHeartbeat = 1500 * time.Millisecond
	stormAttempt   = 2 * time.Minute
	stormTotal     = 30 * time.Minute
)

func (o *outboundTask) GetInfo(ctx context.Context) activity.Info {
	info, k := o.Next.GetInfo(ctx), o.task
	info.ActivityID, info.Attempt, info.HeartbeatTimeout = k.id, k.number, stormHeartbeat
	info.ScheduledTime, info.StartedTime, info.Deadline = k.scheduled, k.began, k.began.Add(stormAttempt)
	info.ScheduleToCloseTimeout, info.StartToCloseTimeout = stormTotal, stormAttempt
	info.RetryPolicy = &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 1}
	if k.process.older && !o.HasHeartbeatDetails(ctx) {
		info.Attempt = 1 // without details, version 0 considers every attempt the first
	}
	return info
}

func (o *outboundTask) HasHeartbeatDetails(context.Context) bool {
	o.task.mu.Lock()
	defer o.task.mu.Unlock()
	return o.task.details != nil
}

func (o *outboundTask) GetHeartbeatDetails(_ context.Context, details ...any) error {
	o.task.mu.Lock()
	data := o.task.details
	o.task.mu.Unlock()
	if o.task.process.older {
		data = formerly(data)
	}
	return json.Unmarshal(data, details[0])
}

// crew holds the processes that are currently running.
type crew struct {
	*weather
	mu  sync.Mutex
	all []*process
}

// one returns a random process.
func (c *crew) one() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[c.upTo(time.Duration(len(c.all)-1))]
}

// strike causes a random fault.
func (c *crew) strike(sends []*activityState) {
	victim := c.one()
	switch c.upTo(9) {
	case 0, 1, 2, 3: // a process is killed, and another one started
		victim.mu.Lock()
		victim.dead = true
		victim.mu.Unlock()
		c.mu.Lock()
		c.all[slices.Index(c.all, victim)] = newProcess(c.weather)
		c.mu.Unlock()
	case 4, 5, 6: // a process is suspended for longer than the heartbeat timeout
		victim.mu.Lock()
		victim.paused = time.Now().Add(stormHeartbeat + c.upTo(10*time.Second))
		victim.mu.Unlock()
	case 7: // Twilio answers no listing
		until := time.Now().Add(c.upTo(20 * time.Second))
		c.weather.mu.Lock()
		c.deaf = until
		c.weather.mu.Unlock()
	default: // Temporal is unreachable
		until := time.Now().Add(c.upTo(2 * stormHeartbeat))
		for _, s := range sends {
			s.mu.Lock()
			s.away = until
			s.mu.Unlock()
		}
	}
}

// serve starts attempts until one of them returns a result or the time is up.
func (s *activityState) serve(c *crew, log *slog.Logger, attempts *sync.WaitGroup) {
	s.scheduled, s.beat = time.Now(), time.Now()
	for started := int32(0); ; time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		silence := time.Since(s.beat)
		switch {
		case s.result != nil, time.Since(s.scheduled) > stormTotal:
			s.mu.Unlock()
			return
		case started == s.attempt && silence > stormHeartbeat:
			s.attempt++
			s.beat = time.Now()
		case started < s.attempt && silence >= 0:
			started, s.beat = s.attempt, time.Now()
			k := &task{activityState: s, process: c.one(), number: started, began: time.Now()}
			attempts.Go(func() { k.run(log) })
		}
		s.mu.Unlock()
	}
}

// every calls do at random intervals, averaging about interval, until over is
// closed.
func (w *weather) every(interval time.Duration, over <-chan struct{}, do func()) {
	for {
		select {
		case <-over:
			return
		case <-time.After(interval/10 + w.upTo(2*interval)):
			do()
		}
	}
}

// sendStorm sends lists while faults occur. If versions are mixed, other
// messages are also created in the account: older workers do not record how far
// the listing lags, so only newer messages can show it.
func sendStorm(t *testing.T, seed uint64, mixed bool) {
	t.Helper()
	w := &weather{chance: &chance{random: rand.New(rand.NewPCG(seed, 0))}, mixed: mixed}
	w.skew = []time.Duration{-90 * time.Second, 0, 90 * time.Second}[w.upTo(2)]
	w.lag, w.slow = w.upTo(6*time.Second), 10*time.Millisecond+w.upTo(100*time.Millisecond)
	c := &crew{weather: w, all: []*process{newProcess(w), newProcess(w)}}
	var sends []*activityState
	for n := range 6 {
		s := &activityState{weather: w, id: fmt.Sprint("list-", n), attempt: 1}
		s.input = sms.SendSmsInput{SmsFrom: "+15005550006", SmsBody: fmt.Sprintf("List %d", n)}
		for i := range 60 {
			s.input.SmsTo = append(s.input.SmsTo, sms.Recipient{To: fmt.Sprintf("+1500%04d%03d", n, i)})
		}
		sends = append(sends, s)
	}
	var (
		log                        bytes.Buffer
		lanes, attempts, happening sync.WaitGroup
		over                       = make(chan struct{})
		logger                     = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	)
	happening.Go(func() { w.every(1500*time.Millisecond, over, func() { c.strike(sends) }) })
	if mixed {
		happening.Go(func() {
			w.every(2*time.Second, over, func() { w.create("+15005550009", "+15005550001", "Something else") })
		})
	}
	for lane := range 2 {
		lanes.Go(func() {
			for n := lane; n < len(sends); n += 2 {
				sends[n].serve(c, logger, &attempts)
			}
		})
	}
	lanes.Wait()
	close(over)
	happening.Wait()
	attempts.Wait()

	texts := make(map[string]int)
	for _, r := range w.messages {
		texts[r.To]++
	}
	for _, s := range sends {
		if s.result == nil {
			t.Errorf("seed %d: %s: got no result after %d attempts", seed, s.id, s.attempt)
			continue
		}
		if told := len(s.result.Messages) + len(s.result.Errors); told != len(s.input.SmsTo) {
			t.Errorf("seed %d: %s: got %d outcomes, want %d", seed, s.id, told, len(s.input.SmsTo))
		}
		for _, e := range s.result.Errors {
			t.Errorf("seed %d: %s, attempt %d: got error %s for a recipient who got %d texts, want none: %s", seed, s.id, s.attempt, e.Code, texts[e.To], e.Message)
		}
		for _, to := range s.input.SmsTo {
			if texts[to.To] > 1 {
				t.Errorf("seed %d: %s: got %d texts to a recipient, want at most one", seed, s.id, texts[to.To])
			}
		}
	}
	if t.Failed() {
		t.Logf("seed %d: skew %s, lag %s, slow %s; the log:\n%s", seed, w.skew, w.lag, w.slow, log.String())
	}
}

func TestSendsSurviveRandomStorms(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		for seed := range *seeds {
			if synctest.Test(t, func(t *testing.T) { sendStorm(t, *firstSeed+seed, mixed) }); t.Failed() {
				return // one log is enough
			}
		}
	}
}
