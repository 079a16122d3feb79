package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
)

const orderTriggers = `triggers:
  - name: order-status
    pattern: 'Order Number (?<orderNumber>.+)'
    echo: 'Your reference number is ${orderNumber}'
    echoError: 'There was a problem publishing that event.'
    start:
      workflow: OrderStatusWorkflow
      taskQueue: orders
      input: {orderNumber: '${matchGroups.orderNumber}', from: '${from}'}
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// starter runs the command line.
func starter(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestLintPrintsFindingsAndFails(t *testing.T) {
	good := write(t, "t.yaml", orderTriggers)
	out, err := starter(t, "triggers", "lint", good)
	if err != nil || !strings.Contains(out, "reads as: start OrderStatusWorkflow on task queue orders") {
		t.Errorf("a valid file: got %s, error %v; want how it was read", out, err)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"an unknown group":           {strings.Replace(orderTriggers, "is ${orderNumber}", "is ${orderNr}", 1), "t.yaml:4: trigger \"order-status\": echo: ${orderNr} is unknown"},
		"an invalid pattern":         {strings.Replace(orderTriggers, "(?<orderNumber>.+)", "(?P<orderNumber>.+)", 1), "t.yaml:3: trigger \"order-status\": the pattern is not valid"},
		"a trigger that never fires": {strings.Replace(orderTriggers, "Order Number (?<orderNumber>.+)", "(?<orderNumber>STOP)", 1), "it never fires"},
		"a missing file ":            {"", "no triggers"},
	} {
		out, err := starter(t, "triggers", "lint", good, write(t, "t.yaml", tc.text))
		if !errors.Is(err, errFindings) || !strings.Contains(out, tc.want) {
			t.Errorf("%s: got %s, error %v\nwant errFindings and %q", name, out, err, tc.want)
		}
	}
}

func TestLintLinesHaveLevels(t *testing.T) {
	refused := write(t, "refused.yaml", strings.Replace(orderTriggers, "is ${orderNumber}", "is ${orderNr}", 1))
	doubtful := write(t, "doubtful.yaml", strings.Replace(orderTriggers, "    echoError: 'There was a problem publishing that event.'\n", "", 1))
	out, _ := starter(t, "triggers", "lint", refused, doubtful)
	for _, want := range []string{"error: " + refused + ":4: trigger", "warning: " + doubtful + ":2: trigger"} {
		if !strings.Contains("\n"+out, "\n"+want) {
			t.Errorf("got no line that begins with %s:\n%s", want, out)
		}
	}
	out, _ = starter(t, "triggers", "lint", "--json", refused, doubtful)
	var all linted
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Mistakes) != 1 || all.Mistakes[0].Level != levelError || len(all.Findings) != 1 || all.Findings[0].Level != levelWarning || all.Findings[0].File != doubtful {
		t.Errorf("got\n%s\nwant one mistake, and one finding in %s", out, doubtful)
	}
}

func TestScaffoldPrintsWhatLintFinds(t *testing.T) {
	app := t.TempDir()
	const file = `{"name": "orders",
 "event": {"source": "connector.twilio.SMS_RECEIVED", "inputs": {%q: "Order (?<number>.+)", "echo": "Thanks, ${nmber}"}},
 "action": {"source": "command-consumer", "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "order"}}}`
	for key, wants := range map[string][]string{
		"pattern": {"warning: ", "the sender may never learn", `did you mean "matchGroups.number"?`},
		"patern":  {"error: ", "orders\" has no pattern", `did you mean "pattern"?`},
	} {
		if err := os.WriteFile(filepath.Join(app, "orders.json"), fmt.Appendf(nil, file, key), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := starter(t, "scaffold", app, "--out", filepath.Join(t.TempDir(), "shop"))
		if err != nil || !strings.Contains(out, "workflows: 1") || strings.Contains(out, "reads as") {
			t.Errorf("got %s, error %v; want 1 workflow, and not how triggers were read", out, err)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("with key %s: got\n%s\nwant it to contain %q", key, out, want)
			}
		}
	}
}

func TestTestShowsGroupsEchoAndCall(t *testing.T) {
	file := write(t, "t.yaml", orderTriggers)
	out, err := starter(t, "triggers", "test", file, "--body", "Order Number 42")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"1":"42","orderNumber":"42"}`, "Your reference number is 42", `"action": "start"`, `"workflow": "OrderStatusWorkflow"`,
		`"workflowId": "sms-SM00000000000000000000000000000001"`, `"orderNumber": "42"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant it to contain %q", out, want)
		}
	}
	if out, err := starter(t, "triggers", "test", file, "--body", "hello"); !errors.Is(err, errFindings) || !strings.Contains(out, "No trigger fires") {
		t.Errorf("a text that fires nothing: got %s, error %v; want errFindings", out, err)
	}
	if out, _ := starter(t, "triggers", "test", file, "--body", "STOP"); !strings.Contains(out, "SMS_OPT_OUT") {
		t.Errorf("a keyword: got %s, want SMS_OPT_OUT", out)
	}
}

