package main

import (
	"slices"
	"strings"
	"testing"
)

func TestBannerExportsWhatOtherTerminalsNeed(t *testing.T) {
	usual := settings{temporalPort: 7233, uiPort: 8233, twilioPort: 8090, data: ".local", bin: ".local/bin"}
	if got := banner(usual, temporalServer{}); strings.Contains(got, "  export ") {
		t.Errorf("with the default ports, the banner sets variables:\n%s", got)
	}
	others := usual
	others.uiPort, others.twilioPort, others.encrypt = 9233, 9090, true
	want := []string{"TEMPORAL_UI_URL=http://127.0.0.1:9233", "TWILIO_BASE_URL=http://127.0.0.1:9090", "PAYLOAD_KEYS=.local/payload-keys.json"}
	if got := variables(others); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
