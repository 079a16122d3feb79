package twiliosim

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ask makes a request to a control and returns the status and the JSON of the
// response. Headers have the form "Name: value".
func ask(t testing.TB, sim *Sim, method, path, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, sim.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s %s: got status %d and %q, want JSON", method, path, res.StatusCode, raw)
	}
	return res.StatusCode, out
}

func TestInboundControlAnswersAsDocumented(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>Your reference number is 42</Message></Response>`))
	sim := start(t, Options{Webhook: app.URL})
	status, out := ask(t, sim, "POST", "/sim/inbound", `{"from":"+15551230001","to":"+15005550006","body":"Order Number 42"}`)
	replies, _ := out["replies"].([]any)
	if status != 200 || out["webhookStatus"] != 200.0 || len(replies) != 1 {
		t.Fatalf("got %d %v, want status 200 from the webhook and one reply", status, out)
	}
	if reply := replies[0].(map[string]any); reply["to"] != phone || reply["body"] != "Your reference number is 42" {
		t.Errorf("got the reply %v, want the reference number, sent to the phone", reply)
	}
	if out["twiml"] == "" || out["durationMs"] == nil || !isSID("SM", out["messageSid"].(string)) {
		t.Errorf("got %v, want the TwiML, the duration and a message SID", out)
	}
	status, out = ask(t, sim, "GET", "/sim/messages?phone=%2B15551230001&direction=outbound", "")
	messages, _ := out["messages"].([]any)
	if status != 200 || len(messages) != 1 || messages[0].(map[string]any)["inReplyTo"] == nil {
		t.Errorf("got %d %v, want one message that is a reply", status, out)
	}
}

func TestControlsSayWhatToChange(t *testing.T) {
	sim := start(t, Options{})
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/sim/inbound", `{"from":"+15551230001","to":"+1","body":"x"}`, 400, "is not a number of this simulator"},
		{"POST", "/sim/inbound", `{"form":"+15551230001"}`, 400, "unknown field"},
		{"POST", "/sim/inbound", `{"from":`, 400, "does not match"},
		{"POST", "/sim/inbound", `{} {}`, 400, "more than one"},
		{"POST", "/sim/inbound", `{"body":"` + strings.Repeat("x", maxControl) + `"}`, 413, "longer than"},
		{"POST", "/sim/faults", `{"kind":"explode"}`, 400, "want one of delay"},
		{"POST", "/sim/faults", `{"kind":"delay","delay":"long"}`, 400, "write it like"},
		{"DELETE", "/sim/faults/F9", ``, 404, "GET /sim/faults"},
		{"POST", "/sim/outcomes", `{"status":"eaten"}`, 400, "want one of delivered"},
		{"POST", "/sim/outcomes", `{"status":"rejected"}`, 400, "errorCode"},
		{"DELETE", "/sim/outcomes/O9", ``, 404, "GET /sim/outcomes"},
		{"POST", "/sim/clock", `{"advance":"-1h"}`, 400, "only moves forward"},
		{"POST", "/sim/clock", `{"speed":-1}`, 400, "such as 1"},
		{"POST", "/sim/numbers", `{"number":"x"}`, 400, "want E.164"},
		{"POST", "/sim/numbers", `{"number":"+15005550011","webhook":"x"}`, 400, "want an http"},
		{"POST", "/sim/services", `{"senders":["+15005550011"]}`, 400, "add it first"},
		{"POST", "/sim/accounts", `{"sid":"AC1"}`, 400, "32 hexadecimal"},
		{"POST", "/sim/optouts", `{"sender":"+1","recipient":"+15551230001","optedOut":true}`, 400, "neither a number"},
		{"GET", "/sim/messages?status=gone", ``, 400, "want one of"},
		{"GET", "/sim/messages?limit=0", ``, 400, "1 to 1000"},
		{"GET", "/sim/nothing", ``, 404, "is not a control"},
		{"PUT", "/sim/faults", ``, 404, "is not a control"},
	} {
		status, out := ask(t, sim, tc.method, tc.path, tc.body)
		message, _ := out["error"].(string)
		if status != tc.status || !strings.Contains(message, tc.want) {
			t.Errorf("%s %s %.40s: got %d %q, want %d with %q", tc.method, tc.path, tc.body, status, message, tc.status, tc.want)
		}
	}
}

func TestControlsAddAndRemoveEveryFault(t *testing.T) {
	sim := start(t, Options{})
	for _, kind := range FaultKinds {
		status, out := ask(t, sim, "POST", "/sim/faults", `{"kind":"`+kind+`","delay":"1ms"}`)
		if status != 200 || out["kind"] != kind {
			t.Fatalf("adding %s: got %d %v, want the fault", kind, status, out)
		}
		if kind == FaultRefuse { // the fault fires immediately and is then used up
			await(t, "the port to open again", func() bool {
				res, err := http.Get(sim.URL + "/sim/health")
				return err == nil && res.Body.Close() == nil
			})
			continue
		}
		if list := sim.Faults(); len(list) != 1 || list[0].Kind != kind {
			t.Errorf("got the faults %+v, want the new one", list)
		}
		id, _ := out["id"].(string)
		if status, out := ask(t, sim, "DELETE", "/sim/faults/"+id, ""); status != 200 || len(sim.Faults()) != 0 {
			t.Errorf("removing %s: got %d %v, want status 200 and no faults left", kind, status, out)
		}
	}
}

func TestControlsRefuseOtherSitesPages(t *testing.T) {
	sim := start(t, Options{})
	host := strings.TrimPrefix(sim.URL, "http://")
	for name, tc := range map[string]struct {
		path    string
		headers []string
		status  int
	}{
		"a plain form":                  {"/sim/reset", []string{"Content-Type: text/plain"}, 415},
		"a web form":                    {"/sim/reset", []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		"no content type":               {"/sim/reset", []string{"Content-Type: "}, 415},
		"another origin":                {"/sim/reset", []string{"Origin: https://evil.example"}, 403},
		"an opaque origin":              {"/sim/reset", []string{"Origin: null"}, 403},
		"another port's origin":         {"/sim/reset", []string{"Origin: http://127.0.0.1:1"}, 403},
		"another name for this address": {"/sim/reset", []string{"Host: evil.example", "Origin: http://evil.example"}, 403},
		"such a name, no origin":        {"/sim/reset", []string{"Host: evil.example"}, 403},
		"a name that begins like ours":  {"/sim/reset", []string{"Host: 127.0.0.1.evil.example"}, 403},
		"the REST API from a page":      {"/2010-04-01/Accounts/" + sim.Account + "/Messages.json", []string{"Origin: https://evil.example"}, 403},
		"our own page":                  {"/sim/reset", []string{"Origin: " + sim.URL}, 200},
		"our own page, by localhost":    {"/sim/reset", []string{"Host: localhost:1", "Origin: http://localhost:1"}, 200},
		"a script":                      {"/sim/reset", []string{"Host: " + host}, 200},
	} {
		if status, out := ask(t, sim, "POST", tc.path, "{}", tc.headers...); status != tc.status {
			t.Errorf("%s: got %d %v, want %d", name, status, out, tc.status)
		}
	}
	if status, _ := ask(t, sim, "GET", "/sim/messages", "", "Host: evil.example"); status != 403 {
		t.Errorf("a GET with another host name: got status %d, want 403", status)
	}
}

func TestControlsServeOnlyThisMachine(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "nonsense"} {
		if sim, err := Start(Options{Addr: addr}); err == nil {
			_ = sim.Close()
			t.Errorf("address %s: got no error, although it is not a loopback address", addr)
		} else if addr != "nonsense" && !strings.Contains(err.Error(), "--allow-remote") {
			t.Errorf("address %s: got error %v, want one that names --allow-remote", addr, err)
		}
	}
	sim := start(t, Options{Addr: "0.0.0.0:0", AllowRemote: true})
	if status, _ := ask(t, sim, "GET", "/sim/health", "", "Host: twiliosim:8090"); status != 200 {
		t.Errorf("another host name with AllowRemote: got status %d, want 200", status)
	}
}

// follow reads events until stop returns true.
func follow(t testing.TB, sim *Sim, lastID string, stop func(kind string, data map[string]any) bool) (ids, kinds []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", sim.URL+"/sim/events", nil)
	req.Header.Set("Last-Event-ID", lastID)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("got Content-Type %s, want text/event-stream", got)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	var id, kind string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			ids, kinds = append(ids, id), append(kinds, kind)
			var data map[string]any
			_ = json.Unmarshal([]byte(value), &data)
			if stop(kind, data) {
				return ids, kinds
			}
		}
	}
	t.Fatalf("the event stream ended after the events %v", kinds)
	return nil, nil
}

func TestEventsAreStreamedAndReplayed(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>hi</Message></Response>`))
	sim := start(t, Options{Webhook: app.URL})
	begin := sim.State().LastEventID
	fault(t, sim, Fault{Kind: Fault500})
	text(t, sim, "STOP")
	text(t, sim, "START")
	delivered := func(kind string, data map[string]any) bool {
		return kind == "message.updated" && data["status"] == "delivered" && data["body"] == "hi"
	}
	ids, kinds := follow(t, sim, begin, delivered)
	for _, want := range []string{"faults.changed", "message.created", "message.updated", "webhook.answered", "optout.changed", "debugger.entry"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("got no event %s in %v", want, kinds)
		}
	}
	if kinds[0] != "faults.changed" {
		t.Errorf("the first event is %s, want faults.changed", kinds[0])
	}
	again, replayed := follow(t, sim, ids[2], delivered)
	if strings.Join(again, " ") != strings.Join(ids[3:], " ") || strings.Join(replayed, " ") != strings.Join(kinds[3:], " ") {
		t.Errorf("replayed %v, want %v", replayed, kinds[3:])
	}
}

