package activities

// The input of SendSms, read with care: it comes from workflows in any
// language, and from process models whose every value is a string.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// SendSmsInput asks for one text to be sent to each of a list of recipients.
type SendSmsInput struct {
	// SmsFrom is the sender: a number of the account in E.164 form, a short
	// code, an alphanumeric sender ID or a WhatsApp address. Required unless
	// MessagingServiceSID is given.
	SmsFrom string `json:"smsFrom,omitempty" example:"\"+15005550006\""`
	// SmsTo lists the recipients. Required. In JSON it is an array, an object for
	// one, a string that holds either, or a comma-separated string.
	SmsTo Recipients `json:"smsTo"`
	// SmsBody is the text, a FreeMarker template. Required unless MediaURL or
	// ContentSID is given.
	SmsBody string `json:"smsBody,omitempty" example:"\"Dear ${name}, hello\""`
	// Variables is the template's data model, a JSON object. Optional.
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	// Metadata is the connector's older name for Variables. Optional.
	Metadata json.RawMessage `json:"metadata,omitempty" example:"{\"name\": \"Ann\"}"`

	// DefaultRegion is the country of numbers without a country code, such as
	// "US". Optional: default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty" example:"\"US\""`
	// Locale is how the templates write numbers and dates, such as "de" or "pt_BR",
	// TimeZone where they tell the time, such as "Europe/Berlin" or "GMT+02:00".
	// Optional: default the worker's, en_US and UTC unless it is configured.
	Locale   string `json:"locale,omitempty" example:"\"pt_BR\""`
	TimeZone string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
	// Account picks a set of credentials by its name in the worker's
	// configuration. Optional: default that of the environment.
	Account string `json:"account,omitempty" example:"\"marketing\""`
	// GiveUpAfter is for how long a send that gets nowhere goes on trying what
	// surely was not sent and may be later, across attempts. Optional: default as
	// long as the caller's timeouts and retry policy allow, and 1 h if they set no
	// end.
	GiveUpAfter sms.Duration `json:"giveUpAfter,omitempty"`
	// OnError is "complete" or "fail": whether the activity fails if a recipient
	// was not sent to, with an error that is not retried and whose details are the
	// result. Optional: default complete.
	OnError OnError `json:"onError,omitempty" example:"\"complete\" or \"fail\""`
	// IdempotencyKey makes this the one send of its key: whoever else asks with
	// the same key gets the same result, and nothing more is sent. Optional.
	IdempotencyKey string `json:"idempotencyKey,omitempty" example:"\"order-42/confirmed\""`
	// OnUnknown says what to do with a recipient of whom it cannot be decided
	// whether Twilio took the message. Optional: default [Report].
	OnUnknown OnUnknown `json:"onUnknown,omitempty" example:"\"report\" or \"resend\""`

	// MessagingServiceSID picks the sender from a service, "MG" and 32 hex
	// digits. Optional.
	MessagingServiceSID string `json:"messagingServiceSid,omitempty" example:"\"MG0123456789abcdef0123456789abcdef\""`
	// MediaURL are up to 10 addresses of media. Optional.
	MediaURL []string `json:"mediaUrl,omitempty" example:"[\"https://example.com/a.png\"]"`
	// ContentSID names a content template, "HX" and 32 hex digits. Optional.
	ContentSID string `json:"contentSid,omitempty" example:"\"HX0123456789abcdef0123456789abcdef\""`
	// ContentVariables are its variables, a JSON object whose values are FreeMarker
	// templates over Variables. Optional.
	ContentVariables json.RawMessage `json:"contentVariables,omitempty" example:"{\"1\": \"Ann\"}"`
	// SendAt schedules the messages, 15 minutes to 35 days ahead. It needs
	// MessagingServiceSID. Optional.
	SendAt *time.Time `json:"sendAt,omitempty"`
	// ValidityPeriod is how many seconds a message may wait to be sent, 1 to
	// 36000. Optional: default Twilio's, 36000.
	ValidityPeriod int `json:"validityPeriod,omitempty" example:"3600"`
	// StatusCallback is called at each change of a message's status. Optional:
	// default none, or our own webhook if StatusSignals is set.
	StatusCallback string `json:"statusCallback,omitempty" example:"\"https://example.com/status\""`
	// StatusSignals has the worker's webhook signal "SmsStatus" to the workflow at
	// each change of a message's status. Optional: default false.
	StatusSignals *bool `json:"statusSignals,omitempty"`
	// SmartEncoded replaces characters that make a text UCS-2 by look-alikes.
	// Optional.
	SmartEncoded *bool `json:"smartEncoded,omitempty"`
	// ShortenURLs shortens links. It needs MessagingServiceSID. Optional.
	ShortenURLs *bool `json:"shortenUrls,omitempty"`
	// SendAsMMS sends a text as MMS. Optional.
	SendAsMMS *bool `json:"sendAsMms,omitempty"`
	// RiskCheck is enable or disable. Optional.
	RiskCheck string `json:"riskCheck,omitempty" example:"\"enable\" or \"disable\""`
	// ContentRetention is retain or discard. Optional.
	ContentRetention string `json:"contentRetention,omitempty" example:"\"retain\" or \"discard\""`
	// AddressRetention is retain or obfuscate. Optional.
	AddressRetention string `json:"addressRetention,omitempty" example:"\"retain\" or \"obfuscate\""`
	// MaxPrice is the most that a message may cost in US dollars. Optional.
	MaxPrice *float32 `json:"maxPrice,omitempty" example:"0.05"`
	// ProvideFeedback announces that feedback will be given. Optional.
	ProvideFeedback *bool `json:"provideFeedback,omitempty"`
	// PersistentAction are rich actions of the message's channel. Optional.
	PersistentAction []string `json:"persistentAction,omitempty" example:"[\"geo:52.5,13.4|Berlin\"]"`

	// QuietHours keep recipients from being texted in the evening and at night, by
	// the time where they are. For SendSmsWorkflow and BroadcastSmsWorkflow, which
	// can wait. Optional.
	QuietHours *sms.QuietHours `json:"quietHours,omitempty"`
	// MaxSegments refuses a text that takes more segments. Optional: default no
	// limit but Twilio's 1600 characters.
	MaxSegments int `json:"maxSegments,omitempty" example:"2"`
}

