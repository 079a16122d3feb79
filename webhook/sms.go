package webhook

// /twilio/sms receives inbound messages.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

func (h *handler) sms(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	// Twilio's timeout began with its request. If the connection breaks,
	// work in progress is still finished.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
	defer cancel()
	ctx = withCaller(ctx, r.Context())
	params, status, why := h.params(w, r)
	if status != 0 {
		h.refuse(w, r, status, why)
		return
	}
	message, err := inbound(params)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if !h.receives(message.AccountSID, message.To) {
		h.refuse(w, r, http.StatusForbidden, otherAccount)
		return
	}
	answer, matched, kind := Answer{Again: true, Outcome: "too many texts at once"}, []triggers.Match(nil), ""
	// Only verified requests take a slot, so nobody else can exhaust the
	// slots.
	if h.enter(ctx) {
		defer h.leave()
		set := h.Triggers()
		message.Event = set.Event(message)
		kind = kindOf(set, message)
		matched = set.Match(ctx, message)
		unsaid, mode := "", Live
		if h.silenced(ctx, message) {
			unsaid = fmt.Sprintf("more than %d texts without a pause; silent for a day", maxStreak)
			matched = slices.DeleteFunc(matched, func(f triggers.Match) bool { return f.Texts() })
		} else if slices.ContainsFunc(matched, func(f triggers.Match) bool { return f.Replies() }) {
			unsaid = h.unsaid(ctx, message)
		}
		if unsaid != "" {
			mode = Mute
			h.Metrics.EchoSuppressed()
		}
		answer = h.Receive(ctx, message, matched, mode)
		if answer.Known && mode == Live && len(answer.Replies) > 0 {
			unsaid = h.unsaid(ctx, message) // an earlier delivery with other triggers may have decided the replies
		}
		answer.Unsaid = unsaid
	}
	h.Metrics.Text(names(matched), answer.Outcome, time.Since(began))
	h.restrain(ctx, message, &answer)
	h.report(ctx, message, kind, matched, answer)
	if h.ShowOutcome {
		w.Header().Set(OutcomeHeader, inWords(kind, answer))
		if answer.WorkflowID != "" {
			w.Header().Set(WorkflowHeader, answer.WorkflowID)
		}
	}
	if answer.Again {
		// Twilio calls the fallback URL, or retries if the webhook's
		// URL asks for it (rp=5xx).
		w.Header().Set("Retry-After", "1")
		say(w, http.StatusServiceUnavailable, "the text could not be published; deliver it again")
		return
	}
	w.Header().Set("Content-Type", twilio.ReplyContentType)
	_, _ = w.Write(twilio.Reply(answer.Replies...)) // the client may be gone
}

// silenced reports whether this webhook or another considers the sender and our
// number machines that answer each other.
func (h *handler) silenced(ctx context.Context, message sms.Inbound) bool {
	streak, watch, silent := h.guard.streak(message, time.Now())
	if h.Silencer == nil || !watch && !silent {
		return streak > maxStreak
	}
	began, ended, err := h.Silencer.Silenced(ctx, message)
	if err == nil {
		silent = !began.IsZero() && ended.IsZero()
	}
	if err == nil && !silent {
		h.learn(ctx, message)
		if streak = h.guard.streakOfAll(message, ended, time.Now()); streak > maxStreak {
			var begun string
			if begun, err = h.Silencer.Silence(ctx, message); begun != "" {
				h.Logger.WarnContext(ctx, "a phone and a number answer each other like machines: the number does not reply to the phone for a day; terminate the workflow to end the silence",
					"messageSid", message.MessageSID, "workflow", begun, "texts", streak)
			}
		}
	}
	if err != nil {
		h.Logger.ErrorContext(ctx, "could not check whether a phone is silenced, or silence it", "messageSid", message.MessageSID, "reason", reason(err))
	}
	silent = silent || streak > maxStreak
	h.guard.silence(message, silent)
	return silent
}

// enter waits for a slot and reports whether it got one in time.
func (h *handler) enter(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, placeTimeout)
	defer cancel()
	select {
	case h.places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *handler) leave() { <-h.places }

// unsaid returns why a message must not get a reply, or "" if it may.
func (h *handler) unsaid(ctx context.Context, message sms.Inbound) string {
	if _, paused := h.Paused(); paused {
		return "all sending is paused"
	}
	h.learn(ctx, message)
	return h.guard.unsaid(message)
}

// restrain removes replies that must not be sent and replies that Twilio would
// refuse.
func (h *handler) restrain(ctx context.Context, message sms.Inbound, answer *Answer) {
	if answer.Again || answer.Unsaid != "" {
		answer.Replies = nil
		return
	}
	var cut bool
	if answer.Replies, cut = bounded(answer.Replies); cut {
		h.Logger.WarnContext(ctx, "replies were cut to what Twilio accepts", "messageSid", message.MessageSID)
	}
}

