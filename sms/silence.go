package sms

// Silence: a phone and one of our numbers that answer each other like machines.

// SilenceSmsInput is the input of SilenceSmsWorkflow.
type SilenceSmsInput struct {
	// Seconds is how long the silence lasts. Optional: default a day.
	Seconds int `json:"seconds,omitempty"`
}
