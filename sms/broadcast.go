package sms

// Broadcasts: what their workflow and its activities say to each other, and what
// an activity of the caller's own says that lists recipients.

import (
	"encoding/json"
	"time"
)

// BroadcastSmsInput is the input of BroadcastSmsWorkflow: that of SendSms, with
// the recipients in SmsTo, in a file, or from an activity.
type BroadcastSmsInput struct {
	SendSmsInput
	// File holds the recipients: its name in the worker's BROADCAST_STORE, CSV or
	// .jsonl. Optional.
	File string `json:"file,omitempty" example:"\"customers.csv\""`
	// Source names an activity of the caller's that lists the recipients. Optional.
	Source *BroadcastSource `json:"source,omitempty" example:"{\"activity\": \"MyRecipients\", \"taskQueue\": \"shop\"}"`
	// Report is the name of a report in BROADCAST_STORE, without ".jsonl".
	// Optional: default no report.
	Report string `json:"report,omitempty" example:"\"monday\""`
	// PageSize is how many recipients one SendSms gets, 1 to 1000. Optional:
	// default what takes about ten seconds; with an IdempotencyKey 200.
	PageSize int `json:"pageSize,omitempty" example:"200"`
	// DryRun renders every text and sends none: the result's DryRun says what would
	// happen. Optional: default false.
	DryRun bool `json:"dryRun,omitempty" example:"true"`
	// SenderRate is how many segments a second Twilio sends from SmsFrom, for the
	// estimates. Optional: default by the kind of sender.
	SenderRate float64 `json:"senderRate,omitempty" example:"1"`
}

// BroadcastSource is an activity that takes a [PageInput] and returns a [Page].
type BroadcastSource struct {
	Activity  string `json:"activity"`
	TaskQueue string `json:"taskQueue"`
	// Input is passed on to it. Optional.
	Input json.RawMessage `json:"input,omitempty"`
}

// BroadcastProgress says how far a broadcast is. It is the answer to the query
// "progress" and the workflow's result.
type BroadcastProgress struct {
	// Total is how many recipients there are, 0 if that is not known.
	Total int `json:"total,omitempty"`
	// Recipients were dealt with so far, Sent of them were taken by Twilio.
	Recipients int `json:"recipients"`
	Sent       int `json:"sent"`
	// Errors counts the others by code.
	Errors map[Code]int `json:"errors"`
	// Asleep are recipients whose quiet hours the broadcast waits for.
	Asleep int `json:"asleep,omitempty"`
	Pages  int `json:"pages"`
	// Rate is how many recipients a second are dealt with, while it sends, and
	// SecondsLeft how long the others take at that rate. 0 while it is not known.
	Rate        float64 `json:"rate,omitempty"`
	SecondsLeft int     `json:"secondsLeft,omitempty"`
	// State is sending, waiting, paused, cancelled, failed or done.
	State string `json:"state"`
	// Why says why a broadcast waits, or paused itself, and NextTry when it goes on
	// by itself. Both are empty if somebody paused it.
	Why     string     `json:"why,omitempty"`
	NextTry *time.Time `json:"nextTry,omitempty"`
	// Notes are for whoever started the broadcast; each appears once.
	Notes []string `json:"notes,omitempty"`
	// Error says why the broadcast failed before its end, or has no report.
	Error string `json:"error,omitempty"`
	// Report is the file's name in BROADCAST_STORE, once it is complete.
	Report string `json:"report,omitempty"`
	// Cursor is where the next page begins, or would have begun.
	Cursor string `json:"cursor,omitempty"`
	// DryRun is what would happen. It is set for dry runs only.
	DryRun *Preview `json:"dryRun,omitempty"`
}

// BeginInput is a broadcast that is to begin.
type BeginInput struct {
	// File holds its recipients, empty if they come from elsewhere.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Report is the name of its report, empty for none.
	Report string `json:"report,omitempty"`
	// Broadcast identifies this broadcast through all of its runs.
	Broadcast string `json:"broadcast"`
	// DryRun checks the report's name without reserving it.
	DryRun bool `json:"dryRun,omitempty"`
}

// BeginResult is what a look at the whole file found.
type BeginResult struct {
	// Total counts the recipients, and the records that hold none.
	Total int `json:"total"`
	// Repeated counts the records of recipients that an earlier record has.
	Repeated int `json:"repeated,omitempty"`
}

// PageInput asks for a page of recipients. An activity of the caller's own that
// lists recipients takes the same.
type PageInput struct {
	// File is the file's name in the worker's BROADCAST_STORE.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Input is what the caller gave for an activity of its own.
	Input json.RawMessage `json:"input,omitempty"`
	// Cursor is the Next of the page before, empty for the first.
	Cursor string `json:"cursor"`
	// Limit is how many recipients are wanted.
	Limit int `json:"limit"`
}

// Page is a part of a list of recipients. No recipient may be on two pages: an
// activity of the caller's own has to see to that, as nobody else knows all of
// its list.
type Page struct {
	Recipients Recipients `json:"recipients"`
	// Errors are the records without a recipient. They go into the report.
	Errors []Error `json:"errors,omitempty"`
	// Next is the cursor of the page after; empty after the last.
	Next string `json:"next"`
}

// RepeatedInput is a list of recipients.
type RepeatedInput struct {
	Recipients Recipients `json:"recipients"`
	// DefaultRegion is that of the send.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// ReportInput is a page of a report.
type ReportInput struct {
	// Name is the report's, without ".jsonl".
	Name string `json:"name"`
	// Broadcast is the one that the report is of.
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

// FinishInput is a report that is complete.
type FinishInput struct {
	Name      string `json:"name"`
	Broadcast string `json:"broadcast"`
	// Pages is how many were written. Without any there is no report.
	Pages int `json:"pages"`
}

// ReadAddressesInput are addresses as they were written. The result has each as
// SendSms reports it.
type ReadAddressesInput struct {
	To []string `json:"to"`
	// DefaultRegion is that of the send.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// Preview is what would become of recipients.
type Preview struct {
	// Texts are the first three.
	Texts []PreviewText `json:"texts,omitempty"`
	// Messages would be sent, in so many Segments.
	Messages int `json:"messages"`
	Segments int `json:"segments"`
	// Failures are the first who would not be sent to, and why. The Errors of the
	// progress count all of them.
	Failures []Error `json:"failures,omitempty"`
	// Gaps are the first of GapCount texts that have a gap because a variable of the
	// recipient's is empty, such as "Dear , hello".
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
