package bench

// How long it takes to match a text against triggers, and how the webhook
// compares with Node-RED for texts that match nothing.

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/test/bench/table"
	"temporal-twilio/test/stack"
	"temporal-twilio/triggers"
)

// manyTriggers returns a file with the given number of triggers, none of which
// matches "Hello there".
func manyTriggers(n int) string {
	var file strings.Builder
	file.WriteString("triggers:\n")
	for i := range n {
		fmt.Fprintf(&file, "  - {name: t%d, pattern: '(?i)\\b(?:order|track)\\s+%d-(?<n>\\d+)', start: {workflow: Sink, taskQueue: nobody}}\n", i, i)
	}
	return file.String()
}

// perText returns how many microseconds it takes to find that no trigger
// matches a text.
func perText(t *testing.T, set *triggers.Set) float64 {
	t.Helper()
	message := sms.Inbound{MessageSID: "SM1", From: "+15005550009", To: stack.Number, Body: "Hello there, where is my parcel? I have been waiting for a week now."}
	n, began := 0, time.Now()
	for ; time.Since(began) < *turn/4; n++ {
		if len(set.Match(t.Context(), message)) > 0 {
			t.Fatal("a trigger matches the text")
		}
	}
	return time.Since(began).Seconds() * 1e6 / float64(n)
}

func TestTriggers(t *testing.T) {
	besideOthers(t)
	counts := []int{1, 10, 1000}
	sets := make(map[int]*triggers.Set)
	for _, n := range counts {
		path := filepath.Join(t.TempDir(), "triggers.yaml")
		if err := os.WriteFile(path, []byte(manyTriggers(n)), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := triggers.Load(path, triggers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sets[n] = set
	}
	figures := make(map[int][]float64)
	for range *turns {
		for _, n := range counts {
			figures[n] = append(figures[n], perText(t, sets[n]))
		}
	}
	for _, n := range counts {
		row := table.Row{Part: inboundPart, Name: fmt.Sprintf("a text against %d triggers", n), Unit: "µs"}
		if row.Name = strings.Replace(row.Name, "1 triggers", "1 trigger", 1); n > 1 {
			row.AtMost, row.Why = 2*float64(n), "the patterns ignore case and begin with a group, so each is tried at every word"
		}
		keep(t, table.Of(row, figures[n]))
	}
}

var nodeRed = flag.String("node-red", "", "the path of Node-RED 4; without it, the rows of Node-RED are marked as not measured")

// flow is a Node-RED flow that does what a trigger does, with a regular
// expression and TwiML.
const flow = `[{"id":"tab","type":"tab","label":"sms"},
{"id":"in","z":"tab","type":"http in","url":"/twilio/sms","method":"post","wires":[["match"]]},
{"id":"match","z":"tab","type":"switch","property":"payload.Body","propertyType":"msg","rules":[{"t":"regex","v":"^Order Number (.+)","vt":"str","case":false},{"t":"else"}],"wires":[["echo"],["none"]]},
{"id":"echo","z":"tab","type":"template","field":"payload","fieldType":"msg","syntax":"mustache","template":"<Response><Message>{{payload.Body}}</Message></Response>","wires":[["type"]]},
{"id":"none","z":"tab","type":"template","field":"payload","fieldType":"msg","syntax":"mustache","template":"<Response></Response>","wires":[["type"]]},
{"id":"type","z":"tab","type":"change","rules":[{"t":"set","p":"headers","pt":"msg","to":"{\"content-type\":\"text/xml\"}","tot":"json"}],"wires":[["out"]]},
{"id":"out","z":"tab","type":"http response","wires":[]}]`

// startNodeRed starts Node-RED, and returns its address and how long that
// took.
func startNodeRed(t *testing.T) (base string, p *stack.Process, took time.Duration) {
	t.Helper()
	dir, port := t.TempDir(), stack.FreePort(t)
	for name, text := range map[string]string{
		"flows.json":  flow,
		"settings.js": `module.exports = {uiHost: "127.0.0.1", uiPort: ` + port + `, flowFile: "flows.json", disableEditor: true, telemetry: {enabled: false}, logging: {console: {level: "error"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base = "http://127.0.0.1:" + port
	began := time.Now()
	p = stack.StartProcess(t, "node-red", []string{"NODE_OPTIONS="}, *nodeRed, "--userDir", dir, "--settings", filepath.Join(dir, "settings.js"))
	stack.Eventually(t, "Node-RED answers", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/twilio/sms", strings.NewReader(url.Values{"Body": {"hi"}}.Encode()))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %s", response.Status)
		}
		return nil
	})
	return base, p, time.Since(began)
}

func TestUnwanted(t *testing.T) {
	besideOthers(t)
	row := versus{
		part: inboundPart, name: "an inbound text that nothing matches, 32 at a time", beside: "Node-RED 4 doing the regular expression and TwiML", atOnce: 32, atLeast: 3,
		why: "for each text, the webhook verifies the signature, and asks Temporal whether a question to this phone is open and whether the text was delivered before (which no cache can tell); Node-RED does none of this",
	}
	s := stack.Start(t, stack.Options{Environment: []string{"LOG_LEVEL=error"}})
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	ours := func(ctx context.Context, _ int) error { return deliver(ctx, c, s.Webhook, "nothing") }
	if *nodeRed == "" {
		if err := ours(t.Context(), 0); err != nil {
			t.Error(err)
		}
		keep(t, table.Row{Part: row.part, Name: row.name, Beside: row.beside, AtLeast: row.atLeast, Missing: "npm could not install node-red@4 here"})
		return
	}
	base, _, _ := startNodeRed(t)
	row.report(t, ours, func(ctx context.Context, _ int) error { return deliver(ctx, c, base, "nothing") })
}
