package deploy

// The variables of each container, compared with those that the connector
// reads.

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"

	"temporal-twilio/internal/config"
)

// known returns the names of the variables that the connector reads. The names
// of variables for secrets are returned separately, with the suffix _FILE.
func known() (names, secrets []string) {
	for field := range reflect.TypeFor[config.Config]().Fields() {
		switch name := field.Tag.Get("env"); {
		case name == "-":
		case field.Type == reflect.TypeFor[config.Secret]() || field.Type == reflect.TypeFor[config.AccountTokens]():
			secrets = append(secrets, name+"_FILE")
		case field.Tag.Get("file") != "": // must come from a file, which is reread when it changes
			secrets = append(secrets, name+"_FILE")
		default:
			names = append(names, name)
		}
	}
	return append(names, "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"), secrets
}

// readBy fails the test unless the connector reads all the variables and can
// start with them. half is "worker", "webhook", "codec" for the codec server,
// or anything else for worker and webhook together.
func readBy(t *testing.T, half string, variables map[string]string) {
	t.Helper()
	names, secrets := known()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !slices.Contains(names, name) && !slices.Contains(secrets, name) {
			t.Errorf("%s: %s is not a variable of the connector, or is a secret that is not given as a file", half, name)
		}
	}
	c, err := config.Read(variables)
	if err = config.All(err, c.Check(half != "webhook" && half != "codec", half != "worker" && half != "codec")); err != nil {
		t.Errorf("%s: the configuration is refused: %v", half, err)
	}
	if c.PayloadKeys != "" {
		if _, err := os.Stat(c.PayloadKeys); err != nil {
			t.Errorf("%s: PAYLOAD_KEYS: got error %v", half, err)
		}
	}
	if half != "codec" && c.IDSecret.Reveal() == "" {
		t.Errorf("%s: ID_SECRET is not set", half)
	}
	if half == "codec" && (c.CodecToken.Reveal() == "" || c.PayloadKeys == "" || len(c.CodecOrigins) == 0) {
		t.Errorf("codec: CODEC_TOKEN, PAYLOAD_KEYS or CODEC_ORIGINS is not set")
	}
	if half != "worker" && half != "codec" {
		if info, err := os.Stat(c.Triggers); err != nil || !info.IsDir() {
			t.Errorf("%s: TRIGGERS is not a folder; got error %v", half, err)
		}
	}
}

var (
	secretMade = regexp.MustCompile(`kubectl create secret generic (\S+)((?:.*\\\n)*.*)`)
	fromFile   = regexp.MustCompile(`--from-file=(\S+)`)
)

// secretFiles returns the files of a secret that the commands in
// deploy/README.md create.
func secretFiles(t *testing.T, secret string) (files []string) {
	t.Helper()
	page, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range secretMade.FindAllStringSubmatch(string(page), -1) {
		for _, file := range fromFile.FindAllStringSubmatch(command[2], -1) {
			if command[1] == secret {
				files = append(files, filepath.Base(file[1]))
			}
		}
	}
	return files
}

// environment returns the variables of a pod's container. Paths in its volumes
// are replaced by those of files with the same contents.
func (c *cluster) environment(t *testing.T, pod core.PodSpec) map[string]string {
	t.Helper()
	container, variables := pod.Containers[0], map[string]string{}
	for _, from := range container.EnvFrom {
		if from.ConfigMapRef == nil || c.configs[from.ConfigMapRef.Name] == nil {
			t.Fatalf("the variables come from a source that does not exist: %+v", from)
		}
		maps.Copy(variables, c.configs[from.ConfigMapRef.Name].Data)
	}
	for _, one := range container.Env {
		variables[one.Name] = one.Value
		if one.ValueFrom == nil {
			continue
		}
		ref := one.ValueFrom.ConfigMapKeyRef
		if ref == nil || c.configs[ref.Name] == nil || c.configs[ref.Name].Data[ref.Key] == "" {
			t.Fatalf("%s comes from a source that does not exist, or is a secret but not a file", one.Name)
		}
		variables[one.Name] = c.configs[ref.Name].Data[ref.Key]
	}
	root := t.TempDir()
	for _, volume := range pod.Volumes {
		files := c.files(t, volume)
		for _, mount := range container.VolumeMounts {
			if mount.Name != volume.Name {
				continue
			}
			folder := filepath.Join(root, mount.MountPath)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				if err := os.WriteFile(filepath.Join(folder, file), []byte("0123456789abcdef"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for name, value := range variables {
				if value == mount.MountPath || strings.HasPrefix(value, mount.MountPath+"/") {
					variables[name] = filepath.Join(root, value)
				}
			}
		}
	}
	return variables
}

// files returns the names of a volume's files.
func (c *cluster) files(t *testing.T, volume core.Volume) (files []string) {
	t.Helper()
	switch {
	case volume.Secret != nil:
		if mode := volume.Secret.DefaultMode; mode == nil || *mode != 0o440 {
			t.Errorf("the files of the volume %s do not have the mode 0440", volume.Name)
		}
		if len(volume.Secret.Items) == 0 {
			return secretFiles(t, volume.Secret.SecretName)
		}
		for _, item := range volume.Secret.Items {
			if !slices.Contains(secretFiles(t, volume.Secret.SecretName), item.Key) {
				t.Errorf("the secret %s lacks %s", volume.Secret.SecretName, item.Key)
			}
			files = append(files, item.Path)
		}
	case volume.ConfigMap != nil && c.configs[volume.ConfigMap.Name] != nil:
		files = slices.Collect(maps.Keys(c.configs[volume.ConfigMap.Name].Data))
	default:
		t.Errorf("the volume %s is neither a secret nor an existing ConfigMap", volume.Name)
	}
	return files
}

func TestPodsSetOnlyKnownVariables(t *testing.T) {
	for _, folder := range folders {
		c := build(t, folder)
		for name, pod := range c.pods {
			container := pod.Spec.Containers[0]
			if want := map[string]string{"worker": "--only worker", "webhook": "--only webhook", "codec": "codec"}[name]; strings.Join(container.Args, " ") != want || container.Command != nil {
				t.Errorf("%s/%s runs %v %v, want the image's command with the arguments %q", folder, name, container.Command, container.Args, want)
			}
			readBy(t, name, c.environment(t, pod.Spec))
		}
		// Neither a worker that only sends nor the codec server needs an auth token.
		for _, name := range []string{"worker", "codec"} {
			for variable := range c.environment(t, c.pods[name].Spec) {
				if strings.HasPrefix(variable, "TWILIO_TOKEN") || name == "codec" && strings.HasPrefix(variable, "TWILIO_") {
					t.Errorf("%s/%s has %s, which it does not need", folder, name, variable)
				}
			}
		}
	}
}
