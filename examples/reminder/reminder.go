package main

import (
	"encoding/json"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// Appointment is the input of ReminderWorkflow.
type Appointment struct {
	From  string    `json:"from"`
	Phone string    `json:"phone"`
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	// RemindAt is when the reminder is sent.
	RemindAt time.Time `json:"remindAt"`
}

// ReminderWorkflow reminds a guest of an appointment and returns "coming", "not
// coming" or, if neither is known, the reason.
func ReminderWorkflow(ctx workflow.Context, a Appointment) (string, error) {
	if err := workflow.Sleep(ctx, a.RemindAt.Sub(workflow.Now(ctx))); err != nil {
		return "", err
	}
	variables, err := json.Marshal(map[string]any{"name": a.Name, "at": a.At})
	if err != nil {
		return "", err
	}
	left := a.At.Sub(workflow.Now(ctx))
	answer, err := workflows.AskSms(ctx, sms.AskSmsInput{
		SmsFrom: a.From, SmsTo: a.Phone, Variables: variables,
		SmsBody:   `Dear ${name}, we expect you on ${at?datetime.iso?string("d MMMM 'at' HH:mm")}. Will you come? Please answer yes or no.`,
		Pattern:   `(?i)^\s*(?<answer>yes|no)\b`,
		Reminders: []sms.Reminder{{After: sms.Duration(left / 2), SmsBody: "Dear ${name}, will you come? Please answer yes or no."}},
		Timeout:   sms.Duration(left),
	})
	if err != nil {
		return "", err
	}
	if answer.Outcome != sms.AskAnswered {
		return "not known: " + string(answer.Outcome), nil
	}
	result, thanks := "coming", "Thank you. See you then!"
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer.Reply.Body)), "no") {
		result, thanks = "not coming", "Thank you for letting us know."
	}
	// Even if the confirmation fails, the guest's answer counts.
	_, err = workflows.SendSms(ctx, sms.SendSmsInput{SmsFrom: a.From, SmsTo: sms.To(a.Phone), SmsBody: thanks})
	return result, err
}
