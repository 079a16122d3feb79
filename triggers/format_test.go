package triggers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// goodTriggers maps a feature of the format to a trigger that uses it.
var goodTriggers = map[string]string{
	"a start": `  - name: a
    description: What it is for
    pattern: 'x (?<g>.+)'
    match: full
    condition: '${matchGroups.g != "y"}'
    to: '+15005550006'
    account: AC00000000000000000000000000000001
    reactions: true
    stop: true
    echo: 'Hi ${g}'
    echoError: 'No'
    onPublishError: retry
    catchUp: true
    start:
      workflow: W
      taskQueue: q
      id: 'w-${messageSid}'
      idConflict: useExisting
      idReuse: rejectDuplicate
      executionTimeout: 24h
      runTimeout: 1h30m
      taskTimeout: 10s
      memo: {g: '${matchGroups.g}'}
      searchAttributes: {CustomerId: '${fromId}'}
      input: [1, {a: '${media}', b: '${location.latitude}', c: '${parameters.ProfileName}'}]
`,
	"a signal":                           "  - {name: a, pattern: x, onPublishError: retry, to: ['+15005550006', '12345', 'whatsapp:+15005550006'], signal: {workflowId: w, name: s, input: 5}}\n",
	"a signal with start":                "  - {name: a, pattern: x, signalWithStart: {workflow: W, taskQueue: q, id: 'chat-${conversation}', idReuse: rejectDuplicate, signal: s, signalInput: {t: '${originalMessage}'}, input: {n: '${from}'}}}\n",
	"a signalAll":                        "  - {name: a, pattern: x, signalAll: {name: s}}\n",
	"a signalAll with a correlation key": "  - {name: a, pattern: '(x)', signalAll: {name: s, correlationKey: '${matchGroups.1}', input: {a: b}}}\n",
	"an update":                          "  - {name: a, pattern: x, echo: 'It is ${result.status}', update: {workflowId: w, name: u}}\n",
	"an opt-out":                         "  - {name: a, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q}}\n",
	"help with a pattern":                "  - {name: a, event: SMS_HELP, pattern: INFO, start: {workflow: W, taskQueue: q}}\n",
}

