package stack

// Other namespaces, and the Nexus endpoint through which they send texts.

import (
	"context"
	"log/slog"
	"testing"
	"time"

	nexuspb "go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"temporal-twilio/sms"
)

// AddNamespace adds a namespace, and returns a client for it.
func (s *Temporal) AddNamespace(t testing.TB, name string) client.Client {
	t.Helper()
	_, err := s.Client.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewLazyClient(client.Options{HostPort: s.Address, Namespace: name, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	Eventually(t, "the namespace is known", func(ctx context.Context) error {
		_, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1})
		return err
	})
	return c
}

// AddNexusEndpoint adds the Nexus endpoint that "make run" adds.
func (s *Temporal) AddNexusEndpoint(t testing.TB) {
	t.Helper()
	_, err := s.Client.OperatorService().CreateNexusEndpoint(t.Context(), &operatorservice.CreateNexusEndpointRequest{Spec: &nexuspb.EndpointSpec{
		Name: sms.NexusEndpoint,
		Target: &nexuspb.EndpointTarget{Variant: &nexuspb.EndpointTarget_Worker_{
			Worker: &nexuspb.EndpointTarget_Worker{Namespace: client.DefaultNamespace, TaskQueue: sms.TaskQueue},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}
