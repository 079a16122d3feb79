package javatext

import "fmt"

// Reason is an error with the text of Java or FreeMarker, including its
// capitals, full stops and misspellings, because FreeMarker prints it as part
// of its own message.
type Reason string

func (r Reason) Error() string { return string(r) }

// Reasonf formats a Reason like fmt.Sprintf.
func Reasonf(format string, args ...any) error { return Reason(fmt.Sprintf(format, args...)) }
