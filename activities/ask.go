package activities

// Checks a question before anyone is texted.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"temporal-twilio/javaregex"
	"temporal-twilio/sms"
)

// CheckQuestion finds everything that would prevent a question from being
// answered or a reminder from being sent. It is a local activity because it
// makes no requests and its result depends on the worker's settings.
func (a *Activities) CheckQuestion(ctx context.Context, in sms.CheckQuestionInput) (checked sms.CheckQuestionResult, _ error) {
	problems := in.Send.Problems(regional(&in.Send, in.Problems))
	add := func(field, says, private string) {
		if !problems.Names(field) {
			problems = append(problems, sms.Problem{Field: field, Says: says, Private: private})
		}
	}
	region := cmp.Or(in.Send.DefaultRegion, a.DefaultRegion)
	var err error
	if in.Send.SmsFrom != "" {
		if checked.From, err = readSender(in.Send.SmsFrom, region); err != nil {
			add("smsFrom", "smsFrom cannot ask: "+err.Error(), quoted(in.Send.SmsFrom))
		} else if sms.IsName(checked.From) {
			add("smsFrom", "smsFrom must be a number, a short code or an address on a channel, because nobody can reply to an alphanumeric sender ID", quoted(in.Send.SmsFrom))
		}
	}
	switch len(in.Send.SmsTo) {
	case 0: // already reported as missing
	case 1:
		if checked.To, err = readRecipient(in.Send.SmsTo[0].To, region); err != nil {
			add("smsTo", "smsTo cannot be texted: "+err.Error(), quoted(in.Send.SmsTo[0].To))
		}
	default:
		add("smsTo", fmt.Sprintf("smsTo must be one phone, but it lists %d; ask each in a separate workflow", len(in.Send.SmsTo)), "")
	}
	if _, known := a.Accounts[in.Send.Account]; !known {
		add("account", noAccount(clip(in.Send.Account)).Message, "")
	}
	if _, err := javaregex.Compile(in.Question.Pattern); err != nil {
		add("pattern", `pattern must be a Java regular expression, such as "(?i)^(?<answer>yes|no)\\b"; names of groups consist of letters and digits only`, ": "+strings.TrimPrefix(err.Error(), "javaregex: "))
	}
	if q := in.Question; q.IfSeveral != "" && !slices.Contains([]sms.IfSeveral{sms.IfSeveralOldest, sms.IfSeveralLatest, sms.IfSeveralCode, sms.IfSeveralRefuse}, q.IfSeveral) {
		add("ifSeveral", `ifSeveral must be "oldest", "latest", "code" or "refuse"`, quoted(string(q.IfSeveral)))
	}
	for i, body := range append([]string{in.Send.SmsBody}, in.Reminders...) {
		field, send := "smsBody", in.Send
		if i > 0 {
			field, send = fmt.Sprintf("reminders[%d].smsBody", i-1), in.Send.TextOnly(body)
		}
		if i > 0 && body == "" {
			add(field, field+` must be a string, such as "Please answer yes or no."`, "")
		} else if _, problem := newBodies(ctx, a.Renderer, send, time.Now()); problem != nil {
			add(field, field+" cannot be sent", ": "+problem.Message)
		}
	}
	checked.Problems = problems
	return checked, nil
}

// quoted formats a text for the end of an error message.
func quoted(text string) string { return fmt.Sprintf("; it is %q", clip(text)) }
