package deploy

// The network policies: which peers may connect to a pod, and to which it may
// connect.

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// number returns the number of a container's port, or 0 if there is no such
// port.
func number(container core.Container, port intstr.IntOrString) int32 {
	for _, p := range container.Ports {
		if p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal {
			return p.ContainerPort
		}
	}
	return 0
}

// peer is the other end of a connection: an address outside of the cluster, or
// a pod in a namespace.
type peer struct{ address, namespace string }

// among reports whether the peers of a rule include p. A rule without peers
// applies to every peer.
func (p peer) among(peers []networking.NetworkPolicyPeer) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(one networking.NetworkPolicyPeer) bool {
		switch {
		case one.IPBlock != nil && p.address != "":
			return within(p.address, one.IPBlock.CIDR) && !slices.ContainsFunc(one.IPBlock.Except, func(block string) bool { return within(p.address, block) })
		case one.NamespaceSelector != nil && p.namespace != "":
			return selects(one.NamespaceSelector.MatchLabels, map[string]string{"kubernetes.io/metadata.name": p.namespace})
		}
		return false
	})
}

func within(address, block string) bool {
	return netip.MustParsePrefix(block).Contains(netip.MustParseAddr(address))
}

// open reports whether a rule covers a port of a container.
func open(container core.Container, ports []networking.NetworkPolicyPort, protocol core.Protocol, port int32) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(one networking.NetworkPolicyPort) bool {
		if one.Protocol == nil || *one.Protocol != protocol || one.Port == nil {
			return false
		}
		if one.Port.Type == intstr.String {
			return number(container, *one.Port) == port
		}
		return one.Port.IntVal == port
	})
}

// admits reports whether a pod's policies allow a peer to connect to a port.
func (c *cluster) admits(pod core.PodTemplateSpec, from peer, port int32) bool {
	return c.anyPolicy(pod, networking.PolicyTypeIngress, func(spec networking.NetworkPolicySpec) bool {
		return slices.ContainsFunc(spec.Ingress, func(rule networking.NetworkPolicyIngressRule) bool {
			return from.among(rule.From) && open(pod.Spec.Containers[0], rule.Ports, core.ProtocolTCP, port)
		})
	})
}

// reaches reports whether the policies of a pod let it connect to a peer.
func (c *cluster) reaches(pod core.PodTemplateSpec, to peer, protocol core.Protocol, port int32) bool {
	return c.anyPolicy(pod, networking.PolicyTypeEgress, func(spec networking.NetworkPolicySpec) bool {
		return slices.ContainsFunc(spec.Egress, func(rule networking.NetworkPolicyEgressRule) bool {
			return to.among(rule.To) && open(core.Container{}, rule.Ports, protocol, port)
		})
	})
}

// anyPolicy reports whether one of a pod's policies for a direction allows a
// connection. Without any policy for that direction, every connection is
// allowed.
func (c *cluster) anyPolicy(pod core.PodTemplateSpec, direction networking.PolicyType, allows func(networking.NetworkPolicySpec) bool) bool {
	isolated := false
	for _, policy := range c.policies {
		if selects(policy.Spec.PodSelector.MatchLabels, pod.Labels) && slices.Contains(policy.Spec.PolicyTypes, direction) {
			isolated = true
			if allows(policy.Spec) {
				return true
			}
		}
	}
	return !isolated
}

