package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOtherTerminalsGetTheVariables(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TRIGGERS_TASK_QUEUE", "processes")
	s := settings{temporalPort: 7233, uiPort: 9233, twilioPort: 8090, webhookPort: 8080, data: dir, bin: ".local/bin", triggers: "mine.yaml"}
	if err := writeVariables(s); err != nil {
		t.Fatal(err)
	}
	_, offered, _ := strings.Cut(banner(s, temporalServer{}), "from the repository:\n\n")
	command, _, _ := strings.Cut(offered, "\n")
	output, err := exec.Command("sh", "-c", command+"\nenv").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s", command, err, output)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"TEMPORAL_ADDRESS=127.0.0.1:7233", "TEMPORAL_UI_URL=http://127.0.0.1:9233", "TWILIO_ACCOUNT=" + account, "TWILIO_TOKEN=" + token,
		"TWILIO_BASE_URL=http://127.0.0.1:8090", "ID_SECRET=of-this-machine-and-no-secret", "WEBHOOK_PUBLIC_URL=http://127.0.0.1:8080",
		"PAYLOAD_KEYS=" + dir + "/payload-keys.json", "TRIGGERS=" + here + "/mine.yaml", "TRIGGERS_TASK_QUEUE=processes",
	} {
		if !strings.Contains("\n"+string(output), "\n"+want+"\n") {
			t.Errorf("%s is missing after %s:\n%s", want, command, output)
		}
	}
}
