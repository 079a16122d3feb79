package main

// Confirm sends a reminder and asks a question, both through Nexus.

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// from is the number that sends the texts.
const from = "+15005550006"

// Confirm reminds a customer of a booking, waits until the reminder is
// delivered, and asks whether they are coming. If it is cancelled, it cancels
// the operation that it is waiting for.
func Confirm(ctx workflow.Context, phone string) (string, error) {
	texts := workflow.NewNexusClient(sms.NexusEndpoint, sms.NexusService)

	var sent sms.SendSmsWorkflowResult
	reminder := texts.ExecuteOperation(ctx, sms.NexusSend, sms.SendSmsWorkflowInput{
		SendSmsInput:    sms.SendSmsInput{SmsFrom: from, SmsTo: sms.To(phone), SmsBody: "Your table is booked for Monday at 7 pm."},
		WaitForDelivery: true,
		Timeout:         sms.Duration(10 * time.Minute),
	}, workflow.NexusOperationOptions{Summary: "Remind by SMS"})
	if err := reminder.Get(ctx, &sent); err != nil {
		return "", err
	}
	if len(sent.Errors) > 0 {
		return fmt.Sprintf("not texted: %s", sent.Errors[0].Code), nil
	}

	var asked sms.AskSmsResult
	question := texts.ExecuteOperation(ctx, sms.NexusAsk, sms.AskSmsInput{
		SmsFrom: from, SmsTo: phone, SmsBody: "Are you coming? Yes or no?", Pattern: `(?i)^(?<answer>yes|no)\b`,
		Timeout: sms.Duration(24 * time.Hour),
	}, workflow.NexusOperationOptions{Summary: "Ask by SMS"})
	if err := question.Get(ctx, &asked); err != nil {
		return "", err
	}
	if asked.Reply == nil {
		return string(asked.Outcome), ctx.Err()
	}
	return asked.Reply.Body, nil
}
