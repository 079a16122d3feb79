package triggers

// Requests: how values travel in what is asked of Temporal.

import (
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/durationpb"
)

func (d *Dispatcher) converter() converter.DataConverter {
	if d.Converter == nil {
		return converter.GetDefaultDataConverter()
	}
	return d.Converter
}

func (d *Dispatcher) payloads(value any) (*commonpb.Payloads, error) {
	payloads, err := d.converter().ToPayloads(value)
	if err != nil {
		return nil, fmt.Errorf("encode the input: %w", err)
	}
	return payloads, nil
}

// describe adds what the Web UI shows of a workflow: a summary, the memo, the
// search attributes.
func (d *Dispatcher) describe(f *Firing, s *start, request *workflowservice.StartWorkflowExecutionRequest) error {
	summary, err := d.converter().ToPayload("SMS matched trigger " + f.trigger.Name)
	if err != nil {
		return fmt.Errorf("encode the summary: %w", err)
	}
	request.UserMetadata = &sdkpb.UserMetadata{Summary: summary}
	memo := map[string]any{"trigger": f.trigger.Name, "messageSid": f.Event.MessageSID}
	for name, value := range s.memo {
		memo[name] = value(&f.Event)
	}
	if s.own() {
		memo[startedFor] = requestID(f)
	}
	fields, err := encode(d.converter(), memo)
	if err != nil {
		return fmt.Errorf("encode the memo: %w", err)
	}
	request.Memo = &commonpb.Memo{Fields: fields}
	if len(s.searchAttributes) == 0 {
		return nil
	}
	attributes := map[string]any{}
	for name, value := range s.searchAttributes {
		if value := value(&f.Event); value != nil {
			attributes[name] = value
		}
	}
	// Search attributes are the server's to read, so no codec touches them.
	fields, err = encode(converter.GetDefaultDataConverter(), attributes)
	if err != nil {
		return fmt.Errorf("encode the search attributes: %w", err)
	}
	request.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: fields}
	return nil
}

func encode(dc converter.DataConverter, values map[string]any) (map[string]*commonpb.Payload, error) {
	encoded := make(map[string]*commonpb.Payload, len(values))
	for name, value := range values {
		payload, err := dc.ToPayload(value)
		if err != nil {
			return nil, err
		}
		encoded[name] = payload
	}
	return encoded, nil
}

// duration leaves out what is not set: Temporal then has defaults of its own.
func duration(d time.Duration) *durationpb.Duration {
	if d <= 0 {
		return nil
	}
	return durationpb.New(d)
}
