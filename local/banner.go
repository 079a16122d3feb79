package main

// The banner that is printed when everything is ready.

import (
	"fmt"
	"path/filepath"
	"strings"
)

// phone is the number of the first phone on the local Twilio's page.
const phone = "+15005550009"

// exampleTriggers is the trigger file that is used unless TRIGGERS names another.
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
		example = "a text that a trigger matches"
	}
	line("  2. text                  %-20s to %s", example, number)
	line("  3. see the workflow in   %s", url(s.uiPort, ""))
	line("")
	line("  or, in another terminal, from the repository:")
	line("")
	line("     . %s", quoted(s.variables()))
	starter := filepath.Join(s.bin, "starter")
	line("     %s send --from %s --to %s --body 'Hello, ${name}' --var name=Ann", starter, number, phone)
	line("     %s broadcast --from %s --file customers.csv --body 'Dear ${name}, we are closed on Monday.'", starter, number)
	line("     %s find %s", starter, phone)
	line("")
	line("  webhook    %s", url(s.webhookPort, "/twilio/sms"))
	line("  metrics    %s", url(s.metricsPort, "/metrics"))
	line("  codec      %s decrypts payloads for the Web UI; to encrypt them:", url(s.codecPort, ""))
	line("             %s keys use demo --file %s && export PAYLOAD_KEYS=%[2]s", filepath.Join(s.bin, "worker"), s.keys())
	line("  Temporal   %s (%s)", address(s.temporalPort), temporal)
	line("  data       %s, logs in %s", temporal.database(s.data), filepath.Join(s.data, "logs"))
	line("  broadcasts read their files from %s", s.store())
	line("")
	line("Ctrl-C stops everything.")
	line("")
	return b.String()
}
