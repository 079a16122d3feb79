package sms

// A label is what a caller says a text is for. Lists of workflows show it.

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxLabel is how many characters of a label are shown. Temporal limits summaries to
// 400 bytes.
const maxLabel = 60

// number matches what may be a phone number, however it is written: with any of
// Unicode's dashes, or the minus sign.
var number = regexp.MustCompile(`\+?\p{Nd}(?:[\s()./·\p{Pd}\x{2212}]{0,5}\p{Nd}){6,}`)

// ShownLabel returns a label as summaries show it: one line of at most 60 characters,
// with "…" in place of digits that may be a phone number. Summaries are
// encrypted like payloads, but more people read them. A bad label must not keep a text
// from being sent, so whatever cannot be shown is left out.
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

// Summary returns what is done, followed by the label, if there is one.
func Summary(what, label string) string {
	if label = ShownLabel(label); label != "" {
		what += ", " + label
	}
	return what
}

// Summary says how many texts a send has, and what they are for: "2 texts, order
// reminder".
func (in *SendSmsInput) Summary() string {
	texts := "1 text"
	if n := len(in.SmsTo); n != 1 {
		texts = fmt.Sprintf("%d texts", n)
	}
	return Summary(texts, in.Label)
}
