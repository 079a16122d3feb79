package sms

// Names used by callers in any language, by operators and by the parts of this
// module. They never change, because histories and Schedules contain them.

import "strings"

// The task queues.
const (
	// TaskQueue is polled by the worker.
	TaskQueue = "twilio"
	// CatchUpTaskQueue is polled by the webhooks, because only they have
	// the triggers.
	CatchUpTaskQueue = "twilio-catch-up"
)

// The workflow types that callers start.
const (
	SendSmsWorkflowName      = "SendSmsWorkflow"
	AskSmsWorkflowName       = "AskSmsWorkflow"
	BroadcastSmsWorkflowName = "BroadcastSmsWorkflow"
	CatchUpSmsWorkflowName   = "CatchUpSmsWorkflow"
)

// The Nexus service, which lets workflows in other namespaces send.
const (
	NexusService = "sms"
	// NexusEndpoint is the name that "make run" gives the endpoint.
	NexusEndpoint = "sms"
	// NexusSend, NexusAsk and NexusBroadcast run the workflows for callers.
	NexusSend      = "send"
	NexusAsk       = "ask"
	NexusBroadcast = "broadcast"
	// NexusCancel cancels one of these operations. It takes a
	// [NexusCancelInput] and returns nothing.
	NexusCancel = "cancel"
)

// The workflow types that the webhook and the activities start.
const (
	// ReceiveSmsWorkflowName is the workflow that carries out the plan for
	// a text, unless the plan is a single plain start.
	ReceiveSmsWorkflowName = "ReceiveSmsWorkflow"
	// SilenceSmsWorkflowName is the workflow that is open while a number
	// does not reply to a phone.
	SilenceSmsWorkflowName = "SilenceSmsWorkflow"
	// PauseSmsWorkflowName is the workflow that is open while all sending
	// is paused. "starter pause-all" starts it with the ID PauseID.
	PauseSmsWorkflowName = "PauseSmsWorkflow"
	// CapsSmsWorkflowName is the workflow that counts messages for
	// SEND_CAPS. Its ID is CapsID.
	CapsSmsWorkflowName = "CapsSmsWorkflow"
	// QuestionsWorkflowName is the workflow that keeps the open questions
	// between a number and a phone.
	QuestionsWorkflowName = "SmsQuestionsWorkflow"
)

// PauseID is the ID of the workflow that pauses all sending in the namespace.
const PauseID = "sms-pause-all"

// CapsID is the ID of the workflow that counts messages for SEND_CAPS.
const CapsID = "sms-caps"

// The workflow ID prefixes of other workflows that this module starts. Each is
// followed by a pseudonym.
const (
	keeperPrefix = "sms-questions-"
	// SilencePrefix is for SilenceSmsWorkflow.
	SilencePrefix = "sms-silence-"
	// OncePrefix is for a send with an idempotencyKey.
	OncePrefix = "sms-once-"
)

// OwnsWorkflowID reports whether a workflow ID is reserved for this module. No
// text may start or reach a workflow with such an ID.
func OwnsWorkflowID(id string) bool {
	return id == PauseID || id == CapsID || strings.HasPrefix(id, keeperPrefix) || strings.HasPrefix(id, SilencePrefix) || strings.HasPrefix(id, OncePrefix)
}

// The activity types that callers schedule.
const (
	SendSmsName                = "SendSms"
	GetMessageName             = "GetMessage"
	GetMessagesName            = "GetMessages"
	ListMessagesName           = "ListMessages"
	CancelScheduledMessageName = "CancelScheduledMessage"
	RedactMessageName          = "RedactMessage"
	LookUpSegmentsName         = "LookUpSegments"
)

