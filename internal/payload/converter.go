package payload

// Converters between values or errors and payloads, for clients and their
// workers.

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"temporal-twilio/sms"
)

// Protect makes a client use the ring to encrypt what it sends to Temporal and
// decrypt what it receives: arguments, results, signals, memos, heartbeats,
// summaries and the texts of failures. A payload that cannot be read is never
// mistaken for something else. Outside workflows, reading it returns an
// [sms.UnreadableError]. In a workflow, the task fails and is retried, even for
// a signal, which the SDK would otherwise drop.
func Protect(options *client.Options, ring *Ring) {
	dc := dataConverter{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), reading{codec{ring}})}
	options.DataConverter = dc
	options.FailureConverter = &failureConverter{
		ring:      ring,
		clear:     temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: dc}),
		encrypted: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: dc, EncodeCommonAttributes: true}),
	}
}

// dataConverter returns a different converter for workflows than for everything
// else.
type dataConverter struct{ converter.DataConverter }

// WithWorkflowContext returns the converter for the code of a workflow.
func (c dataConverter) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return insisting(c)
}

// WithContext returns the converter for activities and clients.
func (c dataConverter) WithContext(context.Context) converter.DataConverter { return c }

// reading is a codec whose Decode also fails for payloads that another codec
// encoded. If these were passed on unchanged, they would look like malformed
// inputs.
type reading struct{ codec }

func (c reading) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	payloads, err := c.codec.Decode(payloads)
	if err != nil {
		return payloads, converter.NewWorkflowTaskFailureError(err)
	}
	for _, payload := range payloads {
		if encoding := string(payload.GetMetadata()[converter.MetadataEncoding]); encoding != "" && !known[encoding] {
			why := fmt.Sprintf("its encoding, %s, is unknown to this process; if its writer uses a payload codec, use the one in docs/privacy.md there", named(encoding))
			return payloads, converter.NewWorkflowTaskFailureError(&sms.UnreadableError{Why: why})
		}
	}
	return payloads, nil
}

// known lists the encodings that the SDK's default converter reads.
var known = map[string]bool{
	converter.MetadataEncodingNil: true, converter.MetadataEncodingBinary: true, converter.MetadataEncodingJSON: true,
	converter.MetadataEncodingProtoJSON: true, converter.MetadataEncodingProto: true,
}

// encodingName matches the name of an encoding that may be logged.
var encodingName = regexp.MustCompile(`^[a-z]{1,20}/[a-z-]{1,40}$`)

func named(encoding string) string {
	if encodingName.MatchString(encoding) {
		return encoding
	}
	return "which has an unexpected name"
}

// insisting is a converter for workflows. If a payload cannot be read, it
// panics, which makes the SDK fail the workflow task. If it returned an error
// instead, the SDK would drop a signal that cannot be decoded.
type insisting struct{ converter.DataConverter }

func (c insisting) FromPayload(payload *commonpb.Payload, into any) error {
	return insist(c.DataConverter.FromPayload(payload, into))
}

func (c insisting) FromPayloads(payloads *commonpb.Payloads, into ...any) error {
	return insist(c.DataConverter.FromPayloads(payloads, into...))
}

func insist(err error) error {
	if isUnreadable(err) {
		panic(err)
	}
	return err
}

func isUnreadable(err error) bool {
	var unreadable *sms.UnreadableError
	return errors.As(err, &unreadable)
}

// failureConverter encrypts the texts of failures if there is a current key,
// except those that say which key is missing.
type failureConverter struct {
	ring             *Ring
	clear, encrypted converter.FailureConverter
}

func (c *failureConverter) ErrorToFailure(err error) *failurepb.Failure {
	if c.ring.Encrypts() && !isUnreadable(err) {
		return c.encrypted.ErrorToFailure(err)
	}
	return c.clear.ErrorToFailure(err)
}

// FailureToError names the key if a text cannot be read. The types of failures
// are never encrypted, so programs can rely on them.
func (c *failureConverter) FailureToError(failure *failurepb.Failure) error {
	failure = proto.Clone(failure).(*failurepb.Failure)
	for one := failure; one != nil; one = one.GetCause() {
		if attributes := one.GetEncodedAttributes(); attributes != nil {
			_, err := codec{c.ring}.Decode([]*commonpb.Payload{attributes})
			if isUnreadable(err) {
				one.Message = err.Error()
			}
		}
	}
	return c.encrypted.FailureToError(failure)
}