// MaxRecipients is how long a list may be. Temporal takes payloads of 2 MB, and
// the report of a longer list would not fit: nobody would know who was texted.
const MaxRecipients = 5000

// OnUnknown is a way to deal with an unknown outcome.
type OnUnknown string

const (
	// Report tells the caller OUTCOME_UNKNOWN and does not send again.
	Report OnUnknown = "report"
	// Resend sends again, at the risk of texting the recipient twice.
	Resend OnUnknown = "resend"
)

// OnError is a way to tell that somebody was not sent to.
type OnError string

const (
	// Complete tells it in the result.
	Complete OnError = "complete"
	// Fail tells it by an error whose details are the result.
	Fail OnError = "fail"
)

// Recipients is a list of whom to send to.
type Recipients = sms.Recipients

// Recipient is one of them.
type Recipient = sms.Recipient

// To makes a list of plain addresses.
func To(addresses ...string) Recipients { return sms.To(addresses...) }

// decodeInput reads the activity's raw argument. It is decoded here and not by
// the SDK, whose failure would be the activity's. The error is a *sms.Error with
// all that is wrong.
func decodeInput(raw converter.RawValue) (input SendSmsInput, err error) {
	if raw.Payload() == nil {
		return input, &sms.Error{Code: sms.MissingInput, Message: "SendSms was called without an argument; give it {smsFrom, smsTo, smsBody}"}
	}
	problems, _ := errors.AsType[sms.Problems](Decode(raw, &input))
	return input, input.check(problems)
}

