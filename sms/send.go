package sms

// The input of SendSms, and the rules for its fields.

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SendSmsInput requests one text to each recipient of a list.
type SendSmsInput struct {
	// SmsFrom is the sender: a number of the account in E.164 form, a short
	// code, an alphanumeric sender ID or a WhatsApp address. Required unless
	// MessagingServiceSID is set.
	SmsFrom string `json:"smsFrom,omitempty" example:"\"+15005550006\""`
	// SmsTo lists the recipients. Required. In JSON, it is an array, a single
	// object, a string that contains either, or a comma-separated string.
	SmsTo Recipients `json:"smsTo"`
	// SmsBody is the text, a FreeMarker template. Required unless MediaURL or
	// ContentSID is set.
	SmsBody string `json:"smsBody,omitempty" example:"\"Dear ${name}, hello\""`
	// Variables is the template's data model, a JSON object. Optional.
	Variables json.RawMessage `json:"variables,omitempty" example:"{\"name\": \"Ann\"}"`
	// Metadata is the connector's older name for Variables. Optional.
	Metadata json.RawMessage `json:"metadata,omitempty" example:"{\"name\": \"Ann\"}"`

	// DefaultRegion is the country of numbers without a country code, such
	// as "US". Optional: by default, the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty" example:"\"US\""`
	// Locale is the locale of numbers and dates in templates, such as "de"
	// or "pt_BR", and TimeZone is the time zone of dates and times, such as
	// "Europe/Berlin" or "GMT+02:00". Optional: by default, the worker's,
	// which are en_US and UTC unless configured.
	Locale   string `json:"locale,omitempty" example:"\"pt_BR\""`
	TimeZone string `json:"timeZone,omitempty" example:"\"Europe/Berlin\""`
	// Account selects a set of credentials by its name in the worker's
	// configuration. Optional: by default, those in the environment.
	Account string `json:"account,omitempty" example:"\"marketing\""`
	// Label says what the text is for. It is part of the summary in lists
	// of workflows and activities, such as "2 texts, order reminder". Only
	// one line of at most 60 characters is shown, without digits that may
	// be a phone number. Optional.
	Label string `json:"label,omitempty" example:"\"order reminder\""`
	// GiveUpAfter is how long a send that makes no progress keeps retrying
	// messages that Twilio certainly did not accept but may accept later.
	// It applies across attempts. Optional: by default, as long as the
	// caller's timeouts and retry policy allow, or 1 h if they set no
	// limit.
	GiveUpAfter Duration `json:"giveUpAfter,omitempty"`
	// Priority is "high", "normal" or "low". It determines which messages
	// go first if SEND_RATE, SEND_ACCOUNT_RATE or SEND_CONCURRENCY makes
	// messages wait. Use "high" for one-time codes, for example. Twilio's
	// own queue ignores it. Optional: default normal, or low in a
	// broadcast.
	Priority Priority `json:"priority,omitempty" example:"\"high\", \"normal\" or \"low\""`
	// OnError is "complete" or "fail". With "fail", the activity fails if a
	// recipient was not texted. The error is not retried, and its details
	// are the result. Optional: default complete.
	OnError OnError `json:"onError,omitempty" example:"\"complete\" or \"fail\""`
	// IdempotencyKey makes this the only send with its key: any other call
	// with the same key gets the same result, and nothing more is sent.
	// Optional.
	IdempotencyKey string `json:"idempotencyKey,omitempty" example:"\"order-42/confirmed\""`
	// OnUnknown determines what happens if it is unknown whether Twilio
	// accepted a recipient's message. Optional: default report.
	OnUnknown OnUnknown `json:"onUnknown,omitempty" example:"\"report\" or \"resend\""`

	// MessagingServiceSID is the SID of a service that picks the sender,
	// "MG" and 32 hex digits. Optional.
	MessagingServiceSID string `json:"messagingServiceSid,omitempty" example:"\"MG0123456789abcdef0123456789abcdef\""`
	// MediaURL lists up to 10 URLs of media. Optional.
	MediaURL []string `json:"mediaUrl,omitempty" example:"[\"https://example.com/a.png\"]"`
	// ContentSID is the SID of a content template, "HX" and 32 hex digits.
	// Optional.
	ContentSID string `json:"contentSid,omitempty" example:"\"HX0123456789abcdef0123456789abcdef\""`
	// ContentVariables are the variables of the content template, a JSON
	// object whose values are FreeMarker templates with Variables as their
	// data model. Optional.
	ContentVariables json.RawMessage `json:"contentVariables,omitempty" example:"{\"1\": \"Ann\"}"`
	// SendAt schedules the messages, 15 minutes to 35 days ahead. It requires
	// MessagingServiceSID. Optional.
	SendAt *time.Time `json:"sendAt,omitempty"`
	// ValidityPeriod is how many seconds a message may wait to be sent, 1
	// to 36000. Optional: default 36000, as at Twilio.
	ValidityPeriod int `json:"validityPeriod,omitempty" example:"3600"`
	// StatusCallback is the URL that Twilio calls whenever the status of a
	// message changes. Optional: by default, none, or our own webhook if
	// StatusSignals is set.
	StatusCallback string `json:"statusCallback,omitempty" example:"\"https://example.com/status\""`
	// StatusSignals makes our webhook send an "SmsStatus" signal to the
	// workflow whenever the status of a message changes. Optional: default
	// false.
	StatusSignals *bool `json:"statusSignals,omitempty"`
	// SmartEncoded replaces characters that make a text UCS-2 with similar
	// ones. Optional.
	SmartEncoded *bool `json:"smartEncoded,omitempty"`
	// ShortenURLs shortens links. It requires MessagingServiceSID. Optional.
	ShortenURLs *bool `json:"shortenUrls,omitempty"`
	// SendAsMMS sends a text as MMS. Optional.
	SendAsMMS *bool `json:"sendAsMms,omitempty"`
	// RiskCheck is enable or disable. Optional.
	RiskCheck string `json:"riskCheck,omitempty" example:"\"enable\" or \"disable\""`
	// ContentRetention is retain or discard. Optional.
	ContentRetention string `json:"contentRetention,omitempty" example:"\"retain\" or \"discard\""`
	// AddressRetention is retain or obfuscate. Optional.
	AddressRetention string `json:"addressRetention,omitempty" example:"\"retain\" or \"obfuscate\""`
	// MaxPrice is the maximum price of a message in US dollars. Optional.
	MaxPrice *float32 `json:"maxPrice,omitempty" example:"0.05"`
	// ProvideFeedback announces that feedback will be sent. Optional.
	ProvideFeedback *bool `json:"provideFeedback,omitempty"`
	// PersistentAction lists rich actions of the message's channel.
	// Optional.
	PersistentAction []string `json:"persistentAction,omitempty" example:"[\"geo:52.5,13.4|Berlin\"]"`

	// QuietHours are the hours, such as the evening and the night, during
	// which recipients must not be texted, by their local time.
	// SendSmsWorkflow and BroadcastSmsWorkflow text them when their quiet
	// hours end. SendSms itself cannot wait, and reports them as
	// QUIET_HOURS. Optional.
	QuietHours *QuietHours `json:"quietHours,omitempty"`
	// MaxSegments is the maximum number of segments of a text. Longer texts
	// are refused. Optional: by default, Twilio's limit of 1600 characters
	// applies.
	MaxSegments int `json:"maxSegments,omitempty" example:"2"`
}

