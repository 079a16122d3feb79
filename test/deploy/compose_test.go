package deploy

// Tests of docker-compose.yml, as Docker's own loader reads it, and of the image
// that it builds.

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// loadCompose loads the file in strict mode, with the .env that
// deploy/README.md asks for.
func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"},
		cli.WithEnv([]string{"TWILIO_ACCOUNT=AC00000000000000000000000000000001", "WEBHOOK_PUBLIC_URL=https://sms.example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// connectorVariables returns the variables of the connector's container. Paths
// in its mounts are replaced by those of real files.
func connectorVariables(t *testing.T, project *types.Project) map[string]string {
	t.Helper()
	variables := map[string]string{}
	connector := project.Services["connector"]
	for name, value := range connector.Environment {
		variables[name] = *value
	}
	secrets := t.TempDir()
	for _, secret := range connector.Secrets {
		if err := os.WriteFile(filepath.Join(secrets, secret.Source), []byte("0123456789abcdef"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range variables {
		if file, is := strings.CutPrefix(value, "/run/secrets/"); is {
			variables[name] = filepath.Join(secrets, file)
		}
		for _, volume := range connector.Volumes {
			if value == volume.Target {
				variables[name] = volume.Source
			}
		}
	}
	return variables
}

func TestComposeStartsAConnector(t *testing.T) {
	readBy(t, "worker and webhook", connectorVariables(t, loadCompose(t)))
}

// pinned matches an image whose version has at least two numbers.
var pinned = regexp.MustCompile(`:v?\d+\.\d+[\w.-]*$`)

func TestComposeServicesAreSafeToStart(t *testing.T) {
	project := loadCompose(t)
	if len(project.Services) != 6 {
		t.Errorf("got %d services, want 6", len(project.Services))
	}
	for name, s := range project.Services {
		if s.Build == nil && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %q has no pinned version", name, s.Image)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to other machines", name, port.Published)
			}
		}
		for _, secret := range s.Secrets {
			if project.Secrets[secret.Source].File == "" {
				t.Errorf("%s: secret %s is not a file", name, secret.Source)
			}
		}
		for _, volume := range s.Volumes {
			if volume.Type != types.VolumeTypeBind {
				continue // the loader refuses undeclared volumes
			}
			if _, err := os.Stat(volume.Source); err != nil || !volume.ReadOnly {
				t.Errorf("%s: %s is missing or not read-only; got error %v", name, volume.Source, err)
			}
		}
		for other, how := range s.DependsOn {
			on := project.Services[other]
			if how.Condition == types.ServiceConditionHealthy && on.HealthCheck == nil {
				t.Errorf("%s waits until %s is healthy, but the latter has no health check", name, other)
			} else if how.Condition == types.ServiceConditionCompletedSuccessfully && on.Restart == types.RestartPolicyAlways {
				t.Errorf("%s waits until %s ends, but the latter always restarts", name, other)
			}
		}
		if s.Restart != types.RestartPolicyOnFailure && s.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
	}
	connector := project.Services["connector"]
	if !connector.ReadOnly || connector.Privileged || !slices.Equal(connector.CapDrop, []string{"ALL"}) || len(connector.CapAdd) > 0 || !slices.Contains(connector.SecurityOpt, "no-new-privileges:true") {
		t.Error("the connector has more permissions than it needs")
	}
	if period := connector.StopGracePeriod; period == nil || period.String() != "40s" {
		t.Errorf("stop grace period of the connector: got %v, want 40s", period)
	}
	if connector.HealthCheck == nil || !slices.Equal(connector.HealthCheck.Test, []string{"CMD", "/worker", "ready"}) {
		t.Error("the connector's health check is not /worker ready")
	}
}

func TestComposeImagesShareOneTemporalVersion(t *testing.T) {
	versions := map[string]bool{}
	for _, s := range loadCompose(t).Services {
		if repository, version, _ := strings.Cut(s.Image, ":"); repository == "temporalio/server" || repository == "temporalio/admin-tools" {
			versions[version] = true
		}
	}
	if len(versions) != 1 {
		t.Errorf("the server and the tool that makes its schema have the versions %v, want the same", slices.Collect(maps.Keys(versions)))
	}
}

func TestImageHoldsOnlyWhatItNeeds(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(text), "\nFROM ")
	build, image := stages[1], stages[len(stages)-1]
	if len(stages) != 3 || !regexp.MustCompile(`^golang:\d+\.\d+\.\d+-bookworm AS build\n`).MatchString(build) {
		t.Errorf("got %d stages, the first of them from %q; want 2, and a full version of golang", len(stages)-1, build)
	}
	if !strings.Contains(build, "CGO_ENABLED=0") || !strings.Contains(build, "-trimpath") {
		t.Error("the build lacks CGO_ENABLED=0 or -trimpath")
	}
	if !strings.HasPrefix(image, "scratch\n") {
		t.Error("the image is not built from scratch")
	}
	instructions := map[string][]string{}
	for line := range strings.Lines(image) {
		if word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" && word != "#" {
			instructions[word] = append(instructions[word], rest)
		}
	}
	want := []string{
		"--from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
		"--from=build /out/worker /out/starter /",
		"--from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip",
	}
	if slices.Sort(instructions["COPY"]); !slices.Equal(instructions["COPY"], want) || len(instructions["ADD"])+len(instructions["RUN"]) > 0 {
		t.Errorf("the image has the COPY instructions %v, want only %v, and neither ADD nor RUN", instructions["COPY"], want)
	}
	if !slices.Equal(instructions["USER"], []string{"65532:65532"}) || !slices.Equal(instructions["ENTRYPOINT"], []string{`["/worker"]`}) {
		t.Errorf("the image runs %v as user %v, want /worker as 65532:65532", instructions["ENTRYPOINT"], instructions["USER"])
	}
}