// Decode reads the argument of an activity or a workflow, as [sms.Decode] does,
// into a pointer to a struct. Without an argument the struct stays as it is.
func Decode(raw converter.RawValue, into any) error {
	payload := raw.Payload()
	if payload == nil {
		return nil
	}
	switch encoding := string(payload.GetMetadata()[converter.MetadataEncoding]); encoding {
	case converter.MetadataEncodingNil:
		return nil
	case converter.MetadataEncodingJSON, converter.MetadataEncodingProtoJSON, converter.MetadataEncodingBinary:
		return sms.Decode(payload.GetData(), into)
	default:
		return sms.Problems{{Says: fmt.Sprintf("the argument is encoded as %q, but it must be a JSON object; if the caller uses a payload codec, the worker needs the same", encoding)}}
	}
}

// check adds to the problems what is absent or contradicts itself, and merges the
// two names of the data model.
func (in *SendSmsInput) check(problems sms.Problems) error {
	problems, missing := in.problems(problems)
	switch {
	case len(missing) > 0 && len(problems) == 0:
		return &sms.Error{Code: sms.MissingInput, Message: "missing or empty: " + strings.Join(missing, ", ")}
	case len(missing) > 0:
		problems = append(problems, absent(missing))
	}
	if len(problems) > 0 {
		return &sms.Error{Code: sms.InvalidInput, Message: problems.Error()}
	}
	return nil
}

func absent(fields []string) sms.Problem {
	return sms.Problem{Says: "missing or empty: " + strings.Join(fields, ", ")}
}

func (in *SendSmsInput) problems(problems sms.Problems) (all sms.Problems, missing []string) {
	for _, absent := range []struct {
		field string
		is    bool
	}{
		{"smsFrom", strings.TrimSpace(in.SmsFrom) == "" && in.MessagingServiceSID == ""},
		{"smsTo", len(in.SmsTo) == 0},
		{"smsBody", in.SmsBody == "" && len(in.MediaURL) == 0 && in.ContentSID == ""},
	} {
		if absent.is && !problems.Names(absent.field) && !problems.Names("") {
			missing = append(missing, absent.field)
		}
	}
	for _, rule := range in.rules() {
		if rule.broken && !problems.Names(rule.field) {
			problems = append(problems, sms.Problem{Field: rule.field, Says: rule.says})
		}
	}
	if given(in.Metadata) {
		in.Variables = in.Metadata
	}
	return problems, missing
}

var (
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	contentSID = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
)

// The bounds of Twilio's scheduler. Its documents disagree on the least time;
// this is the longer. Source: https://www.twilio.com/docs/messaging/features/message-scheduling
const (
	minSchedule = 15 * time.Minute
	maxSchedule = 35 * 24 * time.Hour
)

type rule struct {
	field  string
	broken bool
	says   string
}