// MaxRecipients is how many recipients the report of a send can hold, because
// Temporal limits payloads to 2 MB. A longer list becomes a broadcast, whose
// report is a file.
const MaxRecipients = 5000

// OnUnknown is a policy for unknown outcomes.
type OnUnknown string

const (
	// OnUnknownReport reports OUTCOME_UNKNOWN to the caller and does not
	// send again.
	OnUnknownReport OnUnknown = "report"
	// OnUnknownResend sends again, up to three times. The recipient may be
	// texted each time.
	OnUnknownResend OnUnknown = "resend"
)

// Priority determines which messages go first.
type Priority string

const (
	// PriorityHigh is for messages that go ahead of all others, such as
	// one-time codes.
	PriorityHigh Priority = "high"
	// PriorityNormal is the default.
	PriorityNormal Priority = "normal"
	// PriorityLow is the default in a broadcast.
	PriorityLow Priority = "low"
)

// OnError determines how to report that a recipient was not texted.
type OnError string

const (
	// OnErrorComplete reports it in the result.
	OnErrorComplete OnError = "complete"
	// OnErrorFail reports it with an error of type [NotSentErrorType],
	// whose details are the result.
	OnErrorFail OnError = "fail"
)

// Check returns nil if the input can be sent, or an [*Error] that lists
// everything that is missing or contradictory. known contains problems found
// earlier, for example by [Decode].
func (in *SendSmsInput) Check(known Problems) error {
	problems, missing := in.check(known)
	switch {
	case len(missing) > 0 && len(problems) == 0:
		return &Error{Code: CodeMissingInput, Message: absent(missing).Says}
	case len(missing) > 0:
		problems = append(problems, absent(missing))
	}
	if len(problems) > 0 {
		return &Error{Code: CodeInvalidInput, Message: problems.Error()}
	}
	return nil
}

