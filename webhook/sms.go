package webhook

// /twilio/sms: an inbound message.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
)

// messageSID becomes part of workflow IDs, so nothing else may pass for one.
var messageSID = regexp.MustCompile(`^(SM|MM)[0-9a-fA-F]{32}$`)

func (h *handler) sms(w http.ResponseWriter, r *http.Request) {
	// Twilio's time began when it called. Its connection may break; what was begun
	// is finished.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
	defer cancel()
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
		h.refuse(w, r, http.StatusForbidden, "the number belongs to another account than the one that signed")
		return
	}
	// Just whom we know takes a place: nobody else can take them all.
	replies, err := []string(nil), errRetry
	if h.enter(ctx) {
		defer h.leave()
		replies, err = h.answer(ctx, message)
	} else {
		h.Logger.ErrorContext(ctx, "too many messages at once", "messageSid", message.MessageSID)
	}
	if err != nil {
		// Twilio calls the fallback URL, or again where it is told to (rp=5xx).
		w.Header().Set("Retry-After", "1")
		say(w, http.StatusServiceUnavailable, "the message could not be published; deliver it again")
		return
	}
	w.Header().Set("Content-Type", twilio.ReplyContentType)
	_, _ = w.Write(twilio.Reply(replies...)) // the client may have gone
}

// enter waits for a place, and reports whether there was one in time.
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

// errRetry asks for another delivery. What failed is in the log.
var errRetry = errors.New("deliver again")

// answer publishes a message and gives the replies. The error is errRetry.
func (h *handler) answer(ctx context.Context, message sms.Inbound) ([]string, error) {
	firings := h.Triggers().Match(ctx, message)
	taken, unasked := h.asked(ctx, message, firings)
	// A reply to a question is no news to triggers, but that somebody opts out
	// always is.
	if taken && message.Event != sms.OptOut {
		return nil, nil
	}
	replies, failures, err := h.publish(ctx, message, firings, unasked)
	if err != nil {
		return nil, err
	}
	replies, cut := bounded(replies)
	if cut {
		h.Logger.WarnContext(ctx, "replies were cut to what Twilio takes", "messageSid", message.MessageSID)
	}
	if len(replies)+len(failures) == 0 {
		return nil, nil
	}
	if may, why := h.guard.mayEcho(message); !may {
		h.Logger.WarnContext(ctx, "a message is not answered", "messageSid", message.MessageSID, "reason", why)
		replies = nil
	}
	// Of a failure the sender hears, or Twilio.
	for _, failure := range failures {
		if !slices.Contains(replies, failure) {
			return nil, errRetry
		}
	}
	return replies, nil
}

// asked offers the message to whoever waits for a reply from this sender.
func (h *handler) asked(ctx context.Context, message sms.Inbound, firings []triggers.Firing) (taken bool, err error) {
	if h.Asked == nil {
		return false, nil
	}
	taken, err = h.Asked(ctx, message, firings)
	if err != nil {
		h.Logger.ErrorContext(ctx, "a reply could not be delivered", "messageSid", message.MessageSID, "error", err)
		return false, errRetry
	}
	return taken, nil
}

// publish publishes what the message matches, all triggers at the same time,
// and gives the replies in their order, and those of them that tell of a
// failure. If a trigger wants it so, or has no words for it, the error is
// errRetry. Where it could not be learned whether the message replies to a
// question, no trigger may have it, and all of them have failed.
func (h *handler) publish(ctx context.Context, message sms.Inbound, firings []triggers.Firing, unasked error) (replies, failures []string, err error) {
	failed, panics := make([]bool, len(firings)), make([]any, len(firings))
	var publishing sync.WaitGroup
	for i := range firings {
		publishing.Go(func() {
			defer func() { panics[i] = recover() }()
			failed[i] = unasked != nil || !h.published(ctx, message, &firings[i])
		})
	}
	publishing.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p) // here it ends this request, there the process
		}
	}
	untold := unasked != nil
	for i := range firings {
		if !failed[i] {
			replies = append(replies, firings[i].Echo())
			continue
		}
		if firings[i].Retry() {
			return nil, nil, errRetry
		}
		reply := firings[i].EchoError()
		if reply == "" {
			untold = true
			continue
		}
		replies, failures = append(replies, reply), append(failures, reply)
	}
	if untold && len(failures) == 0 {
		return nil, nil, errRetry
	}
	return replies, failures, nil
}

// published publishes one firing and leaves a line about it.
func (h *handler) published(ctx context.Context, message sms.Inbound, firing *triggers.Firing) bool {
	err := firing.Err
	if err == nil {
		err = h.Publish(ctx, firing)
	}
	if err != nil {
		h.Logger.ErrorContext(ctx, "event not published", "messageSid", message.MessageSID, "trigger", firing.Trigger(), "error", err)
		return false
	}
	h.Logger.InfoContext(ctx, "event published", "messageSid", message.MessageSID, "trigger", firing.Trigger())
	return true
}

// maxMedia is how many files Twilio takes with a message.
const maxMedia = 10

// known are the parameters that have a place of their own in a message, and
// those that say nothing new.
var known = map[string]bool{
	"MessageSid": true, "SmsSid": true, "SmsMessageSid": true, "AccountSid": true, "From": true, "To": true, "Body": true,
	"MessagingServiceSid": true, "NumMedia": true, "SmsStatus": true, "ApiVersion": true, "bodySHA256": true,
	"Latitude": true, "Longitude": true, "Address": true, "Label": true,
}

var mediaParameter = regexp.MustCompile(`^Media(Url|ContentType)[0-9]+$`)

// inbound reads the message out of verified parameters.
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
	if !messageSID.MatchString(message.MessageSID) {
		return message, errors.New("parameter MessageSid is not a message SID")
	}
	message.Event = sms.Classify(message.From, message.Body, params.Get("OptOutType"))
	if params.Get("NumMedia") != "" && params.Get("NumMedia") != "0" {
		for n := range maxMedia {
			if address := params.Get("MediaUrl" + strconv.Itoa(n)); address != "" {
				message.Media = append(message.Media, sms.Media{URL: address, ContentType: params.Get("MediaContentType" + strconv.Itoa(n))})
			}
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
