// Package smstest stands in for phones, so workflows that send and ask can be
// tested without Twilio, without Temporal and without waiting.
//
//	env := suite.NewTestWorkflowEnvironment()
//	phones := smstest.New(env)
//	phones.Reply("+15005550009", "yes", time.Minute)
//	env.ExecuteWorkflow(MyWorkflow)
//	texts := phones.Texts("+15005550009")
package smstest

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// Text is a text that was sent to a phone.
type Text struct {
	From, To string
	// Body is the template, and Variables is its data model. Nothing is
	// rendered.
	Body      string
	Variables json.RawMessage
}

// Phones stands in for all phones. They accept every text unless configured
// otherwise.
type Phones struct {
	env     *testsuite.TestWorkflowEnvironment
	texts   []Text
	refuses map[string]sms.Code
	replies map[string]reply
	files   map[string]sms.Recipients
}

type reply struct {
	body  string
	after time.Duration
}

// New registers stand-ins for the activities that send, and for AskSmsWorkflow
// and BroadcastSmsWorkflow.
func New(env *testsuite.TestWorkflowEnvironment) *Phones {
	p := &Phones{env: env, refuses: make(map[string]sms.Code), replies: make(map[string]reply), files: make(map[string]sms.Recipients)}
	env.RegisterActivityWithOptions(p.send, activity.RegisterOptions{Name: sms.SendSmsName})
	env.RegisterActivityWithOptions(p.look, activity.RegisterOptions{Name: sms.GetMessagesName})
	env.RegisterWorkflowWithOptions(p.ask, workflow.RegisterOptions{Name: sms.AskSmsWorkflowName})
	env.RegisterWorkflowWithOptions(p.broadcast, workflow.RegisterOptions{Name: sms.BroadcastSmsWorkflowName})
	return p
}

// Refuse makes every text to a phone fail with the given code. If the code is
// OUTCOME_UNKNOWN, the phone still gets the text, but the workflow does not
// learn that it did.
func (p *Phones) Refuse(to string, code sms.Code) { p.refuses[to] = code }

// Reply makes a phone answer the next question it is asked, after a delay. A
// question to a phone without a planned reply times out.
func (p *Phones) Reply(from, body string, after time.Duration) { p.replies[from] = reply{body, after} }

// File sets the recipients that broadcasts read from the file with this name.
func (p *Phones) File(name string, recipients ...sms.Recipient) { p.files[name] = recipients }

// Texts returns the texts to a phone, or to all phones if to is "", in order.
func (p *Phones) Texts(to string) (texts []Text) {
	for _, text := range p.texts {
		if to == "" || text.To == to {
			texts = append(texts, text)
		}
	}
	return texts
}

func (p *Phones) send(input sms.SendSmsInput) (sms.SendSmsResult, error) {
	result := sms.SendSmsResult{Messages: []sms.Message{}, Errors: []sms.Error{}}
	for _, recipient := range input.SmsTo {
		code := p.refuses[recipient.To]
		if code == "" || code == sms.CodeOutcomeUnknown {
			p.texts = append(p.texts, Text{From: input.SmsFrom, To: recipient.To, Body: input.SmsBody, Variables: input.Variables})
		}
		if code != "" {
			result.Errors = append(result.Errors, sms.Error{To: recipient.To, Code: code, Message: "refused by the test"})
			continue
		}
		result.Messages = append(result.Messages, sms.Message{
			To: recipient.To, SID: fmt.Sprintf("SM%032x", len(p.texts)), Status: sms.StatusQueued, Segments: 1,
		})
	}
	return result, nil
}

// look reports every message as delivered.
func (p *Phones) look(input sms.GetMessagesInput) (updates []sms.StatusUpdate, _ error) {
	for _, sid := range input.SIDs {
		updates = append(updates, sms.StatusUpdate{MessageSID: sid, Status: sms.StatusDelivered})
	}
	return updates, nil
}

func (p *Phones) ask(ctx workflow.Context, input sms.AskSmsInput) (result sms.AskSmsResult, err error) {
	result.Sent, _ = p.send(sms.SendSmsInput{SmsFrom: input.SmsFrom, SmsTo: sms.To(input.SmsTo), SmsBody: input.SmsBody, Variables: input.Variables})
	timeout := time.Duration(input.Timeout)
	if timeout == 0 {
		timeout = workflows.DefaultAskTimeout
	}
	reply, replies := p.replies[input.SmsTo]
	switch {
	case len(result.Sent.Messages) == 0 && result.Sent.Errors[0].Code != sms.CodeOutcomeUnknown:
		result.Outcome = sms.AskNotSent
		return result, nil
	case !replies || reply.after > timeout:
		result.Outcome = sms.AskTimedOut
		return result, workflow.Sleep(ctx, timeout)
	}
	delete(p.replies, input.SmsTo)
	result.Outcome = sms.AskAnswered
	result.Reply = &sms.Reply{
		MessageSID: fmt.Sprintf("SM%032x", 1<<40), Body: reply.body, From: input.SmsTo, To: input.SmsFrom, ReceivedAt: workflow.Now(ctx).Add(reply.after),
	}
	return result, workflow.Sleep(ctx, reply.after)
}

// broadcast sends to all recipients immediately. If the test defines a source,
// it reads the recipients page by page. A dry run sends nothing, and quiet
// hours end immediately.
func (p *Phones) broadcast(ctx workflow.Context, input sms.BroadcastSmsInput) (progress sms.BroadcastProgress, err error) {
	progress = sms.BroadcastProgress{State: "done", Errors: map[sms.Code]int{}}
	page := sms.Page{Recipients: input.SmsTo}
	if input.File != "" {
		page.Recipients = p.files[input.File]
	}
	asking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for more := true; more; more = page.Next != "" {
		if source := input.Source; source != nil {
			in := sms.PageInput{Input: source.Input, Cursor: page.Next, Limit: max(input.PageSize, 1)}
			page = sms.Page{}
			if err := workflow.ExecuteActivity(asking, source.Activity, in).Get(ctx, &page); err != nil {
				return progress, err
			}
		}
		if input.DryRun {
			if progress.DryRun == nil {
				progress.DryRun = &sms.Preview{}
			}
			progress.DryRun.Messages += len(page.Recipients)
			progress.Recipients += len(page.Recipients)
			progress.Pages++
			continue
		}
		sending := input.SendSmsInput
		sending.SmsTo = page.Recipients
		result, _ := p.send(sending)
		result.Errors = append(result.Errors, page.Errors...)
		progress.Pages++
		progress.Sent += len(result.Messages)
		progress.Recipients += len(result.Messages) + len(result.Errors)
		for i := range result.Errors {
			progress.Errors[result.Errors[i].Code]++
		}
	}
	if input.Report != "" && !input.DryRun {
		progress.Report = input.Report + ".jsonl"
	}
	return progress, nil
}
