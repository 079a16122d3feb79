package activities

// The input of SendSms, which is parsed leniently: it comes from workflows in
// any language, and from process models in which every value is a string.

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// decodeInput decodes the activity's raw argument. The SDK does not decode it,
// because an argument that the SDK cannot decode fails the activity. If a send
// has an idempotency key, quiet hours are refused unless callerWaits, since the
// activity itself cannot wait until they end. The error is a *sms.Error that
// lists everything that is wrong.
func decodeInput(raw converter.RawValue, callerWaits bool) (input sms.SendSmsInput, err error) {
	payload := raw.Payload()
	if payload == nil {
		return input, &sms.Error{Code: sms.CodeMissingInput, Message: "SendSms was called without an argument; pass {smsFrom, smsTo, smsBody}"}
	}
	problems, _ := errors.AsType[sms.Problems](sms.DecodePayload(payload.GetMetadata(), payload.GetData(), &input))
	if hours := input.QuietHours; hours != nil {
		wrong := hours.Check()
		if !callerWaits && input.IdempotencyKey != "" {
			wrong = errors.New("quietHours with an idempotencyKey needs a timer, which an activity does not have: start SendSmsWorkflow or BroadcastSmsWorkflow with it")
		}
		problems = problems.AddIf(wrong != nil, "quietHours", fmt.Sprint(wrong)).
			AddIf(input.SendAt != nil, "sendAt", "sendAt and quietHours cannot be combined: Twilio would send at sendAt, even to those in quiet hours; set only one")
	}
	return input, input.Check(regional(&input, problems))
}

// regional adds the problems that depend on this worker's data about numbers,
// locales and time zones.
func regional(in *sms.SendSmsInput, problems sms.Problems) sms.Problems {
	return problems.
		AddIf(!knownRegion(in.DefaultRegion), "defaultRegion", "defaultRegion must be a country's two capital letters, such as US").
		AddIf(in.Locale != "" && !freemarker.IsLocale(in.Locale), "locale", "locale must be a language with an optional country, such as pt_BR").
		AddIf(in.TimeZone != "" && !freemarker.IsTimeZone(in.TimeZone), "timeZone", "timeZone must be a place, such as Europe/Berlin, or an offset, such as GMT+02:00")
}

// The limits of Twilio's scheduler. Twilio's documentation gives two different
// minimums, of which this is the longer one. Source:
// https://www.twilio.com/docs/messaging/features/message-scheduling
const (
	minSchedule = 15 * time.Minute
	maxSchedule = 35 * 24 * time.Hour
)

// checkSchedule checks the time of a scheduled send. A send that resumes an
// earlier attempt skips it, because the time may have become too near in the
// meantime.
func checkSchedule(in *sms.SendSmsInput, now time.Time) *sms.Error {
	if in.SendAt == nil {
		return nil
	}
	if ahead := in.SendAt.Sub(now); ahead < minSchedule || ahead > maxSchedule {
		return &sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("sendAt must be 15 minutes to 35 days ahead; it is %s", in.SendAt.UTC().Format(time.RFC3339))}
	}
	return nil
}

// senderOf parses the sender. A number without a country code is read as a
// number of the region.
func senderOf(in *sms.SendSmsInput, region string) (string, *sms.Error) {
	if strings.TrimSpace(in.SmsFrom) == "" {
		return "", nil
	}
	from, err := readSender(in.SmsFrom, region)
	if err != nil {
		return "", &sms.Error{Code: sms.CodeInvalidFrom, Message: fmt.Sprintf("smsFrom %q cannot send: %v; a sender is a number, a short code, a name of up to 11 letters and digits, or an address on a channel", clip(in.SmsFrom), err)}
	}
	return from, nil
}

func given(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null"
}
