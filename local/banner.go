package main

// The banner that is printed once everything is ready.

import (
	"fmt"
	"path/filepath"
	"strings"
)

// phone is the number of the page's first phone.
const phone = "+15005550009"

// exampleTriggers are in force unless TRIGGERS names others.
const exampleTriggers = "local/triggers.yaml"

func banner(s settings, temporal temporalServer) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("")
	line("Ready. Now:")
	line("")
	line("  1. open the phone        %s", url(s.twilioPort, ""))
	example := "Order Number 42"
	if s.triggers != exampleTriggers {
		example = "what a trigger wants"
	}
	line("  2. text                  %-20s to %s", example, number)
	line("  3. see the workflow in   %s", url(s.uiPort, ""))
	line("")
	line("  or, in another terminal, from the repository:")
	line("")
	line("     %s", starterExample(s, "send --from "+number+" --to "+phone+" --body 'Hello, ${name}' --var name=Ann"))
	line("     %s", starterExample(s, "broadcast --from "+number+" --file customers.csv --body 'Dear ${name}, we are closed on Monday.'"))
	line("")
	line("  webhook    %s", url(s.webhookPort, "/twilio/sms"))
	line("  metrics    %s", url(s.metricsPort, "/metrics"))
	line("  codec      %s decrypts for the Web UI; to encrypt payloads:", url(s.codecPort, ""))
	line("             %s keys use demo --file %s", filepath.Join(s.bin, "worker"), s.keys())
	line("  Temporal   %s (%s)", address(s.temporalPort), temporal)
	line("  data       %s, logs in %s", temporal.database(s.data), filepath.Join(s.data, "logs"))
	line("  broadcasts read their files from %s", s.store())
	line("")
	line("Ctrl-C stops everything.")
	line("")
	return b.String()
}

// starterExample returns a command that can be pasted as it is, even if
// Temporal does not listen on its usual ports.
func starterExample(s settings, arguments string) string {
	example := filepath.Join(s.bin, "starter") + " " + arguments
	if s.uiPort != 8233 {
		example = "TEMPORAL_UI_URL=" + url(s.uiPort, "") + " " + example
	}
	if s.temporalPort != 7233 {
		example = "TEMPORAL_ADDRESS=" + address(s.temporalPort) + " " + example
	}
	return example
}