// Problems returns the known problems and all others that [SendSmsInput.Check]
// finds.
func (in *SendSmsInput) Problems(known Problems) Problems {
	problems, missing := in.check(known)
	if len(missing) > 0 {
		problems = append(problems, absent(missing))
	}
	return problems
}

// check returns the known problems together with all others, and the required
// fields that are missing. It moves Metadata to Variables.
func (in *SendSmsInput) check(problems Problems) (all Problems, missing []string) {
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
	problems = in.checkFields(problems)
	if isGiven(in.Metadata) {
		in.Variables, in.Metadata = in.Metadata, nil
	}
	return problems, missing
}

func absent(fields []string) Problem {
	return Problem{Says: "missing or empty: " + strings.Join(fields, ", ")}
}

var (
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	contentSID = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
)

// checkFields checks the rules that decoding does not check, including those
// between fields.
func (in *SendSmsInput) checkFields(problems Problems) Problems {
	oneOf := func(field, value, one, other string) (broken bool, name, says string) {
		return value != "" && value != one && value != other, field, fmt.Sprintf("%s must be %s or %s", field, one, other)
	}
	return problems.
		AddIf(isGiven(in.Variables) && isGiven(in.Metadata), "variables", "variables and metadata are two names for the same field; set only one").
		AddIf(oneOf("onUnknown", string(in.OnUnknown), string(OnUnknownReport), string(OnUnknownResend))).
		AddIf(!slices.Contains([]Priority{"", PriorityHigh, PriorityNormal, PriorityLow}, in.Priority), "priority", "priority must be high, normal or low").
		AddIf(oneOf("onError", string(in.OnError), string(OnErrorComplete), string(OnErrorFail))).
		AddIf(in.MessagingServiceSID != "" && !serviceSID.MatchString(in.MessagingServiceSID), "messagingServiceSid", "messagingServiceSid must be MG and 32 hex digits").
		AddIf(in.ContentSID != "" && !contentSID.MatchString(in.ContentSID), "contentSid", "contentSid must be HX and 32 hex digits").
		AddIf(len(in.MediaURL) > 10, "mediaUrl", "mediaUrl may have at most 10 URLs").
		AddIf(in.ValidityPeriod < 0 || in.ValidityPeriod > 36000, "validityPeriod", "validityPeriod must be 1 to 36000 seconds").
		AddIf(in.ShortenURLs != nil && *in.ShortenURLs && in.MessagingServiceSID == "", "shortenUrls", "shortenUrls needs messagingServiceSid").
		AddIf(in.SendAt != nil && in.MessagingServiceSID == "", "sendAt", "sendAt needs messagingServiceSid: Twilio schedules messages only for Messaging Services").
		AddIf(len(in.IdempotencyKey) > 1000, "idempotencyKey", "idempotencyKey may have at most 1000 bytes").
		AddIf(in.MaxSegments < 0, "maxSegments", "maxSegments must not be negative").
		AddIf(oneOf("riskCheck", in.RiskCheck, "enable", "disable")).
		AddIf(oneOf("contentRetention", in.ContentRetention, "retain", "discard")).
		AddIf(oneOf("addressRetention", in.AddressRetention, "retain", "obfuscate"))
}

// TextOnly returns the input for another text to the same recipients, without a
// content template.
func (in SendSmsInput) TextOnly(body string) SendSmsInput {
	in.SmsBody, in.ContentSID, in.ContentVariables = body, "", nil
	return in
}
