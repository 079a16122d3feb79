package triggers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
)

const contract = `triggers:
  - name: order-status
    pattern: 'Order Number (?<orderNumber>.+)'
    echo: 'Your reference number is ${orderNumber}'
    echoError: 'There was a problem publishing that event.'
    start:
      workflow: OrderStatusWorkflow
      taskQueue: orders
      input: {orderNumber: '${matchGroups.orderNumber}', from: '${from}'}
  - name: cancel
    pattern: '(?i)^cancel (?<orderNumber>\d+)$'
    signal: {workflowId: 'order-${matchGroups.orderNumber}', name: cancel}
`

func message(body string) sms.Inbound {
	return sms.Inbound{
		MessageSID: "SM00000000000000000000000000000001", AccountSID: "AC1",
		From: "+15005550009", To: "+15005550006", Body: body, ReceivedAt: time.Unix(1, 0),
	}
}

func mustParse(t *testing.T, text string) *Set {
	t.Helper()
	set, err := parse("triggers.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// secret is used to derive pseudonyms in the tests.
const secret = "0123456789abcdef0123456789abcdef"

// parse reads the content of one trigger file.
func parse(name, text string) (*Set, error) {
	c := newChecker(Options{IDSecret: []byte(secret), TaskQueue: "processes", BusinessKeyAttribute: "BusinessKey"})
	c.read(name, []byte(text))
	return c.finish()
}

func match(t *testing.T, set *Set, body string) []Match {
	t.Helper()
	firings := set.Match(t.Context(), message(body))
	for _, firing := range firings {
		if firing.Err != nil {
			t.Fatal(firing.Err)
		}
	}
	return firings
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMatchFiresTriggersByTheirPattern(t *testing.T) {
	set := mustParse(t, contract)
	for body, want := range map[string][]string{
		"Order Number 42":               {"order-status"},
		"hello, Order Number 42 please": {"order-status"},
		"order number 42":               nil,
		"CANCEL 42":                     {"cancel"},
		"please CANCEL 42":              nil,
		"":                              nil,
	} {
		var got []string
		for _, firing := range match(t, set, body) {
			got = append(got, firing.Trigger())
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q fired %v, want %v", body, got, want)
		}
	}
}

func TestEventIsThatOfTheContract(t *testing.T) {
	firing := match(t, mustParse(t, contract), "Order Number 42")[0]
	want := `{"event":"SMS_RECEIVED","matchGroups":{"1":"42","orderNumber":"42"},"originalMessage":"Order Number 42","to":"+15005550006","from":"+15005550009",` +
		`"messageSid":"SM00000000000000000000000000000001","accountSid":"AC1","receivedAt":"1970-01-01T00:00:01Z","trigger":"order-status"}`
	if got := asJSON(t, firing.Event); got != want {
		t.Errorf("got event %s\nwant %s", got, want)
	}
	if got := string(firing.Plan().Call.Input); got != `{"from":"+15005550009","orderNumber":"42"}` {
		t.Errorf("got input %s, want the group and the sender", got)
	}
	if firing.Plan().Echo.String() != "Your reference number is 42" || firing.Plan().EchoError != "There was a problem publishing that event." {
		t.Errorf("got echo %q and echoError %q, want those of the contract", firing.Plan().Echo.String(), firing.Plan().EchoError)
	}
	cancel := match(t, mustParse(t, contract), "cancel 7")[0]
	if id := cancel.Plan().Call.WorkflowID; id != "order-7" {
		t.Errorf("got workflow ID %s to signal, want order-7", id)
	}
}

func TestUnmatchedGroupIsNull(t *testing.T) {
	set := mustParse(t, `triggers:
  - name: either
    pattern: '(?<yes>yes)|(?<no>no)'
    echo: 'yes=${yes} no=${no} first=${1}'
    start: {workflow: W, taskQueue: q, input: {no: '${matchGroups.no}', text: 'no=${matchGroups.no}'}}
`)
	firing := match(t, set, "yes")[0]
	if got := asJSON(t, firing.Event.MatchGroups); got != `{"1":"yes","2":null,"no":null,"yes":"yes"}` {
		t.Errorf("got groups %s, want null for 2 and no", got)
	}
	if firing.Plan().Echo.String() != "yes=yes no= first=yes" {
		t.Errorf("got echo %q, want \"yes=yes no= first=yes\"", firing.Plan().Echo.String())
	}
	if got := string(firing.Plan().Call.Input); got != `{"no":null,"text":"no="}` {
		t.Errorf("got input %s, want null for no", got)
	}
}

func TestValuesAreNotParsedAsTemplates(t *testing.T) {
	set := mustParse(t, `triggers:
  - name: any
    pattern: '(?s)(?<all>.*)'
    echo: '[${all}]'
    start: {workflow: W, taskQueue: q, input: {s: '<${matchGroups.all}>', n: 5, b: true, l: ['${matchGroups.all}', 1.5], '${from}': x, e: '${matchGroups}'}}
`)
	for _, body := range []string{`${from}`, `$1 \1 \$`, `&lt;`, "a\nb", `{{x}}`, `\Q`} {
		firing := match(t, set, body)[0]
		if firing.Plan().Echo.String() != "["+body+"]" {
			t.Errorf("got echo %q of %q, want the text in brackets", firing.Plan().Echo.String(), body)
		}
		want := asJSON(t, map[string]any{
			"s": "<" + body + ">", "n": json.Number("5"), "b": true, "l": []any{body, json.Number("1.5")}, "${from}": "x",
			"e": map[string]*string{"all": &body, "1": &body},
		})
		if got := string(firing.Plan().Call.Input); got != want {
			t.Errorf("got input %s, want %s", got, want)
		}
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	const numbers = `{"a":9007199254740993,"b":12345678901234567890,"c":[1.10,-0.5]}`
	sets := map[string]string{
		"t.yaml": "triggers:\n  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, input: {a: 9007199254740993, b: 12345678901234567890, c: [1.10, -0.5]}}}\n",
		"a.json": `{"event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "x"}}, "action": {"source": "command-consumer", "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "p", "variables": ` + numbers + `}}}`,
		"s.json": `{"event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "x"}}, "action": {"source": "twilio.SEND_SMS", "payload": {"smsFrom": 1, "smsTo": 9007199254740993, "smsBody": "x"}}}`,
	}
	for name, text := range sets {
		set, err := parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		want := numbers
		if name == "s.json" {
			want = `9007199254740993`
		}
		if got := string(match(t, set, "x")[0].Plan().Call.Input); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want it to contain %s", name, got, want)
		}
	}
	set := mustParse(t, "triggers:\n  - {name: a, pattern: x, echo: '${result.id} ${result.list}', update: {workflowId: w, name: u}}\n")
	for answer, want := range map[string]string{
		`{"id": 9007199254740993, "list": ["R&D", 12345678901234567890]}`: `9007199254740993 ["R&D",12345678901234567890]`,
		`null`: ` `, ``: ` `, `5`: ` `,
	} {
		firing := match(t, set, "x")[0]
		if got := firing.Plan().Echo.In(json.RawMessage(answer)); got != want {
			t.Errorf("%s: got echo %q, want %q", answer, got, want)
		}
	}
}

func TestYAMLOnlyNumbersAreReported(t *testing.T) {
	set := mustParse(t, `triggers:
  - name: a
    pattern: x
    to: +15005550006
    echoError: e
    start:
      workflow: W
      taskQueue: q
      input:
        zip: 01234
        fine: '01234'
  - {name: b, pattern: y, to: ['+15005550006'], echoError: e, start: {workflow: W, taskQueue: q}}
`)
	if got := string(match(t, set, "x")[0].Plan().Call.Input); got != `{"fine":"01234","zip":"01234"}` {
		t.Errorf("got input %s, want both values as strings", got)
	}
	for _, findings := range [][]Finding{set.Warnings(), set.Lint(t.Context())} {
		if len(findings) != 2 || findings[0].Line != 4 || findings[1].Line != 10 || findings[1].Trigger != "a" ||
			!strings.Contains(findings[0].Message, "to has an unquoted value") || !strings.Contains(findings[1].Message, "zip has") {
			t.Errorf("got findings %v, want two: to in line 4, and zip in line 10", findings)
		}
	}
}

func TestParseRefusesABrokenFile(t *testing.T) {
	const good = "  - name: a\n    pattern: 'x(?<g>.)'\n    start: {workflow: W, taskQueue: q}\n"
	for name, tc := range map[string]struct{ text, want string }{
		"not YAML":                           {"triggers: [", "triggers.yaml:1: "},
		"no triggers":                        {"triggers: []\n", "triggers.yaml:1: no triggers"},
		"an empty file":                      {"", "triggers.yaml:1: no triggers"},
		"an unknown key":                     {"triggers:\n  - name: a\n    patern: x\n", "triggers.yaml:3: unknown field"},
		"a value of the wrong type":          {"triggers:\n  - name: [a]\n", "triggers.yaml:2: "},
		"no pattern":                         {"triggers:\n  - name: a\n    start: {workflow: W, taskQueue: q}\n", `triggers.yaml:2: trigger "a" has no pattern`},
		"an invalid pattern":                 {"triggers:\n  - name: a\n    pattern: '('\n    start: {workflow: W, taskQueue: q}\n", `triggers.yaml:3: trigger "a": the pattern is not valid`},
		"an invalid name":                    {"triggers:\n  - name: My Trigger\n    pattern: x\n    start: {workflow: W, taskQueue: q}\n", "triggers.yaml:2: trigger name"},
		"a name used twice":                  {"triggers:\n" + good + good, "triggers.yaml:5: trigger \"a\" is also defined at triggers.yaml:2"},
		"an echo with an unknown group":      {"triggers:\n" + good + "    echo: 'Hi ${h}'\n", "triggers.yaml:5: trigger \"a\": echo: ${h} is unknown; available are matchGroups.g, matchGroups.1"},
		"a misspelled group":                 {"triggers:\n  - name: a\n    pattern: '(?<orderNumber>x)'\n    echo: '${ordernumber}'\n    start: {workflow: W, taskQueue: q}\n", `echo: ${ordernumber} is unknown; did you mean "orderNumber"?`},
		"a misspelled group in an input":     {"triggers:\n  - name: a\n    pattern: '(?<orderNumber>x)'\n    start: {workflow: W, taskQueue: q, input: {k: '${ordernumber}'}}\n", `input: ${ordernumber} is unknown; did you mean "matchGroups.orderNumber"?`},
		"a misspelled group with its prefix": {"triggers:\n  - name: a\n    pattern: '(?<orderNumber>x)'\n    start: {workflow: W, taskQueue: q, input: {k: '${matchGroups.ordernumber}'}}\n", `${matchGroups.ordernumber} names no group of the pattern; did you mean "matchGroups.orderNumber"?`},
		"a misspelled field of the event":    {"triggers:\n  - name: a\n    pattern: x\n    start: {workflow: W, taskQueue: q, input: {k: '${orginalMessage}'}}\n", `${orginalMessage} is unknown; did you mean "originalMessage"?`},
		"an echoError with an unknown group": {"triggers:\n" + good + "    echoError: '${matchGroups.h}'\n", "triggers.yaml:5: trigger \"a\": echoError: ${matchGroups.h} names no group"},
		"neither start nor signal":           {"triggers:\n  - name: a\n    pattern: x\n", `triggers.yaml:2: trigger "a" has no action`},
		"both start and signal":              {"triggers:\n" + good + "    signal: {workflowId: w, name: s}\n", "triggers.yaml:5: trigger \"a\" has start and signal"},
		"a start without a workflow":         {"triggers:\n  - name: a\n    pattern: x\n    start: {taskQueue: q}\n", "triggers.yaml:4: trigger \"a\": start needs the workflow's type"},
		"a start without a task queue":       {"triggers:\n  - name: a\n    pattern: x\n    start: {workflow: W}\n", "triggers.yaml:4: trigger \"a\": start needs the workflow's task queue"},
		"a signal without a name":            {"triggers:\n  - name: a\n    pattern: x\n    signal: {workflowId: w}\n", "triggers.yaml:4: trigger \"a\": signal needs a name"},
		"a signal without an ID":             {"triggers:\n  - name: a\n    pattern: x\n    signal: {name: s}\n", "triggers.yaml:4: trigger \"a\": signal needs the workflow's ID"},
		"a bare group in an input":           {"triggers:\n  - name: a\n    pattern: '(?<g>x)'\n    start:\n      workflow: W\n      taskQueue: q\n      input:\n        k: '${g}'\n", "triggers.yaml:8: trigger \"a\": input: ${g} is a group of the pattern: write ${matchGroups.g}"},
		"a phone number in an ID":            {"triggers:\n  - name: a\n    pattern: x\n    signal: {workflowId: 'x-${from}', name: s}\n", "triggers.yaml:4: trigger \"a\": workflowId: ${from} is not allowed here: IDs"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("triggers.yaml", tc.text)
			if err == nil {
				t.Fatal("the invalid file was accepted")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %q\nwant it to contain %q", err, tc.want)
			}
		})
	}
}

func TestParseReportsAllMistakesAtOnce(t *testing.T) {
	_, err := parse("t.yaml", "triggers:\n  - name: A\n    pattern: '('\n  - name: b\n")
	if err == nil || strings.Count(err.Error(), "t.yaml:") != 3 {
		t.Errorf("got error %v, want three mistakes", err)
	}
}

func TestLoadNamesTheUnreadableFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := Load(missing, Options{}); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("got error %v, want one that names the file", err)
	}
	huge := filepath.Join(t.TempDir(), "huge.yaml")
	if err := os.WriteFile(huge, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(huge, Options{}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got error %v, want one about the size", err)
	}
}

func FuzzTriggerFilesNeverPanic(f *testing.F) {
	f.Add(false, contract, "Order Number 42")
	f.Add(false, "triggers:\n  - {name: a, pattern: '(x)|y', condition: '${empty matchGroups.1}', echo: '${1}', start: {workflow: W, taskQueue: q, input: [{a: '${matchGroups.1}'}]}}", "y")
	f.Add(true, `{"event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "(.)"}}, "action": {"source": "command-consumer", "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "p", "businessKey": "${from}"}}}`, "y")
	f.Fuzz(func(t *testing.T, asJSON bool, data, body string) {
		name := "f.yaml"
		if asJSON {
			name = "f.json"
		}
		set, err := parse(name, data)
		if err != nil {
			return
		}
		firings := set.Match(t.Context(), message(body))
		for i := range firings {
			if _, err := json.Marshal(firings[i].Plan()); err != nil {
				t.Error(err)
			}
		}
		set.Report()
	})
}

func BenchmarkMatch(b *testing.B) {
	set, err := parse("triggers.yaml", contract)
	if err != nil {
		b.Fatal(err)
	}
	m := message("Order Number 42")
	b.ReportAllocs()
	for b.Loop() {
		firings := set.Match(b.Context(), m)
		_ = firings[0].Plan().Echo.String()
	}
}