func TestReaderLearnsOfMissedEvents(t *testing.T) {
	sim := start(t, Options{})
	begin := sim.State().LastEventID
	for range keptEvents + 10 {
		sim.events.publish(eventState, struct{}{})
	}
	first := func(string, map[string]any) bool { return true }
	for name, id := range map[string]string{"too old": begin, "of another run": "00000000-2000", "nonsense": "x"} {
		if _, kinds := follow(t, sim, id, first); kinds[0] != "gap" {
			t.Errorf("%s: got the events %v, want a gap first", name, kinds)
		}
	}
	n := 0
	_, kinds := follow(t, sim, begin, func(string, map[string]any) bool { n++; return n == keptEvents })
	if kinds[1] != "state.changed" {
		t.Errorf("got the events %v, want state.changed after the gap", kinds[:2])
	}
}

func TestResetStartsAfresh(t *testing.T) {
	app := newApplication(t, answer("text/plain", "hi"))
	sim := start(t, Options{Webhook: app.URL, Speed: 1})
	send(t, sim, phone, "hi")
	text(t, sim, "STOP")
	fault(t, sim, Fault{Kind: FaultListingLag})
	outcome(t, sim, Outcome{Status: "failed"})
	advance(t, sim, time.Hour)
	sim.Freeze(true)
	begin := sim.State().LastEventID
	if status, out := ask(t, sim, "POST", "/sim/reset", "{}"); status != 200 || out["messages"] != 0.0 {
		t.Fatalf("got %d %v, want status 200 and no messages", status, out)
	}
	st := sim.State()
	if len(st.OptOuts)+len(st.Faults)+len(st.Outcomes)+st.Messages+len(sim.Debugger())+len(sim.WebhookCalls()) != 0 {
		t.Errorf("left over after a reset: got %+v, want nothing", st)
	}
	if st.Clock.Frozen || time.Duration(st.Clock.Offset).Abs() > time.Minute || len(st.Numbers) != 1 || st.Numbers[0].Webhook != app.URL {
		t.Errorf("got the state %+v, want a running clock at real time, and the number with its webhook", st)
	}
	if _, kinds := follow(t, sim, begin, func(kind string, _ map[string]any) bool { return kind == "reset" }); len(kinds) == 0 {
		t.Error("got no reset event, want one")
	}
	if got := sids(t, rest(t, sim, "GET", "Messages.json", nil)); len(got) != 0 {
		t.Errorf("after a reset, got the messages %v, want none", got)
	}
	send(t, sim, phone, "the opt-out is forgotten")
}

