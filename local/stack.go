package main

// The programs that make up the stack, and their arguments.

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"temporal-twilio/internal/payload"
)

// The local Twilio's account, whose credentials are public, and the only one of
// Twilio's test numbers that can send.
const (
	account = "AC00000000000000000000000000000001"
	token   = "0123456789abcdef0123456789abcdef"
	number  = "+15005550006"
)

// runStack starts everything, prints the banner, and waits. It returns nil when
// the context ends or the terminal is gone, and an error if a program cannot
// start or exits. It stops everything before it returns.
func runStack(ctx, hurry context.Context, s settings, out *console) error {
	if _, err := os.Stat(s.triggers); err != nil {
		return fmt.Errorf("no triggers at %s: set TRIGGERS to a trigger file or a folder of trigger files", s.triggers)
	}
	if err := os.MkdirAll(filepath.Join(s.data, "logs"), 0o755); err != nil {
		return err
	}
	release, err := claim(s.data)
	if err != nil && !errors.Is(err, errClaimed) {
		return err
	}
	if err := checkPorts(s, err != nil); err != nil {
		return err
	}
	defer release()
	temporal, err := chooseTemporal(ctx, s, out)
	if err != nil {
		return quietIfStopped(ctx, err)
	}
	if err := errors.Join(fillStore(s), makeKeys(s), writeVariables(s)); err != nil {
		return err
	}
	family := &family{out: out, settings: s, hurry: hurry}
	defer family.stop()
	for _, c := range children(s, temporal) {
		if err := family.start(ctx, c); err != nil {
			return quietIfStopped(ctx, err)
		}
	}
	if err := addNexusEndpoint(ctx, address(s.temporalPort)); err != nil {
		out.print(fmt.Sprintf("other namespaces cannot send: %v\n", err)) // everything else works
	}
	out.print(banner(s, temporal))
	return family.watch(ctx)
}

// quietIfStopped returns nil if the user has stopped the stack, or err
// otherwise.
func quietIfStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // by design
	}
	return err
}

// children returns the children in the order in which they start.
func children(s settings, temporal temporalServer) []child {
	env := environment(os.Environ(), s)
	return []child{
		{
			name: "temporal",
			path: temporal.path,
			args: []string{
				"server", "start-dev",
				"--ip", loopback, "--port", strconv.Itoa(s.temporalPort),
				"--ui-ip", loopback, "--ui-port", strconv.Itoa(s.uiPort),
				"--ui-codec-endpoint", url(s.codecPort, ""),
				"--db-filename", temporal.database(s.data),
				// While Temporal stops, its warnings only say that one of its
				// parts stopped before another.
				"--log-level", "error",
				// Without these, a single history shard makes each task wait up
				// to 50 ms.
				"--dynamic-config-value", "history.transferProcessorMaxPollRPS=400",
				"--dynamic-config-value", "history.timerProcessorMaxPollRPS=400",
				// The temporal CLI sets this to true: each row of a list would
				// then take a request to the database, and long lists would be
				// refused.
				"--dynamic-config-value", "system.forceSearchAttributesCacheRefreshOnRead=false",
			},
			env: env,
			ready: func(ctx context.Context) error {
				return errors.Join(temporalAnswers(ctx, address(s.temporalPort)), httpAnswers(ctx, url(s.uiPort, "/")))
			},
		},
		{
			name: "twiliosim",
			path: filepath.Join(s.bin, "twiliosim"),
			args: []string{
				"--addr", address(s.twilioPort),
				"--account", account, "--token", token, "--number", number,
				"--webhook", url(s.webhookPort, "/twilio/sms"),
				"--examples", url(s.webhookPort, "/examples"),
				"--ui-url", url(s.uiPort, ""), "--namespace", "default",
			},
			env:   env,
			ready: func(ctx context.Context) error { return httpAnswers(ctx, url(s.twilioPort, "/sim/health")) },
		},
		{
			name:  worker,
			path:  filepath.Join(s.bin, "worker"),
			env:   env,
			ready: func(ctx context.Context) error { return httpAnswers(ctx, url(s.webhookPort, "/readyz")) },
		},
		{
			name:  "orders", // runs the workflows that the example trigger starts
			path:  filepath.Join(s.bin, "orderstatus"),
			env:   env,
			ready: func(context.Context) error { return nil }, // texts wait in Temporal until it is ready
		},
		{
			name:  "codec",
			path:  filepath.Join(s.bin, "worker"),
			args:  []string{"codec"},
			env:   env,
			ready: func(ctx context.Context) error { return httpAnswers(ctx, url(s.codecPort, "/healthz")) },
		},
	}
}

