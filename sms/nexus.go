package sms

// NexusCancelInput identifies the operation to cancel.
type NexusCancelInput struct {
	// OperationToken is the token that was returned when the operation started.
	// Required.
	OperationToken string `json:"operationToken"`
}
