package docs

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// The page's commands, with the example's worker running.
func TestNexusPageDoesWhatItSays(t *testing.T) {
	t.Parallel()
	const page = "docs/nexus.md"
	s := stack.Start(t, stack.Options{})
	shell := newShell(t, "TEMPORAL_ADDRESS="+s.Temporal.Address)
	var commands, output, snippet, example string
	var create []block
	for _, b := range blocksOf(t, page) {
		switch {
		case b.language == "go":
			snippet = b.text
		case b.language == "text":
			output = b.text
		case strings.Contains(b.text, "go run"):
			example = b.text
		case b.section == "In production":
			create = append(create, b)
		default:
			commands += b.text + "\x00"
		}
	}
	steps := strings.Split(strings.Trim(commands, "\x00"), "\x00")
	if len(create) != 1 || len(steps) != 3 || example == "" {
		t.Fatalf("%s has %d commands, and %d for production; want 3 and 1", page, len(steps), len(create))
	}
	sameCode(t, snippet, "examples/nexus/confirm.go")

	shell.run(t, create[0].at(), create[0].text) // as "make run" does
	shell.run(t, page, steps[0])
	caller := stack.StartProcess(t, "caller", append(shell.environment, "EXAMPLE="+stack.Build(t, "examples/nexus")),
		"bash", "-ec", strings.Replace(example, "go run ./examples/nexus", "exec $EXAMPLE", 1))
	shell.run(t, page, steps[1])
	stack.Eventually(t, "the question is sent", func(context.Context) error {
		if _, exited := caller.Exited(); exited {
			t.Fatal(caller.Output())
		}
		if sent := s.Twilio.Messages(twiliosim.Filter{To: phone}); len(sent) != 2 {
			return fmt.Errorf("%d texts have been sent, want 2", len(sent))
		}
		return nil
	})
	printed := shell.run(t, page, strings.ReplaceAll(steps[2], "http://127.0.0.1:8090", s.Twilio.URL))
	if !matches(output, printed) {
		t.Errorf("got the output\n%s\nwant\n%s", printed, output)
	}
}

// sameCode checks that a file contains the lines of a snippet in the same
// order. The snippet may write out names that are constants in the file.
func sameCode(t *testing.T, snippet, name string) {
	t.Helper()
	file := strings.NewReplacer("sms.NexusEndpoint", `"`+sms.NexusEndpoint+`"`, "sms.NexusService", `"`+sms.NexusService+`"`,
		"sms.NexusAsk", `"`+sms.NexusAsk+`"`).Replace(read(t, filepath.FromSlash(name)))
	for line := range strings.Lines(snippet) {
		line, _, _ = strings.Cut(line, " // ")
		line = strings.TrimSpace(line)
		_, after, found := strings.Cut(file, line)
		if !found {
			t.Errorf("%s lacks the snippet's line %s, or has it in another place", name, line)
			continue
		}
		file = after
	}
}