// keys returns the path of the key file that payloads are encrypted with.
func (s settings) keys() string { return filepath.Join(s.data, "payload-keys.json") }

// makeKeys creates a key file, unless it exists. Without --encrypt, its key
// only decrypts until someone makes it current, because a new user's first
// program has no key and could not read encrypted results.
func makeKeys(s settings) error {
	if _, err := os.Stat(s.keys()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := payload.Add(nil, "demo")
	if err == nil && s.encrypt {
		text, err = payload.MakeCurrent(text, "demo")
	}
	if err != nil {
		return err
	}
	return os.WriteFile(s.keys(), text, 0o600)
}

// customers is a recipient file for trying out a broadcast.
//
//go:embed customers.csv
var customers []byte

// store returns the directory of broadcasts' recipients and reports.
func (s settings) store() string { return filepath.Join(s.data, "broadcasts") }

// fillStore writes the customers into the store, unless the file exists.
func fillStore(s settings) error {
	if err := os.MkdirAll(s.store(), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(s.store(), "customers.csv"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.Write(customers)
	return errors.Join(err, file.Close())
}

// environment returns the user's environment with the addresses of this stack,
// and without variables that would lead a child to another Temporal or Twilio.
func environment(inherited []string, s settings) []string {
	var env []string
	if !slices.ContainsFunc(inherited, func(pair string) bool { return strings.HasPrefix(pair, "BROADCAST_") }) {
		env = append(env, "BROADCAST_DIR="+s.store()) // the user has not set a store
	}
	for _, pair := range inherited {
		if !strings.HasPrefix(pair, "TEMPORAL_") && !strings.HasPrefix(pair, "TWILIO_") && !strings.HasPrefix(pair, "ID_SECRET") &&
			!strings.HasPrefix(pair, "PAYLOAD_KEYS=") && !strings.HasPrefix(pair, "CODEC_") {
			env = append(env, pair)
		}
	}
	env = append(env, forOthers(s)...)
	return append(env,
		"TEMPORAL_CONFIG_FILE="+os.DevNull, // a profile may be for another Temporal
		"CODEC_ADDR="+address(s.codecPort),
		"CODEC_ORIGINS="+url(s.uiPort, "")+",http://localhost:"+strconv.Itoa(s.uiPort),
		"CODEC_ENCODE=true", // lets Temporal's command line start workflows
		"WEBHOOK_ADDR="+address(s.webhookPort),
		"WEBHOOK_SHOW_OUTCOME=true",
		"METRICS_ADDR="+address(s.metricsPort),
	)
}

// forOthers returns the children's environment variables that starter, worker
// doctor and the user's own programs also need.
func forOthers(s settings) []string {
	return []string{
		"TEMPORAL_ADDRESS=" + address(s.temporalPort),
		"TEMPORAL_UI_URL=" + url(s.uiPort, ""),
		"TWILIO_ACCOUNT=" + account,
		"TWILIO_TOKEN=" + token,
		"TWILIO_BASE_URL=" + url(s.twilioPort, ""),
		"ID_SECRET=of-this-machine-and-no-secret",
		"PAYLOAD_KEYS=" + s.keys(),
		"WEBHOOK_PUBLIC_URL=" + url(s.webhookPort, ""),
		"TRIGGERS=" + s.triggers,
	}
}

// variables returns the path of a shell script that sets the variables of
// forOthers in another terminal.
func (s settings) variables() string { return filepath.Join(s.data, "env") }

// writeVariables writes the script at s.variables(). The paths in it are
// absolute, because the user's programs run in other directories.
func writeVariables(s settings) error {
	all := forOthers(s)
	if queue := os.Getenv("TRIGGERS_TASK_QUEUE"); queue != "" {
		all = append(all, "TRIGGERS_TASK_QUEUE="+queue)
	}
	var b strings.Builder
	for _, pair := range all {
		name, value, _ := strings.Cut(pair, "=")
		if name == "PAYLOAD_KEYS" || name == "TRIGGERS" {
			absolute, err := filepath.Abs(value)
			if err != nil {
				return err
			}
			value = absolute
		}
		fmt.Fprintf(&b, "export %s=%s\n", name, quoted(value))
	}
	return os.WriteFile(s.variables(), []byte(b.String()), 0o600)
}

// quoted quotes a word for a shell, if necessary.
func quoted(word string) string {
	if regexp.MustCompile(`^[\w./:-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func address(port int) string { return fmt.Sprintf("%s:%d", loopback, port) }

func url(port int, path string) string { return "http://" + address(port) + path }
