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

// Approval is the input of ApprovalWorkflow.
type Approval struct {
	// Action is a short description of what needs approval.
	Action string `json:"action"`
	// Approvers are the phones to ask, one at a time, until someone answers.
	Approvers []string `json:"approvers"`
	From      string   `json:"from"`
	// Timeout is how long each approver has to answer.
	Timeout sms.Duration `json:"timeout"`
}

// Decision is the result of ApprovalWorkflow.
type Decision struct {
	Approved bool `json:"approved"`
	// By is the phone that answered, or "" if none did.
	By string `json:"by,omitempty"`
}

// yesOrNo matches an answer. Java and Go interpret the pattern in the same way.
const yesOrNo = `(?i)\b(yes|no)\b`

// ApprovalWorkflow asks for approval by text. If nobody answers, the action is
// not approved.
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

// newCode returns a letter and a digit, neither of which is easily mistaken for
// another.
func newCode() string {
	const letters, digits = "ACDEFHJKLMNPRTUVWXY", "34679"
	b := make([]byte, 2)
	_, _ = rand.Read(b) // never fails
	return string([]byte{letters[int(b[0])%len(letters)], digits[int(b[1])%len(digits)]})
}