func TestMeasureNamesTheCulprit(t *testing.T) {
	sim := start(t, Options{})
	status, out := ask(t, sim, "POST", "/sim/measure", `{"body":"It’s 42"}`)
	if status != 200 || fmt.Sprint(out) != "map[culprit:’ culpritIndex:2 encoding:UCS-2 segments:1 units:7]" {
		t.Errorf("got %d %v, want UCS-2 because of the apostrophe", status, out)
	}
	if _, out := ask(t, sim, "POST", "/sim/measure", `{"body":"plain €"}`); fmt.Sprint(out) != "map[encoding:GSM-7 segments:1 units:8]" {
		t.Errorf("got %v, want GSM-7 and 8 units", out)
	}
}

func TestStateNamesNoSecret(t *testing.T) {
	sim := start(t, Options{APIKeys: map[string]string{"SK00000000000000000000000000000001": "keysecret"}})
	_, out := ask(t, sim, "GET", "/sim/state", "")
	raw, _ := json.Marshal(out)
	for _, secret := range []string{sim.Token, DefaultTestToken, "keysecret"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the state must not contain the secret %s", secret)
		}
	}
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	sim := start(t, Options{})
	res, err := http.Get(sim.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || !strings.Contains(string(body), "<html") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'self'") {
		t.Errorf("got %d %v %s, want the page with its policy", res.StatusCode, res.Header, body)
	}
}

