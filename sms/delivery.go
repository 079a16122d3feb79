package sms

// The input and the result of SendSmsWorkflow: a send, and what became of its
// messages.

// SendSmsWorkflowInput is the input of SendSmsWorkflow: that of the activity, and
// how long to wait for delivery.
type SendSmsWorkflowInput struct {
	SendSmsInput
	// WaitForDelivery waits until each message is delivered or has failed.
	// Optional: default false, so that the workflow ends once Twilio has
	// accepted the messages.
	WaitForDelivery bool `json:"waitForDelivery,omitempty" example:"true"`
	// Timeout ends the wait. Optional: default 1 h.
	Timeout Duration `json:"timeout,omitempty"`
	// Redact clears the body of each message at Twilio once its status is final. It
	// needs WaitForDelivery. Optional: default false.
	Redact bool `json:"redact,omitempty" example:"true"`
}

// SendSmsWorkflowResult is the result of SendSmsWorkflow.
type SendSmsWorkflowResult struct {
	SendSmsResult
	// Deliveries says what became of each message that Twilio accepted, in the
	// order of Messages; absent unless WaitForDelivery was set.
	Deliveries []Delivery `json:"deliveries,omitempty"`
}

// Delivery is what is known about one message.
type Delivery struct {
	To     string `json:"to"`
	SID    string `json:"sid"`
	Status Status `json:"status"`
	// ErrorCode is Twilio's code for why the message failed or was not
	// delivered.
	ErrorCode    int    `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	// Recipient is from the status update, if that named one.
	Recipient string `json:"recipient,omitempty"`
	// Redacted is true if Twilio has cleared the body.
	Redacted bool `json:"redacted,omitempty"`
}
