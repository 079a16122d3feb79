package sms

// Broadcasts: what their workflow and its activities say to each other, and what
// an activity of the caller's own says that lists recipients.

import "encoding/json"

// BeginInput is a broadcast that is to begin.
type BeginInput struct {
	// File holds its recipients, empty if they come from elsewhere.
	File string `json:"file,omitempty"`
	// DefaultRegion is the country of numbers without a country code. Optional:
	// default the worker's.
	DefaultRegion string `json:"defaultRegion,omitempty"`
	// Report is the name of its report, empty for none.
	Report string `json:"report,omitempty"`
	// Broadcast tells this broadcast from all others, through all of its runs.
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
	// Gaps are the first of GapCount texts that have nothing where a variable of the
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

// PreviewGap is a text with nothing where a variable is empty.
type PreviewGap struct {
	To       string `json:"to"`
	Variable string `json:"variable"`
	Text     string `json:"text"`
}
