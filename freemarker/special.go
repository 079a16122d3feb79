package freemarker

// The special variables, such as .now; the directives that always exist, such
// as <@compress>; and values that play several roles.

import (
	"strings"
	"time"
)

// specialVariables holds the special variables by name.
var specialVariables map[string]func(e *env, n *specialNode) (Value, error)

func init() {
	specialVariables = map[string]func(e *env, n *specialNode) (Value, error){}
	def := func(f func(e *env, n *specialNode) (Value, error), names ...string) {
		for _, name := range names {
			specialVariables[name] = f
		}
	}
	text := func(f func(e *env) string) func(e *env, n *specialNode) (Value, error) {
		return func(e *env, _ *specialNode) (Value, error) { return String(f(e)), nil }
	}
	none := func(*env, *specialNode) (Value, error) { return Value{}, nil }

	def(nil, "output_format", "outputFormat", "auto_esc", "autoEsc") // known at parse time
	def(specialArgs, "args")
	def(func(e *env, n *specialNode) (Value, error) {
		if e.macro == nil {
			return Value{}, otherError(n.pos, ".%s exists only inside a macro or function", n.name)
		}
		return String(e.template.name), nil
	}, "caller_template_name", "callerTemplateName")
	def(none, "current_node", "currentNode", "node")
	def(text(func(e *env) string { return e.template.name }),
		"template_name", "templateName", "main_template_name", "mainTemplateName",
		"current_template_name", "currentTemplateName")
	def(func(e *env, _ *specialNode) (Value, error) { return object0(&modelHash{e}), nil },
		"data_model", "dataModel")
	def(specialError, "error")
	def(func(*env, *specialNode) (Value, error) { return object0(&optionalTemplate{}), nil },
		"get_optional_template", "getOptionalTemplate")
	def(func(e *env, _ *specialNode) (Value, error) { return object0(&globalsHash{e}), nil }, "globals")
	def(text(func(*env) string { return "2.3.31" }),
		"version", "incompatible_improvements", "incompatibleImprovements")
	def(text(func(e *env) string { return e.settings.locale.Language }), "lang")
	def(text(func(e *env) string { return e.settings.locale.String() }), "locale")
	def(func(e *env, _ *specialNode) (Value, error) { return object0(&localeObject{}), nil },
		"locale_object", "localeObject")
	def(specialLocals, "locals")
	def(func(e *env, _ *specialNode) (Value, error) { return e.namespace(), nil }, "main", "namespace")
	def(func(e *env, _ *specialNode) (Value, error) {
		now := e.now
		if now.IsZero() {
			now = time.Now()
		}
		return dateValue(now.UnixMilli(), dateDateTime), nil
	}, "now")
	def(func(*env, *specialNode) (Value, error) {
		return Value{ref: &macroValue{def: passMacro}, kind: kMacro}, nil
	}, "pass")
	def(text(func(e *env) string { return e.settings.zone.ID() }), "time_zone", "timeZone")
	def(func(e *env, _ *specialNode) (Value, error) { return optionalString(e.settings.encoding), nil },
		"output_encoding", "outputEncoding")
	def(func(e *env, _ *specialNode) (Value, error) { return optionalString(e.settings.urlCharset), nil },
		"url_escaping_charset", "urlEscapingCharset")
	def(func(e *env, _ *specialNode) (Value, error) { return object0(&varsHash{e}), nil }, "vars")
}

func object0(o object) Value { return Value{ref: o, kind: kObject} }

func optionalString(s string) Value {
	if s == "" {
		return Value{}
	}
	return String(s)
}

func (n *specialNode) eval(e *env) (Value, error) {
	if !n.fixed.missing() {
		return n.fixed, nil
	}
	if err := e.step(); err != nil {
		return Value{}, err
	}
	return specialVariables[n.name](e, n)
}

func specialArgs(e *env, n *specialNode) (Value, error) {
	if e.macro == nil || e.macro.args.missing() {
		return Value{}, otherError(n.pos, ".args has no value here")
	}
	return e.macro.args, nil
}

func specialError(e *env, n *specialNode) (Value, error) {
	if len(e.errors) == 0 {
		return Value{}, otherError(n.pos, ".error exists only inside #recover")
	}
	return String(e.errors[len(e.errors)-1].Error()), nil
}

