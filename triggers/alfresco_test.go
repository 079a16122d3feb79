package triggers

import (
	"encoding/json"
	"strings"
	"testing"

	"temporal-twilio/freemarker"
)

// sendingFile is a file of Alfresco's whose action sends a text.
func sendingFile(inputs string) string {
	return `{"name": "tell",
 "event": {"source": "connector.t.SMS_RECEIVED", "inputs": {"pattern": "tell (?<who>\\w+)( at (?<hour>\\d+))?", "echoError": "No"}},
 "action": {"source": "connector.t.SEND_SMS", "payload": {"inputs": {"smsFrom": "${to}", "smsTo": "${from}", ` + inputs + `}}}
}`
}

func TestATextOfAlfrescosIsATemplateOverTheEventAndItsMetadata(t *testing.T) {
	const hostile = `tell x<#list 1..9 as i>${i}</#list> ${from}`
	for name, tc := range map[string]struct{ inputs, body, want string }{
		"the event":              {`"smsBody": "${matchGroups.who}: ${originalMessage}, ${from} to ${to}"`, "tell Ann", "Ann: tell Ann, +15005550009 to +15005550006"},
		"FreeMarker":             {`"smsBody": "<#if matchGroups.who == \"Ann\">Hi ${matchGroups.who?upper_case}</#if>"`, "tell Ann", "Hi ANN"},
		"a group by number":      {`"smsBody": "${matchGroups.1} ${ matchGroups.1?length }"`, "tell Ann", "Ann 3"},
		"a group took no part":   {`"smsBody": "at [${matchGroups.hour}]"`, "tell Ann", "at []"},
		"metadata":               {`"smsBody": "${fullName.lastName}, ${who}", "metadata": {"fullName": {"lastName": "Lee"}, "who": "${matchGroups.who}"}`, "tell Ann", "Lee, Ann"},
		"metadata as a text":     {`"smsBody": "${n + 1}", "metadata": "{\"n\": 1}"`, "tell Ann", "2"},
		"metadata goes first":    {`"smsBody": "${from}", "metadata": {"from": "us"}`, "tell Ann", "us"},
		"a template of a sender": {`"smsBody": "${originalMessage} ${m}", "metadata": {"m": "${originalMessage}"}`, hostile, hostile + " " + hostile},
	} {
		set, err := parse("tell.json", sendingFile(tc.inputs))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		input := match(t, set, tc.body)[0].Call().Input.(map[string]any)
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
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := template.Render(t.Context(), model); err != nil || got != tc.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
		}
		if report := set.Report()[0].As; !strings.Contains(report, "smsBody is a FreeMarker template") {
			t.Errorf("%s: read as %s", name, report)
		}
	}
}

func TestATemplateOfAlfrescosThatCannotBeFilledInIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ inputs, want string }{
		"an unknown group":      {`"smsBody": "${matchGroups.whom}"`, "matchGroups.whom"},
		"an unknown variable":   {`"smsBody": "${who}"`, "smsBody: "},
		"what is no FreeMarker": {`"smsBody": "<#if>"`, "smsBody: "},
		"metadata that is none": {`"smsBody": "x", "metadata": [1]`, "metadata an object"},
		"metadata that is text": {`"smsBody": "x", "metadata": "x"`, "metadata an object"},
		"a body that is none":   {`"smsBody": 5`, "smsBody must be a text"},
		"in the metadata":       {`"smsBody": "x", "metadata": {"a": "${matchGroups.whom}"}`, "names no group"},
	} {
		if _, err := parse("tell.json", sendingFile(tc.inputs)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "tell.json:3: ") {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestAJSONFileMayBeginWithAByteOrderMarkAndMustBeJSON(t *testing.T) {
	good := sendingFile(`"smsBody": "x"`)
	if _, err := parse("tell.json", "\ufeff"+good); err != nil {
		t.Error(err)
	}
	if _, err := parse("tell.json", strings.ReplaceAll(good, "\n ", "\n\t\t")); err != nil {
		t.Errorf("with tabs: %v", err)
	}
	for broken, want := range map[string]string{
		strings.Replace(good, `"action":`, `"action"`, 1): "tell.json:3: not JSON: invalid character '{'",
		strings.Replace(good, "\n}", "\n", 1):             "tell.json:4: not JSON: unexpected end",
		"":                                                "tell.json:1: not JSON: unexpected end",
	} {
		if _, err := parse("tell.json", broken); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestJustDecimalDigitsAreANumber(t *testing.T) {
	for text, want := range map[string]bool{
		"5": true, " +5.50 ": true, "-1": true, "007": true,
		"NaN": false, "Inf": false, "-infinity": false, "0x10": false, "1_0": false, "1e3": false, ".5": false, "5.": false, "٥": false, "": false, strings.Repeat("9", 400): false,
	} {
		if _, ok := number(text); ok != want {
			t.Errorf("%q is a number: %t", text, ok)
		}
	}
}
