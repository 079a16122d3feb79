package triggers

// Asked: giving a reply to the question that it answers, before any trigger.

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// askTimeout bounds the wait for the keeper of questions. With publishTimeout
// it leaves time to tell the sender.
const askTimeout = 5 * time.Second

// Asked gives a text to the one open question that it answers, and reports
// whether there was one. It may be called again for the same message. That
// somebody opts out or asks for help answers no question.
func (d *Dispatcher) Asked(ctx context.Context, message sms.Inbound) (taken bool, err error) {
	if message.Event == sms.OptOut || message.Event == sms.Help {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	handle, err := d.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   activities.QuestionsID(d.IDSecret, message.To, message.From),
		UpdateID:     "reply-" + message.MessageSID,
		UpdateName:   activities.ReplyUpdate,
		WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{workflows.Reply{
			MessageSID: message.MessageSID, Body: message.Body, From: message.From, To: message.To, ReceivedAt: message.ReceivedAt.UTC(),
		}},
	})
	if err == nil {
		err = handle.Get(ctx, &taken)
	}
	if none := (*serviceerror.NotFound)(nil); errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, &PublishError{Trigger: "questions", What: "give a reply to the question that it answers", Err: err}
	}
	return taken, nil
}
