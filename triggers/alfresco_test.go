package triggers

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"temporal-twilio/freemarker"
	"temporal-twilio/sms"
)

// sendingFile returns an Alfresco trigger file whose action sends a text.
func sendingFile(inputs string) string {
	return `{"name": "tell",
 "event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "tell (?<who>\\w+)( at (?<hour>\\d+))?", "echoError": "No"}},
 "action": {"source": "connector.t.SEND_SMS", "payload": {"inputs": {"smsFrom": "${to}", "smsTo": "${from}", ` + inputs + `}}}
}`
}

func TestAlfrescoBodyIsATemplate(t *testing.T) {
	const hostile = `tell x<#list 1..9 as i>${i}</#list> ${from}`
	for name, tc := range map[string]struct{ inputs, body, want string }{
		"the event":                        {`"smsBody": "${matchGroups.who}: ${originalMessage}, ${from} to ${to}"`, "tell Ann", "Ann: tell Ann, +15005550009 to +15005550006"},
		"FreeMarker":                       {`"smsBody": "<#if matchGroups.who == \"Ann\">Hi ${matchGroups.who?upper_case}</#if>"`, "tell Ann", "Hi ANN"},
		"a numbered group":                 {`"smsBody": "${matchGroups.1} ${ matchGroups.1?length }"`, "tell Ann", "Ann 3"},
		"a group that did not participate": {`"smsBody": "at [${matchGroups.hour}]"`, "tell Ann", "at []"},
		"metadata":                         {`"smsBody": "${fullName.lastName}, ${who}", "metadata": {"fullName": {"lastName": "Lee"}, "who": "${matchGroups.who}"}`, "tell Ann", "Lee, Ann"},
		"metadata as a text":               {`"smsBody": "${n + 1}", "metadata": "{\"n\": 1}"`, "tell Ann", "2"},
		"metadata takes precedence":        {`"smsBody": "${from}", "metadata": {"from": "us"}`, "tell Ann", "us"},
		"a template in the sender's text":  {`"smsBody": "${originalMessage} ${m}", "metadata": {"m": "${originalMessage}"}`, hostile, hostile + " " + hostile},
	} {
		set, err := parse("tell.json", sendingFile(tc.inputs))
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
			continue
		}
		firing := match(t, set, tc.body)[0]
		var input map[string]any
		if err := json.Unmarshal(firing.Plan().Call.Input, &input); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(input["variables"])
		if err != nil {
			t.Fatal(err)
		}
		model, err := freemarker.FromJSON(data)
		if err != nil {
			t.Fatal(err)
		}
		template, err := freemarker.Parse("smsBody", input["smsBody"].(string))
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
			continue
		}
		if got, err := template.Render(t.Context(), model); err != nil || got != tc.want {
			t.Errorf("%s: got %q, error %v; want %q", name, got, err, tc.want)
		}
		if report := set.Report()[0].As; !strings.Contains(report, "smsBody is a FreeMarker template") {
			t.Errorf("%s: got report %s, want it to mention FreeMarker", name, report)
		}
	}
}

func TestAlfrescoRefusesATemplateWithoutValues(t *testing.T) {
	for name, tc := range map[string]struct{ inputs, want string }{
		"an unknown group":      {`"smsBody": "${matchGroups.whom}"`, "matchGroups.whom"},
		"an unknown variable":   {`"smsBody": "${who}"`, "smsBody: "},
		"invalid FreeMarker":    {`"smsBody": "<#if>"`, "smsBody: "},
		"invalid metadata":      {`"smsBody": "x", "metadata": [1]`, "metadata an object"},
		"metadata that is text": {`"smsBody": "x", "metadata": "x"`, "metadata an object"},
		"an invalid body":       {`"smsBody": 5`, "smsBody must be a string"},
		"null in the metadata":  {`"smsBody": "${a}", "metadata": {"a": "${matchGroups.whom}"}`, "smsBody: "},
	} {
		if _, err := parse("tell.json", sendingFile(tc.inputs)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "tell.json:3: ") {
			t.Errorf("%s: got error %v, want one in line 3 that contains %q", name, err, tc.want)
		}
	}
}

