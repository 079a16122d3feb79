package twilio

// TwiML: what the webhook answers.

import (
	"bytes"
	"encoding/xml"
)

// ReplyContentType is the content type of a reply.
const ReplyContentType = "text/xml; charset=utf-8"

// MaxReplies is how many messages Twilio sends for one reply (error 14109).
const MaxReplies = 10

// Reply writes a TwiML document that texts each body to the sender, the empty
// response if there are none. Text is escaped; a character that XML cannot
// hold becomes U+FFFD. Bodies past [MaxReplies] are left out.
func Reply(bodies ...string) []byte {
	var out bytes.Buffer
	out.WriteString(xml.Header + "<Response>")
	for _, body := range bodies[:min(len(bodies), MaxReplies)] {
		out.WriteString("<Message>")
		_ = xml.EscapeText(&out, []byte(body)) // a buffer takes everything
		out.WriteString("</Message>")
	}
	out.WriteString("</Response>")
	return out.Bytes()
}
