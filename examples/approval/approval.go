package main

import (
	"crypto/rand"
	"encoding/json"
	"regexp"
	"strings"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// Approval is a request for approval.
type Approval struct {
	// Action describes in a few words what will be done.
	Action string `json:"action"`
	// Approvers are phones, asked one after the other until someone answers.
	Approvers []string `json:"approvers"`
	From      string   `json:"from"`
	// Timeout is how long each approver has to answer.
	Timeout sms.Duration `json:"timeout"`
}

// Decision is the answer.
type Decision struct {
	Approved bool `json:"approved"`
	// By is the phone that decided, or "" if none did.
	By string `json:"by,omitempty"`
}

// yesOrNo is the pattern of an answer. It has the same meaning in Java and Go.
const yesOrNo = `(?i)\b(yes|no)\b`

// ApprovalWorkflow asks for an approval by text. If nobody approves, the
// decision is no.
func ApprovalWorkflow(ctx workflow.Context, a Approval) (Decision, error) {
	var code string
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return newCode() }).Get(&code); err != nil {
		return Decision{}, err
	}
	variables, err := json.Marshal(map[string]string{"action": a.Action, "code": code})
	if err != nil {
		return Decision{}, err
	}
	for _, approver := range a.Approvers {
		answer, err := workflows.AskSms(ctx, sms.AskSmsInput{
			SmsFrom: a.From, SmsTo: approver, Variables: variables,
			SmsBody: `${action}. Do you approve? Answer "${code} yes" or "${code} no".`,
			Pattern: yesOrNo, IfSeveral: sms.IfSeveralCode, Code: code,
			Timeout: a.Timeout,
		})
		if err != nil {
			return Decision{}, err
		}
		if answer.Outcome == sms.AskAnswered {
			word := regexp.MustCompile(yesOrNo).FindString(answer.Reply.Body)
			return Decision{Approved: strings.EqualFold(word, "yes"), By: approver}, nil
		}
	}
	return Decision{}, nil
}

// newCode returns a letter and a digit that are hard to confuse with others.
func newCode() string {
	const letters, digits = "ACDEFHJKLMNPRTUVWXY", "34679"
	b := make([]byte, 2)
	_, _ = rand.Read(b) // never fails
	return string([]byte{letters[int(b[0])%len(letters)], digits[int(b[1])%len(digits)]})
}
