package webhook

// /twilio/status receives the status of messages that we sent.

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
)

// StatusPath is where Twilio reports the status of a message.
const StatusPath = "/twilio/status"

// status handles a status callback: it reports the status to the workflow that
// sent the message. A callback that cannot be used is acknowledged and logged,
// because Twilio would otherwise repeat it, and show each refusal as an error
// in the customer's console.
func (h *handler) status(w http.ResponseWriter, r *http.Request) {
	params, status, why := h.params(w, r)
	if status != 0 {
		h.refuse(w, r, status, why)
		return
	}
	update := sms.StatusUpdate{
		MessageSID:   cmp.Or(params.Get("MessageSid"), params.Get("SmsSid")),
		Status:       sms.Status(cmp.Or(params.Get("MessageStatus"), params.Get("SmsStatus"))),
		ErrorMessage: params.Get("ErrorMessage"),
	}
	update.ErrorCode, _ = strconv.Atoi(params.Get("ErrorCode")) // absent if nothing went wrong
	query := r.URL.Query()
	workflowID := query.Get(sms.CallbackWorkflow)
	update.Recipient = query.Get(sms.CallbackRecipient)
	update.Attempt, _ = strconv.Atoi(query.Get(sms.CallbackAttempt)) // absent from URLs of older versions
	switch {
	case !sms.IsMessageSID(update.MessageSID):
		h.ignore(w, r, update, "it has no message SID")
		return
	case !update.Status.Known():
		h.ignore(w, r, update, "its status is unknown")
		return
	case workflowID == "":
		h.ignore(w, r, update, "its URL names no workflow")
		return
	case !h.sentBy(params.Get("AccountSid"), query):
		h.ignore(w, r, update, "the message was sent from an account other than the workflow's, or its URL was not made by a worker with our secret")
		return
	}
	h.Metrics.Delivery(update)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
	defer cancel()
	if err := h.Status(ctx, workflowID, update); err != nil {
		h.Logger.ErrorContext(ctx, "a status could not be delivered", "messageSid", update.MessageSID, "status", update.Status, "error", err)
		h.Metrics.StatusCallback(metrics.CallbackFailed)
		say(w, http.StatusServiceUnavailable, "the status could not be delivered; call again")
		return
	}
	h.Metrics.StatusCallback(metrics.CallbackDelivered)
	w.WriteHeader(http.StatusNoContent)
}

// sentBy reports whether a verified account may report to the workflow in the
// URL: it must be the account from which the workflow sent. If there are
// several accounts, the URL must prove that, because each account can make
// Twilio sign any URL.
func (h *handler) sentBy(account string, query url.Values) bool {
	if sender := query.Get(sms.CallbackAccount); sender != "" && sender != account {
		return false
	}
	return h.Unsigned || len(h.Tokens()) < 2 || sms.StatusProven(h.StatusSecret, query)
}

// word matches a status that may be logged because it cannot be a phone number.
var word = regexp.MustCompile(`^[a-zA-Z_-]{1,32}$`)

// ignore acknowledges a status that no workflow gets, and logs one line about
// it.
func (h *handler) ignore(w http.ResponseWriter, r *http.Request, update sms.StatusUpdate, why string) {
	if !sms.IsMessageSID(update.MessageSID) {
		update.MessageSID = ""
	}
	if !word.MatchString(string(update.Status)) {
		update.Status = ""
	}
	h.Metrics.StatusCallback(metrics.CallbackIgnored)
	h.Logger.WarnContext(r.Context(), "status callback ignored", "reason", why, "messageSid", update.MessageSID, "status", update.Status)
	w.WriteHeader(http.StatusNoContent)
}
