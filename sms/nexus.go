package sms

// NexusCancelInput names an operation that is to be cancelled.
type NexusCancelInput struct {
	// OperationToken is what the operation's start returned. Required.
	OperationToken string `json:"operationToken"`
}
