package docs

// The commands of the README and the pages in docs/, run by a shell as written.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"

	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
	"temporal-twilio/twiliosim"
)

// notRun maps the commands that no test runs to the reasons.
var notRun = map[string]string{
	"make run":                           "it uses fixed ports, which may be in use; a separate test runs it on other ports",
	"make test":                          "it runs this test itself",
	"docker compose up --build --detach": "it needs a Docker engine",
}

// ownNumber is the section whose commands start another worker.
const ownNumber = "Your own number"

const phone = "+15005550009"

func TestCommandsDoWhatThePagesSay(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: snippet(t, "README.md", "yaml")})
	shell := newShell(t, "TEMPORAL_ADDRESS="+s.Temporal.Address)
	// The address of the local Twilio in this stack replaces that of "make run".
	addresses := strings.NewReplacer("http://127.0.0.1:8090", s.Twilio.URL)
	all := blocks(t)
	left := len(notRun)
	for i, b := range all {
		command := strings.TrimSpace(b.text)
		if b.language != "sh" || b.section == ownNumber {
			continue
		}
		if notRun[command] != "" {
			left--
			continue
		}
		output := shell.run(t, b.at(), addresses.Replace(command))
		if i+1 < len(all) && all[i+1].page == b.page && (all[i+1].language == "text" || all[i+1].language == "json") {
			if want := all[i+1]; !matches(want.text, output) {
				t.Errorf("%s: got the output\n%s\nwant\n%s", want.at(), output, want.text)
			}
		}
	}
	if left != 0 {
		t.Errorf("some of the commands in notRun are on no page: %v", notRun)
	}
	inspected(t, s)
}

// inspected checks the effects of the commands in the section on the CLI.
func inspected(t *testing.T, s *stack.Stack) {
	t.Helper()
	description, err := s.Temporal.Client.DescribeWorkflow(t.Context(), "order-7", "")
	if err != nil {
		t.Fatal(err)
	}
	if status := description.Status; status != enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED {
		t.Errorf("got the status %s of order-7, want terminated", status)
	}
	history := s.Temporal.Client.GetWorkflowHistory(t.Context(), "order-7", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	signals := 0
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == "cancel" {
			signals++
		}
	}
	if signals != 1 {
		t.Errorf("order-7 got the signal cancel %d times, want once", signals)
	}
}

func TestReadmeTriggersDoWhatItSays(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Triggers: snippet(t, "README.md", "yaml")})
	shell := newShell(t, "TEMPORAL_ADDRESS="+s.Temporal.Address)
	shell.run(t, "this test", "temporal workflow start --workflow-id order-7 --type OrderWorkflow --task-queue orders")
	for text, want := range map[string]string{
		"Order Number 42": "Your reference number is 42",
		"CANCEL 7":        "Order 7 will be cancelled.",
		"cancel 8":        "There is no order 8.",
	} {
		result, err := s.Twilio.Inbound(t.Context(), twiliosim.Inbound{From: phone, To: stack.Number, Body: text})
		if err != nil || len(result.Replies) != 1 || result.Replies[0].Body != want {
			t.Errorf("%s: got the replies %+v and error %v, want %q", text, result.Replies, err, want)
		}
	}
}

