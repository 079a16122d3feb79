package config

// Prints the effective configuration with the source of each value.

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

var (
	// temporalShown matches the Temporal variables whose values are printed.
	// Any other variable may be a secret.
	temporalShown = regexp.MustCompile(`^TEMPORAL_(ADDRESS|NAMESPACE|PROFILE|CONFIG_FILE|UI_URL|CODEC_ENDPOINT|TLS|TLS_SERVER_NAME|` +
		`TLS_DISABLE_HOST_VERIFICATION|DEPLOYMENT_NAME|WORKER_BUILD_ID|[A-Z_]+_PATH|[A-Z_]+_FILE)$`)
	// login matches the user and password in a URL.
	login = regexp.MustCompile(`(^|//)[^/@]*@`)
)

// WithoutLogin returns a URL with its user and password masked, if it has any.
func WithoutLogin(address string) string { return login.ReplaceAllString(address, "${1}"+masked+"@") }

// Print writes each variable as NAME=value with its source: the environment, a
// file or the default. Secrets are masked.
func Print(w io.Writer, environment map[string]string) error {
	line := func(name, value, source string) error {
		_, err := fmt.Fprintf(w, "%s=%s  # %s\n", name, value, source)
		return err
	}
	merged, from, err := merge(environment, os.ReadFile)
	if err != nil {
		return err
	}
	for _, v := range variablesOf() {
		value, source := v.from(merged, from)
		if err := line(v.name, value, source); err != nil {
			return err
		}
	}
	for name, byDefault := range map[string]string{"TEMPORAL_ADDRESS": "localhost:7233", "TEMPORAL_NAMESPACE": "default"} {
		if environment[name] == "" {
			if err := line(name, byDefault, "default, or that of Temporal's configuration file"); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		value := environment[name]
		if !strings.HasPrefix(name, "TEMPORAL_") || value == "" {
			continue
		}
		if !temporalShown.MatchString(name) {
			value = masked
		}
		if err := line(name, WithoutLogin(value), "environment"); err != nil {
			return err
		}
	}
	return nil
}

// from returns the variable's value and source. places maps each variable in
// the configuration file to its file and line.
func (v variable) from(environment, places map[string]string) (value, source string) {
	for _, name := range []string{v.name, aliases[v.name]} {
		if name == "" {
			continue
		}
		source := cmp.Or(places[name], "environment")
		if name != v.name {
			source += ", as " + name
		}
		if value := strings.TrimSpace(environment[name]); value != "" {
			if v.secret {
				value = masked
			}
			return WithoutLogin(value), source
		}
		if path := strings.TrimSpace(environment[name+"_FILE"]); v.file && path != "" {
			source = "file " + path + ", as " + name + "_FILE"
			if place := places[name+"_FILE"]; place != "" {
				source += " in " + place
			}
			return masked, source
		}
	}
	return v.byDefault, "default"
}