// rules are what holds between the fields, and within one beyond its form.
func (in *SendSmsInput) rules() []rule {
	oneOf := func(field, value, one, other string) rule {
		return rule{field, value != "" && value != one && value != other, fmt.Sprintf("%s must be %s or %s", field, one, other)}
	}
	return []rule{
		{"smsTo", len(in.SmsTo) > MaxRecipients, fmt.Sprintf("smsTo lists %d recipients; SendSms takes %d, whose report fits into a payload of Temporal's: start BroadcastSmsWorkflow with the list", len(in.SmsTo), MaxRecipients)},
		{"variables", given(in.Variables) && given(in.Metadata), "variables and metadata are two names of the same; give one"},
		oneOf("onUnknown", string(in.OnUnknown), string(Report), string(Resend)),
		oneOf("onError", string(in.OnError), string(Complete), string(Fail)),
		{"messagingServiceSid", in.MessagingServiceSID != "" && !serviceSID.MatchString(in.MessagingServiceSID), "messagingServiceSid must be MG and 32 hex digits"},
		{"contentSid", in.ContentSID != "" && !contentSID.MatchString(in.ContentSID), "contentSid must be HX and 32 hex digits"},
		{"mediaUrl", len(in.MediaURL) > 10, "mediaUrl may hold 10 addresses at most"},
		{"validityPeriod", in.ValidityPeriod < 0 || in.ValidityPeriod > 36000, "validityPeriod must be 1 to 36000 seconds"},
		{"shortenUrls", in.ShortenURLs != nil && *in.ShortenURLs && in.MessagingServiceSID == "", "shortenUrls needs messagingServiceSid"},
		{"sendAt", in.SendAt != nil && in.MessagingServiceSID == "", "sendAt needs messagingServiceSid: Twilio schedules for Messaging Services only"},
		{"defaultRegion", !knownRegion(in.DefaultRegion), "defaultRegion must be a country's two capital letters, such as US"},
		{"locale", in.Locale != "" && !freemarker.IsLocale(in.Locale), "locale must be a language and, if wanted, a country, such as pt_BR"},
		{"timeZone", in.TimeZone != "" && !freemarker.IsTimeZone(in.TimeZone), "timeZone must be a place, such as Europe/Berlin, or an offset, such as GMT+02:00"},
		{"idempotencyKey", len(in.IdempotencyKey) > 1000, "idempotencyKey may have 1000 bytes at most"},
		{"quietHours", in.QuietHours != nil, "quietHours needs a timer, which an activity does not have: start SendSmsWorkflow or BroadcastSmsWorkflow with it"},
		{"maxSegments", in.MaxSegments < 0, "maxSegments must not be negative"},
		oneOf("riskCheck", in.RiskCheck, "enable", "disable"),
		oneOf("contentRetention", in.ContentRetention, "retain", "discard"),
		oneOf("addressRetention", in.AddressRetention, "retain", "obfuscate"),
	}
}

// schedule checks the time of a scheduled send, as long as nothing was begun.
func (in *SendSmsInput) schedule(now time.Time) *sms.Error {
	if in.SendAt == nil {
		return nil
	}
	if ahead := in.SendAt.Sub(now); ahead < minSchedule || ahead > maxSchedule {
		return &sms.Error{Code: sms.InvalidInput, Message: fmt.Sprintf("sendAt %s is not 15 minutes to 35 days ahead", in.SendAt.UTC().Format(time.RFC3339))}
	}
	return nil
}

// sender reads the sender; a number without a country code is one of the region.
func (in *SendSmsInput) sender(region string) (string, *sms.Error) {
	if strings.TrimSpace(in.SmsFrom) == "" {
		return "", nil
	}
	from, err := readSender(in.SmsFrom, region)
	if err != nil {
		return "", &sms.Error{Code: sms.InvalidFrom, Message: fmt.Sprintf("smsFrom %q cannot send: %v; a sender is a number, a short code, a name of up to 11 letters and digits, or an address on a channel", clip(in.SmsFrom), err)}
	}
	return from, nil
}

// options are the input's as the gateway takes them.
func (in *SendSmsInput) options() twilio.Options {
	o := twilio.Options{
		MessagingServiceSID: in.MessagingServiceSID,
		MediaURLs:           in.MediaURL,
		ContentSID:          in.ContentSID,
		ValidityPeriod:      time.Duration(in.ValidityPeriod) * time.Second,
		StatusCallback:      in.StatusCallback,
		SmartEncoded:        in.SmartEncoded,
		ShortenURLs:         in.ShortenURLs,
		SendAsMMS:           in.SendAsMMS,
		RiskCheck:           in.RiskCheck,
		ContentRetention:    in.ContentRetention,
		AddressRetention:    in.AddressRetention,
		MaxPrice:            in.MaxPrice,
		ProvideFeedback:     in.ProvideFeedback,
		PersistentAction:    in.PersistentAction,
	}
	if in.SendAt != nil {
		o.SendAt = *in.SendAt
	}
	return o
}

func given(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null"
}
