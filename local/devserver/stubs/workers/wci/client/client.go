// Package client stands in for the client of Temporal's controllers of
// auto-scaled workers. It acts as if no deployment had such a controller.
package client

import (
	"context"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/server/common/namespace"
	"go.uber.org/fx"

	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
)

// Module provides the Client.
var Module = fx.Provide(func() Client { return Client{} })

// Client answers as if no controller existed, and creates none.
type Client struct{}

// DescribeWorkerControllerInstance returns a NotFound error.
func (Client) DescribeWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion) (*iface.QueryDescribeWorkerControllerInstanceResponse, []byte, error) {
	return nil, nil, serviceerror.NewNotFound("this server has no auto-scaled workers")
}

// UpdateWorkerControllerInstance returns an Unimplemented error.
func (Client) UpdateWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, []byte, string, map[string]iface.ScalingGroupSpecUpdate, []string) (*iface.UpdateWorkerControllerInstanceResponse, error) {
	return nil, refused()
}

// ValidateWorkerControllerInstanceSpec returns an Unimplemented error.
func (Client) ValidateWorkerControllerInstanceSpec(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string, map[string]iface.ScalingGroupSpecUpdate, []string) error {
	return refused()
}

// DeleteWorkerControllerInstance returns nil, because there is nothing to
// delete.
func (Client) DeleteWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string) error {
	return nil
}

func refused() error {
	return serviceerror.NewUnimplemented("this server has no auto-scaled workers")
}
