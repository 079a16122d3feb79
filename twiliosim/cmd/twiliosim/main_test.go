package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"temporal-twilio/twiliosim"
)

// launch runs the program with these flags on a free port and returns its URL,
// a function that stops it, and its result.
func launch(t *testing.T, args ...string) (url string, stop func(), ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	out, in := io.Pipe()
	cmd := command()
	cmd.SetArgs(append([]string{"--addr", "127.0.0.1:0"}, args...))
	cmd.SetOut(in)
	done := make(chan error, 1)
	go func() {
		err := cmd.ExecuteContext(ctx)
		_ = in.CloseWithError(err)
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "twiliosim listening on ")
	if !ok {
		t.Fatalf("got the output %q, want the address", line)
	}
	return url, cancel, done
}

func TestTwiliosimListensAndStops(t *testing.T) {
	url, stop, ended := launch(t, "--number", "+15005550006", "--number", "+18885550007", "--fault", "500,op=list,next=1",
		"--api-key", "SK00000000000000000000000000000001=secret", "--webhook", "http://127.0.0.1:1/x", "--speed", "10", "--seed", "7")
	res, err := http.Get(url + "/sim/state")
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	for _, want := range []string{
		`"number":"+18885550007"`, `"webhook":"http://127.0.0.1:1/x"`, `"kind":"500"`, `"speed":10`, `"seed":"7"`,
		`"uiUrl":"http://127.0.0.1:8233"`, `"namespace":"default"`, `"account":"AC00000000000000000000000000000001"`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the state lacks %s: %s", want, raw)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ended with the error %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the program did not stop in time")
	}
	if _, err := http.Get(url + "/sim/health"); err == nil {
		t.Error("the program is still listening after it ended")
	}
}

func TestTwiliosimPrintsHowToText(t *testing.T) {
	said := func(args ...string) string {
		var out strings.Builder
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // so that the program stops as soon as it has started
		cmd := command()
		cmd.SetArgs(append([]string{"--addr", "127.0.0.1:0"}, args...))
		cmd.SetOut(&out)
		if err := cmd.ExecuteContext(ctx); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := said(); !strings.Contains(got, "TWILIO_BASE_URL=http://127.0.0.1:") || !strings.Contains(got, "TWILIO_TOKEN=0123456789abcdef0123456789abcdef") {
		t.Errorf("got the output %q, want the URL and the default token", got)
	}
	if got := said("--token", "mysecret"); strings.Contains(got, "mysecret") {
		t.Errorf("the program prints a token that the user chose: %q", got)
	}
}

func TestFaultFlagAcceptsEveryKind(t *testing.T) {
	var args []string
	for _, kind := range twiliosim.FaultKinds {
		args = append(args, "--fault", kind+",delay=1ms")
	}
	url, _, _ := launch(t, args...)
	var state struct{ Faults []twiliosim.Fault }
	deadline := time.Now().Add(time.Minute)
	for { // wait until the port, which refuses connections at first, is open again
		res, err := http.Get(url + "/sim/state")
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&state)
			_ = res.Body.Close()
		}
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	var kinds []string
	for _, f := range state.Faults {
		kinds = append(kinds, f.Kind)
	}
	want := slices.DeleteFunc(slices.Clone(twiliosim.FaultKinds), func(kind string) bool { return kind == twiliosim.FaultRefuse })
	if !slices.Equal(kinds, want) {
		t.Errorf("got the faults %v, want %v", kinds, want)
	}
}

func TestBadFlagIsNamed(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"--fault explode", "want one of"},
		{"--fault delay,often=1", "not a setting"},
		{"--api-key secret", "SK…=secret"},
		{"--number 5", "want E.164"},
		{"--webhook nowhere", "want an http"},
		{"--account AC1", "32 hexadecimal"},
		{"--addr 0.0.0.0:0", "--allow-remote"},
		{"--addr nonsense", "host:port"},
		{"--speed 0.0001", "such as 1"},
		{"--unknown", "unknown flag"},
		{"argument", "unknown command"},
	} {
		cmd := command()
		cmd.SetArgs(strings.Fields(tc.args))
		cmd.SetOut(io.Discard)
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // if the program does start, it stops immediately
		if err := cmd.ExecuteContext(ctx); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want one with %q", tc.args, err, tc.want)
		}
	}
}

func TestHelpHasExamplesAndFaultKinds(t *testing.T) {
	var help strings.Builder
	cmd := command()
	cmd.SetArgs([]string{"--help"})
	cmd.SetOut(&help)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Examples:", "--webhook", "response-lost", "webhook-reordered", "/sim/inbound"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("the help does not mention %s", want)
		}
	}
}
