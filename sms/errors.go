package sms

// The codes of failed sends, and the error that a workflow receives.

import (
	"errors"
	"time"
)

// Code says why something was not sent. Codes that exist in the Alfresco
// connector have the connector's names.
type Code string

// The codes of the Alfresco connector.
const (
	// CodeMissingInput: a required field is absent or empty.
	CodeMissingInput Code = "MISSING_INPUT"
	// CodeInvalidInput: the input does not have the documented form.
	CodeInvalidInput Code = "INVALID_INPUT"
	// CodeConnection: Twilio could not be reached and certainly accepted
	// nothing.
	CodeConnection Code = "TWILIO_CONNECTION_ERROR"
	// CodeAuthentication: Twilio refused the credentials.
	CodeAuthentication Code = "AUTHENTICATION_CONNECTION_ERROR"
	// CodeInvalidRequest: Twilio refused the message for another reason.
	CodeInvalidRequest Code = "INVALID_REQUEST_ERROR"
	// CodeInvalidTo: the recipient's number cannot receive a message.
	CodeInvalidTo Code = "INVALID_TO_PHONE_NUMBER_ERROR"
	// CodeInvalidFrom: the account cannot send from this number.
	CodeInvalidFrom Code = "INVALID_FROM_PHONE_NUMBER_ERROR"
	// CodePermissionDenied: the account is not permitted to do this.
	CodePermissionDenied Code = "PERMISSION_DENIED_ERROR"
	// CodeInvalidRegion: the account is not permitted to send to the
	// recipient's region.
	CodeInvalidRegion Code = "INVALID_REGION_TO_PHONE_NUMBER_ERROR"
	// CodeTemplateMetadata: a variable of the template is missing or has the
	// wrong type.
	CodeTemplateMetadata Code = "TEMPLATE_METADATA_ERROR"
	// CodeTemplateSyntax: the template cannot be parsed.
	CodeTemplateSyntax Code = "TEMPLATE_SYNTAX_ERROR"
	// CodeUnknown: there is a fault in our own code.
	CodeUnknown Code = "UNKNOWN_ERROR"
)

// Codes that the Alfresco connector does not have.
const (
	// CodeRateLimited: Twilio certainly accepted nothing because there were
	// too many requests.
	CodeRateLimited Code = "RATE_LIMITED"
	// CodeOptedOut: the recipient has told this sender to stop. Other senders
	// are not affected.
	CodeOptedOut Code = "RECIPIENT_OPTED_OUT"
	// CodeOutcomeUnknown: Twilio may or may not have accepted the message.
	// Sending it again may text the recipient twice.
	CodeOutcomeUnknown Code = "OUTCOME_UNKNOWN"
	// CodeCancelled: the send was cancelled before this recipient's turn.
	CodeCancelled Code = "CANCELLED"
	// CodeTimeUp: the activity's time was up before this recipient's turn.
	CodeTimeUp Code = "TIME_UP"
	// CodeWorkerStopped: the worker stopped before this recipient's turn, and
	// the caller's retry policy allows no other attempt.
	CodeWorkerStopped Code = "WORKER_STOPPED"
	// CodeNoAttemptLeft: the attempt was lost before this recipient's turn,
	// and the caller's retry policy allows no other. Or, for a send with an
	// idempotency key, all 500 sends of the key have been used, or Temporal
	// no longer has the first one.
	CodeNoAttemptLeft Code = "NO_ATTEMPT_LEFT"
	// CodeSendingPaused: all sending was paused, and the caller's timeouts
	// and retry policy leave no time to wait for the end of the pause.
	CodeSendingPaused Code = "SENDING_PAUSED"
	// CodeCapReached: SEND_CAPS currently allows no more messages to
	// numbers with the recipient's prefix.
	CodeCapReached Code = "CAP_REACHED"
	// CodeQuietHours: the recipient's quiet hours began before the
	// recipient's turn.
	CodeQuietHours Code = "QUIET_HOURS"
)

// Codes returns all codes.
func Codes() []Code {
	return []Code{
		CodeMissingInput, CodeInvalidInput, CodeConnection, CodeAuthentication, CodeInvalidRequest, CodeInvalidTo, CodeInvalidFrom,
		CodePermissionDenied, CodeInvalidRegion, CodeTemplateMetadata, CodeTemplateSyntax, CodeUnknown,
		CodeRateLimited, CodeOptedOut, CodeOutcomeUnknown, CodeCancelled, CodeTimeUp, CodeWorkerStopped, CodeNoAttemptLeft, CodeSendingPaused, CodeCapReached, CodeQuietHours,
	}
}

// Error is a failure as the payload of SendSms reports it.
type Error struct {
	// To is the recipient that the error applies to, or "" if it applies to
	// the whole send.
	To string `json:"to,omitempty"`
	// Code is never empty.
	Code Code `json:"code"`
	// TwilioCode is Twilio's error code
	// (https://www.twilio.com/docs/api/errors).
	TwilioCode int `json:"twilioCode,omitempty"`
	// HTTPStatus is the status of Twilio's response, or 0 if there was
	// none.
	HTTPStatus int `json:"httpStatus,omitempty"`
	// Message says what failed and what to do about it. It may contain a
	// phone number, so it must appear only in the payload.
	Message string `json:"message"`
	// MoreInfo is the URL of Twilio's page on the error.
	MoreInfo string `json:"moreInfo,omitempty"`
	// Retryable is true only if nothing was sent and a later attempt may succeed.
	Retryable bool `json:"retryable"`
	// Cap is the prefix of the numbers to which the cap applies, such as
	// "+44". It is set if the code is CAP_REACHED.
	Cap string `json:"cap,omitempty"`
	// Recipient identifies the recipient if the code is OUTCOME_UNKNOWN.
	// Status updates for this recipient have the same value in
	// [StatusUpdate.Recipient]. It is "" for all other errors, and if
	// callbacks were not requested.
	Recipient string `json:"recipient,omitempty"`

	// The fields below are only for the code that sends. They are not part
	// of the payload.

	// RetryAfter is how long Twilio asked us to wait, or 0 if it did not.
	RetryAfter time.Duration `json:"-"`
	// Scope says which other recipients the failure applies to.
	Scope Scope `json:"-"`
	// Reason is the label of the failure in metrics, from a small fixed
	// set.
	Reason string `json:"-"`
}

// Scope says which other recipients a failure applies to.
type Scope string

const (
	// ScopeRecipient: only this recipient.
	ScopeRecipient Scope = ""
	// ScopeSender: all recipients of the same sender.
	ScopeSender Scope = "sender"
	// ScopeAccount: all recipients of the account.
	ScopeAccount Scope = "account"
)

// AsError returns the *Error in err's tree, or an error with CodeUnknown if
// there is none. It returns nil if err is nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeUnknown, Message: "an unclassified fault; the worker's log may have details"}
}

// RefusesAccount reports whether Twilio will accept nothing from the account,
// for any recipient, until someone changes the credentials, the account or the
// worker's configuration.
func (e *Error) RefusesAccount() bool {
	switch e.Code {
	case CodeAuthentication:
		return true
	case CodeConnection:
		return !e.Retryable // another server answered, or the certificate is invalid
	case CodePermissionDenied:
		return e.TwilioCode != 21608 // a trial account, which may still text verified numbers
	case CodeInvalidRequest:
		return e.TwilioCode == 20404 // no such account
	}
	return false
}

// Error returns only the code, because the message may contain a phone number
// and errors end up in logs.
func (e *Error) Error() string { return string(e.Code) }