func TestAlfrescoReadsAByteOrderMark(t *testing.T) {
	good := sendingFile(`"smsBody": "x"`)
	if _, err := parse("tell.json", "\ufeff"+good); err != nil {
		t.Error(err)
	}
	if _, err := parse("tell.json", strings.ReplaceAll(good, "\n ", "\n\t\t")); err != nil {
		t.Errorf("with tabs: got error %v, want none", err)
	}
	for broken, want := range map[string]string{
		strings.Replace(good, `"action":`, `"action"`, 1): "tell.json:3: not JSON: invalid character '{'",
		strings.Replace(good, "\n}", "\n", 1):             "tell.json:4: not JSON: unexpected end",
		"":                                                "tell.json:1: not JSON: unexpected end",
	} {
		if _, err := parse("tell.json", broken); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func TestNumberAcceptsOnlyDecimalDigits(t *testing.T) {
	for text, want := range map[string]bool{
		"5": true, " +5.50 ": true, "-1": true, "007": true,
		"NaN": false, "Inf": false, "-infinity": false, "0x10": false, "1_0": false, "1e3": false, ".5": false, "5.": false, "٥": false, "": false, strings.Repeat("9", 400): false,
	} {
		if _, ok := number(text); ok != want {
			t.Errorf("number(%q) reports %t, want %t", text, ok, want)
		}
	}
}

// starting returns an Alfresco trigger file with the given payload.
func starting(payload string) string {
	return `{"name": "a",
 "event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "go(?: (?<n>\\w+))?", "echo": "${n}", "echoError": "No"}},
 "action": {"source": "command-consumer", "payload": ` + payload + `}}`
}

func TestAlfrescoProcessNeedsItsTaskQueue(t *testing.T) {
	file := func(payload string) (*Set, error) {
		c := newChecker(Options{})
		c.read("a.json", []byte(starting(payload)))
		return c.finish()
	}
	_, err := file(`{"payloadType": "StartProcessPayload", "processDefinitionKey": "p"}`)
	if err == nil || !strings.Contains(err.Error(), `a.json:3: trigger "a": workflow "p" would start on task queue twilio`) || !strings.Contains(err.Error(), "TRIGGERS_TASK_QUEUE") {
		t.Errorf("a process on the connector's own task queue: got error %v, want it refused", err)
	}
	set, err := file(`{"payloadType": "StartMessagePayload", "name": "m"}`)
	if err != nil || len(set.Warnings()) != 1 || !strings.Contains(set.Warnings()[0].Message, "TRIGGERS_TASK_QUEUE") {
		t.Errorf("a message: got error %v, warnings %v; want one warning", err, set.Warnings())
	}
	set, err = file(`{"payloadType": "SignalPayload", "name": "s"}`)
	if err != nil || len(set.Warnings()) != 0 {
		t.Errorf("a signal: got error %v, want neither an error nor a warning", err)
	}
	// The workflow that sends a text starts on the connector's task queue, even
	// if processes start on another one.
	set, err = parse("tell.json", sendingFile(`"smsBody": "x"`))
	if err != nil || set.triggers[0].action.(*start).taskQueue != DefaultTaskQueue {
		t.Errorf("a text: got error %v, want no error, and task queue %s", err, DefaultTaskQueue)
	}
}

func TestAlfrescoBusinessKeyIsNotUnique(t *testing.T) {
	set, err := parse("a.json", starting(`{"payloadType": "StartProcessPayload", "processDefinitionKey": "p", "name": "Order ${matchGroups.n} of ${from}", "businessKey": "order-${matchGroups.n}-${from}"}`))
	if err != nil {
		t.Fatal(err)
	}
	m := message("go 5")
	fromID := sms.Pseudonym([]byte(secret), m.From)
	for _, sid := range []string{"SM1", "SM2"} {
		m.MessageSID = sid
		firing := set.Match(t.Context(), m)[0]
		start := firing.trigger.action.(*start)
		if got, want := firing.Plan().Call.WorkflowID, "order-5-"+fromID+"-"+sid; got != want || firing.Err != nil {
			t.Errorf("got ID %q, error %v; want %q", got, firing.Err, want)
		}
		for name, want := range map[string]string{"businessKey": "order-5-" + fromID, "name": "Order 5 of " + fromID} {
			if got := start.memo[name](&firing.Event); got != want {
				t.Errorf("got memo %s = %v, want %s", name, got, want)
			}
		}
		if got := start.searchAttributes["BusinessKey"](&firing.Event); got != "order-5-"+fromID {
			t.Errorf("got search attribute %v, want order-5-%s", got, fromID)
		}
	}
	// In Alfresco, a process whose key is null also starts.
	if firing := set.Match(t.Context(), message("go"))[0]; firing.Err != nil {
		t.Errorf("without its group: got error %v, want none", firing.Err)
	}
	c := newChecker(Options{TaskQueue: "q"})
	c.read("a.json", []byte(starting(`{"payloadType": "StartProcessPayload", "processDefinitionKey": "p", "name": "${originalMessage}", "businessKey": "k"}`)))
	set, err = c.finish()
	if err != nil || len(set.triggers[0].action.(*start).searchAttributes) != 0 || set.triggers[0].action.(*start).memo["name"] != nil {
		t.Errorf("without an attribute: got error %v, want no error, no search attribute and no name in the memo", err)
	}
	if !strings.Contains(fmt.Sprint(set.Warnings()), "name: not in the workflow's memo: ${originalMessage} is not allowed here") {
		t.Errorf("a name that must not be shown: got warnings %v, want one about it", set.Warnings())
	}
}

func TestAlfrescoMisspelledKeysAreReported(t *testing.T) {
	set, err := parse("a.json", `{"name": "a", "descripton": "", "projectId": 5, "Id": "x",
 "event": {"source": "connector.t.SMS_RECEIVED",
  "inputs": {"pattern": "x", "ehco": "Hi", "echoeror": "No", "reactions": true}, "reactions": true},
 "action": {"source": "command-consumer", "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "p", "varaibles": {}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range set.Warnings() {
		got = append(got, w.String())
	}
	want := []string{
		`a.json:1: trigger "a": "descripton" is ignored; did you mean "description"?`,
		`a.json:3: trigger "a": "event.reactions" is ignored; move it to event.inputs`,
		`a.json:3: trigger "a": "event.inputs.echoeror" is ignored; did you mean "echoError"?`,
		`a.json:3: trigger "a": "event.inputs.ehco" is ignored; did you mean "echo"?`,
		`a.json:4: trigger "a": "action.payload.varaibles" is ignored; did you mean "variables"?`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got warnings %q\nwant %q", got, want)
	}
	if !set.triggers[0].reactions {
		t.Error("event.inputs.reactions was ignored")
	}
}

func TestAlfrescoMistakeNamesMisspelledKeys(t *testing.T) {
	_, err := parse("a.json", `{"name": "a",
 "event": {"source": "connector.t.SMS_RECEIVED",
  "inputs": {"patern": "x"}},
 "action": {"source": "command-consumer", "payload": {"payloadType": "SignalPayload", "name": "s"}}}`)
	const want = "a.json:3: trigger \"a\" has no pattern\na.json:3: trigger \"a\": \"event.inputs.patern\" is ignored; did you mean \"pattern\"?"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

func TestAlfrescoUnknownNamesAreNull(t *testing.T) {
	set, err := parse("a.json", strings.Replace(starting(`{"payloadType": "StartProcessPayload", "processDefinitionKey": "p",
 "variables": {"a": "${matchGroups.m}", "b": "[${customer.name}]", "c": "${n}", "d": "${frm}"}}`), `"${n}"`, `"Hi ${who}${n}"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	firing := match(t, set, "go 5")[0]
	if got := asJSON(t, firing.Plan().Call.Input); got != `{"a":null,"b":"[]","c":null,"d":null}` {
		t.Errorf("got input %s, want null for unknown names", got)
	}
	if got := firing.Plan().Echo.String(); got != "Hi 5" {
		t.Errorf("got echo %q, want \"Hi 5\"", got)
	}
	findings := fmt.Sprint(set.Lint(t.Context()))
	for _, want := range []string{
		`a.json:4: trigger "a": ${matchGroups.m} is unknown, and therefore null, as in Alfresco; did you mean "matchGroups.1"?`,
		`a.json:4: trigger "a": ${customer.name} is unknown, and therefore null, as in Alfresco`, `a.json:2: trigger "a": ${who} is unknown`,
		`trigger "a": ${n} is unknown, and therefore null, as in Alfresco; did you mean "matchGroups.n"?`, `${frm} is unknown, and therefore null, as in Alfresco; did you mean "from"?`,
	} {
		if !strings.Contains(findings, want) {
			t.Errorf("got findings %s\nwant %s", findings, want)
		}
	}
	for _, refused := range []string{"${matchGroups['n']}", "${n + 1}", "${execution.getVariable('x')}"} {
		if _, err := parse("a.json", starting(`{"payloadType": "SignalPayload", "name": "s", "variables": {"a": "`+refused+`"}}`)); err == nil {
			t.Errorf("%s, which has a value in Alfresco, was accepted, want an error", refused)
		}
	}
}

func TestAlfrescoSkipsEventsOfOtherConnectors(t *testing.T) {
	other := strings.Replace(starting(`{"payloadType": "SignalPayload", "name": "s"}`), "connector.t.SMS_RECEIVED", "connector.slack.MESSAGE_RECEIVED", 1)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "slack.json"), other)
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "slack.json:2: ") || !strings.Contains(err.Error(), "the file is skipped") {
		t.Errorf("a folder with no other file: got error %v, want the skipped file named", err)
	}
	write(t, filepath.Join(dir, "t.yaml"), contract)
	set, err := Load(dir, Options{})
	if err != nil || set.Len() != 2 {
		t.Fatalf("got error %v, want 2 triggers", err)
	}
	if w := set.Warnings(); len(w) != 1 || !strings.Contains(w[0].String(), `slack.json:2: trigger "a": the file is skipped: it waits for connector.slack.MESSAGE_RECEIVED, another connector's event`) {
		t.Errorf("got warnings %v, want one about the skipped file", w)
	}
	if _, err := parse("a.json", strings.Replace(other, "slack.MESSAGE_RECEIVED", "twilio.SMS_RECIEVED", 1)); err == nil || !strings.Contains(err.Error(), `did you mean "SMS_RECEIVED"?`) {
		t.Errorf("a misspelled event: got error %v, want a suggestion", err)
	}
}
