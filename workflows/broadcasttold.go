package workflows

// What a broadcast reports about itself: its progress, its rate, and how long
// Twilio's queue will take.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// tell shows the progress in Temporal's Web UI. The text contains no phone
// number, because these details are never encrypted.
func (b *broadcast) tell(ctx workflow.Context) {
	b.progress.SecondsLeft = 0
	if b.progress.Total > 0 && b.progress.Rate > 0 && b.progress.State == broadcastSending {
		b.progress.SecondsLeft = b.secondsLeft(workflow.Now(ctx))
	}
	var details strings.Builder
	details.WriteString(ProgressLine(b.progress))
	for _, note := range b.progress.Notes {
		details.WriteString("\n\n" + note)
	}
	workflow.SetCurrentDetails(ctx, details.String())
}

// secondsLeft estimates how long the remaining recipients will take, from the
// rate at which Twilio accepts messages or, if the sender's queue cannot hold
// them all, from the rate at which the sender sends. While a full queue drains,
// for example during a pause, each message that Twilio sends makes room for
// another. secondsLeft returns 0 if the time is unknown.
func (b *broadcast) secondsLeft(now time.Time) int {
	left := float64(max(0, b.progress.Total-b.progress.Recipients))
	perSecond, full := b.senderRate(), b.notedFullQueue()
	if perSecond == 0 && full {
		return 0
	}
	seconds := left / b.progress.Rate
	if perSecond > 0 {
		waiting := min(left, float64(b.progress.Total)-perSecond*queueSeconds)
		if full {
			waiting = left
			if !b.held.FullAt.IsZero() {
				waiting -= perSecond * min(now.Sub(b.held.FullAt).Seconds(), queueSeconds)
			}
		}
		seconds = max(seconds, waiting/perSecond)
	}
	return int(seconds + 0.999)
}

// ProgressLine formats the progress as a line, such as "600 of 2,000 · 3 failed
// · 90/s · 15 s left".
func ProgressLine(p sms.BroadcastProgress) string {
	parts := []string{thousands(p.Recipients)}
	if p.Total > 0 {
		parts[0] += " of " + thousands(p.Total)
	}
	if failed := p.Recipients - p.Sent; p.DryRun != nil {
		parts = append(parts, "dry run")
	} else if failed > 0 {
		parts = append(parts, thousands(failed)+" failed")
	}
	if p.Asleep > 0 {
		parts = append(parts, thousands(p.Asleep)+" in quiet hours")
	}
	if p.Capped > 0 {
		parts = append(parts, thousands(p.Capped)+" under a cap")
	}
	switch {
	case p.State != broadcastSending:
		parts = append(parts, p.State)
	case p.Rate > 0:
		parts = append(parts, fmt.Sprintf("%s/s", rate(p.Rate)))
		if p.SecondsLeft > 0 {
			parts = append(parts, spoken(time.Duration(p.SecondsLeft)*time.Second)+" left")
		}
	}
	text := strings.Join(parts, " · ")
	if p.Why != "" {
		text += ": " + p.Why
	}
	if p.NextTry != nil {
		text += "; tries again at " + p.NextTry.UTC().Format("15:04:05 MST")
	}
	return text
}

// because returns the reason that nobody can be texted. It contains no phone
// number.
func because(e *sms.Error) string {
	var why string
	switch {
	case e.RefusesAccount() && e.Code == sms.CodeConnection:
		why = "the server at Twilio's address is not Twilio, or its certificate is invalid"
	case e.RefusesAccount():
		why = "Twilio refuses the account"
	case e.Code == sms.CodeSendingPaused:
		why = "all sending is paused; run starter resume-all to resume"
	case e.Code == sms.CodeCapReached && e.Cap != "" && e.Cap != "*":
		why = "the cap for " + e.Cap + " has been reached"
	case e.Code == sms.CodeCapReached:
		why = "the cap of the recipients' country has been reached"
	case e.Code == sms.CodeQuietHours:
		why = "the recipients' quiet hours have begun"
	case e.Code == sms.CodeConnection:
		why = "Twilio cannot be reached"
	case e.Code == sms.CodeRateLimited:
		why = "Twilio accepts no more for now"
	default:
		why = "nobody could be texted"
	}
	why += " (" + string(e.Code)
	if e.TwilioCode != 0 {
		why += fmt.Sprintf(", Twilio's error %d", e.TwilioCode)
	}
	return why + ")"
}