// The documentation names every control, fault kind and event, and no control
// that does not exist.
func TestDocumentationIsComplete(t *testing.T) {
	raw, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	sim := start(t, Options{})
	known := map[string]bool{"/sim/events": true}
	for control := range sim.controls() {
		_, path, _ := strings.Cut(control, " ")
		path, _, _ = strings.Cut(path, "/{")
		known[path] = true
	}
	mentioned := map[string]bool{}
	for _, path := range regexp.MustCompile(`/sim/[a-z]+`).FindAllString(doc, -1) {
		if mentioned[path] = true; !known[path] {
			t.Errorf("API.md mentions %s, which does not exist", path)
		}
	}
	for path := range known {
		if !mentioned[path] {
			t.Errorf("API.md does not mention %s", path)
		}
	}
	for _, word := range append(slices.Clone(FaultKinds), eventMessageCreated, eventMessageUpdated, eventMessageDeleted, eventWebhook,
		eventDebugger, eventOptOut, eventFaults, eventOutcomes, eventState, eventApplication, eventReset, eventGap) {
		if !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("API.md does not mention `%s`", word)
		}
	}
}

func TestCloseAbortsRequestsInProgress(t *testing.T) {
	entered := make(chan struct{})
	app := newApplication(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	sim, err := Start(Options{Webhook: app.URL})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := sim.Inbound(context.Background(), Inbound{From: phone, To: DefaultNumber, Body: "hi"})
		failed <- err
	}()
	<-entered
	if err := sim.Close(); err != nil {
		t.Errorf("Close returned the error %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("Inbound returned no error although the simulator was closed meanwhile")
	}
	if calls := sim.WebhookCalls(); len(calls) != 1 || calls[0].Error != context.Canceled.Error() {
		t.Errorf("got the calls %+v, want one that was aborted rather than waited for", calls)
	}
	if err := sim.Close(); err != nil {
		t.Errorf("a second Close returned the error %v", err)
	}
}

func TestExamplesAreThoseOfTheApplication(t *testing.T) {
	said := `["a", "b"]`
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, said) }))
	defer app.Close()
	sim := start(t, Options{Examples: app.URL})
	for _, want := range []string{`{"examples":["a","b"]}`, `{"examples":[]}`} {
		status, out := ask(t, sim, "GET", "/sim/examples", "")
		if got, _ := json.Marshal(out); status != 200 || string(got) != want {
			t.Errorf("got %d %s, want %s", status, got, want)
		}
		said = "none"
	}
}

func TestApplicationsChangeIsAnEvent(t *testing.T) {
	var said atomic.Value
	said.Store(`{"examples": ["a"]}`)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, said.Load().(string)) }))
	defer app.Close()
	sim := start(t, Options{Examples: app.URL})
	ask(t, sim, "GET", "/sim/examples", "")
	response, err := http.Get(sim.URL + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{`{"examples":["a"],"paused":"wrong price"}`, `{"examples":["b"]}`} {
		said.Store(want)
		for lines.Scan() && lines.Text() != "event: application.changed" {
		}
		if lines.Scan(); lines.Text() != "data: "+want {
			t.Errorf("got %q, want %q", lines.Text(), "data: "+want)
		}
	}
}
