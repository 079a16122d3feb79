package sms

// A label says what a text is for. It is shown in lists of workflows.

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxLabel is how many characters of a label are shown. Temporal limits
// summaries to 400 bytes.
const maxLabel = 60

// number matches anything that may be a phone number, even if it is written
// with a Unicode dash or minus sign.
var number = regexp.MustCompile(`\+?\p{Nd}(?:[\s()./·\p{Pd}\x{2212}]{0,5}\p{Nd}){6,}`)

// ShownLabel returns a label as it appears in summaries: one line of at most 60
// characters, with "…" in place of digits that may be a phone number. Summaries
// are encrypted like payloads, but more people read them. A bad label must not
// prevent a text from being sent, so anything that cannot be shown is left out.
func ShownLabel(label string) string {
	if most := 20 * maxLabel; len(label) > most {
		label = label[:most]
	}
	label = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, label)
	label = number.ReplaceAllString(strings.Join(strings.Fields(label), " "), "…")
	if runes := []rune(label); len(runes) > maxLabel {
		label = strings.TrimSpace(string(runes[:maxLabel-1])) + "…"
	}
	return label
}

// Summary returns a description of what is done, followed by the label, unless
// that is empty.
func Summary(what, label string) string {
	if label = ShownLabel(label); label != "" {
		what += ", " + label
	}
	return what
}

// Summary says how many texts a send has and what they are for, such as "2
// texts, order reminder".
func (in *SendSmsInput) Summary() string {
	texts := "1 text"
	if n := len(in.SmsTo); n != 1 {
		texts = fmt.Sprintf("%d texts", n)
	}
	return Summary(texts, in.Label)
}
