package main

// The Nexus endpoint, through which workflows of other namespaces send texts.

import (
	"context"
	"fmt"

	nexuspb "go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"temporal-twilio/sms"
)

// addNexusEndpoint creates the endpoint on a Temporal server unless it exists.
func addNexusEndpoint(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	operator := operatorservice.NewOperatorServiceClient(conn)
	// Check first: the server logs an error if the endpoint of an earlier run is
	// created again.
	list, err := operator.ListNexusEndpoints(ctx, &operatorservice.ListNexusEndpointsRequest{Name: sms.NexusEndpoint})
	if err == nil && len(list.GetEndpoints()) > 0 {
		return nil
	}
	_, err = operator.CreateNexusEndpoint(ctx, &operatorservice.CreateNexusEndpointRequest{Spec: &nexuspb.EndpointSpec{
		Name: sms.NexusEndpoint,
		Target: &nexuspb.EndpointTarget{Variant: &nexuspb.EndpointTarget_Worker_{
			Worker: &nexuspb.EndpointTarget_Worker{Namespace: "default", TaskQueue: sms.TaskQueue},
		}},
	}})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("add the Nexus endpoint %s: %w", sms.NexusEndpoint, err)
	}
	return nil
}