// specialLocals returns the current values of the local variables.
func specialLocals(e *env, _ *specialNode) (Value, error) {
	if e.macro == nil {
		return Value{}, nil
	}
	ns := &namespace{placed: &noNames}
	for i, name := range e.macro.def.slots.names {
		if v := e.macro.locals[i]; !v.missing() {
			ns.set(-1, name, v)
		}
	}
	return Value{ref: ns, kind: kNamespace}, e.growList(len(ns.vals))
}

// optionalTemplate is the value of .get_optional_template: a method that never
// finds a template.
type optionalTemplate struct{}

func (*optionalTemplate) abilities() ability { return aMethod }

func (*optionalTemplate) wantsStrings() bool { return false }

func (*optionalTemplate) call(e *env, at pos, args []Value) (Value, error) {
	if len(args) < 1 || len(args) > 2 || !args[0].can(aString) {
		return Value{}, otherError(at, ".get_optional_template needs the name of a template")
	}
	if len(args) == 2 {
		if !args[1].can(aHashEx) {
			return Value{}, otherError(at, "argument 2 of .get_optional_template must be a hash")
		}
		h := args[1].ref.(hashEx)
		vals, err := h.values(e)
		if err != nil {
			return Value{}, err
		}
		for i, k := range h.keys(e) {
			s, v := k.str(), vals[i]
			if !(s == "parse" && v.can(aBoolean)) && !(s == "encoding" && v.can(aString)) {
				return Value{}, otherError(at, ".get_optional_template has no such option")
			}
		}
	}
	m := newHashMap(1)
	m.set("exists", Bool(false))
	return Value{ref: m, kind: kMap}, nil
}

// modelHash is the value of .data_model.
type modelHash struct{ e *env }

func (*modelHash) abilities() ability { return aHash | aHashEx }

func (h *modelHash) get(e *env, key string) (Value, error) { return e.modelVariable(key) }
func (h *modelHash) hashSize() int                         { return h.e.model.ref.(hashEx).hashSize() }
func (h *modelHash) keys(e *env) []Value                   { return e.model.ref.(hashEx).keys(e) }
func (h *modelHash) values(e *env) ([]Value, error)        { return e.model.ref.(hashEx).values(e) }

// globalsHash is the value of .globals.
type globalsHash struct{ e *env }

func (*globalsHash) abilities() ability { return aHash }

func (h *globalsHash) get(e *env, key string) (Value, error) { return e.global(key) }

// varsHash is the value of .vars.
type varsHash struct{ e *env }

func (*varsHash) abilities() ability { return aHash }

func (h *varsHash) get(e *env, key string) (Value, error) { return e.variable(key) }

// localeObject is the value of .locale_object, a Java object that templates
// cannot inspect here.
type localeObject struct{}

func (*localeObject) abilities() ability { return aHash | aHashEx | aString | aAPI }

func (*localeObject) get(*env, string) (Value, error) { return Value{}, nil }
func (*localeObject) hashSize() int                   { return 0 }
func (*localeObject) keys(*env) []Value               { return nil }
func (*localeObject) values(*env) ([]Value, error)    { return nil, nil }
func (*localeObject) asString(e *env) (string, error) { return e.settings.locale.String(), nil }

// nothing is the result of x! and ?if_exists for a missing value: an empty
// string, sequence and hash and, for ?if_exists, also false and a method.
type nothing struct{ a ability }

func (n *nothing) abilities() ability { return n.a }

func (*nothing) asString(*env) (string, error)          { return "", nil }
func (*nothing) asBool(*env) (bool, error)              { return false, nil }
func (*nothing) size(*env) (int, error)                 { return 0, nil }
func (*nothing) at(*env, int) (Value, error)            { return Value{}, nil }
func (*nothing) get(*env, string) (Value, error)        { return Value{}, nil }
func (*nothing) hashSize() int                          { return 0 }
func (*nothing) keys(*env) []Value                      { return nil }
func (*nothing) values(*env) ([]Value, error)           { return nil, nil }
func (*nothing) call(*env, pos, []Value) (Value, error) { return Value{}, nil }
func (*nothing) wantsStrings() bool                     { return false }

var (
	emptyDefault = object0(&nothing{aString | aSequence | aHash | aHashEx})
	nothingValue = object0(&nothing{aString | aSequence | aHash | aHashEx | aBoolean | aMethod})
)

