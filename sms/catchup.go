package sms

// CatchUpSmsWorkflow: the texts that came while nobody listened.

import "time"

// CatchUpSmsInput is the input of CatchUpSmsWorkflow.
type CatchUpSmsInput struct{}

// CatchUpSmsQuery is what the activity gets.
type CatchUpSmsQuery struct {
	// Since is the time from which Twilio's log is read, Through the time up to
	// which all has been caught up on; both in Twilio's clock.
	Since   time.Time `json:"since"`
	Through time.Time `json:"through"`
}

// CatchUpSmsResult says what a catch-up found.
type CatchUpSmsResult struct {
	// Through is the time up to which all texts have been caught up on.
	Through time.Time `json:"through,omitzero"`
	// Received is how many texts Twilio received in that time.
	Received int `json:"received"`
	// Matched is how many of them triggers that catch up want. A text that has its
	// workflow already does not get another.
	Matched int `json:"matched"`
	// Failed is how many of these could not be published.
	Failed int `json:"failed"`
	// Lost is set if texts from before the namespace's retention were left out:
	// nobody knows which of them were published.
	Lost bool `json:"lost,omitempty"`
}
