package activities

// A preview shows what SendSms would do with a list, without sending anything.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// PreviewSms renders the texts of a list as SendSms would. Its argument is a
// [sms.SendSmsInput]. It validates the quiet hours, but does not apply them. It
// makes no requests to Twilio, so it does not report what only Twilio would
// refuse.
func (a *Activities) PreviewSms(ctx context.Context, raw converter.RawValue) (preview sms.Preview, err error) {
	input, err := decodeInput(raw, true)
	if err != nil {
		return failed(sms.AsError(err)), nil
	}
	account, known := a.Accounts[input.Account]
	if !known && input.Account != "" {
		return failed(noAccount(input.Account)), nil
	}
	region := cmp.Or(input.DefaultRegion, a.DefaultRegion)
	if _, problem := senderOf(&input, region); problem != nil {
		return failed(problem), nil
	}
	now := activity.GetInfo(ctx).ScheduledTime
	if problem := checkSchedule(&input, now); problem != nil {
		return failed(problem), nil
	}
	texts, problem := newBodies(ctx, a.Renderer, input, now)
	if problem != nil {
		return failed(problem), nil
	}
	seen := make(map[string]bool, len(input.SmsTo))
	for i, recipient := range input.SmsTo {
		if ctx.Err() != nil {
			return preview, ctx.Err()
		}
		if i%100 == 0 {
			activity.RecordHeartbeat(ctx)
		}
		to, err := readRecipient(recipient.To, region)
		if err != nil {
			preview.Failures = append(preview.Failures, sms.Error{To: recipient.To, Code: sms.CodeInvalidTo, Message: err.Error()})
			continue
		}
		if seen[sms.Party(to)] {
			continue
		}
		seen[sms.Party(to)] = true
		sent, problem := texts.of(ctx, recipient)
		if limit, _ := account.Caps.of(to); limit != nil && limit.Most == 0 {
			problem = capped(limit, to)
		}
		if problem != nil {
			told := *problem
			told.To = to
			preview.Failures = append(preview.Failures, told)
			continue
		}
		text, size := sent.body, sms.Measure(sent.body)
		preview.Messages++
		preview.Segments += size.Segments
		if len(preview.Texts) < 3 {
			preview.Texts = append(preview.Texts, sms.PreviewText{To: to, Text: text, Segments: size.Segments, Encoding: size.Encoding})
		}
		if name := gap(ctx, texts, recipient, text); name != "" {
			preview.GapCount++
			if len(preview.Gaps) < 100 {
				preview.Gaps = append(preview.Gaps, sms.PreviewGap{To: to, Variable: name, Text: text})
			}
		}
	}
	return preview, nil
}

func failed(problem *sms.Error) sms.Preview { return sms.Preview{Failures: []sms.Error{*problem}} }

// stand is a placeholder for an empty value, which shows where the value
// appears in the text.
const stand = "\ue000"

// gap returns the name of a recipient's variable that is empty and leaves a gap
// in the text, or "" if there is none. It renders the text with a placeholder
// as the value: if the text differs only by the placeholder, there is a gap. A
// template that tests the variable and writes something else leaves no gap.
func gap(ctx context.Context, texts *bodies, recipient sms.Recipient, text string) string {
	if texts.body == nil || !bytes.Contains(recipient.Variables, []byte(`""`)) {
		return ""
	}
	var variables map[string]json.RawMessage
	if json.Unmarshal(recipient.Variables, &variables) != nil {
		return ""
	}
	var empty []string
	for name, value := range variables {
		if string(bytes.TrimSpace(value)) == `""` {
			empty = append(empty, name)
		}
	}
	slices.Sort(empty)
	for _, name := range empty {
		variables[name] = json.RawMessage(`"` + stand + `"`)
		filled, err := json.Marshal(variables)
		variables[name] = json.RawMessage(`""`)
		if err != nil {
			continue
		}
		model, problem := readModel(filled)
		if problem != nil {
			continue
		}
		with, err := texts.body.RenderAt(ctx, freemarker.Overlay(texts.variables, model), texts.now)
		if err == nil && strings.Contains(with, stand) && strings.ReplaceAll(with, stand, "") == text {
			return name
		}
	}
	return ""
}