func TestProductionPageWorkerServesOwnNumber(t *testing.T) {
	t.Parallel()
	temporal := stack.StartTemporal(t)
	sim, err := twiliosim.Start(twiliosim.Options{Account: stack.Account, Token: stack.Token, Numbers: []string{stack.Number}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	shell := newShell(t, "TEMPORAL_ADDRESS="+temporal.Address)
	for name, secret := range map[string]string{"twilio_token": stack.Token, "id_secret": "0123456789abcdef0123456789abcdef"} {
		folder := filepath.Join(shell.dir, "deploy", "secrets")
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, name), []byte(secret+"\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	var commands []block
	for _, b := range blocksOf(t, "docs/production.md") {
		if b.section == ownNumber && b.language == "sh" {
			commands = append(commands, b)
		}
	}
	if len(commands) != 2 {
		t.Fatalf("the section %q has %d commands, want one for a worker and one for a send", ownNumber, len(commands))
	}
	// exec, so that a signal to the shell reaches the worker
	worker := stack.StartProcess(t, "worker", append(shell.environment, "TWILIO_BASE_URL="+sim.URL, "WEBHOOK_ADDR=127.0.0.1:0"),
		"bash", "-ec", "cd "+shell.dir+"\n"+strings.Replace(commands[0].text, "\n.local/bin/worker", "\nexec .local/bin/worker", 1))
	webhook := ""
	stack.Eventually(t, "the worker has started", func(context.Context) error {
		listens := regexp.MustCompile(`msg="webhook listens" address=(\S+)`).FindStringSubmatch(worker.Output())
		if listens == nil || !strings.Contains(worker.Output(), "worker started") {
			return errors.New(worker.Output())
		}
		webhook = listens[1]
		return nil
	})
	shell.run(t, commands[1].at(), commands[1].text)
	sent := sim.Messages(twiliosim.Filter{To: phone})
	if len(sent) != 1 || sent[0].Body != "Hello from my own number" {
		t.Errorf("the local Twilio sent %+v, want one message with the command's body", sent)
	}
	// The request that Twilio would make, signed for the public URL.
	form := url.Values{"MessageSid": {"SM000000000000000000000000000000aa"}, "AccountSid": {stack.Account}, "From": {phone}, "To": {stack.Number}, "Body": {"Order Number 42"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+webhook+"/twilio/sms", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(stack.Token, "https://sms.example.com/twilio/sms", form))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the webhook responded with %s, want status 200", response.Status)
	}
}

// shell runs commands as a reader would: in a folder with the programs that
// "make build" builds and the repository's files that the commands name, and
// with Temporal's CLI on PATH.
type shell struct {
	dir         string
	environment []string
}

func newShell(t *testing.T, environment ...string) *shell {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, ".local", "bin")
	onPath := filepath.Join(dir, "path")
	for _, folder := range []string{bin, onPath} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		filepath.Join(bin, "starter"):     stack.Build(t, "starter"),
		filepath.Join(bin, "worker"):      stack.Build(t, "worker"),
		filepath.Join(dir, "local"):       filepath.Join(root(t), "local"),
		filepath.Join(onPath, "temporal"): temporalCLI(t),
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	// The CLI reads a configuration file in HOME.
	environment = append(environment, "HOME="+dir, "PATH="+onPath+":"+os.Getenv("PATH"))
	return &shell{dir: dir, environment: environment}
}

// temporalCLI returns the path of Temporal's CLI; the default is the version
// that test/temporalcli pins.
func temporalCLI(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("TEMPORAL_CLI")
	if binary == "" {
		binary = filepath.Join(root(t), ".local", "bin", "temporal-cli")
	}
	if _, err := exec.LookPath(binary); err != nil {
		t.Fatalf("the Temporal CLI is missing (%v): run \"make temporalcli\", or set TEMPORAL_CLI", err)
	}
	return binary
}

// run runs a command of a page and returns what it prints. If it fails, so does
// the test.
func (s *shell) run(t *testing.T, at, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", command)
	bash.Dir = s.dir
	bash.Env = s.environment
	output, err := bash.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s\n%s", at, err, command, output)
	}
	return string(output)
}

// sid matches a message's SID, which differs in each run.
var sid = regexp.MustCompile(`SM[0-9a-f]{32}`)

// matches reports whether a command printed what a page shows, in which "…"
// matches anything.
func matches(shown, printed string) bool {
	parts := strings.Split(sid.ReplaceAllString(strings.TrimSpace(shown), "…"), "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, `.*?`) + `$`).MatchString(strings.TrimSpace(printed))
}

func TestShownOutputIsCompared(t *testing.T) {
	const printed = "TO  SID\n+1  SM0123456789abcdef0123456789abcdef\n"
	for shown, want := range map[string]bool{
		printed:                     true,
		"TO  SID\n+1  SM…":          true,
		"TO  …+1…":                  true,
		"TO  SID\n+2  SM…":          false,
		"TO  SID":                   false,
		"TO  SID\n+1  SM…\n+2  SM…": false,
	} {
		if got := matches(shown, printed); got != want {
			t.Errorf("%s: got a match %t, want %t", fmt.Sprintf("%q", shown), got, want)
		}
	}
}
