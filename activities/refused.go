package activities

// Refusals: the result of a send that texts nobody.

import (
	"errors"

	"temporal-twilio/sms"
)

// Refused is the result of a send of which nothing was begun, for whoever refuses
// one before the activity because of an error of [Decode]. It tells what else is
// wrong with the input as well.
func Refused(input SendSmsInput, err error) SendSmsResult {
	problems, _ := errors.AsType[sms.Problems](err)
	return newResult(nil, []sms.Error{*sms.AsError(input.check(problems))})
}

// Joined is the result of a send that was made in parts.
func Joined(parts ...SendSmsResult) SendSmsResult {
	var all SendSmsResult
	for _, part := range parts {
		all.Messages = append(all.Messages, part.Messages...)
		all.Errors = append(all.Errors, part.Errors...)
	}
	return newResult(all.Messages, all.Errors)
}
