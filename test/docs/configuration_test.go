package docs

// The configuration: what its page, the worker's help and the compose file say
// of it, held against what the worker reads.

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"temporal-twilio/internal/config"
	"temporal-twilio/test/stack"
)

// variables are those that the worker reads, with their defaults; secrets also
// as files.
func variables(t *testing.T) (defaults map[string]string, secrets []string) {
	t.Helper()
	defaults = map[string]string{}
	for field := range reflect.TypeFor[config.Config]().Fields() {
		name := field.Tag.Get("env")
		if name == "-" {
			continue
		}
		defaults[name] = field.Tag.Get("envDefault")
		if field.Type == reflect.TypeFor[config.Secret]() || field.Type == reflect.TypeFor[config.AccountTokens]() {
			secrets = append(secrets, name+"_FILE")
		}
	}
	return defaults, secrets
}

func TestTheWorkersHelpAndThePageNameEveryVariable(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), stack.Build(t, "worker"), "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	page := read(t, "docs/configuration.md")
	defaults, secrets := variables(t)
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		inHelp, onPage := "\n  "+name+"\n", "| `"+name+"` |  |"
		if value := defaults[name]; value != "" {
			inHelp, onPage = "\n  "+name+" ("+value+")\n", "| `"+name+"` | `"+value+"` |"
		}
		if !strings.Contains(string(help), inHelp) || !strings.Contains(page, onPage) {
			t.Errorf("the help or docs/configuration.md does not name %s and its default", name)
		}
	}
	for _, name := range secrets {
		if !strings.Contains(string(help), name) || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the help or docs/configuration.md does not name %s", name)
		}
	}
}

// compose is what the tests read of docker-compose.yml.
type compose struct {
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

type service struct {
	Image       string            `yaml:"image"`
	Build       any               `yaml:"build"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Secrets     []string          `yaml:"secrets"`
	Volumes     []string          `yaml:"volumes"`
	Healthcheck map[string]any    `yaml:"healthcheck"`
	Restart     string            `yaml:"restart"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return c
}

func TestTheComposeFileSetsOnlyWhatTheWorkerReads(t *testing.T) {
	c := readCompose(t)
	defaults, secrets := variables(t)
	connector := c.Services["connector"]
	if len(connector.Environment) == 0 {
		t.Fatal("docker-compose.yml sets nothing for the connector")
	}
	for name, value := range connector.Environment {
		_, known := defaults[name]
		switch {
		case known, name == "TEMPORAL_ADDRESS", name == "TEMPORAL_NAMESPACE":
		case slices.Contains(secrets, name):
			secret, isSecret := strings.CutPrefix(value, "/run/secrets/")
			if !isSecret || !slices.Contains(connector.Secrets, secret) {
				t.Errorf("%s is %s, which is no secret of the connector", name, value)
			}
		default:
			t.Errorf("docker-compose.yml sets %s, which the worker does not read", name)
		}
	}
	for _, secret := range secrets {
		if name := strings.TrimSuffix(secret, "_FILE"); connector.Environment[name] != "" {
			t.Errorf("%s is set in the clear", name)
		}
	}
}

func TestTheComposeFileMountsTheFolderOfTriggers(t *testing.T) {
	connector := readCompose(t).Services["connector"]
	for _, volume := range connector.Volumes {
		source, rest, _ := strings.Cut(volume, ":")
		if target, _, _ := strings.Cut(rest, ":"); target == connector.Environment["TRIGGERS"] {
			if info, err := os.Stat("../../" + source); err != nil || !info.IsDir() {
				t.Errorf("%s is not a folder: %v", source, err)
			}
			return
		}
	}
	t.Errorf("TRIGGERS is %q, which is not mounted", connector.Environment["TRIGGERS"])
}

// pinned is an image with a version of at least two numbers.
var pinned = regexp.MustCompile(`:v?\d+\.\d+[\w.-]*$`)

func TestTheComposeFileIsSafeToStart(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		if s.Build == nil && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %q has no pinned version", name, s.Image)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to other machines", name, port)
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s: secret %s is no file", name, secret)
			}
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(source, "./") {
				if _, err := os.Stat(filepath.Join(root(t), source)); err != nil {
					t.Errorf("%s: %s is not there", name, source)
				}
			} else if _, named := c.Volumes[source]; !named {
				t.Errorf("%s: volume %s is not declared", name, source)
			}
		}
		for other, how := range s.DependsOn {
			if on, there := c.Services[other]; !there {
				t.Errorf("%s depends on %s, which is not there", name, other)
			} else if how.Condition == "service_healthy" && on.Healthcheck == nil {
				t.Errorf("%s waits until %s is healthy, which has no health check", name, other)
			} else if how.Condition == "service_completed_successfully" && on.Restart == "always" {
				t.Errorf("%s waits until %s ends, which restarts always", name, other)
			}
		}
		if s.Restart != "on-failure" && s.Healthcheck == nil {
			t.Errorf("%s has no health check", name)
		}
	}
}
