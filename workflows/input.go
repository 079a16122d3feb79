package workflows

// A workflow's argument, which is decoded in the same way as that of SendSms.

import (
	"encoding/json"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// readInput decodes a workflow's argument into a pointer to a struct. Mistakes
// in it do not stop a workflow that started before they were checked.
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

// refusal returns the error of a workflow that texts nobody because its input
// is invalid. The input appears only in the error's details: a failure's
// message is not a payload, and never encrypted.
func refusal(err error) error {
	return temporal.NewNonRetryableApplicationError(sms.Public(err), string(sms.CodeInvalidInput), nil,
		sms.Error{Code: sms.CodeInvalidInput, Message: err.Error()})
}
