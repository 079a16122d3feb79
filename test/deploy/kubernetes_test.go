// Package deploy checks the deployment files with the code that reads them:
// kustomize, Kubernetes' own types, Compose's loader, and the connector's
// configuration.
package deploy

// The Kubernetes objects that kustomize builds from deploy/kubernetes, decoded
// strictly.

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// cluster holds the applied objects, by kind and name.
type cluster struct {
	namespaces  map[string]*core.Namespace
	configs     map[string]*core.ConfigMap
	services    map[string]*core.Service
	ingresses   map[string]*networking.Ingress
	policies    map[string]*networking.NetworkPolicy
	budgets     map[string]*policy.PodDisruptionBudget
	deployments map[string]*apps.Deployment
	versioned   map[string]*workerDeployment
	connections map[string]*connection
	// pods holds the pods of Deployments and of WorkerDeployments.
	pods map[string]core.PodTemplateSpec
}

// build builds a folder of deploy/kubernetes with kustomize, and decodes each
// object as a cluster that refuses unknown fields does.
func build(t *testing.T, folder string) *cluster {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join("../../deploy/kubernetes", folder))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{pods: map[string]core.PodTemplateSpec{}}
	for _, object := range built.Resources() {
		data, err := object.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		kind := object.GetApiVersion() + " " + object.GetKind()
		if object.GetKind() != "Namespace" && object.GetNamespace() != "sms" {
			t.Errorf("%s %s is in the namespace %q, want sms", kind, object.GetName(), object.GetNamespace())
		}
		if err := c.add(kind, object.GetName(), data); err != nil {
			t.Errorf("%s %s: got error %v", kind, object.GetName(), err)
		}
	}
	for name, d := range c.deployments {
		c.pods[name] = d.Spec.Template
	}
	for name, d := range c.versioned {
		c.pods[name] = d.Spec.Template
	}
	return c
}

func (c *cluster) add(kind, name string, data []byte) error {
	switch kind {
	case "v1 Namespace":
		return put(&c.namespaces, name, data)
	case "v1 ConfigMap":
		return put(&c.configs, name, data)
	case "v1 Service":
		return put(&c.services, name, data)
	case "networking.k8s.io/v1 Ingress":
		return put(&c.ingresses, name, data)
	case "networking.k8s.io/v1 NetworkPolicy":
		return put(&c.policies, name, data)
	case "policy/v1 PodDisruptionBudget":
		return put(&c.budgets, name, data)
	case "apps/v1 Deployment":
		return put(&c.deployments, name, data)
	case "temporal.io/v1alpha1 WorkerDeployment":
		return put(&c.versioned, name, data)
	case "temporal.io/v1alpha1 Connection":
		return put(&c.connections, name, data)
	}
	return errors.New("this test cannot decode the kind")
}

// put decodes an object, case-sensitively, and refuses unknown or repeated
// fields.
func put[T any](all *map[string]*T, name string, data []byte) error {
	object := new(T)
	strict, err := json.UnmarshalStrict(data, object)
	if err != nil {
		return err
	}
	if len(strict) > 0 {
		return strict[0]
	}
	if *all == nil {
		*all = map[string]*T{}
	}
	(*all)[name] = object
	return nil
}

// folders lists the folders that users apply.
var folders = []string{"base", "versioned"}

func TestPodsAreConfined(t *testing.T) {
	for _, folder := range folders {
		c := build(t, folder)
		if len(c.pods) != 3 {
			t.Errorf("%s: got %d deployments, want the worker, the webhook and the codec server", folder, len(c.pods))
		}
		for name, pod := range c.pods {
			for _, complaint := range confined(pod.Spec) {
				t.Errorf("%s/%s: %s", folder, name, complaint)
			}
		}
		if level := c.namespaces["sms"].Labels["pod-security.kubernetes.io/enforce"]; level != "restricted" {
			t.Errorf("%s: the namespace enforces %q, want restricted", folder, level)
		}
	}
}

// confined lists the permissions that a pod has but does not need, and the
// limits that it lacks.
func confined(pod core.PodSpec) (complaints []string) {
	require := func(ok bool, complaint string) {
		if !ok {
			complaints = append(complaints, complaint)
		}
	}
	security := pod.SecurityContext
	if security == nil {
		security = &core.PodSecurityContext{}
	}
	is := func(value *bool, want bool) bool { return value != nil && *value == want }
	require(is(security.RunAsNonRoot, true), "it may run as root")
	require(security.RunAsUser != nil && *security.RunAsUser == 65532, "it does not run as the image's user")
	require(security.FSGroup != nil && *security.FSGroup == 65532, "it cannot read its secrets")
	require(security.SeccompProfile != nil && security.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault, "it has no seccomp profile")
	require(is(pod.AutomountServiceAccountToken, false), "it has a token for the cluster's API")
	require(is(pod.EnableServiceLinks, false), "it has the variables of other services")
	require(!pod.HostNetwork && !pod.HostPID && !pod.HostIPC, "it shares a namespace of its node")
	require(len(pod.Containers) == 1 && len(pod.InitContainers) == 0, "it has more than one container")
	for _, container := range pod.Containers {
		security := container.SecurityContext
		if security == nil {
			security = &core.SecurityContext{}
		}
		require(is(security.AllowPrivilegeEscalation, false), "it may gain privileges")
		require(is(security.ReadOnlyRootFilesystem, true), "it may write to its image")
		require(security.Capabilities != nil && slices.Equal(security.Capabilities.Drop, []core.Capability{"ALL"}) && len(security.Capabilities.Add) == 0, "it has capabilities")
		require(security.Privileged == nil && security.RunAsUser == nil && security.RunAsNonRoot == nil, "it overrides the settings of the pod")
		require(!container.Resources.Requests.Cpu().IsZero() && !container.Resources.Requests.Memory().IsZero(), "it requests no CPU or memory")
		require(!container.Resources.Limits.Memory().IsZero(), "its memory has no limit")
		require(container.Resources.Limits.Cpu().IsZero(), "its CPU is throttled")
		_, tag, _ := strings.Cut(container.Image, ":")
		require(strings.HasPrefix(tag, "v"), "its image has no version")
		for _, mount := range container.VolumeMounts {
			require(mount.ReadOnly, "it may write to "+mount.MountPath)
		}
	}
	return complaints
}

