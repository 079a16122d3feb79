package sms

// The input of SilenceSmsWorkflow, which keeps a number from replying to a
// phone after the two have exchanged what look like automatic replies.

// SilenceSmsInput is the input of SilenceSmsWorkflow.
type SilenceSmsInput struct {
	// Seconds is how long the silence lasts. Optional: default one day.
	Seconds int `json:"seconds,omitempty"`
}