// The activity types that the workflows of this module schedule.
const (
	// PreviewSmsName renders the texts of a page.
	PreviewSmsName = "PreviewSms"
	// ReadAddressesName parses addresses as SendSms does.
	ReadAddressesName = "ReadAddresses"
	// FindQuietName finds recipients in quiet hours.
	FindQuietName = "FindQuiet"

	CheckQuestionName = "CheckQuestion"
	OpenQuestionName  = "OpenQuestion"
	CloseQuestionName = "CloseQuestion"
	MatchReplyName    = "MatchReply"

	AskKeeperName       = "AskKeeper"
	AskWorkflowName     = "AskWorkflow"
	FindCatchersName    = "FindCatchers"
	FindRunName         = "FindRun"
	SignalWithStartName = "SignalWithStart"

	BeginBroadcastName = "BeginBroadcast"
	ReadRecipientsName = "ReadRecipients"
	FindRepeatedName   = "FindRepeated"
	WriteReportName    = "WriteReport"
	FinishReportName   = "FinishReport"

	// CatchUpSmsName is registered by the webhooks.
	CatchUpSmsName = "CatchUpSms"
)

// The signals.
const (
	// StatusSignal delivers a [StatusUpdate] to the workflow that sent the message.
	StatusSignal = "SmsStatus"
	// ReplySignal delivers a [Reply] to the workflow that asked.
	ReplySignal = "SmsReply"
	// GiveUpSignal tells a ReceiveSmsWorkflow that the sender is about to
	// get the echoErrors because no worker has started the workflow. A
	// workflow that has started ignores it. The argument is a random
	// number, at least 2, that identifies the webhook's delivery, or the
	// negative of that number to withdraw the signal. Older webhooks send 1
	// and -1, and older workers add up all arguments.
	GiveUpSignal = "giveUp"
	// QuestionOpenSignal and QuestionCloseSignal deliver a [Question] to its keeper.
	QuestionOpenSignal  = "open"
	QuestionCloseSignal = "close"
)

// The queries and updates.
const (
	// DeliveriesQuery returns the deliveries of a SendSmsWorkflow so far.
	DeliveriesQuery = "deliveries"
	// QuestionQuery returns the [AskProgress] of an AskSmsWorkflow.
	QuestionQuery = "question"
	// ProgressQuery returns the progress of a broadcast, as do its updates.
	ProgressQuery = "progress"
	PauseUpdate   = "pause"
	ResumeUpdate  = "resume"
	CancelUpdate  = "cancel"
	// QuestionReplyUpdate offers a [Text] to a keeper of questions.
	QuestionReplyUpdate = "reply"
	// TakeCapsUpdate reserves messages within the caps. CapsSmsWorkflow
	// handles it.
	TakeCapsUpdate = "take"
)

// The search attributes. The worker adds them to the namespace. Until then, the
// workflows of texts start without them.
const (
	// AttributeCatches is a KeywordList: what a workflow catches.
	AttributeCatches = "SmsCatches"
	// AttributeTrigger is a Keyword: the trigger of a text's workflow, or
	// the first if there are several.
	AttributeTrigger = "SmsTrigger"
	// AttributeOutcome is a Keyword: the [Outcome] of a text's workflow, or
	// the worst one if there are several firings.
	AttributeOutcome = "SmsOutcome"
	// AttributeParty is a KeywordList: the pseudonym of the phone, and the
	// pseudonym of the number and the phone together.
	AttributeParty = "SmsParty"
)

// The types of SendSms errors.
const (
	// NotSentErrorType is the type of the error with which a send with
	// [OnErrorFail] fails if a recipient was not texted.
	NotSentErrorType = "SmsNotSent"
	// NotSentYetErrorType is the type of the error that asks Temporal for
	// another attempt. If the caller's retry policy declares it
	// non-retryable, the caller gets the incomplete result instead.
	NotSentYetErrorType = "SmsNotSentYet"
	// KeyUsedErrorType says, if the caller's retry policy declares it
	// non-retryable, that a send with the caller's idempotencyKey has
	// already ended. If Temporal no longer has its result, nobody is
	// texted.
	KeyUsedErrorType = "SmsKeyUsed"
)
