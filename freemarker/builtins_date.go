package freemarker

// Built-ins for dates and times.

import (
	"strings"

	"temporal-twilio/freemarker/internal/javatext/dateformat"
)

func init() {
	for name, t := range map[string]dateType{"date": dateDate, "time": dateTime, "datetime": dateDateTime} {
		define(name, builtin{
			prepare: func(e *env, n *builtinNode) (Value, error) {
				v, err := prepareDate(e, n)
				if err == nil && v.kind == kString {
					err = e.checkDefaultDateFormat(n.pos, t)
				}
				if err != nil || !n.called || v.kind == kString {
					return v, err
				}
				d, err := convertDate(e, n, v, t)
				if err != nil {
					return d, err
				}
				return d, e.typeError(n, d, "a method")
			},
			strings: true, min: 0, max: 1,
			method: func(e *env, n *builtinNode, target Value, args []Value) (Value, error) {
				if len(args) == 0 {
					return e.parseDate(n.pos, target.str(), t, "", false)
				}
				return e.parseDate(n.pos, target.str(), t, args[0].str(), true)
			},
			alone: func(e *env, n *builtinNode, target Value) (Value, error) {
				if target.can(aDate) {
					return convertDate(e, n, target, t)
				}
				return object0(&dateParser{n: n, text: target.str(), t: t, settings: e.settings}), nil
			},
			keyed: func(e *env, n *builtinNode, target Value, key string) (Value, error) {
				if target.can(aDate) {
					d, err := convertDate(e, n, target, t)
					if err != nil {
						return d, err
					}
					return d, e.typeError(n, d, "a hash")
				}
				return e.parseDate(n.pos, target.str(), t, key, true)
			},
		})
		define(name+"_if_unknown", builtin{eval: func(e *env, n *builtinNode) (Value, error) {
			return e.dateOperand(n)
		}})
	}
	defineISO()
}

// prepareDate evaluates the operand of ?date, ?time or ?datetime. A date
// remains a date, and anything else becomes a string.
func prepareDate(e *env, n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil || v.kind == kString || v.can(aDate) {
		return v, err
	}
	s, _, err := e.text(v, n.target, false)
	return String(s), err
}

// checkDefaultDateFormat checks the date format in the settings. If it is
// invalid, ?string and the built-ins that parse dates fail even with an
// explicit format.
func (e *env) checkDefaultDateFormat(at pos, t dateType) error {
	if e.settings.dateFormats[t] == "" {
		return nil
	}
	if _, err := e.dateFormat("", t, false); err != nil {
		return formatError(at, "the date format of the settings", err)
	}
	return nil
}

// convertDate converts between date, time and date-time.
func convertDate(e *env, n *builtinNode, v Value, t dateType) (Value, error) {
	d, err := e.date(v)
	if err != nil {
		return d, err
	}
	if d.scale != int32(t) && d.scale != int32(dateDateTime) {
		return d, otherError(n.pos, "?%s cannot convert this type of date", n.bi.written)
	}
	return dateValue(d.num, t), nil
}

// dateOperand evaluates an operand that must be a date.
func (e *env) dateOperand(n *builtinNode) (Value, error) {
	v, err := n.target.eval(e)
	if err != nil {
		return v, err
	}
	if !v.can(aDate) {
		return v, e.typeError(n.target, v, "a date")
	}
	return e.date(v)
}

// dateParser is the value of x?date, x?time or x?datetime for a string x. The
// string is parsed only when the value is used as a date, but with the format
// that was set when the built-in was evaluated.
type dateParser struct {
	n        *builtinNode
	text     string
	t        dateType
	settings *settingsState
}

func (*dateParser) abilities() ability { return aDate | aHash | aMethod }

func (*dateParser) wantsStrings() bool { return true }

func (d *dateParser) asDate(e *env) (Value, error) {
	defer e.useSettings(d.settings)()
	return e.parseDate(d.n.pos, d.text, d.t, "", false)
}

func (d *dateParser) get(e *env, key string) (Value, error) {
	return e.parseDate(d.n.pos, d.text, d.t, key, true)
}

func (d *dateParser) call(e *env, _ pos, args []Value) (Value, error) {
	if len(args) == 0 {
		return d.asDate(e)
	}
	if len(args) > 1 {
		return Value{}, otherError(d.n.pos, "wrong number of arguments for ?%s: %d", d.n.bi.written, len(args))
	}
	return d.get(e, args[0].str())
}

// defineISO defines ?iso, ?iso_utc, ?iso_local and their variants: _h, _m and
// _ms set the accuracy, and _nz and _fz hide or force the offset.
func defineISO() {
	accuracies := map[string]dateformat.Accuracy{
		"": dateformat.Seconds, "_ms": dateformat.Milliseconds, "_m": dateformat.Minutes, "_h": dateformat.Hours,
	}
	for suffix, accuracy := range accuracies {
		for _, zone := range []string{"", "_nz", "_fz"} {
			if zone == "_fz" && suffix != "" {
				continue
			}
			for _, where := range []string{"iso_utc", "iso_local"} {
				if zone == "_fz" && where != "iso_utc" {
					continue
				}
				define(where+suffix+zone, builtin{eval: func(e *env, n *builtinNode) (Value, error) {
					d, err := e.dateOperand(n)
					if err != nil {
						return d, err
					}
					z := e.settings.zone
					if strings.HasPrefix(where, "iso_utc") {
						z = utcZone
					}
					return isoText(e, n.pos, d, zone != "_nz", accuracy, z)
				}})
			}
			if zone == "_fz" {
				continue
			}
			define("iso"+suffix+zone, builtin{
				prepare: func(e *env, n *builtinNode) (Value, error) { return e.dateOperand(n) },
				min:     1, max: 1,
				method: func(e *env, n *builtinNode, d Value, args []Value) (Value, error) {
					name, err := n.argString(e, args, 0)
					if err != nil {
						return d, err
					}
					z, ok := dateformat.LoadZoneStrict(name)
					if !ok {
						return d, otherError(n.pos, "unknown time zone in the argument of ?%s", n.bi.written)
					}
					return isoText(e, n.pos, d, zone != "_nz", accuracy, z)
				},
			})
		}
	}
}

var utcZone = dateformat.LoadZone("UTC")

func isoText(e *env, at pos, d Value, offset bool, accuracy dateformat.Accuracy, z *dateformat.Zone) (Value, error) {
	k := dateformat.Kind(d.scale)
	out, err := dateformat.AppendISO(make([]byte, 0, 32), d.num, k, offset && k != dateformat.Date, accuracy, z)
	if err != nil {
		return Value{}, fatalError(at, err.Error())
	}
	return e.newString(string(out))
}