func TestCasesHoldOrFail(t *testing.T) {
	file := write(t, "t.yaml", orderTriggers)
	const good = `cases:
  - body: Order Number 42
    from: '+15005550010'
    want:
      - trigger: order-status
        groups: {orderNumber: '42'}
        echo: Your reference number is 42
        call: {action: start, workflow: OrderStatusWorkflow, input: {orderNumber: '42', from: '+15005550010'}}
  - body: hello
    want: []
`
	if out, err := starter(t, "triggers", "test", file, "--cases", write(t, "c.yaml", good)); err != nil || !strings.Contains(out, "2 of 2 cases pass") {
		t.Errorf("got %s, error %v; want both cases to pass", out, err)
	}
	for from, to := range map[string]string{"is 42": "is 43", "{orderNumber: '42'}": "{orderNumber: '4'}", "want: []": "want: [{trigger: x}]", "OrderStatusWorkflow": "Other"} {
		out, err := starter(t, "triggers", "test", file, "--cases", write(t, "c.yaml", strings.Replace(good, from, to, 1)))
		if !errors.Is(err, errFindings) || !strings.Contains(out, "1 of 2 cases pass") {
			t.Errorf("%s: got %s, error %v; want one case to fail", to, out, err)
		}
	}
}

func TestSimulatedTextPassesTheWebhook(t *testing.T) {
	set, err := triggers.Load(write(t, "t.yaml", orderTriggers), triggers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	published := 0
	var handler *httptest.Server
	newHandler := func(address string) {
		h, err := webhook.Handler(webhook.Options{
			PublicURL: address, Tokens: func() map[string][]string { return map[string][]string{webhook.AnyAccount: {localToken}} }, Triggers: func() *triggers.Set { return set },
			Receive: func(_ context.Context, _ sms.Inbound, firings []triggers.Match, _ webhook.Mode) webhook.Answer {
				published++
				return webhook.Answer{Replies: []string{firings[0].Plan().Echo.String()}, Outcome: "accepted", WorkflowID: "sms-1"}
			},
			Logger: slog.New(slog.DiscardHandler), ShowOutcome: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		handler = httptest.NewServer(h)
		t.Cleanup(handler.Close)
	}
	newHandler("https://sms.example.com")
	url := handler.URL + webhook.SmsPath
	args := []string{"simulate", "--from", "+15005550009", "--body", "Order Number <42>", "--url", url}
	if out, err := starter(t, append(args, "--signed-url", "https://sms.example.com"+webhook.SmsPath)...); err != nil || !strings.Contains(out, "outcome: accepted\nworkflow: sms-1\nreply: Your reference number is <42>") || published != 1 {
		t.Errorf("got %s, error %v, published %d; want the outcome, the workflow and the reply", out, err, published)
	}
	if out, err := starter(t, args...); !errors.Is(err, errFindings) || !strings.Contains(out, "403") || published != 1 {
		t.Errorf("signed for another address: got %s, error %v, published %d; want 403", out, err, published)
	}
	var result simulated
	if out, err := starter(t, append(args, "--json")...); !errors.Is(err, errFindings) || json.Unmarshal([]byte(out), &result) != nil || result.Status != 403 || result.Body == "" {
		t.Errorf("signed for another address, as JSON: got %s, error %v; want 403 and the response", out, err)
	}
	t.Setenv("WEBHOOK_PUBLIC_URL", handler.URL)
	if out, err := starter(t, "simulate", "--from", "+15005550009", "--body", "Order Number 7", "--signed-url", "https://sms.example.com"+webhook.SmsPath); err != nil || published != 2 {
		t.Errorf("to WEBHOOK_PUBLIC_URL: got %s, error %v, published %d; want 2 in all", out, err, published)
	}
	out, err := starter(t, append(args, "--signed-url", "https://sms.example.com"+webhook.SmsPath, "--json")...)
	if err != nil || json.Unmarshal([]byte(out), &result) != nil || result.Status != 200 || result.Outcome != "accepted" || result.Workflow != "sms-1" || len(result.Replies) != 1 || result.Replies[0] != "Your reference number is <42>" {
		t.Errorf("as JSON: got %s, error %v; want the outcome, the workflow and the reply", out, err)
	}
}

func TestSimulateTextsNoProductionByDefault(t *testing.T) {
	for public, want := range map[string]string{
		"": "http://127.0.0.1:8080/twilio/sms", "https://sms.example.com": "http://127.0.0.1:8080/twilio/sms", "http://10.0.0.5:8080": "http://127.0.0.1:8080/twilio/sms",
		"http://127.0.0.1:9090/": "http://127.0.0.1:9090/twilio/sms", "http://localhost:9090": "http://localhost:9090/twilio/sms", "http://[::1]:9090": "http://[::1]:9090/twilio/sms",
	} {
		if got := localWebhook(public); got != want {
			t.Errorf("with WEBHOOK_PUBLIC_URL=%s: got %s, want %s", public, got, want)
		}
	}
}

func TestLintTellsUnreadableFilesFromFindings(t *testing.T) {
	good := write(t, "t.yaml", orderTriggers)
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := starter(t, "triggers", "lint", good, missing); err == nil || errors.Is(err, errFindings) || !strings.Contains(err.Error(), missing) {
		t.Errorf("a missing file: got error %v, want one that names the file", err)
	}
	if _, err := starter(t, "triggers", "nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("an unknown command: got error %v, want one that names it", err)
	}
	var all linted
	out, err := starter(t, "triggers", "lint", "--json", good, write(t, "u.yaml", "triggers:\n  - {name: a}\n"), write(t, "v.yaml", "triggers:\n  - {name: b, pattern: STOP, start: {workflow: W, taskQueue: q}}\n"))
	if !errors.Is(err, errFindings) || json.Unmarshal([]byte(out), &all) != nil || len(all.Mistakes) == 0 || len(all.Findings) != 2 || len(all.Read) != 2 {
		t.Errorf("got %s, error %v; want mistakes, 2 findings and 2 triggers read", out, err)
	}
}

func TestToolsReadTheWebhooksEnvironment(t *testing.T) {
	const alfresco = `{"name": "a", "event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "x"}},
 "action": {"source": "command-consumer", "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "P", "businessKey": "${from}"}}}`
	t.Setenv("TRIGGERS_TASK_QUEUE", "shop")
	t.Setenv("ID_SECRET_FILE", write(t, "secret", "0123456789abcdef0123456789abcdef\n"))
	t.Setenv("TWILIO_TOKEN_FILE", write(t, "token", "a-token\n"))
	t.Setenv("TWILIO_ACCOUNT", "AC00000000000000000000000000000009")
	out, err := starter(t, "triggers", "test", write(t, "a.json", alfresco), "--body", "x", "--from", "+15005550009")
	if want := `"workflowId": "` + sms.Pseudonym([]byte("0123456789abcdef0123456789abcdef"), "+15005550009") + `-SM00000000000000000000000000000001"`; err != nil || !strings.Contains(out, `"taskQueue": "shop"`) || !strings.Contains(out, want) {
		t.Errorf("got %s, error %v; want %s on task queue shop", out, err, want)
	}
	var account string
	var valid bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		account = r.PostForm.Get("AccountSid")
		valid = twilio.Verify("a-token", "https://sms.example.com/twilio/sms", r.PostForm, r.Header.Get(twilio.SignatureHeader))
		_, _ = w.Write(twilio.Reply())
	}))
	defer server.Close()
	if out, err := starter(t, "simulate", "--from", "+1", "--body", "x", "--url", server.URL, "--signed-url", "https://sms.example.com/twilio/sms"); err != nil || !valid || account != "AC00000000000000000000000000000009" {
		t.Errorf("got %s, error %v, signed %t for account %s; want TWILIO_ACCOUNT and TWILIO_TOKEN_FILE used", out, err, valid, account)
	}
}

