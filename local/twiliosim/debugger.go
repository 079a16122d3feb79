package twiliosim

// The debugger: what went wrong with webhooks, TwiML and messages, in Twilio's
// numbers, as its console lists it.

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
	// Detail says what exactly happened here.
	Detail string `json:"detail,omitempty"`
}

const keptDebuggerEntries = 1000

// debug records an entry; level and message follow from the code.
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

// errorText is the title of an error number.
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
	21212: "Invalid 'From' Phone Number",
	21610: "Attempt to send to unsubscribed recipient",
	21611: "This 'From' number has exceeded the maximum number of queued messages",
	21617: "The concatenated message body exceeds the 1600 character limit",
	21620: "Invalid media URL",
	21623: "Number of media files exceeds allowed limit",
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
	63016: "Failed to send freeform message because you are outside the allowed window",
}
