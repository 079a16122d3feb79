package config

// Describes the variables, from the tags of Config.

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// variable describes a variable. It is read from the tags of a field of Config.
type variable struct {
	index                                    int
	group, name, byDefault, description, min string
	oneof                                    []string
	secret                                   bool
	// file is true if the value can come from a file whose path is in
	// NAME_FILE.
	file bool
	kind reflect.Kind
	// list is true if the configuration file can give a list of strings.
	list bool
}

// variablesOf returns the variables in the order of the fields.
func variablesOf() (all []variable) {
	group := ""
	for i := range reflect.TypeFor[Config]().NumField() {
		field := reflect.TypeFor[Config]().Field(i)
		if field.Tag.Get("env") == "-" {
			continue
		}
		if g := field.Tag.Get("group"); g != "" {
			group = g
		}
		v := variable{
			index: i, group: group, name: field.Tag.Get("env"), byDefault: field.Tag.Get("envDefault"),
			description: field.Tag.Get("description"), min: field.Tag.Get("min"),
			secret: field.Type == reflect.TypeFor[Secret]() || field.Type == reflect.TypeFor[AccountTokens](),
		}
		switch reflect.New(field.Type).Interface().(type) {
		case *time.Duration: // a duration with its unit
			v.kind = reflect.String
		case *List, *Numbers, *Caps, *AccountTokens:
			v.list = true
		default:
			v.kind = field.Type.Kind()
		}
		v.file = v.secret || field.Tag.Get("file") != ""
		if allowed := field.Tag.Get("oneof"); allowed != "" {
			v.oneof = strings.Fields(allowed)
			v.description = v.description + " Values: " + strings.Join(v.oneof, ", ") + "."
		}
		all = append(all, v)
	}
	return all
}

// temporals describes the variables that the Temporal SDK reads.
const temporals = "Temporal's own variables, TEMPORAL_ADDRESS (localhost:7233), TEMPORAL_NAMESPACE (default) and those for TLS and API keys"

// more describes the Temporal variables that our programs read in addition to
// those of the SDK.
const more = "TEMPORAL_API_KEY_FILE names a file that holds the API key. That file and those of the client's certificate are reread when they change. With TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, as Temporal's worker controller sets them, the workers are versioned: they get no tasks until their version is current, and from then on, workers without a version get none."

// traces describes the variables that OpenTelemetry's exporter reads.
const traces = "OTEL_EXPORTER_OTLP_ENDPOINT, such as http://collector:4318, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT makes the programs send traces to that endpoint, by OTLP over HTTP. OTEL_SDK_DISABLED=true and OTEL_TRACES_EXPORTER=none turn them off. OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES and OpenTelemetry's other variables work as usual"

// rotated describes which values are reread from their files.
const rotated = "Twilio's credentials, including those in TWILIO_ACCOUNTS, are reread within seconds when their files change; a replaced auth token still verifies webhooks for 15 minutes. A file that is empty, half-written or lacks an account that it had before is ignored, and the log names it. Write an API key before its secret: both are used once the secret has changed, too"

// Help returns the description of the variables for a terminal.
func Help() string {
	var out strings.Builder
	group := ""
	for _, v := range variablesOf() {
		if v.group != group {
			group = v.group
			fmt.Fprintf(&out, "\n%s:\n", group)
		}
		name := v.name
		if v.byDefault != "" {
			name += " (" + v.byDefault + ")"
		}
		fmt.Fprintf(&out, "  %s\n%s", name, wrapped(v.description, "      "))
	}
	fmt.Fprintf(&out, "\n%s", wrapped("A secret can also be given as the path of a file that holds it, with _FILE after the name: "+strings.Join(secretFiles(), ", ")+". "+rotated+".", ""))
	fmt.Fprintf(&out, "\n%s", wrapped(temporals+", are read as well: https://docs.temporal.io/develop/environment-configuration", ""))
	fmt.Fprintf(&out, "\n%s", wrapped(more, ""))
	fmt.Fprintf(&out, "\n%s", wrapped(traces+": https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables", ""))
	return strings.TrimPrefix(out.String(), "\n")
}

// wrapped breaks a text into lines for a terminal.
func wrapped(text, indent string) string {
	const width = 80
	var out strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			out.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return out.String() + line + "\n"
}

func secretFiles() (names []string) {
	for _, v := range variablesOf() {
		if v.file {
			names = append(names, v.name+"_FILE")
		}
	}
	return names
}

var codeWord = regexp.MustCompile(`\b[A-Z]+_[A-Z_]*[A-Z]\b|/(twilio/[a-z]+|healthz|readyz|metrics)\b`)

// Markdown returns the page docs/configuration.md.
func Markdown() string {
	code := func(text string) string { return codeWord.ReplaceAllString(text, "`$0`") }
	var out strings.Builder
	out.WriteString(`# Configuration

The worker and the webhook read their environment once, when they start. If it contains mistakes, they report all of
them and do not start. A misspelled variable causes a warning. ` + "`worker --help`" + ` prints the same table, and
` + "`worker --print-config`" + ` prints each value with its source, without secrets.

` + "`worker --config sms.yaml`" + ` also reads the same variables from a YAML file. The environment takes precedence. In the file, a misspelled
name is a mistake. [configuration.schema.json](configuration.schema.json) is its JSON Schema, for editors:

` + "```yaml" + `
# yaml-language-server: $schema=configuration.schema.json
TWILIO_ACCOUNT: AC00000000000000000000000000000001
TWILIO_TOKEN_FILE: /run/secrets/twilio-token
SEND_RATE: 10
WEBHOOK_OWN_NUMBERS: ["+15005550006", "+15005550007"]
` + "```" + `

<!-- Generated by "go generate ./internal/config" from the tags of its Config; do not edit. -->
`)
	group := ""
	for _, v := range variablesOf() {
		if v.group != group {
			group = v.group
			fmt.Fprintf(&out, "\n## %s\n\n| variable | default | |\n|---|---|---|\n", group)
		}
		byDefault := ""
		if v.byDefault != "" {
			byDefault = "`" + v.byDefault + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", v.name, byDefault, code(v.description))
	}
	fmt.Fprintf(&out, `
## Secrets as files

A secret can also be given as the path of a file that holds it: %s. White space around it is removed.

%s. Other secrets are read when the process starts.

## Temporal

%s, are read as well, as [Temporal documents](https://docs.temporal.io/develop/environment-configuration).

%s

## Traces

%s, as [OpenTelemetry documents](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
`, code(strings.Join(secretFiles(), ", ")), code(rotated), code(temporals), code(more), code(traces))
	return out.String()
}
