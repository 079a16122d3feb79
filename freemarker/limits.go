package freemarker

// The limits of a template and its renderings, and how the interpreter enforces
// them.

import (
	"errors"
	"math"
	"time"
)

// Limits bounds what a template may cost. A zero field means its default.
// Exceeding a limit while parsing is a *ParseError with Limit set; while
// rendering it is a *RenderError of KindLimit, which no template can catch.
type Limits struct {
	// Time is how long a rendering may take. Default one second.
	Time time.Duration
	// SourceBytes is the maximum length in bytes of a template, and of each
	// piece of code for ?eval and ?interpret. Default 256 KiB.
	SourceBytes int
	// Nesting is how deeply expressions and directives may be nested in the
	// source. Default 150.
	Nesting int
	// CallDepth is how deeply macros, functions, nested content, ?eval and
	// ?interpret may be nested at run time. Default 500.
	CallDepth int
	// Steps is the maximum number of elementary steps of a rendering: expressions,
	// directives, loop iterations, and one for every 64 bytes that a built-in
	// processes. Default 10 million, about half a second.
	Steps int64
	// OutputBytes is the maximum length of the output, in bytes. Default 2 MiB.
	OutputBytes int
	// StringBytes is the maximum length of an intermediate string, in bytes.
	// Default 256 KiB.
	StringBytes int
	// ListItems is the maximum length of a list that a template builds or
	// converts from a range. Default 100,000.
	ListItems int
	// Memory is the maximum total size of all strings, lists and hashes that a
	// rendering builds, including those that it no longer holds. Default 64
	// MiB.
	Memory int64
	// NumberDigits is the maximum number of decimal digits of a number. Default
	// 1,000.
	NumberDigits int
}

// DefaultLimits returns the limits of a template that is parsed without
// WithLimits.
func DefaultLimits() Limits { return defaultLimits }

func (l Limits) withDefaults() Limits {
	set := func(p *int, d int) {
		if *p <= 0 {
			*p = d
		}
	}
	set(&l.SourceBytes, 256<<10)
	set(&l.Nesting, 150)
	set(&l.CallDepth, 500)
	set(&l.OutputBytes, 2<<20)
	set(&l.StringBytes, 256<<10)
	set(&l.ListItems, 100_000)
	set(&l.NumberDigits, 1000)
	if l.Time <= 0 {
		l.Time = time.Second
	}
	if l.Steps <= 0 {
		l.Steps = 10_000_000
	}
	if l.Memory <= 0 {
		l.Memory = 64 << 20
	}
	return l
}

// checkEvery is the number of steps between two checks of the clock and the context.
const checkEvery = 2048

// step counts one step.
func (e *env) step() error {
	e.stepsLeft--
	if e.stepsLeft < 0 {
		return e.nextSteps()
	}
	return nil
}

// work counts the steps of processing n bytes: one for every 64.
func (e *env) work(n int) error {
	e.stepsLeft -= n>>6 + 1
	if e.stepsLeft < 0 {
		return e.nextSteps()
	}
	return nil
}

// nextSteps checks the number of steps, the time and the context, and grants
// more steps. Steps beyond the last grant also count.
func (e *env) nextSteps() error {
	e.steps += checkEvery - int64(e.stepsLeft)
	e.stepsLeft = checkEvery
	if e.failed != nil {
		return e.failed
	}
	if e.steps > e.limits.Steps {
		return e.limitError("the rendering takes too many steps")
	}
	return e.checkClock()
}

// charge counts the steps of an operation that cannot fail, or whose limit is
// checked elsewhere.
func (e *env) charge(n int) { e.stepsLeft -= n }

// checkClock checks the time and the context.
func (e *env) checkClock() error {
	if time.Since(e.begin()) > e.limits.Time {
		return e.limitError("the rendering takes too long")
	}
	return e.checkContext()
}

// begin returns the time at which the rendering started. That is the time of
// the first call of begin, so that short renderings need not read the clock.
func (e *env) begin() time.Time {
	if e.started.IsZero() {
		e.started = time.Now()
	}
	return e.started
}

// clock is the context of operations within a rendering. It ends with the
// context of the rendering, or when the rendering's time is up.
type clock struct{ e *env }

var errOverdue = errors.New("the rendering takes too long")

func (c clock) Deadline() (time.Time, bool) {
	end := c.e.begin().Add(c.e.limits.Time)
	if d, ok := c.e.ctx.Deadline(); ok && d.Before(end) {
		end = d
	}
	return end, true
}

func (c clock) Done() <-chan struct{} { return c.e.ctx.Done() }

func (c clock) Err() error {
	if err := c.e.ctx.Err(); err != nil {
		return err
	}
	if !c.e.started.IsZero() && time.Since(c.e.started) > c.e.limits.Time {
		return errOverdue
	}
	return nil
}

func (c clock) Value(key any) any { return c.e.ctx.Value(key) }

// slow counts the steps of a slow operation, such as compiling a pattern, and
// checks the clock.
func (e *env) slow() error { return e.work(checkEvery << 6) }

func (e *env) checkContext() error {
	if err := e.ctx.Err(); err != nil {
		return e.contextError(err)
	}
	return nil
}

func (e *env) contextError(err error) error {
	le := newError(KindLimit, pos{}, "the rendering was stopped: "+err.Error())
	le.cause = err
	e.failed = le
	return le
}

func (e *env) limitError(msg string) error {
	err := newError(KindLimit, pos{}, msg)
	e.failed = err
	return err
}

// grow counts the memory of a new string of n bytes, and checks the limits.
func (e *env) grow(n int) error {
	if n > e.limits.StringBytes {
		return e.limitError("a string is too long")
	}
	return e.alloc(n)
}

// alloc counts n bytes of memory, and checks the limit.
func (e *env) alloc(n int) error {
	e.memory -= int64(n)
	if e.memory < 0 {
		return e.limitError("the rendering takes too much memory")
	}
	if n > 1024 {
		return e.work(n)
	}
	return nil
}

const valueBytes = 40 // the memory of one element of a list

// growList counts the memory of a new list of n items, and checks the limits.
func (e *env) growList(n int) error {
	if n > e.limits.ListItems {
		return e.limitError("a list is too long")
	}
	return e.alloc(n * valueBytes)
}

// enter counts a call nested inside the current one.
func (e *env) enter() error {
	e.callsLeft--
	e.stepsLeft--
	if e.callsLeft < 0 || e.stepsLeft < 0 {
		return e.mayEnter()
	}
	return nil
}

// mayEnter returns an error if calls are nested too deeply, or if the rendering
// can take no more steps.
func (e *env) mayEnter() error {
	if e.callsLeft < 0 {
		return e.limitError("calls are nested too deeply")
	}
	return e.nextSteps()
}

func (e *env) leave() { e.callsLeft++ }

// checkOutput checks the limit of the output. It must be called after output
// has been written.
func (e *env) checkOutput() error {
	if len(e.out) > e.limits.OutputBytes {
		return e.limitError("the output is too long")
	}
	return nil
}

// checkDigits returns an error if a number would have too many digits after
// multiplying it by 10^shift.
func (e *env) checkDigits(v Value, shift int32) error {
	limit := e.limits.NumberDigits
	digits := 19
	if v.kind == kBigDec {
		digits = int(float64(v.unscaled().BitLen())*math.Log10(2)) + 1
		e.charge(digits >> 5)
	}
	if digits+int(max(shift, 0)) > limit+19 || int(v.scale) > limit || int(v.scale) < -limit {
		return e.limitError("a number has too many digits")
	}
	return nil
}
