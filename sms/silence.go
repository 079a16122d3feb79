package sms

// The input of SilenceSmsWorkflow, which keeps a number from replying to a
// phone after the two have answered each other like machines.

// SilenceSmsInput is the input of SilenceSmsWorkflow.
type SilenceSmsInput struct {
	// Seconds is how long the silence lasts. Optional: default a day.
	Seconds int `json:"seconds,omitempty"`
}
