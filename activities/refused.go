package activities

// Refusals: the result of a send that texts nobody.

import "temporal-twilio/sms"

// Refused is the result of a send of which nothing was begun, for whoever
// refuses one before the activity.
func Refused(code sms.Code, message string) SendSmsResult {
	return newResult(nil, []sms.Error{{Code: code, Message: message}})
}
