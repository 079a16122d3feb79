package webhook

// /twilio/status: what became of a message that we sent.

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

// StatusPath is where Twilio reports what became of a message.
const StatusPath = "/twilio/status"

// status reports to the workflow that sent the message. A report that nobody can
// use is acknowledged and logged: Twilio would deliver it again, and shows each
// refusal as an error in the customer's console.
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
	update.Attempt, _ = strconv.Atoi(query.Get(sms.CallbackAttempt)) // absent from addresses of older versions
	switch {
	case !messageSID.MatchString(update.MessageSID):
		h.ignore(w, r, update, "it names no message")
		return
	case !update.Status.Known():
		h.ignore(w, r, update, "its status is not known")
		return
	case workflowID == "":
		h.ignore(w, r, update, "its address names no workflow")
		return
	case !h.sentBy(params.Get("AccountSid"), query):
		h.ignore(w, r, update, "the message was sent from another account than the workflow's, or its address was not made by a worker with our secret")
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

// sentBy reports whether a verified account may report to the workflow that the
// address names: it must be the account that the workflow sent from. If there are
// several accounts, the address must prove that, since each of them can make
// Twilio sign any address.
func (h *handler) sentBy(account string, query url.Values) bool {
	if sender := query.Get(sms.CallbackAccount); sender != "" && sender != account {
		return false
	}
	return h.Unsigned || len(h.Tokens) < 2 || sms.StatusProven(h.StatusSecret, query)
}

// word is the form of a status that may be logged: it cannot be a number.
var word = regexp.MustCompile(`^[a-zA-Z_-]{1,32}$`)

// ignore acknowledges a status that no workflow gets, and leaves one line about
// it.
func (h *handler) ignore(w http.ResponseWriter, r *http.Request, update sms.StatusUpdate, why string) {
	if !messageSID.MatchString(update.MessageSID) {
		update.MessageSID = ""
	}
	if !word.MatchString(string(update.Status)) {
		update.Status = ""
	}
	h.Metrics.StatusCallback(metrics.CallbackIgnored)
	h.Logger.WarnContext(r.Context(), "status callback ignored", "reason", why, "messageSid", update.MessageSID, "status", update.Status)
	w.WriteHeader(http.StatusNoContent)
}