// kinds maps events to the names that outcomes use for them.
var kinds = map[sms.EventKind]string{sms.EventOptOut: "opt-out", sms.EventOptIn: optIn, sms.EventHelp: "help"}

const optIn = "opt-in"

// kindOf returns the name of a text's kind, or "" for an ordinary text.
func kindOf(set *triggers.Set, message sms.Inbound) string {
	switch kind := kinds[message.Event]; {
	case kind != "":
		return kind
	case set.OptsIn(message):
		return optIn
	case message.Reaction() != nil:
		return "reaction"
	}
	return ""
}

// inWords describes the outcome of a text for people. It does not mention an
// opt-in if the text answered a question, because that is what the "yes" was
// meant for.
func inWords(kind string, answer Answer) string {
	var words []string
	if kind != "" && (kind != optIn || answer.Outcome != string(sms.OutcomeAnswered)) {
		words = append(words, kind)
	}
	words = append(words, answer.Outcome)
	if answer.Outcome == string(sms.OutcomeUnwanted) && answer.WorkflowID != "" && (kind == "" || kind == optIn) {
		words = append(words, "answers no open question") // if no question were open, the text would have no workflow
	}
	switch len(answer.Uncaught) {
	case 0:
	case 1:
		words = append(words, "trigger "+answer.Uncaught[0]+" reached no workflow")
	default:
		words = append(words, fmt.Sprintf("%d triggers reached no workflow", len(answer.Uncaught)))
	}
	if answer.Unsaid != "" {
		words = append(words, "not echoed: "+answer.Unsaid)
	}
	return strings.Join(words, ", ")
}

// report logs one line about a text.
func (h *handler) report(ctx context.Context, message sms.Inbound, kind string, matched []triggers.Match, answer Answer) {
	level := slog.LevelInfo
	attributes := []any{
		"outcome", inWords(kind, answer), "triggers", strings.Join(names(matched), " "), "messageSid", message.MessageSID, "account", message.AccountSID,
	}
	if answer.Known {
		attributes = append(attributes, "redelivered", true)
	}
	if len(answer.Reasons) > 0 || answer.Again {
		level = slog.LevelError
		attributes = append(attributes, "reason", answer.reasons())
	}
	h.Logger.Log(ctx, level, "text received", attributes...)
}

func names(matches []triggers.Match) []string {
	names := make([]string, len(matches))
	for i := range matches {
		names[i] = matches[i].Trigger()
	}
	return names
}

// maxMedia is how many files Twilio accepts with a message.
const maxMedia = 10

// known contains the parameters that have their own field in a message, and
// those that add no information.
var known = map[string]bool{
	"MessageSid": true, "SmsSid": true, "SmsMessageSid": true, "AccountSid": true, "From": true, "To": true, "Body": true,
	"MessagingServiceSid": true, "NumMedia": true, "SmsStatus": true, "ApiVersion": true, "bodySHA256": true,
	"Latitude": true, "Longitude": true, "Address": true, "Label": true,
}

var mediaParameter = regexp.MustCompile(`^Media(Url|ContentType)[0-9]+$`)

// inbound converts verified parameters to a message.
func inbound(params url.Values) (sms.Inbound, error) {
	message := sms.Inbound{
		MessageSID:          params.Get("MessageSid"),
		AccountSID:          params.Get("AccountSid"),
		From:                params.Get("From"),
		To:                  params.Get("To"),
		Body:                params.Get("Body"),
		MessagingServiceSID: params.Get("MessagingServiceSid"),
		ReceivedAt:          time.Now(),
	}
	for _, name := range []string{"MessageSid", "From", "To"} {
		if params.Get(name) == "" {
			return message, fmt.Errorf("parameter %s is missing", name)
		}
	}
	if !sms.IsMessageSID(message.MessageSID) { // the SID becomes part of workflow IDs
		return message, errors.New("parameter MessageSid is not a message SID")
	}
	for n := range maxMedia { // NumMedia is not trusted
		if address := params.Get("MediaUrl" + strconv.Itoa(n)); address != "" {
			message.Media = append(message.Media, sms.Media{URL: address, ContentType: params.Get("MediaContentType" + strconv.Itoa(n))})
		}
	}
	message.Location = place(params)
	for name := range params {
		if value := params.Get(name); value != "" && !known[name] && !mediaParameter.MatchString(name) {
			if message.Parameters == nil {
				message.Parameters = map[string]string{}
			}
			message.Parameters[name] = value
		}
	}
	return message, nil
}

func place(params url.Values) *sms.Location {
	latitude, err := strconv.ParseFloat(params.Get("Latitude"), 64)
	if err != nil {
		return nil
	}
	longitude, err := strconv.ParseFloat(params.Get("Longitude"), 64)
	if err != nil || latitude < -90 || latitude > 90 || longitude < -180 || longitude > 180 || latitude != latitude || longitude != longitude {
		return nil
	}
	return &sms.Location{Latitude: latitude, Longitude: longitude, Address: params.Get("Address"), Label: params.Get("Label")}
}
