package schemas

// The payloads that have schemas.

import (
	"path"
	"reflect"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

// payload is a type of payload with its name.
type payload struct {
	name string
	kind reflect.Type
	// strict is true if unknown fields are refused.
	strict bool
	// internal is true for payloads that only the workflows and activities
	// of this module exchange.
	internal bool
}

// path returns the path of the schema in docs/schemas.
func (p payload) path() string {
	if p.internal {
		return path.Join("internal", p.name+".json")
	}
	return p.name + ".json"
}

// call is an activity or a workflow. result is nil if it returns nothing.
type call struct {
	name          string
	input, result any
}

// strict lists the calls whose inputs are decoded by [sms.Decode].
var strict = []call{
	{sms.SendSmsName, sms.SendSmsInput{}, sms.SendSmsResult{}},
	{sms.SendSmsWorkflowName, sms.SendSmsWorkflowInput{}, sms.SendSmsWorkflowResult{}},
	{sms.AskSmsWorkflowName, sms.AskSmsInput{}, sms.AskSmsResult{}},
	{sms.BroadcastSmsWorkflowName, sms.BroadcastSmsInput{}, sms.BroadcastProgress{}},
	{"NexusCancel", sms.NexusCancelInput{}, nil},
}

// public lists the other calls that callers use.
var public = []call{
	{sms.GetMessageName, sms.MessageInput{}, sms.MessageState{}},
	{sms.GetMessagesName, sms.GetMessagesInput{}, []sms.StatusUpdate{}},
	{sms.ListMessagesName, sms.ListMessagesInput{}, []sms.MessageState{}},
	{sms.CancelScheduledMessageName, sms.MessageInput{}, sms.MessageState{}},
	{sms.RedactMessageName, sms.MessageInput{}, sms.MessageState{}},
	{sms.LookUpSegmentsName, sms.LookUpSegmentsInput{}, sms.LookUpSegmentsResult{}},
	{sms.CatchUpSmsWorkflowName, sms.CatchUpSmsInput{}, sms.CatchUpSmsResult{}},
}

// internal lists the activities that the workflows of this module call, and the
// workflows that the webhook starts. It does not include the states that
// workflows pass to their own next runs.
var internal = []call{
	{sms.ReceiveSmsWorkflowName, sms.ReceiveSmsInput{}, sms.ReceiveSmsResult{}},
	{sms.SilenceSmsWorkflowName, sms.SilenceSmsInput{}, nil},
	{sms.PreviewSmsName, sms.SendSmsInput{}, sms.Preview{}},
	{sms.ReadAddressesName, sms.ReadAddressesInput{}, []string{}},
	{sms.FindQuietName, sms.FindQuietInput{}, []sms.QuietGroup{}},
	{sms.CheckQuestionName, sms.CheckQuestionInput{}, sms.CheckQuestionResult{}},
	{sms.OpenQuestionName, sms.QuestionInput{}, nil},
	{sms.CloseQuestionName, sms.QuestionInput{}, nil},
	{sms.MatchReplyName, sms.MatchReplyInput{}, []map[string]*string{}},
	{sms.AskKeeperName, sms.AskKeeperInput{}, false},
	{sms.AskWorkflowName, sms.AskWorkflowInput{}, sms.AskWorkflowResult{}},
	{sms.FindCatchersName, sms.FindCatchersInput{}, sms.FindCatchersResult{}},
	{sms.FindRunName, sms.FindRunInput{}, sms.FindRunResult{}},
	{sms.SignalWithStartName, sms.SignalWithStartInput{}, sms.SignalWithStartResult{}},
	{sms.BeginBroadcastName, sms.BeginInput{}, sms.BeginResult{}},
	{sms.ReadRecipientsName, sms.PageInput{}, sms.Page{}},
	{sms.FindRepeatedName, sms.RepeatedInput{}, []int{}},
	{sms.WriteReportName, sms.ReportInput{}, nil},
	{sms.FinishReportName, sms.FinishInput{}, ""},
	{sms.CatchUpSmsName, sms.CatchUpSmsQuery{}, sms.CatchUpSmsResult{}},
}

// others lists payloads that are neither inputs nor results of an activity or
// workflow.
var others = []payload{
	{name: "TriggerEvent", kind: reflect.TypeFor[triggers.Event]()},
	{name: "SmsStatusSignal", kind: reflect.TypeFor[sms.StatusUpdate]()},
	{name: "SmsReplySignal", kind: reflect.TypeFor[sms.Reply]()},
	{name: "DeliveriesQueryResult", kind: reflect.TypeFor[[]sms.Delivery]()},
	{name: "QuestionQueryResult", kind: reflect.TypeFor[sms.AskProgress]()},
	{name: "ProgressQueryResult", kind: reflect.TypeFor[sms.BroadcastProgress]()},
	{name: "PauseUpdateResult", kind: reflect.TypeFor[sms.BroadcastProgress]()},
	{name: "ResumeUpdateResult", kind: reflect.TypeFor[sms.BroadcastProgress]()},
	{name: "CancelUpdateResult", kind: reflect.TypeFor[sms.BroadcastProgress]()},
	{name: "BroadcastSourceInput", kind: reflect.TypeFor[sms.PageInput]()},
	{name: "BroadcastSourceResult", kind: reflect.TypeFor[sms.Page]()},
	{name: "GiveUpSignal", kind: reflect.TypeFor[int](), internal: true},
	{name: "QuestionOpenSignal", kind: reflect.TypeFor[sms.Question](), internal: true},
	{name: "QuestionCloseSignal", kind: reflect.TypeFor[sms.Question](), internal: true},
	{name: "QuestionReplyUpdateInput", kind: reflect.TypeFor[sms.Text](), internal: true},
	{name: "TakeCapsUpdateInput", kind: reflect.TypeFor[sms.TakeCapsInput](), internal: true},
	{name: "TakeCapsUpdateResult", kind: reflect.TypeFor[sms.TakeCapsResult](), internal: true},
	{name: "QuestionReplyUpdateResult", kind: reflect.TypeFor[bool](), internal: true},
}

// payloads returns all payloads that have schemas.
func payloads() []payload {
	all := others
	add := func(calls []call, flags payload) {
		for _, c := range calls {
			input, result := flags, flags
			input.name, input.kind = c.name+"Input", reflect.TypeOf(c.input)
			result.name, result.kind, result.strict = c.name+"Result", reflect.TypeOf(c.result), false
			all = append(all, input)
			if c.result != nil {
				all = append(all, result)
			}
		}
	}
	add(strict, payload{strict: true})
	add(public, payload{})
	add(internal, payload{internal: true})
	return all
}

// types are the structs and enumerations that schemas define by name.
var types = map[string]reflect.Type{
	"AskOutcome":      reflect.TypeFor[sms.AskOutcome](),
	"BroadcastSource": reflect.TypeFor[sms.BroadcastSource](),
	"Call":            reflect.TypeFor[sms.Call](),
	"Code":            reflect.TypeFor[sms.Code](),
	"Delivery":        reflect.TypeFor[sms.Delivery](),
	"EchoPart":        reflect.TypeFor[sms.EchoPart](),
	"Encoding":        reflect.TypeFor[sms.Encoding](),
	"Error":           reflect.TypeFor[sms.Error](),
	"EventKind":       reflect.TypeFor[sms.EventKind](),
	"Firing":          reflect.TypeFor[sms.Firing](),
	"FiringResult":    reflect.TypeFor[sms.FiringResult](),
	"IfSeveral":       reflect.TypeFor[sms.IfSeveral](),
	"Location":        reflect.TypeFor[sms.Location](),
	"Media":           reflect.TypeFor[sms.Media](),
	"Message":         reflect.TypeFor[sms.Message](),
	"MessageState":    reflect.TypeFor[sms.MessageState](),
	"OnError":         reflect.TypeFor[sms.OnError](),
	"OnUnknown":       reflect.TypeFor[sms.OnUnknown](),
	"Outcome":         reflect.TypeFor[sms.Outcome](),
	"Preview":         reflect.TypeFor[sms.Preview](),
	"PreviewGap":      reflect.TypeFor[sms.PreviewGap](),
	"PreviewText":     reflect.TypeFor[sms.PreviewText](),
	"Priority":        reflect.TypeFor[sms.Priority](),
	"Problem":         reflect.TypeFor[sms.Problem](),
	"Question":        reflect.TypeFor[sms.Question](),
	"QuietGroup":      reflect.TypeFor[sms.QuietGroup](),
	"QuietHours":      reflect.TypeFor[sms.QuietHours](),
	"Reaction":        reflect.TypeFor[sms.Reaction](),
	"Recipient":       reflect.TypeFor[sms.Recipient](),
	"Reminder":        reflect.TypeFor[sms.Reminder](),
	"Reply":           reflect.TypeFor[sms.Reply](),
	"ReportPage":      reflect.TypeFor[sms.ReportPage](),
	"SendSmsInput":    reflect.TypeFor[sms.SendSmsInput](),
	"SendSmsResult":   reflect.TypeFor[sms.SendSmsResult](),
	"StatusUpdate":    reflect.TypeFor[sms.StatusUpdate](),
	"Status":          reflect.TypeFor[sms.Status](),
	"Text":            reflect.TypeFor[sms.Text](),
}
