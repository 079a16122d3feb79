package sms

// NexusCancelInput names the operation to cancel.
type NexusCancelInput struct {
	// OperationToken is what starting the operation returned. Required.
	OperationToken string `json:"operationToken"`
}