func TestCasesCompareNumbersExactly(t *testing.T) {
	for wanted, same := range map[string]bool{"9007199254740993": true, "9007199254740992": false, "12345678901234567890": false, "7.5": false} {
		if got := len(differs("x", plain(json.Number("9007199254740993")), plain(json.Number(wanted)))) == 0; got != same {
			t.Errorf("9007199254740993 and %s: got equal %t, want %t", wanted, got, same)
		}
	}
	if wrong := differs("x", plain(7.5), plain(json.Number("7.50"))); len(wrong) > 0 {
		t.Errorf("got differences %q between 7.5 and 7.50, want none", wrong)
	}
}

func TestTestShowsTextsAndNearMisses(t *testing.T) {
	file := write(t, "t.yaml", `triggers:
  - {name: reply, pattern: '^Hi$', start: {workflow: SendSmsWorkflow, taskQueue: twilio, input: {smsTo: '${from}', smsBody: 'It’s you'}}}
`)
	if out, err := starter(t, "triggers", "test", file, "--body", "Hi"); err != nil || !strings.Contains(out, "  text: It’s you\n    \n    1 segment, UCS-2, 8 units because of ’ (U+2019) at line 1, column 3\n") {
		t.Errorf("got %s, error %v; want the text and its cost", out, err)
	}
	rendered := write(t, "r.yaml", `triggers:
  - {name: reply, pattern: '^Hi$', start: {workflow: SendSmsWorkflow, taskQueue: twilio, input: {smsTo: '${from}', smsBody: '#{price}', variables: null, metadata: {price: 1234.5}, locale: de}}}
`)
	if out, err := starter(t, "triggers", "test", rendered, "--body", "Hi"); err != nil || !strings.Contains(out, "  text: 1234,5\n") {
		t.Errorf("got %s, error %v; want the text 1234,5", out, err)
	}
	for body, wants := range map[string][]string{
		"hi":       {"reply would fire if case were ignored"},
		"Hi ":      {`It has leading or trailing spaces: "Hi "`, "reply would fire if the text had no leading or trailing spaces"},
		"Hi\u200b": {`It contains invisible characters: "Hi\u200b"`, "reply would fire if the text had no invisible characters"},
	} {
		out, err := starter(t, "triggers", "test", file, "--body", body)
		for _, want := range wants {
			if !errors.Is(err, errFindings) || !strings.Contains(out, want) {
				t.Errorf("%q: got %s, error %v\nwant errFindings and %s", body, out, err, want)
			}
		}
	}
	if out, err := starter(t, "triggers", "lint", write(t, "t.yaml", strings.ReplaceAll(orderTriggers, "(?<orderNumber>.+)'", "(?<orderNumber>\\d+)$'"))); err != nil || !strings.Contains(out, "hint: ") || !strings.Contains(out, `\s*$`) {
		t.Errorf("got %s, error %v; want a hint", out, err)
	}
}

func TestLintNotesSubfoldersAndSecret(t *testing.T) {
	t.Setenv("ID_SECRET", "")
	dir := t.TempDir()
	pseudonym := strings.Replace(orderTriggers, "workflow: OrderStatusWorkflow", "workflow: OrderStatusWorkflow\n      id: 'order-${fromId}'", 1)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "more"), 0o700), os.WriteFile(filepath.Join(dir, "t.yaml"), []byte(pseudonym), 0o600)); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	_ = lint(t.Context(), &out, []string{dir}, lintFlags{}) // the output shows any error
	for _, want := range []string{"more: subfolders are not read", "ID_SECRET"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want it to contain %q", out.String(), want)
		}
	}
}
