package twiliosim

// The debugger lists problems with webhooks, TwiML and messages, with Twilio's
// error codes, as Twilio's console does.

import (
	"fmt"
	"time"
)

// DebuggerEntry is one error or warning.
type DebuggerEntry struct {
	SID string    `json:"sid"`
	At  time.Time `json:"at"`
	// Level is "error" or "warning".
	Level      string `json:"level"`
	Code       int    `json:"code"`
	Message    string `json:"message"`
	MoreInfo   string `json:"moreInfo"`
	MessageSID string `json:"messageSid,omitempty"`
	URL        string `json:"url,omitempty"`
	HTTPStatus int    `json:"httpStatus,omitempty"`
	// Detail describes what happened in this case.
	Detail string `json:"detail,omitempty"`
}

const keptDebuggerEntries = 1000

// debug records an entry; the code determines its level and message.
func (s *Sim) debug(e DebuggerEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.debugLocked(e)
}

func (s *Sim) debugLocked(e DebuggerEntry) {
	e.SID, e.At = newSID("NO"), s.clock.now()
	e.Message, e.MoreInfo = errorText(e.Code), moreInfo(e.Code)
	e.Level = "error"
	switch e.Code {
	case 11215, 12200, 14103, 14106, 14109, 14110:
		e.Level = "warning"
	}
	s.debugger = append(s.debugger, e)
	if over := len(s.debugger) - keptDebuggerEntries; over > 0 {
		s.debugger = s.debugger[over:]
	}
	s.events.publish(eventDebugger, e)
}

func moreInfo(code int) string { return fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code) }

// errorText returns the title of an error code.
func errorText(code int) string {
	if text, ok := errorTexts[code]; ok {
		return text
	}
	return "Unknown error"
}

var errorTexts = map[int]string{
	11200: "HTTP retrieval failure",
	11205: "HTTP connection failure",
	11210: "HTTP bad host name",
	11215: "HTTP too many redirects",
	11220: "SSL/TLS handshake error",
	11750: "TwiML response body too large",
	12100: "Document parse failure",
	12200: "Schema validation warning",
	12300: "Invalid Content-Type",
	14101: "Invalid \"To\" attribute",
	14102: "Invalid \"From\" attribute",
	14103: "Invalid Body",
	14106: "Message Reply TwiML document retrieval limit reached",
	14107: "SMS send rate limit exceeded",
	14109: "TwiML Reply message limit exceeded",
	14110: "Invalid Nested Element",
	20003: "Authenticate",
	20005: "Account not active",
	20404: "Not Found",
	20500: "Internal Server Error",
	20503: "Service Unavailable",
	21211: "Invalid 'To' Phone Number",
	21212: "Invalid 'From' Phone Number",
	21266: "'To' and 'From' numbers cannot be the same",
	21601: "Phone number is not a valid SMS-capable/MMS-capable inbound phone number",
	21602: "Message body is required",
	21603: "'From' phone number is required to send a Message",
	21604: "'To' phone number is required to send a Message",
	21606: "This Phone Number type does not support SMS or MMS",
	21609: "Invalid 'StatusCallback' URL",
	21610: "Attempt to send to unsubscribed recipient",
	21611: "This 'From' number has exceeded the maximum number of queued messages",
	21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
	21614: "'To' number is not a valid mobile number",
	21617: "The concatenated message body exceeds the 1600 character limit",
	21619: "A text message body or media urls must be specified",
	21620: "Invalid media URL",
	21623: "Number of media files exceeds allowed limit",
	21659: "'From' is not a Twilio phone number or Short Code country mismatch",
	21660: "Mismatch between the 'From' number and the account",
	21701: "The Messaging Service does not exist",
	21703: "The Messaging Service does not have a phone number available to send a message",
	21704: "The Messaging Service contains no phone numbers",
	21705: "The Messaging Service is invalid",
	21910: "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
	30001: "Queue overflow",
	30002: "Account suspended",
	30003: "Unreachable destination handset",
	30004: "Message blocked",
	30005: "Unknown destination handset",
	30006: "Landline or unreachable carrier",
	30007: "Message filtered",
	30008: "Unknown error",
	30017: "Carrier network congestion",
	30022: "US A2P 10DLC - Rate limits exceeded",
	30023: "US A2P 10DLC - Daily message cap reached",
	30027: "US A2P 10DLC - T-Mobile daily message limit reached",
	30032: "Toll-free number has not been verified",
	30034: "US A2P 10DLC - Message from an unregistered number",
	30036: "Validity Period Expired",
	30450: "Message delivery blocked",
	63001: "Channel could not authenticate the request",
	63007: "Twilio could not find a Channel with the specified From address",
	63016: "Failed to send freeform message because you are outside the allowed window",
}
