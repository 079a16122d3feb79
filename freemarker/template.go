package freemarker

// The API of the package: parsing and rendering templates.

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"temporal-twilio/freemarker/internal/javatext/dateformat"
)

// Template is a parsed template. It can be rendered any number of times, and
// concurrently.
type Template struct {
	name     string
	root     rootNode
	limits   *Limits
	settings *settingsState
}

// Option is an option of Parse. It changes how the template is parsed and
// rendered.
type Option func(*Template)

// WithLocale sets the locale, such as "de", "pt_BR" or "pt-BR". It determines
// how numbers and dates are formatted and how strings are compared. Optional:
// default en_US.
func WithLocale(name string) Option {
	return func(t *Template) {
		s := newSettings(strings.ReplaceAll(name, "-", "_"), "UTC")
		s.zone = t.settings.zone
		t.settings = &s
	}
}

// WithTimeZone sets the time zone, such as "Europe/Berlin" or "GMT+02:00". An
// unknown name means GMT. Optional: default UTC.
func WithTimeZone(name string) Option {
	return func(t *Template) {
		s := *t.settings
		s.zone = parseZoneSetting(name)
		t.settings = &s
	}
}

// IsLocale reports whether a name has the form of a locale. A locale for which
// the JDK has no data behaves like the root locale.
func IsLocale(name string) bool { return localeName.MatchString(name) }

var localeName = regexp.MustCompile(`^[A-Za-z]{2,3}([_-][A-Za-z]{2}([_-][A-Za-z0-9]{1,8})?)?$`)

// IsTimeZone reports whether a name is a known time zone. An unknown name means
// GMT.
func IsTimeZone(name string) bool {
	_, ok := dateformat.LoadZoneStrict(name)
	return ok
}

// WithLimits sets limits. Those that are zero keep their defaults.
func WithLimits(l Limits) Option {
	l = l.withDefaults()
	return func(t *Template) { t.limits = &l }
}

var defaultSettings = newSettings("en_US", "UTC")

// Parse parses a template. The name is used only as the value of the special
// variable .template_name. The error is a *ParseError.
func Parse(name, source string, opts ...Option) (*Template, error) {
	t := &Template{name: name, settings: &defaultSettings, limits: &defaultLimits}
	for _, o := range opts {
		o(t)
	}
	if err := t.parse(source, &lexical{format: formatUndefined, began: escaping{format: formatUndefined}}, false); err != nil {
		return nil, err
	}
	return t, nil
}

var defaultLimits = Limits{}.withDefaults()

func (t *Template) parse(source string, lex *lexical, dynamic bool) (err error) {
	return parseTemplate(&t.root, source, t.limits, lex, dynamic)
}

var envs = sync.Pool{New: func() any { return newEnv() }}

func newEnv() *env {
	none := namespace{placed: &noNames}
	return &env{out: make([]byte, 0, 1024), ns: none, globals: none}
}

// Render renders the template with a model, which must be a Map. The rendering
// ends when the context does. The error is a *RenderError. If it is not nil,
// the text is empty.
func (t *Template) Render(ctx context.Context, model Value) (string, error) {
	return t.RenderAt(ctx, model, time.Time{})
}

// RenderAt is like Render, but with the given time as .now, so that the same
// time and model always produce the same text. The zero time means the current
// time.
func (t *Template) RenderAt(ctx context.Context, model Value, now time.Time) (text string, err error) {
	defer func() { recovered(&err, recover()) }()
	e := envs.Get().(*env)
	e.reset(ctx, t, model)
	if !now.IsZero() {
		e.now = now
	}
	if err = e.process(t); err != nil {
		return "", err
	}
	text = wellFormed(string(e.out))
	e.release()
	return text, nil
}

// recovered converts a panic, which is a bug in this package, into an error.
func recovered(err *error, r any) {
	if r != nil {
		*err = newError(KindOther, pos{}, fmt.Sprint("internal error: ", r))
	}
}

// reset prepares an environment for a rendering.
func (e *env) reset(ctx context.Context, t *Template, model Value) {
	e.ctx, e.template, e.model = ctx, t, model
	e.limits, e.settings = t.limits, t.settings
	e.memory, e.callsLeft = t.limits.Memory, t.limits.CallDepth
	e.stepsLeft, e.steps = checkEvery, checkEvery
	if len(t.root.vars.names) > 0 {
		e.ns.reset(&t.root.vars)
	}
}

// release makes an environment available for another rendering. It must not be
// called if this rendering has failed. Only buffers and compiled formats are
// reused.
func (e *env) release() {
	e.out = e.out[:0]
	if cap(e.out) > 64<<10 {
		e.out = make([]byte, 0, 1024)
	}
	if len(e.ns.vals) > 0 {
		e.ns.clear()
	}
	if len(e.globals.vals) > 0 {
		e.globals.clear()
	}
	if cap(e.args) > 0 {
		clear(e.args[:cap(e.args)])
		e.args = e.args[:0]
	}
	for _, c := range e.ctxs {
		if c.def == nil {
			break // the rest has not been used
		}
		c.def = nil
	}
	e.ctx, e.model, e.template, e.settings, e.limits, e.format = nil, Value{}, nil, nil, nil, nil
	if e.moved != nil {
		e.moved = nil
	}
	if !e.returned.missing() {
		e.returned = Value{}
	}
	if !e.started.IsZero() {
		e.started = time.Time{}
	}
	if !e.now.IsZero() {
		e.now = time.Time{}
	}
	envs.Put(e)
}

func (e *env) process(t *Template) error {
	if e.model.kind != kMap {
		return otherError(pos{}, "the data model must be a map")
	}
	if err := e.checkContext(); err != nil {
		return err
	}
	e.charge(len(t.root.macros))
	for _, m := range t.root.macros {
		e.defineMacro(m.def)
	}
	err := t.root.node.exec(e)
	if err == nil && e.failed != nil {
		return e.failed
	}
	if isJump(err) {
		return otherError(t.root.node.base().pos, err.Error())
	}
	return err
}
