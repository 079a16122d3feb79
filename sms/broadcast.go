package sms

// The payloads of a broadcast: those of its workflow and activities, and those
// of a caller's own activity that lists recipients.

import (
	"encoding/json"
	"time"
)

// BroadcastSmsInput is the input of BroadcastSmsWorkflow: the input of SendSms,
// with the recipients in SmsTo, in a file, or from an activity.
type BroadcastSmsInput struct {
	SendSmsInput
	// File is the name of the recipient file (CSV or .jsonl) in the
	// worker's BROADCAST_STORE. Optional.
	File string `json:"file,omitempty" example:"\"customers.csv\""`
	// Source is the caller's own activity that lists the recipients.
	// Optional.
	Source *BroadcastSource `json:"source,omitempty" example:"{\"activity\": \"MyRecipients\", \"taskQueue\": \"shop\"}"`
	// Report is the name of a report in BROADCAST_STORE, without ".jsonl".
	// Optional: by default, no report is written.
	Report string `json:"report,omitempty" example:"\"monday\""`
	// PageSize is the number of recipients per SendSms activity, 1 to 1000.
	// Optional: by default, as many as take about ten seconds, or 200 with
	// an IdempotencyKey.
	PageSize int `json:"pageSize,omitempty" example:"200"`
	// DryRun renders every text but sends none. The result's DryRun says
	// what would be sent. Optional: default false.
	DryRun bool `json:"dryRun,omitempty" example:"true"`
	// SenderRate is how many segments per second Twilio sends from SmsFrom.
	// It is used only for estimates. Optional: the default depends on the
	// type of sender.
	SenderRate float64 `json:"senderRate,omitempty" example:"1"`
}

// BroadcastSource is an activity that takes a [PageInput] and returns a [Page].
type BroadcastSource struct {
	Activity  string `json:"activity"`
	TaskQueue string `json:"taskQueue"`
	// Input is passed to the activity. Optional.
	Input json.RawMessage `json:"input,omitempty"`
}

// BroadcastProgress is the progress of a broadcast. It is the result of the
// "progress" query and of the workflow.
type BroadcastProgress struct {
	// Total is the number of recipients, or 0 if it is unknown.
	Total int `json:"total,omitempty"`
	// Recipients is how many recipients have been processed, and Sent is
	// the number of these for whom Twilio accepted a message.
	Recipients int `json:"recipients"`
	Sent       int `json:"sent"`
	// Errors counts the other recipients by code.
	Errors map[Code]int `json:"errors"`
	// Asleep is how many recipients the broadcast holds back until their
	// quiet hours end.
	Asleep int `json:"asleep,omitempty"`
	// Capped is how many recipients the broadcast holds back until a cap in
	// SEND_CAPS has room.
	Capped int `json:"capped,omitempty"`
	Pages  int `json:"pages"`
	// Rate is how many recipients are processed per second while the
	// broadcast is sending. SecondsLeft is how long the rest will take at
	// that rate, or at the sender's rate if Twilio's queue cannot hold the
	// rest. Both are 0 if unknown.
	Rate        float64 `json:"rate,omitempty"`
	SecondsLeft int     `json:"secondsLeft,omitempty"`
	// State is sending, waiting, paused, cancelled, failed or done.
	State string `json:"state"`
	// Why is the reason why the broadcast is waiting or has paused itself,
	// and NextTry is when it will continue automatically. Both are empty if
	// someone paused it.
	Why     string     `json:"why,omitempty"`
	NextTry *time.Time `json:"nextTry,omitempty"`
	// Notes are messages for the person who started the broadcast, without
	// duplicates.
	Notes []string `json:"notes,omitempty"`
	// Error says why the broadcast ended early or has no report.
	Error string `json:"error,omitempty"`
	// Report is the name of the report's file in BROADCAST_STORE. It is set
	// when the report is complete.
	Report string `json:"report,omitempty"`
	// Cursor is where the next page starts or would have started.
	Cursor string `json:"cursor,omitempty"`
	// DryRun says what would be sent. It is set only for dry runs.
	DryRun *Preview `json:"dryRun,omitempty"`
}

