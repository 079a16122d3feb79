package freemarker

// The two error types of this package, and how the interpreter creates them.

import "fmt"

// ParseError says why a template is invalid, and where. Line and Column are
// those that Apache FreeMarker reports: both count from 1, columns count UTF-16
// units, a tab extends to the next multiple of 8, and an error at the end of
// the source is at its last character.
type ParseError struct {
	Line, Column int
	Message      string
	// Limit is true if the template exceeds one of the Limits and is valid up
	// to that point.
	Limit bool
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("template line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Kind is the reason why a rendering failed.
type Kind uint8

// The kinds of a RenderError.
const (
	// KindOther is any other failure: bad arguments, a string that is not a
	// date, division by zero, #stop.
	KindOther Kind = iota
	// KindMissing means that the template used a variable that is missing or
	// null.
	KindMissing
	// KindType means that a value has the wrong type for its use.
	KindType
	// KindLimit means that the rendering exceeded one of its Limits or that its
	// context ended. A template cannot catch this error.
	KindLimit
)

func (k Kind) String() string {
	switch k {
	case KindMissing:
		return "missing"
	case KindType:
		return "type"
	case KindLimit:
		return "limit"
	}
	return "other"
}

// RenderError says why a template could not be rendered with a model, and
// where. It never contains a value of the model.
type RenderError struct {
	Kind Kind
	// Line and Column are the position, counted from 1, at which the failing
	// expression or directive starts; both are 0 if that is unknown.
	Line, Column int
	Message      string
	// Name is the expression that was missing, such as customer.name; empty
	// unless Kind is KindMissing and the expression is a path of names.
	Name string

	// cause is the context's error, if the end of the context ended the
	// rendering.
	cause error
	// fatal marks an error that <#attempt> does not catch, like Java's
	// unchecked exceptions.
	fatal bool
}

func (e *RenderError) Error() string {
	if e.Line == 0 {
		return e.Kind.String() + ": " + e.Message
	}
	return fmt.Sprintf("template line %d, column %d: %s: %s", e.Line, e.Column, e.Kind, e.Message)
}

// Unwrap returns the context's error if the rendering ended because the context
// did.
func (e *RenderError) Unwrap() error { return e.cause }

// pos is a place in a template's source.
type pos struct{ line, col int32 }

func (p pos) at() pos { return p }

func newError(k Kind, at pos, msg string) *RenderError {
	return &RenderError{Kind: k, Line: int(at.line), Column: int(at.col), Message: msg}
}

func otherError(at pos, format string, args ...any) error {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	return newError(KindOther, at, format)
}

// errQuietMissing reports a missing value where no details are needed, such as
// inside (…)!.
var errQuietMissing = &RenderError{Kind: KindMissing, Message: "a value is missing"}

// missingError returns the error for an expression x without a value.
func (e *env) missingError(x expr) error {
	if e.quiet {
		return errQuietMissing
	}
	err := newError(KindMissing, x.at(), "the value is null or missing")
	if name := exprName(x); name != "" {
		if limit := e.alloc(len(name)); limit != nil {
			return limit
		}
		err.Name = name
		err.Message = name + " is null or missing"
	}
	return err
}

// typeError returns the error for a value of x that does not have the wanted
// type. For a missing value, it returns the result of missingError.
func (e *env) typeError(x expr, v Value, wanted string) error {
	if v.missing() {
		return e.missingError(x)
	}
	return newError(KindType, x.at(), "expected "+wanted+", but this is a "+describe(v))
}

// isMissing reports whether err is about a missing value. The operators ! and
// ?? recover from that if their operand is in parentheses.
func isMissing(err error) bool {
	re, ok := err.(*RenderError)
	return ok && re.Kind == KindMissing
}

// wrapOther converts an error in the code of a built-in to an error of the
// built-in itself. It returns exceeded limits and fatal errors unchanged.
func wrapOther(at pos, what string, err error) error {
	if re, ok := err.(*RenderError); ok && (re.Kind == KindLimit || re.fatal) {
		return err
	}
	return otherError(at, "%s: %s", what, err.Error())
}

// exprName returns the path of names that x consists of, or "".
func exprName(x expr) string {
	switch x := x.(type) {
	case *identNode:
		return x.name
	case *dotNode:
		if t := exprName(x.target); t != "" {
			return t + "." + x.key
		}
	case *parenNode:
		return exprName(x.x)
	case *specialNode:
		return "." + x.name
	}
	return ""
}
