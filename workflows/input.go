package workflows

// A workflow's argument is decoded in the same way as the argument of SendSms.

import (
	"encoding/json"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
)

// readInput decodes a workflow's argument into the struct that into points to.
// It ignores mistakes in the argument of a workflow that started on an older
// worker, which did not check for them.
func readInput(ctx workflow.Context, raw converter.RawValue, into any) error {
	err := decode(raw, into)
	if err == nil || workflow.GetVersion(ctx, "strict-input", workflow.DefaultVersion, 1) == workflow.DefaultVersion &&
		json.Unmarshal(raw.Payload().GetData(), into) == nil {
		return nil
	}
	return err
}

// decode decodes an argument with [sms.Decode].
func decode(raw converter.RawValue, into any) error {
	return sms.DecodePayload(raw.Payload().GetMetadata(), raw.Payload().GetData(), into)
}

// refusal returns the error of a workflow that texts nobody because its input
// is invalid. Only the details quote the input, because the message of a
// failure is never encrypted.
func refusal(err error) error {
	return temporal.NewNonRetryableApplicationError(sms.Public(err), string(sms.CodeInvalidInput), nil,
		sms.Error{Code: sms.CodeInvalidInput, Message: err.Error()})
}
