package javatext

import "fmt"

// Reason is an error with the text of Java or FreeMarker, including its
// capitals, full stops and misspellings, because FreeMarker prints it as part
// of its own message.
type Reason string

func (r Reason) Error() string { return string(r) }

// Reasonf returns a Reason that it formats as fmt.Sprintf does.
func Reasonf(format string, args ...any) error { return Reason(fmt.Sprintf(format, args...)) }
