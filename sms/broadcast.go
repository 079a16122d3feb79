package sms

// The payloads of a broadcast: those of its workflow and of its activities,
// including a caller's own activity that lists recipients.

import (
	"encoding/json"
	"time"
)

// BroadcastSmsInput is the input of BroadcastSmsWorkflow: that of SendSms, with
// the recipients in SmsTo, in a file, or from an activity.
type BroadcastSmsInput struct {
	SendSmsInput
	// File is the name of the recipients file in the worker's BROADCAST_STORE,
	// CSV or .jsonl. Optional.
	File string `json:"file,omitempty" example:"\"customers.csv\""`
	// Source names the caller's own activity that lists the recipients.
	// Optional.
	Source *BroadcastSource `json:"source,omitempty" example:"{\"activity\": \"MyRecipients\", \"taskQueue\": \"shop\"}"`
	// Report is the name of a report in BROADCAST_STORE, without ".jsonl".
	// Optional: default no report.
	Report string `json:"report,omitempty" example:"\"monday\""`
	// PageSize is the number of recipients per SendSms, 1 to 1000. Optional:
	// default as many as take about ten seconds, or 200 with an IdempotencyKey.
	PageSize int `json:"pageSize,omitempty" example:"200"`
	// DryRun renders every text but sends none: the result's DryRun says what
	// would happen. Optional: default false.
	DryRun bool `json:"dryRun,omitempty" example:"true"`
	// SenderRate is how many segments per second Twilio sends from SmsFrom, for
	// estimates. Optional: default by the sender's type.
	SenderRate float64 `json:"senderRate,omitempty" example:"1"`
}

// BroadcastSource is an activity that takes a [PageInput] and returns a [Page].
type BroadcastSource struct {
	Activity  string `json:"activity"`
	TaskQueue string `json:"taskQueue"`
	// Input is passed to the activity. Optional.
	Input json.RawMessage `json:"input,omitempty"`
}

// BroadcastProgress is the progress of a broadcast. It is the answer to the
// query "progress" and the workflow's result.
type BroadcastProgress struct {
	// Total is the number of recipients, 0 if unknown.
	Total int `json:"total,omitempty"`
	// Recipients is how many have been processed, and Sent how many of them
	// Twilio accepted.
	Recipients int `json:"recipients"`
	Sent       int `json:"sent"`
	// Errors counts the others by code.
	Errors map[Code]int `json:"errors"`
	// Asleep is how many recipients the broadcast holds back until their quiet
	// hours end.
	Asleep int `json:"asleep,omitempty"`
	// Capped is how many recipients the broadcast holds back until a cap in
	// SEND_CAPS has room.
	Capped int `json:"capped,omitempty"`
	Pages  int `json:"pages"`
	// Rate is how many recipients are processed per second while it sends, and
	// SecondsLeft how long the rest takes at that rate, or at the sender's rate if
	// Twilio's queue cannot hold the rest. Both are 0 if unknown.
	Rate        float64 `json:"rate,omitempty"`
	SecondsLeft int     `json:"secondsLeft,omitempty"`
	// State is sending, waiting, paused, cancelled, failed or done.
	State string `json:"state"`
	// Why says why a broadcast is waiting or has paused itself, and NextTry
	// when it continues by itself. Both are empty if someone paused it.
	Why     string     `json:"why,omitempty"`
	NextTry *time.Time `json:"nextTry,omitempty"`
	// Notes are for the person who started the broadcast; each appears once.
	Notes []string `json:"notes,omitempty"`
	// Error says why the broadcast failed before its end, or has no report.
	Error string `json:"error,omitempty"`
	// Report is the name of the report's file in BROADCAST_STORE, once the report
	// is complete.
	Report string `json:"report,omitempty"`
	// Cursor is where the next page starts, or would have started.
	Cursor string `json:"cursor,omitempty"`
	// DryRun is what would happen. It is only set for dry runs.
	DryRun *Preview `json:"dryRun,omitempty"`
}