func TestNetworkPoliciesAdmitOnlyNeededTraffic(t *testing.T) {
	var (
		twilio     = peer{address: "54.172.60.1"}
		controller = peer{namespace: "ingress-nginx"}
		prometheus = peer{namespace: "monitoring"}
		stranger   = peer{namespace: "default"}
		temporal   = peer{namespace: "temporal"}
		cloud      = peer{address: "52.10.20.30"}
		metadata   = peer{address: "169.254.169.254"}
		database   = peer{address: "10.1.2.3"}
	)
	for _, folder := range folders {
		c := build(t, folder)
		for _, in := range []struct {
			pod     string
			from    peer
			port    int32
			allowed bool
		}{
			{"webhook", twilio, 8080, true},
			{"webhook", controller, 8080, true},
			{"webhook", prometheus, 9090, true},
			{"webhook", stranger, 9090, false},
			{"webhook", twilio, 9090, false},
			{"worker", prometheus, 9090, true},
			{"worker", stranger, 9090, false},
			{"worker", twilio, 9090, false},
			{"codec", controller, 8234, true},
			{"codec", stranger, 8234, false},
		} {
			if c.admits(c.pods[in.pod], in.from, in.port) != in.allowed {
				t.Errorf("%s/%s: a connection from %+v to port %d: got allowed %t, want %t", folder, in.pod, in.from, in.port, !in.allowed, in.allowed)
			}
		}
		for _, out := range []struct {
			to       peer
			protocol core.Protocol
			port     int32
			allowed  bool
		}{
			{temporal, core.ProtocolTCP, 7233, true},
			{cloud, core.ProtocolTCP, 7233, true},
			{twilio, core.ProtocolTCP, 443, true},
			{peer{namespace: "kube-system"}, core.ProtocolUDP, 53, true},
			{prometheus, core.ProtocolTCP, 4318, true}, // the trace collector is in the same namespace
			{stranger, core.ProtocolTCP, 4318, false},
			{metadata, core.ProtocolTCP, 443, false},
			{metadata, core.ProtocolTCP, 80, false},
			{database, core.ProtocolTCP, 5432, false},
		} {
			for _, name := range []string{"worker", "webhook"} {
				if c.reaches(c.pods[name], out.to, out.protocol, out.port) != out.allowed {
					t.Errorf("%s/%s: a connection to port %d of %+v: got allowed %t, want %t", folder, name, out.port, out.to, !out.allowed, out.allowed)
				}
			}
			if c.reaches(c.pods["codec"], out.to, out.protocol, out.port) {
				t.Errorf("%s/codec: a connection to port %d of %+v is allowed, want none", folder, out.port, out.to)
			}
		}
	}
}

func TestIngressExposesOnlyTheWebhook(t *testing.T) {
	for _, folder := range folders {
		c := build(t, folder)
		public := c.environment(t, c.pods["webhook"].Spec)["WEBHOOK_PUBLIC_URL"]
		for name, ingress := range c.ingresses {
			for _, rule := range ingress.Spec.Rules {
				for _, path := range rule.HTTP.Paths {
					service := c.services[path.Backend.Service.Name]
					if service == nil || path.Backend.Service.Name != name {
						t.Fatalf("%s: the ingress %s has the backend %+v, want the service of the same name", folder, name, path.Backend)
					}
					pod := c.pods[name]
					at := slices.IndexFunc(service.Spec.Ports, func(p core.ServicePort) bool { return p.Name == path.Backend.Service.Port.Name })
					if at < 0 || !selects(service.Spec.Selector, pod.Labels) || number(pod.Spec.Containers[0], service.Spec.Ports[at].TargetPort) != pod.Spec.Containers[0].Ports[0].ContainerPort {
						t.Errorf("%s: the ingress reaches no port of the pods through the service %s", folder, name)
					}
				}
				if len(ingress.Spec.TLS) != 1 || !slices.Contains(ingress.Spec.TLS[0].Hosts, rule.Host) {
					t.Errorf("%s: %s is served without TLS", folder, rule.Host)
				}
			}
		}
		rule := c.ingresses["webhook"].Spec.Rules[0]
		if "https://"+rule.Host != public {
			t.Errorf("%s: the ingress has the host %s, but Twilio calls %s", folder, rule.Host, public)
		}
		for path, through := range map[string]bool{smsPath: true, statusPath: true, readyPath: false, "/metrics": false, "/": false} {
			if slices.ContainsFunc(rule.HTTP.Paths, func(p networking.HTTPIngressPath) bool { return strings.HasPrefix(path, p.Path) }) != through {
				t.Errorf("%s: the ingress: got %s served %t, want %t", folder, path, !through, through)
			}
		}
	}
}
