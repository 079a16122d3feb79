package webhook

// /twilio/status: what became of a message that we sent.

import (
	"context"
	"net/http"
	"strconv"

	"temporal-twilio/sms"
)

// StatusPath is where Twilio tells what became of a message.
const StatusPath = "/twilio/status"

// status brings the news to the workflow that sent the message.
func (h *handler) status(w http.ResponseWriter, r *http.Request) {
	params, status, why := h.params(w, r)
	if status != 0 {
		h.refuse(w, r, status, why)
		return
	}
	update := sms.StatusUpdate{
		MessageSID:   params.Get("MessageSid"),
		Status:       sms.Status(params.Get("MessageStatus")),
		ErrorMessage: params.Get("ErrorMessage"),
	}
	update.ErrorCode, _ = strconv.Atoi(params.Get("ErrorCode")) // absent where nothing went wrong
	workflowID := r.URL.Query().Get(sms.StatusWorkflow)
	switch {
	case !messageSID.MatchString(update.MessageSID):
		h.refuse(w, r, http.StatusBadRequest, "parameter MessageSid is not a message SID")
		return
	case !update.Status.Known():
		h.refuse(w, r, http.StatusBadRequest, "parameter MessageStatus is not a status")
		return
	case workflowID == "":
		h.refuse(w, r, http.StatusBadRequest, "the address names no workflow")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerTimeout)
	defer cancel()
	if err := h.Status(ctx, workflowID, update); err != nil {
		h.Logger.ErrorContext(ctx, "a status could not be delivered", "messageSid", update.MessageSID, "status", update.Status, "error", err)
		say(w, http.StatusServiceUnavailable, "the status could not be delivered; call again")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
