package javatext

import "fmt"

// Reason is an error with the text of Java or FreeMarker, capitals, full stops and
// misspellings included, since FreeMarker prints it within its own message.
type Reason string

func (r Reason) Error() string { return string(r) }

// Reasonf makes a Reason as fmt.Sprintf makes a string.
func Reasonf(format string, args ...any) error { return Reason(fmt.Sprintf(format, args...)) }
