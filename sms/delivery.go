package sms

// The input and the result of SendSmsWorkflow: a send and the delivery of its
// messages.

// SendSmsWorkflowInput is the input of SendSmsWorkflow: the input of the
// activity, and whether and how long to wait for delivery.
type SendSmsWorkflowInput struct {
	SendSmsInput
	// WaitForDelivery waits until each message has been delivered or has
	// failed. Optional: default false, so the workflow ends when Twilio has
	// accepted the messages.
	WaitForDelivery bool `json:"waitForDelivery,omitempty" example:"true"`
	// Timeout is how long to wait for delivery. Optional: default 1 h.
	Timeout Duration `json:"timeout,omitempty"`
	// Redact clears the body of each message at Twilio when its status is
	// final. It requires WaitForDelivery. Optional: default false.
	Redact bool `json:"redact,omitempty" example:"true"`
}

// SendSmsWorkflowResult is the result of SendSmsWorkflow.
type SendSmsWorkflowResult struct {
	SendSmsResult
	// Deliveries lists the delivery status of each message that Twilio
	// accepted, in the order of Messages. It is absent unless
	// WaitForDelivery was set.
	Deliveries []Delivery `json:"deliveries,omitempty"`
}

// Delivery is the last known status of one message.
type Delivery struct {
	To     string `json:"to"`
	SID    string `json:"sid"`
	Status Status `json:"status"`
	// ErrorCode is Twilio's code for the reason why the message failed or
	// was not delivered.
	ErrorCode    int    `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	// Recipient is the Recipient of the status update, or "" if the update
	// has none.
	Recipient string `json:"recipient,omitempty"`
	// Redacted is true if Twilio has cleared the body.
	Redacted bool `json:"redacted,omitempty"`
}
