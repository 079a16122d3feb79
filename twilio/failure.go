package twilio

// What each HTTP status, Twilio error code and network fault means for the
// message.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/twilio/twilio-go/client"

	"temporal-twilio/sms"
)

// reason describes why a message was not, or may not have been, created: the
// code for the caller, the other recipients to whom the failure applies, and
// whether a later attempt may succeed.
type reason struct {
	// label is the reason's label in metrics.
	label string
	code  sms.Code
	scope sms.Scope
	retry bool
}

// labels lists the labels of all reasons.
var labels []string

func define(label string, code sms.Code, scope sms.Scope, retry bool) reason {
	labels = append(labels, label)
	return reason{label, code, scope, retry}
}

// Reasons returns every value that [sms.Error.Reason] can have in an error of
// this package.
func Reasons() []string { return slices.Clone(labels) }

// All reasons for failures.
var (
	credentials  = define("credentials", sms.CodeAuthentication, sms.ScopeAccount, false)
	suspended    = define("suspended", sms.CodeAuthentication, sms.ScopeAccount, false)
	denied       = define("denied", sms.CodePermissionDenied, sms.ScopeAccount, false)
	wrongAccount = define("account", sms.CodeInvalidRequest, sms.ScopeAccount, false)
	notTwilio    = define("not_twilio", sms.CodeConnection, sms.ScopeAccount, false)
	certificate  = define("certificate", sms.CodeConnection, sms.ScopeAccount, false)
	cancelled    = define("cancelled", sms.CodeConnection, sms.ScopeRecipient, false)
	unreachable  = define("unreachable", sms.CodeConnection, sms.ScopeAccount, true)
	tooMany      = define("too_many", sms.CodeRateLimited, sms.ScopeAccount, true)
	queueFull    = define("queue_full", sms.CodeRateLimited, sms.ScopeSender, true)
	replyLoop    = define("reply_loop", sms.CodeRateLimited, sms.ScopeRecipient, true)
	recipient    = define("recipient", sms.CodeInvalidTo, sms.ScopeRecipient, false)
	region       = define("region", sms.CodeInvalidRegion, sms.ScopeRecipient, false)
	unverified   = define("unverified", sms.CodePermissionDenied, sms.ScopeRecipient, false)
	optedOut     = define("opted_out", sms.CodeOptedOut, sms.ScopeRecipient, false)
	sender       = define("sender", sms.CodeInvalidFrom, sms.ScopeRecipient, false)
	missing      = define("missing", sms.CodeMissingInput, sms.ScopeRecipient, false)
	refused      = define("refused", sms.CodeInvalidRequest, sms.ScopeRecipient, false)
	lost         = define("lost", sms.CodeOutcomeUnknown, sms.ScopeRecipient, false)
)

// codes maps Twilio's error codes to reasons. For a code that is not in the
// map, the HTTP status determines the reason. Source:
// https://www.twilio.com/docs/api/errors
var codes = map[int]reason{
	20003: credentials,  // authenticate
	20005: suspended,    // account not active
	20006: denied,       // access denied
	20008: denied,       // resource not accessible with test credentials
	20404: wrongAccount, // not found; for a create, this is the account
	20429: tooMany,
	21222: credentials, // username with invalid characters
	21224: credentials, // password with invalid characters

	21211: recipient, // not a valid phone number
	21217: recipient, // not properly formatted
	21265: recipient, // cannot be a short code
	21266: recipient, // same as From
	21408: region,
	21604: missing,    // no To
	21608: unverified, // trial account
	21610: optedOut,
	21612: recipient, // not reachable from this From
	21614: recipient, // not a mobile number
	21635: recipient, // a landline

	21212: sender,  // not a valid phone number
	21601: sender,  // not capable of SMS
	21603: missing, // no From
	21606: sender,  // not a number of the account
	21611: queueFull,
	21659: sender, // not a Twilio number
	21660: sender, // a number of another account
	21910: sender, // sender and recipient on different channels
	63007: sender, // no such channel sender

	21602: missing, // no body
	21619: missing, // neither body nor media
	14107: replyLoop,
}

// statusClientClosed is nginx's status for a connection closed by the client.
const statusClientClosed = 499

// byStatus returns the reason for a 4xx response whose Twilio error code is
// absent or not in codes. A status that reports a timeout or a closed
// connection comes from a proxy, possibly after Twilio has received the
// request.
func byStatus(status int) reason {
	switch status {
	case http.StatusUnauthorized:
		return credentials
	case http.StatusForbidden:
		return denied
	case http.StatusTooManyRequests:
		return tooMany
	case http.StatusRequestTimeout, statusClientClosed:
		return lost
	}
	return refused
}