// badTriggers maps the name of a mistake to a trigger that has only this
// mistake, and to part of the expected error message.
var badTriggers = map[string]struct {
	text, want string
	// loaderOnly is true for a mistake that a schema cannot detect.
	loaderOnly bool
}{
	"an unknown match":                      {"  - {name: a, pattern: x, match: all, start: {workflow: W, taskQueue: q}}\n", "match is \"all\"; it must be find (the default) or full", false},
	"an unknown event":                      {"  - {name: a, event: SMS_SENT, start: {workflow: W, taskQueue: q}}\n", `there is no event "SMS_SENT"`, false},
	"a number without quotes":               {"  - {name: a, pattern: x, to: [15005550006], start: {workflow: W, taskQueue: q}}\n", "in quotes", false},
	"an invalid account":                    {"  - {name: a, pattern: x, account: AC1, start: {workflow: W, taskQueue: q}}\n", "is not an account SID", false},
	"an unknown policy":                     {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, id: x, idReuse: never}}\n", `idReuse is "never"`, false},
	"another unknown policy":                {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, id: x, idConflict: never}}\n", `idConflict is "never"`, false},
	"policies that conflict":                {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, id: x, idConflict: terminateExisting, idReuse: rejectDuplicate}}\n", "so idReuse must be allowDuplicate", true},
	"policies without an id":                {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, idReuse: rejectDuplicate}}\n", "idConflict and idReuse require an id", true},
	"an invalid duration":                   {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, runTimeout: soon}}\n", "write a duration such as 30s", false},
	"a duration without a unit":             {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, runTimeout: '30'}}\n", "write a duration such as 30s", false},
	"an unknown onPublishError":             {"  - {name: a, pattern: x, onPublishError: ignore, start: {workflow: W, taskQueue: q}}\n", "must be reply or retry", false},
	"a reply without an echoError":          {"  - {name: a, pattern: x, onPublishError: reply, start: {workflow: W, taskQueue: q}}\n", "needs an echoError", false},
	"an opt-out with an echo":               {"  - {name: a, event: SMS_OPT_OUT, echo: Bye, start: {workflow: W, taskQueue: q}}\n", "answered by Twilio itself", false},
	"a phone number in a memo":              {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, memo: {n: '${from}'}}}\n", "${from} is not allowed here", true},
	"a text in a search attribute":          {"  - {name: a, pattern: x, start: {workflow: W, taskQueue: q, searchAttributes: {n: '${originalMessage}'}}}\n", "${originalMessage} is not allowed here", true},
	"a result in an action without one":     {"  - {name: a, pattern: x, echo: '${result}', start: {workflow: W, taskQueue: q}}\n", "only the echo of an update or a signalAll has a result", true},
	"a result in echoError":                 {"  - {name: a, pattern: x, echoError: '${result}', update: {workflowId: w, name: u}}\n", "only the echo of an update or a signalAll has a result", true},
	"signalWithStart without id":            {"  - {name: a, pattern: x, signalWithStart: {workflow: W, taskQueue: q, signal: s}}\n", "needs the workflow's ID", false},
	"signalWithStart, no signal":            {"  - {name: a, pattern: x, signalWithStart: {workflow: W, taskQueue: q, id: w}}\n", "needs the signal's name", false},
	"signalWithStart, a conflict":           {"  - {name: a, pattern: x, signalWithStart: {workflow: W, taskQueue: q, id: w, signal: s, idConflict: fail}}\n", "leave idConflict out", false},
	"signalAll without a name":              {"  - {name: a, pattern: x, signalAll: {input: 5}}\n", "needs a name", false},
	"an update without an ID":               {"  - {name: a, pattern: x, update: {name: u}}\n", "needs the workflow's ID", false},
	"catchUp by a parameter":                {"  - {name: a, pattern: x, catchUp: true, condition: '${parameters.ProfileName == 1}', start: {workflow: W, taskQueue: q}}\n", "not in Twilio's log", true},
	"catchUp and a reply":                   {"  - {name: a, pattern: x, catchUp: true, echoError: e, onPublishError: reply, start: {workflow: W, taskQueue: q}}\n", "must not be told that it failed", true},
	"an alias":                              {"  - {name: a, pattern: &p x, description: *p, start: {workflow: W, taskQueue: q}}\n", "aliases are not supported", true},
	"a condition that is not an expression": {"  - {name: a, pattern: x, condition: 'from == to', start: {workflow: W, taskQueue: q}}\n", "write it as one expression", false},
}

func TestParseExplainsEachMistake(t *testing.T) {
	for name, tc := range badTriggers {
		_, err := parse("t.yaml", "triggers:\n"+tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "t.yaml:2: ") {
			t.Errorf("%s: got error %v\nwant it to contain %q", name, err, tc.want)
		}
	}
}

func TestPseudonymsNeedASecret(t *testing.T) {
	for _, text := range []string{goodTriggers["a signal with start"], goodTriggers["a signalAll with a correlation key"]} {
		c := newChecker(Options{})
		c.read("t.yaml", []byte("triggers:\n"+text))
		if _, err := c.finish(); err == nil || !strings.Contains(err.Error(), "needs a secret") {
			t.Errorf("without a secret: got error %v, want one that asks for it", err)
		}
	}
}

func TestFiltersDecideWhichTriggersFire(t *testing.T) {
	set := mustParse(t, `triggers:
  - {name: whole, pattern: 'a+', match: full, start: {workflow: W, taskQueue: q}}
  - {name: other-number, pattern: '.', to: '+15005550007', start: {workflow: W, taskQueue: q}}
  - {name: other-account, pattern: '.', account: AC00000000000000000000000000000009, start: {workflow: W, taskQueue: q}}
  - {name: ours, pattern: '.', to: ['+15005550007', '+15005550006'], start: {workflow: W, taskQueue: q}}
  - {name: high, pattern: '(\d+)', condition: '${matchGroups.1 > 100}', start: {workflow: W, taskQueue: q}}
  - {name: last, pattern: 'b', stop: true, start: {workflow: W, taskQueue: q}}
  - {name: unseen, pattern: 'b', start: {workflow: W, taskQueue: q}}
  - {name: gone, event: SMS_OPT_OUT, start: {workflow: W, taskQueue: q}}
`)
	for _, tc := range []struct {
		body string
		want string
	}{
		{"aaa", "whole ours"},
		{"aab", "ours last"},
		{"99", "ours"},
		{"101", "ours high"},
		{"STOP", "gone"},
		{"HELP", ""},
	} {
		m := message(tc.body)
		firings := set.Match(t.Context(), m)
		var names []string
		for i := range firings {
			if firings[i].Err != nil {
				t.Fatal(firings[i].Err)
			}
			names = append(names, firings[i].Trigger())
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%q fires %q, want %q", tc.body, got, tc.want)
		}
	}
}

