package scaffold

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// test/docs/scaffold_test.go compiles and runs the projects that this package
// writes.

var options = Options{Name: "shop", TaskQueue: "processes", Library: "../temporal-twilio"}

func read(t *testing.T, dir string) *App {
	t.Helper()
	a, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestScaffoldReadsTriggersAndModels(t *testing.T) {
	a := read(t, "testdata/shop")
	var keys []string
	for _, p := range a.Processes {
		keys = append(keys, p.Key)
	}
	if want := []string{"Process_appointment", "Process_order", "Process_typed", "bookingMessage"}; !slices.Equal(keys, want) {
		t.Errorf("got processes %q, want %q", keys, want)
	}
	p := a.Processes[0]
	want := Payload{Fields: []Field{
		{"attempts", "Attempts", "float64", "number"}, {"day", "Day", "string", "string | null"}, {"phone", "Phone", "string", "string"},
	}}
	if p.Name != "Appointment" || !slices.Equal(p.Triggers, []string{"request"}) || !reflect.DeepEqual(p.Input, want) {
		t.Errorf("got process %+v, want Appointment with trigger request and input %+v", p, want)
	}
	var steps []string
	for _, s := range p.Steps {
		steps = append(steps, s.Kind+" "+s.Name)
		if s.Advice == "" {
			t.Errorf("got no advice for %s", s.Kind)
		}
	}
	if want := []string{
		"userTask Confirm the date", "timer boundaryEvent No answer, PT24H", "error boundaryEvent Event_failed, Error_sms",
		"message intermediateCatchEvent Paid, paid", "serviceTask Say thanks",
	}; !slices.Equal(steps, want) {
		t.Errorf("got steps %q, want %q", steps, want)
	}
	var types []string
	for _, m := range a.Messages {
		types = append(types, m.Type())
	}
	if want := []string{"AnswerMessage", "OrderPaidSignal", "OrderShippedSignal"}; !slices.Equal(types, want) || !a.Messages[1].Payload.Event {
		t.Errorf("got messages %q, want %q", types, want)
	}
	if len(a.Triggers) != 8 {
		t.Errorf("got trigger files %q, want 8", slices.Sorted(maps.Keys(a.Triggers)))
	}
}

func TestScaffoldOverwritesNothing(t *testing.T) {
	a, dir := read(t, "testdata/shop"), filepath.Join(t.TempDir(), "new")
	if _, err := a.Write(dir, "cobol", options); err == nil || !strings.Contains(err.Error(), "go, typescript") {
		t.Errorf("an unknown language: got error %v, want one that lists the languages", err)
	}
	if _, err := a.Write(dir, "go", options); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write(dir, "go", options); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder that is not empty: got error %v, want it refused", err)
	}
}

// start returns a trigger file that starts a process.
func start(key, name string) string {
	return `{"name": "` + name + `", "event": {"source": "connector.t.SMS_RECEIVED"}, "action": {"source": "command-consumer",
 "payload": {"payloadType": "StartProcessPayload", "processDefinitionKey": "` + key + `", "variables": {"a\"b` + "`" + `": 1, "a-b": "x", "a_b": "y"}}}}`
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScaffoldTakesHostileNames(t *testing.T) {
	a := read(t, folder(t, map[string]string{
		"a.json": start(`order*/\n}\nfunc init() { panic(1) }`, `x*/\nvar y int`), "b.json": start("日本", "b"), "c.json": start("9-x", "c"),
		"notes.json": `[1]`, "other.json": `{"event": {"source": "connector.mail.RECEIVED"}, "action": {"source": "x"}}`,
	}))
	for _, language := range Languages {
		files, err := a.render(language, options)
		if err != nil {
			t.Fatal(err) // gofmt refuses code that does not parse
		}
		for _, f := range files {
			if text := string(f.data); strings.Contains(text, "\nvar y") || strings.Contains(text, "\nfunc init()") || strings.Contains(text, "\n} }") {
				t.Errorf("a name was written as code in %s:\n%s", f.name, text)
			}
		}
	}
}

func TestScaffoldRefusesWhatItCannotWrite(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing":            {nil, "neither a process"},
		"names that collide": {map[string]string{"a.json": start("a-b", "a"), "b.json": start("a_b", "b")}, "rename one"},
		"a truncated model": {
			map[string]string{"a.bpmn": `<definitions><process id="a">`}, "a.bpmn: not a BPMN model",
		},
	} {
		if _, err := Read(folder(t, tc.files)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want it to contain %q", name, err, tc.want)
		}
	}
}

// TestReadmeStartsTemporalBeforeTheWorker checks the order, because a worker
// exits if it cannot reach Temporal.
func TestReadmeStartsTemporalBeforeTheWorker(t *testing.T) {
	for language, worker := range map[string]string{"go": "\ngo run .\n", "typescript": "\nnpm start\n"} {
		dir := filepath.Join(t.TempDir(), "shop")
		if _, err := read(t, "testdata/shop").Write(dir, language, options); err != nil {
			t.Fatal(err)
		}
		readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		temporal, after := strings.Index(string(readme), " make run\n"), strings.Index(string(readme), worker)
		if temporal < 0 || after < temporal {
			t.Errorf("got README for %s that does not start Temporal before the worker:\n%s", language, readme)
		}
	}
}