// The paths that the connector serves. They are repeated here because importing
// the webhook would pull in Temporal's SDK.
const (
	livePath   = "/healthz"
	readyPath  = "/readyz"
	smsPath    = "/twilio/sms"
	statusPath = "/twilio/status"
)

// grace is the longest time, in seconds, that a process may take to stop.
const grace = 30

func TestProbesAskWhatThePodsServe(t *testing.T) {
	for _, folder := range folders {
		c := build(t, folder)
		for name, pod := range c.pods {
			container, variables := pod.Spec.Containers[0], c.environment(t, pod.Spec)
			// The address on which the process listens, by the name of the container's
			// port.
			addresses := map[string]string{"http": variables["WEBHOOK_ADDR"], "metrics": variables["METRICS_ADDR"]}
			ready := readyPath
			if name == "codec" {
				// The codec server depends on nothing else, so it is ready whenever it is
				// alive.
				addresses, ready = map[string]string{"http": variables["CODEC_ADDR"]}, livePath
			}
			for _, port := range container.Ports {
				if addresses[port.Name] != fmt.Sprintf("0.0.0.0:%d", port.ContainerPort) {
					t.Errorf("%s/%s: port %s is %d, but the process listens on %q", folder, name, port.Name, port.ContainerPort, addresses[port.Name])
				}
			}
			for path, probe := range map[string]*core.Probe{livePath: container.LivenessProbe, ready: container.ReadinessProbe} {
				if probe == nil || probe.HTTPGet == nil {
					t.Errorf("%s/%s: no probe requests %s", folder, name, path)
				} else if number(container, probe.HTTPGet.Port) == 0 || probe.HTTPGet.Scheme == core.URISchemeHTTPS {
					t.Errorf("%s/%s: the probe's port %s is no port of the container, or is requested with HTTPS", folder, name, probe.HTTPGet.Port.String())
				}
			}
			if live, then := container.LivenessProbe.HTTPGet.Path, container.ReadinessProbe.HTTPGet.Path; live != livePath || then != ready {
				t.Errorf("%s/%s: the probes request %s and %s, want %s and %s", folder, name, live, then, livePath, ready)
			}
			drain := 0
			_, _ = fmt.Sscanf(variables["WEBHOOK_DRAIN"], "%ds", &drain)
			if seconds := pod.Spec.TerminationGracePeriodSeconds; seconds == nil || *seconds < int64(grace+drain+5) {
				t.Errorf("%s/%s: terminationGracePeriodSeconds is less than %d", folder, name, grace+drain+5)
			}
		}
		if c.environment(t, c.pods["webhook"].Spec)["WEBHOOK_DRAIN"] == "" {
			t.Errorf("%s: WEBHOOK_DRAIN is not set, so the webhook stops while requests still arrive", folder)
		}
	}
}

func TestDisruptionsLeaveAPodOfEach(t *testing.T) {
	for _, folder := range folders {
		c := build(t, folder)
		for _, name := range []string{"worker", "webhook"} {
			budget := c.budgets[name]
			if budget == nil || budget.Spec.MaxUnavailable == nil || budget.Spec.MaxUnavailable.IntValue() != 1 {
				t.Errorf("%s: no disruption budget protects the %s", folder, name)
				continue
			}
			if !selects(budget.Spec.Selector.MatchLabels, c.pods[name].Labels) {
				t.Errorf("%s: the selector of the disruption budget %s does not match its pods", folder, name)
			}
			replicas := (*int32)(nil)
			if d := c.deployments[name]; d != nil {
				replicas = d.Spec.Replicas
			} else {
				replicas = c.versioned[name].Spec.Replicas
			}
			if replicas == nil || *replicas < 2 {
				t.Errorf("%s: the %s has fewer than 2 replicas", folder, name)
			}
		}
		for name, d := range c.deployments {
			if !selects(d.Spec.Selector.MatchLabels, d.Spec.Template.Labels) || len(d.Spec.Selector.MatchLabels) == 0 {
				t.Errorf("%s/%s: the selector is empty, or does not match the deployment's pods", folder, name)
			}
		}
	}
}

// selects reports whether the labels satisfy a selector.
func selects(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}
