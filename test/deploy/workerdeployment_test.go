package deploy

// The worker controller's kinds, with the fields of its API v1alpha1 in release
// 1.8.1, except for the status. The controller publishes no Go module for them.

import (
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type workerDeployment struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            struct {
		Replicas                *int32               `json:"replicas"`
		Template                core.PodTemplateSpec `json:"template"`
		MinReadySeconds         int32                `json:"minReadySeconds"`
		ProgressDeadlineSeconds *int32               `json:"progressDeadlineSeconds"`
		Rollout                 struct {
			Strategy string `json:"strategy"`
			Steps    []struct {
				RampPercentage int           `json:"rampPercentage"`
				PauseDuration  meta.Duration `json:"pauseDuration"`
			} `json:"steps"`
		} `json:"rollout"`
		Sunset struct {
			ScaledownDelay *meta.Duration `json:"scaledownDelay"`
			DeleteDelay    *meta.Duration `json:"deleteDelay"`
		} `json:"sunset"`
		WorkerOptions struct {
			ConnectionRef struct {
				Name string `json:"name"`
			} `json:"connectionRef"`
			TemporalNamespace   string `json:"temporalNamespace"`
			UnsafeCustomBuildID string `json:"unsafeCustomBuildID"`
		} `json:"workerOptions"`
	} `json:"spec"`
}

type connection struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            struct {
		HostPort string `json:"hostPort"`
		TLS      *struct {
			ServerName string `json:"serverName"`
		} `json:"tls"`
		MutualTLSSecretRef *struct {
			Name string `json:"name"`
		} `json:"mutualTLSSecretRef"`
		APIKeySecretRef *core.SecretKeySelector `json:"apiKeySecretRef"`
	} `json:"spec"`
}

func TestVersionedDeploymentMatchesTheWorker(t *testing.T) {
	base, c := build(t, "base"), build(t, "versioned")
	if c.deployments["worker"] != nil || len(c.versioned) != 1 {
		t.Fatal("the worker is not a WorkerDeployment, or not the only one")
	}
	spec := c.versioned["worker"].Spec
	plain, versioned := base.environment(t, base.pods["worker"].Spec), c.environment(t, spec.Template.Spec)
	if len(versioned) != len(plain) {
		t.Errorf("got the variables %v, want those of the unversioned worker, %v", versioned, plain)
	}
	// The controller sets TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE from these.
	temporal := c.connections[spec.WorkerOptions.ConnectionRef.Name]
	if temporal == nil {
		t.Fatalf("the connection %q does not exist", spec.WorkerOptions.ConnectionRef.Name)
	}
	if temporal.Spec.HostPort != plain["TEMPORAL_ADDRESS"] || spec.WorkerOptions.TemporalNamespace != plain["TEMPORAL_NAMESPACE"] {
		t.Errorf("the worker connects to the namespace %s at %s, want the webhook's, %s at %s", spec.WorkerOptions.TemporalNamespace, temporal.Spec.HostPort,
			plain["TEMPORAL_NAMESPACE"], plain["TEMPORAL_ADDRESS"])
	}
	if spec.Rollout.Strategy != "Progressive" || len(spec.Rollout.Steps) == 0 || spec.Sunset.DeleteDelay == nil || spec.Sunset.ScaledownDelay == nil {
		t.Error("the rollout of a new version has no steps, or no delays are set for scaling down and deleting an old one")
	}
	for _, step := range spec.Rollout.Steps {
		if step.RampPercentage < 1 || step.RampPercentage > 99 || step.PauseDuration.Duration < 30*time.Second {
			t.Errorf("the controller refuses the step %+v", step)
		}
	}
}