// failure classifies the error of a failed request. Only a response that Twilio
// sends before it acts, or a fault before the request was written, proves that
// no message was created.
func (x *exchange) failure(to string, err error) *sms.Error {
	var rest *client.TwilioRestError
	errors.As(err, &rest)
	switch {
	case errors.Is(err, errOddCredentials):
		return x.because(credentials, to, nil, err.Error()+"; nothing was sent")
	case x.status >= 300 && x.status < 400:
		return x.withoutSID(to)
	case x.status >= 400 && x.status < 500:
		return x.refused(to, rest)
	case x.status != 0:
		return x.unknown(to, rest, fmt.Sprintf("Twilio answered with HTTP status %d", x.status))
	case !x.reached.Load():
		return x.because(dialReason(err), to, nil, "Twilio could not be reached: "+cause(err)+"; nothing was sent")
	default:
		return x.unknown(to, nil, "the connection to Twilio failed before the response arrived ("+cause(err)+")")
	}
}

// withoutSID classifies a response that contains no message and is not a
// refusal, such as a redirect or an unexpected body.
func (x *exchange) withoutSID(to string) *sms.Error {
	if x.status >= 300 && x.status < 400 {
		return x.because(notTwilio, to, nil, fmt.Sprintf("HTTP status %d: the server redirects elsewhere and is not Twilio's API; check the base URL, the region and the edge; nothing was sent", x.status))
	}
	return x.unknown(to, nil, fmt.Sprintf("Twilio answered with HTTP status %d but without a message", x.status))
}

// refused classifies a 4xx response. Unless a proxy reports a timeout, Twilio
// has examined the request and accepted nothing.
func (x *exchange) refused(to string, rest *client.TwilioRestError) *sms.Error {
	why := byStatus(x.status)
	message := fmt.Sprintf("HTTP status %d (%s) without Twilio's explanation; the response may come from a proxy", x.status, http.StatusText(x.status))
	if rest != nil {
		if known, ok := codes[rest.Code]; ok {
			why = known
		}
		if rest.Message != "" {
			message = bounded(rest.Message)
		}
	}
	if why == lost {
		return x.unknown(to, rest, fmt.Sprintf("HTTP status %d", x.status))
	}
	return x.because(why, to, rest, message)
}

func (x *exchange) unknown(to string, rest *client.TwilioRestError, what string) *sms.Error {
	return x.because(lost, to, rest, what+": the message may or may not have been created; check Twilio's log before sending it again")
}

// because returns the error for a reason. rest is Twilio's error response, or
// nil if there was none.
func (x *exchange) because(why reason, to string, rest *client.TwilioRestError, message string) *sms.Error {
	e := &sms.Error{
		To: to, Code: why.code, HTTPStatus: x.status, Message: message,
		Retryable: why.retry, RetryAfter: x.retryAfter, Scope: why.scope, Reason: why.label,
	}
	if rest != nil {
		e.TwilioCode, e.MoreInfo = rest.Code, bounded(rest.MoreInfo)
	}
	return e
}

// maxExplanation is the maximum length of Twilio's explanations, in bytes. A
// send records up to 40 of them in a heartbeat.
const maxExplanation = 2000

// bounded cuts an explanation that is too long to be Twilio's.
func bounded(explanation string) string {
	if len(explanation) <= maxExplanation {
		return explanation
	}
	return strings.ToValidUTF8(explanation[:maxExplanation], "") + "…"
}

var (
	errOddCredentials = errors.New("the Twilio credentials contain characters that are invalid in SIDs, tokens and keys")

	errNoMessage = errors.New("the response contains no message")
	errNoListing = errors.New("the response is not a list of messages")
	errNoAccount = errors.New("the response contains no account")
)

// failedRead classifies the failure of a request that is safe to repeat.
// Therefore, an unknown outcome is retryable, unlike that of a create.
func (x *exchange) failedRead(err error) *sms.Error {
	e := x.failure("", err)
	if e.Code == sms.CodeOutcomeUnknown {
		return x.because(unreachable, "", nil, "Twilio's response cannot be used: "+cause(err))
	}
	return e
}

// dialReason returns the reason why no connection could be made. If the
// server's certificate is invalid, a retry does not help.
func dialReason(err error) reason {
	var (
		invalid   *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &invalid), errors.As(err, &authority):
		return certificate
	case errors.Is(err, context.Canceled):
		return cancelled
	}
	return unreachable
}

// cause returns why a request failed, without the URL that url.Error adds.
func cause(err error) string {
	var (
		dns *net.DNSError
		op  *net.OpError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &dns):
		return "no address found for " + dns.Name
	case errors.As(err, &op):
		return op.Op + ": " + op.Err.Error()
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