// BeginInput is a broadcast that is about to start.
type BeginInput struct {
	// File is the name of the recipients file; empty if the recipients come from
	// elsewhere.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Report is the name of the report; empty for none.
	Report string `json:"report,omitempty"`
	// Broadcast identifies this broadcast throughout all of its runs.
	Broadcast string `json:"broadcast"`
	// DryRun checks the report's name without reserving it.
	DryRun bool `json:"dryRun,omitempty"`
}

// BeginResult is the result of scanning the whole file.
type BeginResult struct {
	// Total counts the recipients, including records without a valid one.
	Total int `json:"total"`
	// Repeated counts the records that repeat the recipient of an earlier one.
	Repeated int `json:"repeated,omitempty"`
	// Cursor is the cursor of the file's first page.
	Cursor string `json:"cursor,omitempty"`
}

// PageInput requests a page of recipients. A caller's own activity that lists
// recipients gets the same input.
type PageInput struct {
	// File is the file's name in the worker's BROADCAST_STORE.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Input is what the caller set for its own activity.
	Input json.RawMessage `json:"input,omitempty"`
	// Cursor is Next of the previous page; empty for the first.
	Cursor string `json:"cursor"`
	// Limit is the maximum number of recipients.
	Limit int `json:"limit"`
}

// Page is a part of a list of recipients. No recipient may be on two pages: a
// caller's own activity has to make sure of that, as nothing else knows its
// whole list.
type Page struct {
	Recipients Recipients `json:"recipients"`
	// Errors holds the records without a valid recipient. They go into the
	// report.
	Errors []Error `json:"errors,omitempty"`
	// Next is the cursor of the next page; empty after the last.
	Next string `json:"next"`
}

// RepeatedInput is a list in which to look for repeated recipients.
type RepeatedInput struct {
	Recipients Recipients `json:"recipients"`
	// DefaultRegion is the send's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// ReportInput is a page to write to a report.
type ReportInput struct {
	// Name is the name of the report, without ".jsonl".
	Name string `json:"name"`
	// Broadcast identifies the broadcast that the report belongs to.
	Broadcast string `json:"broadcast"`
	// Page counts from 0.
	Page   int        `json:"page"`
	Result ReportPage `json:"result"`
}

// ReportPage is what became of the recipients of a page.
type ReportPage struct {
	Messages []Message `json:"messages"`
	Errors   []Error   `json:"errors"`
}

// FinishInput describes a report to which no further pages will be written.
type FinishInput struct {
	Name      string `json:"name"`
	Broadcast string `json:"broadcast"`
	// Pages is the number of pages, and Missing lists those that could not be
	// written. If none could be written, there is no report.
	Pages   int   `json:"pages"`
	Missing []int `json:"missing,omitempty"`
}

// ReadAddressesInput holds addresses as they were written. The result has each
// in the form that SendSms reports.
type ReadAddressesInput struct {
	To []string `json:"to"`
	// DefaultRegion is the send's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// Preview says what a broadcast would send.
type Preview struct {
	// Texts holds the first three texts.
	Texts []PreviewText `json:"texts,omitempty"`
	// Messages and Segments are how many of each would be sent.
	Messages int `json:"messages"`
	Segments int `json:"segments"`
	// Failures holds the first recipients that would not be texted, and why.
	// The progress counts all of them in its Errors.
	Failures []Error `json:"failures,omitempty"`
	// Gaps holds the first of GapCount texts with a gap because one of the
	// recipient's variables is empty, such as "Dear , hello".
	Gaps     []PreviewGap `json:"gaps,omitempty"`
	GapCount int          `json:"gapCount,omitempty"`
}

// PreviewText is a text as it would be sent.
type PreviewText struct {
	To       string   `json:"to"`
	Text     string   `json:"text"`
	Segments int      `json:"segments"`
	Encoding Encoding `json:"encoding"`
}

// PreviewGap is a text with a gap, because a variable is empty.
type PreviewGap struct {
	To       string `json:"to"`
	Variable string `json:"variable"`
	Text     string `json:"text"`
}