// BeginInput describes a broadcast that is about to start.
type BeginInput struct {
	// File is the name of the recipient file, or "" if the recipients come
	// from elsewhere.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code.
	// Optional: by default, the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Report is the name of the report, or "" for none.
	Report string `json:"report,omitempty"`
	// Broadcast identifies this broadcast in all of its runs.
	Broadcast string `json:"broadcast"`
	// DryRun checks the report's name without reserving it.
	DryRun bool `json:"dryRun,omitempty"`
}

// BeginResult is the result of scanning the whole file.
type BeginResult struct {
	// Total is the number of records, including those without a valid
	// recipient but not those in Repeated.
	Total int `json:"total"`
	// Repeated is the number of records whose recipient also appears in an
	// earlier one.
	Repeated int `json:"repeated,omitempty"`
	// Cursor is the cursor of the file's first page.
	Cursor string `json:"cursor,omitempty"`
}

// PageInput requests a page of recipients. A caller's own activity that lists
// recipients gets the same input.
type PageInput struct {
	// File is the file's name in the worker's BROADCAST_STORE.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code.
	// Optional: by default, the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Input is what the caller passes to its own activity.
	Input json.RawMessage `json:"input,omitempty"`
	// Cursor is the Next of the previous page, or "" for the first page.
	Cursor string `json:"cursor"`
	// Limit is the maximum number of recipients.
	Limit int `json:"limit"`
}

// Page is a part of a list of recipients. No recipient may be on two pages. A
// caller's own activity must ensure this, because no other code reads the whole
// list.
type Page struct {
	Recipients Recipients `json:"recipients"`
	// Errors holds the records without a valid recipient. They are added to
	// the report.
	Errors []Error `json:"errors,omitempty"`
	// Next is the cursor of the next page, or "" after the last.
	Next string `json:"next"`
}

// RepeatedInput is a list to be searched for repeated recipients.
type RepeatedInput struct {
	Recipients Recipients `json:"recipients"`
	// DefaultRegion is the default region of the send.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// ReportInput is a page to write to a report.
type ReportInput struct {
	// Name is the name of the report, without ".jsonl".
	Name string `json:"name"`
	// Broadcast identifies the broadcast that the report belongs to.
	Broadcast string `json:"broadcast"`
	// Page is the page's number, counted from 0.
	Page   int        `json:"page"`
	Result ReportPage `json:"result"`
}

// ReportPage contains the outcome for each recipient of a page.
type ReportPage struct {
	Messages []Message `json:"messages"`
	Errors   []Error   `json:"errors"`
}

// FinishInput describes a report to which no more pages will be written.
type FinishInput struct {
	Name      string `json:"name"`
	Broadcast string `json:"broadcast"`
	// Pages is the number of pages, and Missing lists those that could not
	// be written. If none could be written, there is no report.
	Pages   int   `json:"pages"`
	Missing []int `json:"missing,omitempty"`
}

// ReadAddressesInput holds addresses as they were written. The result contains
// each in the form in which SendSms reports it.
type ReadAddressesInput struct {
	To []string `json:"to"`
	// DefaultRegion is the default region of the send.
	DefaultRegion string `json:"defaultRegion,omitempty"`
}

// Preview describes what a broadcast would send.
type Preview struct {
	// Texts holds the first three texts.
	Texts []PreviewText `json:"texts,omitempty"`
	// Messages is how many messages would be sent, and Segments is how many
	// segments they have in total.
	Messages int `json:"messages"`
	Segments int `json:"segments"`
	// Failures holds the first recipients that would not be texted, with
	// the reasons. The Errors of the progress count all such recipients.
	Failures []Error `json:"failures,omitempty"`
	// Gaps holds the first of GapCount texts that have a gap because one of
	// the recipient's variables is empty, such as "Dear , hello".
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

// PreviewGap is a text with a gap where a variable is empty.
type PreviewGap struct {
	To       string `json:"to"`
	Variable string `json:"variable"`
	Text     string `json:"text"`
}
