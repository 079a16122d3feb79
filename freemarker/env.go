package freemarker

// The state of a rendering: output, variables, settings and accounting.

import (
	"context"
	"errors"
	"strings"
	"time"

	"temporal-twilio/freemarker/internal/javatext/dateformat"
)

// env is the environment in which a template runs.
type env struct {
	ctx       context.Context
	out       []byte
	stepsLeft int
	top       *frame                          // the innermost loop, lambda or nested content
	macro     *macroCtx                       // the macro or function that is running
	quiet     bool                            // errors about missing values need no details
	callsLeft int                             // how many more calls may be nested inside the current one
	format    *formats                        // how values are formatted; shared until a setting changes
	moved     map[movedKey]*dateformat.Format // date formats that keep a zone they have parsed

	ns       namespace // what #assign, #macro and #function have set
	globals  namespace
	model    Value
	steps    int64
	memory   int64
	limits   *Limits
	started  time.Time
	now      time.Time // the value of .now; zero means the current time
	failed   error     // the error of the limit that was exceeded
	returned Value     // the value of #return
	errors   []error
	freed    *frame
	ctxs     []*macroCtx    // the contexts of the running calls, followed by spare ones
	running  int            // how many of ctxs are in use
	settings *settingsState // shared with the template until #setting changes it
	template *Template
	recentFormats
	args []Value // a stack of arguments of built-ins
}

// frame holds the variables of a loop iteration, a lambda or nested content.
type frame struct {
	outer      *frame
	kind       frameKind
	visible    bool // the loop variables exist
	hasNext    bool
	entered    bool // #items has run
	index      int
	var1, var2 string
	val1, val2 Value
	params     []string
	vals       []Value
	loop       *loopState
}

type frameKind uint8

const (
	frameLoop frameKind = iota
	frameLambda
	frameNested
)

// push makes a new innermost frame.
func (e *env) push(k frameKind) *frame {
	f := e.freed
	if f != nil {
		e.freed = f.outer
	} else {
		f = &frame{}
	}
	f.kind = k
	f.outer = e.top
	e.top = f
	return f
}

// pop removes the innermost frame, which must be f.
func (e *env) pop(f *frame) {
	e.top = f.outer
	*f = frame{outer: e.freed}
	e.freed = f
}

// macroCtx is the context of a running macro or function.
type macroCtx struct {
	def    *macroDef
	locals []Value
	inline [4]Value // memory for locals

	extras      bool   // whether a field below is set, or locals is not inline
	content     []node // nested content of the call
	params      []string
	hasParams   bool
	callerFrame *frame
	caller      *macroCtx
	args        Value // .args
}

var (
	errBreak    = errors.New("#break outside a loop or #switch")
	errContinue = errors.New("#continue outside a loop")
	errReturn   = errors.New("#return outside a macro or function")
)

func isJump(err error) bool { return err == errBreak || err == errContinue || err == errReturn }

// variable looks up a name for code whose scope was unknown when it was parsed.
func (e *env) variable(name string) (Value, error) {
	v, hidden := e.frameVariable(e.top, name)
	if !v.missing() || hidden {
		return v, nil
	}
	if e.macro != nil {
		if v := e.macro.local(name); !v.missing() {
			return v, nil
		}
	}
	return e.nonLocal(name)
}

// local returns the value of a local variable of a macro.
func (m *macroCtx) local(name string) Value {
	if i := m.def.slots.find(name); i >= 0 {
		return m.locals[i]
	}
	return Value{}
}

// localVariable looks up a name, but only among local variables.
func (e *env) localVariable(name string) Value {
	v, hidden := e.frameVariable(e.top, name)
	if v.missing() && !hidden && e.macro != nil {
		return e.macro.local(name)
	}
	return v
}

// frameVariable looks up a name in f and the frames around it. A lambda
// parameter that is null hides outer variables, but a loop variable that is
// null does not.
func (e *env) frameVariable(f *frame, name string) (v Value, hidden bool) {
	for ; f != nil; f = f.outer {
		e.stepsLeft--
		switch f.kind {
		case frameLoop:
			v = f.loopVariable(name)
		default:
			v = Value{}
			for i, p := range f.params {
				if p == name {
					v = f.vals[i]
					if f.kind == frameLambda {
						return v, true
					}
				}
			}
		}
		if !v.missing() {
			return v, false
		}
	}
	return Value{}, false
}

func (f *frame) loopVariable(name string) Value {
	if !f.visible {
		return Value{}
	}
	if strings.HasPrefix(name, f.var1) {
		switch name[len(f.var1):] {
		case "":
			return f.val1
		case "_index":
			return Value{num: int64(f.index), kind: kInt}
		case "_has_next":
			return Bool(f.hasNext)
		}
	}
	if f.var2 != "" && name == f.var2 {
		return f.val2
	}
	return Value{}
}

// namespace returns the template's namespace as a value.
func (e *env) namespace() Value { return Value{ref: &e.ns, kind: kNamespace} }

// nonLocal looks up a name in the namespace, the globals and the data model.
func (e *env) nonLocal(name string) (Value, error) {
	if len(e.ns.vals) > 0 {
		if v := e.ns.lookup(name); !v.missing() {
			return v, nil
		}
	}
	return e.global(name)
}

func (e *env) global(name string) (Value, error) {
	if len(e.globals.vals) > 0 {
		if v := e.globals.lookup(name); !v.missing() {
			return v, nil
		}
	}
	return e.modelVariable(name)
}

// modelVariable looks up a name in the data model.
func (e *env) modelVariable(name string) (Value, error) {
	if e.model.kind == kMap {
		if v := e.model.ref.(*hashMap).lookup(name); !v.missing() {
			return v, nil
		}
	}
	return *shared(name), nil
}

// findLoop returns the innermost loop or, if name is not "", the innermost loop
// with that variable.
func (e *env) findLoop(name string) *frame {
	for f := e.top; f != nil; f = f.outer {
		e.stepsLeft--
		if f.kind == frameLoop && (name == "" || f.visible && (f.var1 == name || f.var2 == name)) {
			return f
		}
	}
	return nil
}

// write appends text to the output.
func (e *env) write(s string) error {
	e.stepsLeft -= len(s) >> 6
	e.out = append(e.out, s...)
	return e.checkOutput()
}

// capture runs body and returns what it prints, as a string.
func (e *env) capture(body func() error) (string, error) {
	start := len(e.out)
	err := body()
	var s string
	if err == nil {
		s = joinHalves(string(e.out[start:]))
		err = e.grow(len(s))
	}
	e.out = e.out[:start]
	return s, err
}

// run executes nodes in order. Each node counts as a step.
func (e *env) run(kids []node) error {
	for _, k := range kids {
		if e.stepsLeft--; e.stepsLeft < 0 {
			if err := e.nextSteps(); err != nil {
				return err
			}
		}
		if err := k.exec(e); err != nil {
			return err
		}
	}
	return nil
}