func TestPatternOverBudgetStopsNoOther(t *testing.T) {
	set := mustParse(t, `triggers:
  - {name: hostile, pattern: '(?:(a+)+\1)+$', stop: true, echoError: 'Not ${1}.', start: {workflow: W, taskQueue: q, id: 'w-${matchGroups.1}'}}
  - {name: good, pattern: 'a', start: {workflow: W, taskQueue: q}}
`)
	firings := set.Match(t.Context(), message(strings.Repeat("a", 1500)+"b"))
	if len(firings) != 2 || firings[0].Err == nil || firings[1].Trigger() != "good" || firings[1].Err != nil {
		t.Fatalf("got firings %v, want one of hostile with an error, and one of good", firings)
	}
	err := firings[0].Err.Error()
	if !strings.Contains(err, "trigger hostile: match its pattern") || strings.Contains(err, "aaa") {
		t.Errorf("got error %s, want one that names the trigger and does not quote the text", err)
	}
	if got := firings[0].Plan().EchoError; got != "Not ." {
		t.Errorf("got echoError %q, want \"Not .\"", got)
	}
	if problem := firings[0].Plan().Problem; problem != err {
		t.Errorf("got plan with problem %q, want %q", problem, err)
	}
}

// hungry is a pattern that takes more than freeSteps but fewer than textSteps
// steps on the texts of these tests.
const hungry = `(?<= )(a+)(a+)(a+)\1\2\3b$`

