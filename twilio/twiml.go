package twilio

// TwiML is the XML format of a response to Twilio's webhook request.

import (
	"bytes"
	"encoding/xml"
)

// ReplyContentType is the content type of a reply.
const ReplyContentType = "text/xml; charset=utf-8"

// MaxReplies is the maximum number of messages in one response. More cause
// Twilio's error 14109.
const MaxReplies = 10

// Reply returns a TwiML document that texts each body to the sender, or an
// empty response if there are no bodies. Text is escaped, and a character that
// XML cannot represent becomes U+FFFD. Bodies beyond [MaxReplies] are dropped.
func Reply(bodies ...string) []byte {
	var out bytes.Buffer
	out.WriteString(xml.Header + "<Response>")
	for _, body := range bodies[:min(len(bodies), MaxReplies)] {
		out.WriteString("<Message>")
		_ = xml.EscapeText(&out, []byte(body)) // writing to a buffer never fails
		out.WriteString("</Message>")
	}
	out.WriteString("</Response>")
	return out.Bytes()
}
