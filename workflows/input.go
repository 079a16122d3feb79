package workflows

// Inputs: the one argument of a workflow, read as SendSms reads its own.

import (
	"encoding/json"
	"errors"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// readInput reads a workflow's argument into a pointer to a struct. What is wrong
// with it does not stop a workflow that began before this was checked.
func readInput(ctx workflow.Context, raw converter.RawValue, into any) error {
	err := decode(raw, into)
	if err == nil || workflow.GetVersion(ctx, "strict-input", workflow.DefaultVersion, 1) == workflow.DefaultVersion &&
		json.Unmarshal(raw.Payload().GetData(), into) == nil {
		return nil
	}
	return err
}

// decode reads an argument as [sms.Decode] does.
func decode(raw converter.RawValue, into any) error {
	return sms.DecodePayload(raw.Payload().GetMetadata(), raw.Payload().GetData(), into)
}

// refusal is the error of a workflow that texts nobody, as something is wrong
// with its input. What was given is in its details alone: the message of a
// failure is in no payload, and never encrypted.
func refusal(err error) error {
	message, code := err.Error(), sms.CodeInvalidInput
	if problems, ok := errors.AsType[sms.Problems](err); ok {
		message = problems.Public()
	}
	return temporal.NewNonRetryableApplicationError(message, string(code), nil, sms.Error{Code: code, Message: err.Error()})
}
