package twilio

// TwiML is the format of the webhook's response.

import (
	"bytes"
	"encoding/xml"
)

// ReplyContentType is the content type of a reply.
const ReplyContentType = "text/xml; charset=utf-8"

// MaxReplies is how many messages Twilio sends for one reply. More cause error
// 14109.
const MaxReplies = 10

// Reply returns a TwiML document that texts each body to the sender, or an
// empty response if there are none. Text is escaped, and a character that XML
// cannot represent becomes U+FFFD. Bodies beyond [MaxReplies] are dropped.
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
