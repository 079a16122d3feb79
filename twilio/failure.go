package twilio

// Failures: what each HTTP status, Twilio error code and network fault means
// for the message, in one place.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/twilio/twilio-go/client"

	"temporal-twilio/sms"
)

// codes maps Twilio's numbers to ours. What is not listed is named by its HTTP
// status. Source: https://www.twilio.com/docs/api/errors
var codes = map[int]sms.Code{
	20003: sms.AuthenticationError, // authenticate
	20005: sms.AuthenticationError, // account not active
	20006: sms.PermissionDenied,    // access denied
	20008: sms.PermissionDenied,    // resource not accessible with test credentials
	20429: sms.RateLimited,         // too many requests
	21222: sms.AuthenticationError, // username with characters that none has
	21224: sms.AuthenticationError, // password likewise

	21211: sms.InvalidTo, // not a valid phone number
	21217: sms.InvalidTo, // not properly formatted
	21265: sms.InvalidTo, // cannot be a short code
	21266: sms.InvalidTo, // same as From
	21408: sms.InvalidRegion,
	21604: sms.MissingInput,     // no To
	21608: sms.PermissionDenied, // trial account, unverified recipient
	21610: sms.OptedOut,
	21612: sms.InvalidTo, // not reachable from this From
	21614: sms.InvalidTo, // not a mobile number
	21635: sms.InvalidTo, // a landline

	21212: sms.InvalidFrom,  // not a valid phone number
	21601: sms.InvalidFrom,  // not capable of SMS
	21603: sms.MissingInput, // no From
	21606: sms.InvalidFrom,  // not a number of the account
	21611: sms.RateLimited,  // the sender's queue is full
	21659: sms.InvalidFrom,  // not a Twilio number
	21660: sms.InvalidFrom,  // a number of another account
	21910: sms.InvalidFrom,  // sender and recipient on different channels
	63007: sms.InvalidFrom,  // no such channel sender

	21602: sms.MissingInput, // no body
	21619: sms.MissingInput, // neither body nor media
	14107: sms.RateLimited,  // reply loop guard
}

// failure names an error of twilio-go. The rule behind it: nothing but an
// answer that Twilio gives before it acts, or a fault before the request was
// written, proves that there is no message.
func (x *exchange) failure(to string, err error) *sms.Error {
	var rest *client.TwilioRestError
	switch {
	case errors.As(err, &rest) && x.status == 0:
		// twilio-go refused the credentials by their characters and sent nothing.
		return &sms.Error{
			To: to, Code: sms.AuthenticationError, TwilioCode: rest.Code, MoreInfo: rest.MoreInfo,
			Message: "the Twilio credentials hold characters that no SID, token or key has: " + rest.Message,
		}
	case x.status >= 300 && x.status < 400:
		return x.withoutSID(to)
	case x.status >= 400 && x.status < 500:
		return x.refused(to, rest)
	case x.status != 0:
		return x.unknown(to, rest, fmt.Sprintf("Twilio answered with HTTP status %d", x.status))
	case !x.reached.Load():
		return &sms.Error{
			To: to, Code: sms.ConnectionError, Retryable: retryableDial(err),
			Message: "Twilio could not be reached: " + cause(err) + "; nothing was sent",
		}
	default:
		return x.unknown(to, nil, "the connection to Twilio failed before its answer came ("+cause(err)+")")
	}
}

// withoutSID names an answer that twilio-go takes for a success although it
// holds no message: a redirect, or a body that is something else.
func (x *exchange) withoutSID(to string) *sms.Error {
	if x.status >= 300 && x.status < 400 {
		return &sms.Error{
			To: to, Code: sms.ConnectionError, HTTPStatus: x.status,
			Message: fmt.Sprintf("HTTP status %d: what answered redirects elsewhere and is not Twilio's API; check TWILIO_BASE_URL, TWILIO_REGION and TWILIO_EDGE; nothing was sent", x.status),
		}
	}
	return x.unknown(to, nil, fmt.Sprintf("Twilio answered with HTTP status %d but named no message", x.status))
}

// refused names an answer of the 4xx kind: Twilio looked and took nothing.
func (x *exchange) refused(to string, rest *client.TwilioRestError) *sms.Error {
	e := &sms.Error{To: to, HTTPStatus: x.status}
	if rest != nil {
		e.TwilioCode, e.Message, e.MoreInfo = rest.Code, rest.Message, rest.MoreInfo
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("HTTP status %d (%s) without Twilio's explanation; is a proxy in between?", x.status, http.StatusText(x.status))
	}
	e.Code = codes[e.TwilioCode]
	if e.Code == "" {
		e.Code = byStatus(x.status)
	}
	if e.Code == sms.OutcomeUnknown {
		return x.unknown(to, rest, fmt.Sprintf("HTTP status %d", x.status))
	}
	e.Retryable = e.Code == sms.RateLimited
	e.RetryAfter = x.retryAfter
	return e
}

// statusClientClosed is what nginx says where the connection broke.
const statusClientClosed = 499

// byStatus names a refusal that Twilio gave no number for.
func byStatus(status int) sms.Code {
	switch status {
	case http.StatusUnauthorized:
		return sms.AuthenticationError
	case http.StatusForbidden:
		return sms.PermissionDenied
	case http.StatusTooManyRequests:
		return sms.RateLimited
	case http.StatusRequestTimeout, statusClientClosed:
		// A proxy's word, that may come after the request went through.
		return sms.OutcomeUnknown
	}
	return sms.InvalidRequest
}

func (x *exchange) unknown(to string, rest *client.TwilioRestError, what string) *sms.Error {
	e := &sms.Error{
		To: to, Code: sms.OutcomeUnknown, HTTPStatus: x.status,
		Message: what + ": the message may or may not have been created; look in Twilio's log before sending it again",
	}
	if rest != nil {
		e.TwilioCode, e.MoreInfo = rest.Code, rest.MoreInfo
	}
	return e
}

var (
	errNoMessage = errors.New("the answer holds no message")
	errNoListing = errors.New("the answer is no list of messages")
)

// failedRead names the failure of a request that changes nothing when it is
// repeated. Whatever went wrong on the way may be gone next time.
func (x *exchange) failedRead(err error) *sms.Error {
	e := x.failure("", err)
	if e.Code == sms.OutcomeUnknown {
		e.Code, e.Retryable = sms.ConnectionError, true
		e.Message = "Twilio gave no usable answer: " + cause(err)
	}
	return e
}

// retryableDial reports whether a later attempt may reach Twilio. A bad
// certificate stays bad.
func retryableDial(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
	)
	return !errors.As(err, &certificate) && !errors.As(err, &authority) && !errors.Is(err, context.Canceled)
}

// cause says why a request failed, without the address that url.Error adds.
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