func TestPatternsShareOneBudget(t *testing.T) {
	text := strings.Repeat("a", 1400) + " " + strings.Repeat("a", 96) + "b"
	var file strings.Builder
	file.WriteString("triggers:\n")
	for n := range 40 {
		fmt.Fprintf(&file, "  - {name: hostile-%d, pattern: '(?:(a+)+\\1)+$', start: {workflow: W, taskQueue: q}}\n", n)
	}
	file.WriteString("  - {name: elsewhere, pattern: '(?:(a+)+\\1)+$', to: '+15005550001', start: {workflow: W, taskQueue: q}}\n")
	file.WriteString("  - {name: good, pattern: '(a+)b$', start: {workflow: W, taskQueue: q}}\n")
	file.WriteString("  - {name: hungry, pattern: '" + hungry + "', start: {workflow: W, taskQueue: q}}\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a bounded match takes a fraction of a second; an unbounded one never ends
	defer cancel()
	firings := mustParse(t, file.String()).Match(ctx, message(text))
	if len(firings) != 42 || ctx.Err() != nil {
		t.Fatalf("got %d firings, want 42; context error %v", len(firings), ctx.Err())
	}
	for i, firing := range firings {
		// Nothing is left for the hungry pattern: the budget is for the text, not
		// for each pattern.
		if good := i == 40; good != (firing.Err == nil) || good && firing.Event.MatchGroups["1"] == nil {
			t.Errorf("trigger %s: got error %v, want none only for trigger good", firing.Trigger(), firing.Err)
		}
	}
}

// TestTriesTakeFromTheBudget checks the budget itself, because a try on a slow
// machine may reach its time limit instead, which is a different error.
func TestTriesTakeFromTheBudget(t *testing.T) {
	hostile, err := compilePattern(`(?:(a+)+\1)+$`, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for left := budget(textSteps); left > 0; {
		before := left
		if _, err := hostile.find(ctx, strings.Repeat("a", 1500)+"b", &left); err == nil || left >= before {
			t.Fatalf("a try with %d steps left %d: got error %v, want an error and fewer steps", before, left, err)
		}
	}
}

func TestPatternGetsMoreStepsIfNeeded(t *testing.T) {
	set := mustParse(t, "triggers:\n  - {name: hungry, pattern: '"+hungry+"', start: {workflow: W, taskQueue: q}}\n")
	text := strings.Repeat("a", 1400) + " " + strings.Repeat("a", 96) + "b"
	nothing := budget(0)
	if _, err := set.triggers[0].pattern.find(t.Context(), text, &nothing); !exceeded(err) {
		t.Fatalf("with no other budget: got error %v, want it to exceed freeSteps", err)
	}
	if firings := match(t, set, text); len(firings) != 1 {
		t.Errorf("got %d firings, want 1", len(firings))
	}
}

func TestReactionsFireOnlyTriggersThatAsk(t *testing.T) {
	set := mustParse(t, `triggers:
  - {name: order, pattern: 'Order (?<n>\d+)', echo: 'Ordered ${n}.', start: {workflow: W, taskQueue: q}}
  - {name: liked, pattern: '.+', reactions: true, condition: '${reaction.emoji == "👍" && !reaction.removed}', start: {workflow: L, taskQueue: q, input: {to: '${reaction.text}'}}}
  - {name: all, pattern: '.+', reactions: true, start: {workflow: A, taskQueue: q}}
`)
	for body, want := range map[string]string{
		"Order 5": "order all", "Liked “Order 5”": "liked all", "\u200a\u200b👍\u200b to “\u200aOrder 5\u200a”\u200a": "liked all", "Loved “Order 5”": "all", "Removed a like from “Order 5”": "all",
	} {
		var names []string
		for _, firing := range match(t, set, body) {
			names = append(names, firing.Trigger())
			if reaction := firing.Event.Reaction; (reaction == nil) != (body == "Order 5") || reaction != nil && reaction.Text != "Order 5" {
				t.Errorf("%q: got reaction %+v, want one to `Order 5`, or none for an ordinary text", body, reaction)
			}
			if firing.Trigger() == "liked" && asJSON(t, firing.Plan().Call.Input) != `{"to":"Order 5"}` {
				t.Errorf("got input %s, want the text reacted to", firing.Plan().Call.Input)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q fires %q, want %q", body, got, want)
		}
	}
	if got := asJSON(t, match(t, set, "Removed a like from “A”")[0].Event); !strings.Contains(got, `"reaction":{"emoji":"👍","text":"A","removed":true}`) {
		t.Errorf("got event %s, want a removed reaction", got)
	}
}

func TestIDWithAHoleIsRefused(t *testing.T) {
	const file = `triggers:
  - {name: a, pattern: 'go(?: to (?<room>\w*))?', echoError: 'No room.', ACTION}
`
	for name, action := range map[string]string{
		"start":           "start: {workflow: W, taskQueue: q, id: 'room-${matchGroups.room}'}",
		"signal":          "signal: {workflowId: 'room-${matchGroups.room}', name: s}",
		"update":          "update: {workflowId: 'room-${ matchGroups.room }', name: u}",
		"signalWithStart": "signalWithStart: {workflow: W, taskQueue: q, id: 'room-${matchGroups.room}', signal: s}",
	} {
		set := mustParse(t, strings.Replace(file, "ACTION", action, 1))
		for _, body := range []string{"go", "go to "} {
			firing := set.Match(t.Context(), message(body))[0]
			if firing.Err == nil || !strings.Contains(firing.Err.Error(), "trigger a: the workflow ID needs ${matchGroups.room}") {
				t.Errorf("%s, %q: got error %v, want one that names the group", name, body, firing.Err)
			}
			if firing.Plan().EchoError != "No room." {
				t.Errorf("%s, %q: got echoError %q, want \"No room.\"", name, body, firing.Plan().EchoError)
			}
		}
		if firing := set.Match(t.Context(), message("go to 5"))[0]; firing.Err != nil {
			t.Errorf("%s: got error %v, want none", name, firing.Err)
		}
		findings := fmt.Sprint(set.Lint(t.Context()))
		if !strings.Contains(findings, `it fails for "go to ": the workflow ID needs ${matchGroups.room}`) {
			t.Errorf("%s: got findings %s, want one about the workflow ID", name, findings)
		}
	}
	whole := mustParse(t, "triggers:\n  - {name: a, pattern: '(?<room>\\d+)', echoError: e, signal: {workflowId: 'room-${matchGroups.room}-${messageSid}-${fromId}', name: s}}\n")
	if findings := whole.Lint(t.Context()); len(findings) != 0 {
		t.Errorf("got findings %v, want none", findings)
	}
}

func TestConditionsAreTheDocumentedSubset(t *testing.T) {
	in := scope{groups: []string{"amount", "1", "word"}}
	amount, word := "150", "Ann"
	e := &Event{MatchGroups: map[string]*string{"amount": &amount, "1": nil, "word": &word}, From: "+1", OriginalMessage: "x"}
	for text, want := range map[string]bool{
		`${true}`: true, `${false}`: false, `${!false}`: true, `${not true or true}`: true,
		`${matchGroups.amount > 100}`: true, `${matchGroups.amount lt 100}`: false, `${matchGroups.amount >= 150 && matchGroups.amount <= 150}`: true,
		`${matchGroups.word == 'Ann'}`: true, `${matchGroups.word eq "Bob"}`: false, `${matchGroups.word != 'Bob'}`: true, `${matchGroups.word > 100}`: false,
		`${matchGroups.1 == null}`: true, `${empty matchGroups.1}`: true, `${empty matchGroups.word}`: false, `${matchGroups.1 < 5}`: false,
		`${(from == '+1' || from == '+2') and originalMessage == 'x'}`: true, ` ${ from == '}' } `: false, `${'a\'b' == "a'b"}`: true,
		`${true || false && false}`: true, `${9007199254740993 == 9007199254740992}`: false, `${'12345678901234567890' < 12345678901234567891}`: true,
		`${'0.10' == 0.1}`: true, `${location == null}`: true, `${matchGroups.amount == 150.0}`: true,
	} {
		c, err := in.condition(text)
		if err != nil {
			t.Errorf("%s: got error %v, want none", text, err)
			continue
		}
		if got := c(e); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`from == to`: "one expression", `${from.startsWith('+1')}`: "calling from.startsWith", `${matchGroups['x']}`: "[ ]",
		`${true ? 1 : 2}`: "the conditional", `${1 + 1}`: "arithmetic", `${from = 1}`: "to compare, write ==", `${5 div 2}`: "div", `${a}`: "unknown",
		`${matchGroups.x == 1}`: "names no group", `${from ==}`: "a value is missing", `${(from}`: "a ) is missing", `${from to}`: "unexpected \"to\"",
		`${'a}`: "closing '", `${}`: "a value is missing", `${` + strings.Repeat("!", 100) + `true}`: "nested", `${from & to}`: "write &&", `${€}`: "in a condition",
		`${1.2.3 == 1}`: "not a number",
	} {
		if _, err := in.condition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want it to contain %q", text, err, want)
		}
	}
}

func TestAlfrescoFilesAreRefusedWithReasons(t *testing.T) {
	const event = `"event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "x"}}`
	file := func(action string) string { return "{\n" + event + ",\n\"action\": " + action + "\n}" }
	for name, tc := range map[string]struct{ text, want string }{
		"no event":                  {`{"event": {}, "action": {"source": "command-consumer", "payload": {}}}`, "connector.NAME.SMS_RECEIVED"},
		"no payload":                {file(`{"source": "command-consumer"}`), "has no action.payload"},
		"an unknown payload":        {file(`{"source": "command-consumer", "payload": {"payloadType": "ScriptPayload"}}`), `payloadType is "ScriptPayload"`},
		"another connector":         {file(`{"source": "connector.slack.SEND_MESSAGE", "payload": {}}`), "another connector cannot be run"},
		"SEND_SMS, no numbers":      {file(`{"source": "twilio.SEND_SMS", "payload": {"smsFrom": "+1"}}`), "needs smsTo"},
		"a start without a process": {file(`{"source": "command-consumer", "payload": {"payloadType": "StartMessagePayload"}}`), "has no name"},
		"a phone number in a key":   {file(`{"source": "command-consumer", "payload": {"payloadType": "StartMessagePayload", "name": "n", "businessKey": "${originalMessage}"}}`), "is not allowed here"},
		"no pattern":                {`{"event": {"source": "connector.t.SMS_RECEIVED"}, "action": {"source": "command-consumer", "payload": {"payloadType": "SignalPayload", "name": "n"}}}`, "has no pattern"},
	} {
		if _, err := parse("some-trigger.json", tc.text); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "some-trigger.json:") {
			t.Errorf("%s: got error %v\nwant it to contain %q", name, err, tc.want)
		}
	}
}

func TestWarningsAreBounded(t *testing.T) {
	set := mustParse(t, "triggers:\n  - {name: a, pattern: a, start: {workflow: W, taskQueue: q, input: ["+strings.Repeat("01,\n", 5000)+"1]}}\n")
	if n := len(set.Warnings()); n != maxWarnings {
		t.Errorf("got %d warnings, want %d", n, maxWarnings)
	}
}