// measure updates the rate after a page. dealt is the number of recipients
// whose outcome has become final.
func (b *broadcast) measure(ctx workflow.Context, began time.Time, dealt int) {
	took := workflow.Now(ctx).Sub(began)
	if dealt == 0 || took <= 0 {
		return
	}
	now := float64(dealt) / took.Seconds()
	if b.progress.Rate == 0 {
		b.progress.Rate = now
		return
	}
	b.progress.Rate += (now - b.progress.Rate) * 0.3
}

// note adds a note for the operator and logs it.
func (b *broadcast) note(ctx workflow.Context, note string) {
	b.progress.Notes = append(b.progress.Notes, note)
	workflow.GetLogger(ctx).Warn("broadcast note", "note", note)
}

// queueSeconds is the capacity of Twilio's queue for a sender, in seconds of
// sending.
// Source: https://www.twilio.com/docs/messaging/guides/queueing-and-latency
const queueSeconds = 10 * 60 * 60

// forecast returns a note about how long it takes to send this many messages or
// segments. It returns "" if that is at most ten minutes, or unknown.
func (b *broadcast) forecast(count int, of string) string {
	perSecond := b.senderRate()
	if perSecond == 0 || float64(count) <= perSecond*600 {
		return ""
	}
	seconds := func(n float64) string { return spoken(time.Duration(n/perSecond) * time.Second) }
	text := fmt.Sprintf("Twilio sends about %s a second from %s: %s %s take at least %s", rate(perSecond), b.sender(), thousands(count), of, seconds(float64(count)))
	if over := float64(count) - perSecond*queueSeconds; over > 0 {
		text += fmt.Sprintf(". Its queue holds %s of them, and the broadcast waits %s for room", thousands(int(perSecond*queueSeconds)), seconds(over))
	}
	return text + faster
}

const faster = "; a Messaging Service with more senders is faster"

// queueIsFull returns the beginning of the note about a full queue.
func (b *broadcast) queueIsFull() string { return "the queue of " + b.sender() + " is full" }

// notedFullQueue reports whether there is a note about a full queue.
func (b *broadcast) notedFullQueue() bool {
	return slices.ContainsFunc(b.progress.Notes, func(note string) bool { return strings.HasPrefix(note, b.queueIsFull()) })
}

// noteFullQueue adds a note that Twilio's queue is full, unless there is one
// already.
func (b *broadcast) noteFullQueue(ctx workflow.Context) {
	if b.notedFullQueue() {
		return
	}
	text := b.queueIsFull()
	if perSecond := b.senderRate(); perSecond > 0 && b.progress.Total > 0 {
		left := float64(max(0, b.progress.Total-b.progress.Recipients)) / perSecond
		text += fmt.Sprintf("; at %s %s a second, %s remain", rate(perSecond), plural(perSecond, "message"), spoken(time.Duration(left)*time.Second))
	}
	b.note(ctx, text+faster)
}

// sender names the sender by its last four characters.
func (b *broadcast) sender() string {
	if from := strings.TrimSpace(b.input.SmsFrom); len(from) > 4 {
		return "…" + from[len(from)-4:]
	} else if from != "" {
		return from
	}
	return "the Messaging Service"
}

var (
	tollFree = regexp.MustCompile(`^\+?1?8(00|33|44|55|66|77|88)[0-9]{7}$`)
	northern = regexp.MustCompile(`^\+1[0-9]{10}$`)
	inNumber = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "")
)

// senderRate returns how many segments per second Twilio sends from the sender,
// or 0 if that is unknown. Source:
// https://help.twilio.com/articles/115002943027
func (b *broadcast) senderRate() float64 {
	from := inNumber.Replace(strings.TrimSpace(b.input.SmsFrom))
	switch {
	case b.input.SenderRate > 0:
		return b.input.SenderRate
	case from == "", b.input.MessagingServiceSID != "":
		return 0 // a service has any number of senders
	case strings.HasPrefix(strings.ToLower(from), sms.WhatsApp):
		return 80
	case tollFree.MatchString(from):
		return 3
	case sms.IsShortCode(from):
		return 100
	case northern.MatchString(from):
		return 1
	}
	return 10
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func rate(perSecond float64) string {
	if perSecond >= 10 || perSecond == float64(int(perSecond)) {
		return fmt.Sprintf("%.0f", perSecond)
	}
	return fmt.Sprintf("%.1f", perSecond)
}

func plural(n float64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// spoken formats a duration as people say it: "15 s", "12 min", "17 h 40 min".
func spoken(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