// sharedVariables are the variables that exist although the model does not
// contain them.
var sharedVariables = map[string]*Value{
	"capture_output":     new(object0(&captureTransform{})),
	"compress":           new(object0(&compressTransform{})),
	"html_escape":        new(object0(&textTransform{htmlTransformReplacer.Replace})),
	"normalize_newlines": new(object0(&textTransform{normalizeNewlines})),
	"xml_escape":         new(object0(&textTransform{xmlReplacer.Replace})),
}

// shared returns a shared variable, or a missing value. The caller must not
// modify the result.
func shared(name string) *Value {
	if v := sharedVariables[name]; v != nil {
		return v
	}
	return &missingValue
}

var missingValue Value

var htmlTransformReplacer = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;")

// textTransform rewrites the whole text of its body.
type textTransform struct{ rewrite func(string) string }

func (*textTransform) abilities() ability { return aDirective }

func (t *textTransform) run(e *env, _ pos, _ []namedValue, body func() error) error {
	start := len(e.out)
	err := body()
	if err != nil && !isJump(err) {
		return err
	}
	if err := e.work(16 * (len(e.out) - start)); err != nil {
		return err
	}
	text := t.rewrite(string(e.out[start:]))
	e.out = append(e.out[:start], text...)
	if err == nil {
		err = e.checkOutput()
	}
	return err
}

func normalizeNewlines(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return strings.TrimPrefix(s, "\n")
}

type compressTransform struct{}

func (*compressTransform) abilities() ability { return aDirective }

func (*compressTransform) run(e *env, at pos, args []namedValue, body func() error) error {
	single := false
	for _, a := range args {
		switch {
		case a.name == "single_line" && !a.val.missing():
			if a.val.kind != kBool {
				return otherError(at, "single_line must be a boolean")
			}
			single = a.val.bool()
		case a.name == "buffer_size" && !a.val.missing() && !a.val.isNumber():
			return otherError(at, "buffer_size must be a number")
		}
	}
	t := &textTransform{func(s string) string { return compress(s, single) }}
	return t.run(e, at, nil, body)
}

// compress removes white space at both ends. It replaces every other run of
// white space by a line break, if the run contains one and singleLine is not
// set, and by a space otherwise.
func compress(s string, singleLine bool) string {
	const (
		atStart = iota
		single
		space
		sawCR
		breakCR
		breakCRLF
		breakLF
	)
	fresh := space
	if singleLine {
		fresh = single
	}
	out := make([]byte, 0, len(s))
	state, pending := atStart, true
	for i := 0; i < len(s); {
		r, n := decodeUnit(s[i:])
		if !isJavaSpace(r) {
			if pending {
				pending = false
				switch state {
				case sawCR, breakCR:
					out = append(out, '\r')
				case breakCRLF:
					out = append(out, "\r\n"...)
				case breakLF:
					out = append(out, '\n')
				case space, single:
					out = append(out, ' ')
				}
				state = fresh
			}
			out = append(out, s[i:i+n]...)
			i += n
			continue
		}
		pending = true
		switch {
		case state == space && r == '\r':
			state = sawCR
		case state == space && r == '\n':
			state = breakLF
		case state == sawCR && r == '\n':
			state = breakCRLF
		case state == sawCR:
			state = breakCR
		}
		i += n
	}
	return string(out)
}

// captureTransform puts the text of its body into a variable.
type captureTransform struct{}

func (*captureTransform) abilities() ability { return aDirective }

func (*captureTransform) run(e *env, at pos, args []namedValue, body func() error) error {
	var name, ns Value
	scope := scopeNamespace
	for _, want := range []struct {
		name  string
		scope assignScope
	}{{"var", scopeNamespace}, {"local", scopeLocal}, {"global", scopeGlobal}} {
		for _, a := range args {
			if a.name == want.name && name.missing() {
				name, scope = a.val, want.scope
			}
			if a.name == "namespace" {
				ns = a.val
			}
		}
	}
	if name.kind != kString || len(args) > 2 || len(args) == 2 && (ns.kind != kNamespace || scope != scopeNamespace) {
		return otherError(at, "capture_output needs one of the arguments var, local and global")
	}
	s, err := e.capture(body)
	if err != nil {
		return err
	}
	target, _ := e.targetNamespace(scope, nil)
	if ns.kind == kNamespace {
		target = ns.ref.(*namespace)
	}
	slot := int32(-1)
	if scope == scopeLocal && e.macro != nil {
		slot = e.macro.def.slots.find(name.str())
	}
	return e.assign(at, target, slot, name.str(), String(s))
}
