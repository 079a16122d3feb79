// Command older imitates a worker from before the record had its current form.
// It writes the fields that version 0 wrote, understands no others, and
// mistakes a later attempt that has no record for the first attempt.
package main

import (
	"context"
	"encoding/json"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/activities"
	"temporal-twilio/test/chaos/sender"
	"temporal-twilio/test/chaos/version0"
)

func main() {
	sender.Main(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&older{}}}, func(a *activities.Activities) {
		a.RecordFirst = true // as version 0 always did
		a.Record = func(ctx context.Context, details any) error {
			known, err := understood(details)
			if err != nil {
				return err
			}
			return activity.GetClient(ctx).RecordActivityHeartbeat(ctx, activity.GetInfo(ctx).TaskToken, known)
		}
	})
}

// understood reduces a record to the fields of version 0.
func understood(details any) (known map[string]json.RawMessage, err error) {
	data, err := json.Marshal(details)
	if err != nil {
		return nil, err
	}
	return version0.Reduce(data)
}

// older reads records as version 0 did.
type older struct {
	interceptor.WorkerInterceptorBase
}

func (o *older) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &inbound{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type inbound struct {
	interceptor.ActivityInboundInterceptorBase
}

func (i *inbound) Init(next interceptor.ActivityOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.ActivityOutboundInterceptorBase{Next: next}})
}

type outbound struct {
	interceptor.ActivityOutboundInterceptorBase
}

func (o *outbound) GetInfo(ctx context.Context) activity.Info {
	info := o.Next.GetInfo(ctx)
	if !o.HasHeartbeatDetails(ctx) {
		info.Attempt = 1
	}
	return info
}

func (o *outbound) GetHeartbeatDetails(ctx context.Context, details ...any) error {
	var written json.RawMessage
	if err := o.Next.GetHeartbeatDetails(ctx, &written); err != nil {
		return err
	}
	known, err := understood(written)
	if err != nil {
		return err
	}
	data, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, details[0])
}
