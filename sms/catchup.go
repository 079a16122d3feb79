package sms

// The payloads of CatchUpSmsWorkflow, which publishes the texts that arrived
// while no webhook was available.

import "time"

// CatchUpSmsInput is the input of CatchUpSmsWorkflow.
type CatchUpSmsInput struct{}

// CatchUpSmsQuery is the input of the CatchUpSms activity.
type CatchUpSmsQuery struct {
	// Since is the time from which to read Twilio's log, and Through is the
	// time up to which earlier catch-ups have read it, both by Twilio's
	// clock.
	Since   time.Time `json:"since"`
	Through time.Time `json:"through"`
}

// CatchUpSmsResult says what a catch-up found.
type CatchUpSmsResult struct {
	// Through is the time up to which the log has been read.
	Through time.Time `json:"through,omitzero"`
	// Began is when the first catch-up ran. Texts from before that time are
	// not caught up on. Began is zero if the first catch-up ran on a
	// version that did not record it.
	Began time.Time `json:"began,omitzero"`
	// Received is how many texts Twilio received during the period that was
	// read.
	Received int `json:"received"`
	// Matched is how many of these texts matched triggers that catch up. A
	// text that already has a workflow does not get another.
	Matched int `json:"matched"`
	// Failed is how many of the matching texts could not be published.
	Failed int `json:"failed"`
	// Lost is true if texts older than the namespace's retention period
	// were left out because it is unknown whether they were published.
	Lost bool `json:"lost,omitempty"`
}
