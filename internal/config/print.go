package config

// Printing: the effective configuration, with the source of each value.

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

// temporalSecret matches those of Temporal's variables whose values are never
// printed.
var temporalSecret = regexp.MustCompile(`(API_KEY|_DATA|_AUTH)$|GRPC_META`)

// Print writes each variable as NAME=value, with its source, or whether it is
// the default. Secrets are masked.
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
		if temporalSecret.MatchString(name) {
			value = masked
		}
		if err := line(name, value, "environment"); err != nil {
			return err
		}
	}
	return nil
}

// from returns the variable's value and its source. places has the line of each
// variable that is not from the environment itself.
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
			return value, source
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
