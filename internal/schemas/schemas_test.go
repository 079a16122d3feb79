package schemas

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/broadcast"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/workflows"
)

const root = "../.."

func TestSchemasAreCurrent(t *testing.T) {
	want, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "docs", "schemas")
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		data, err := os.ReadFile(path)
		if !bytes.Equal(data, want[filepath.ToSlash(name)]) {
			t.Errorf("docs/schemas/%s is not current: run go generate ./internal/schemas", name)
		}
		delete(want, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		t.Errorf("docs/schemas/%s is missing: run go generate ./internal/schemas", name)
	}
}

// registry records what a worker registers.
type registry struct {
	worker.Registry
	names []string
}

func (r *registry) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	r.names = append(r.names, options.Name)
}

func (r *registry) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	r.names = append(r.names, options.Name)
}

func TestSchemasCoverRegisteredTypes(t *testing.T) {
	var r registry
	new(activities.Activities).Register(&r)
	new(broadcast.Files).Register(&r)
	workflows.Register(&r)
	if len(r.names) < 29 {
		t.Fatalf("got only %d registered names, want at least 29: %q", len(r.names), r.names)
	}
	described := validators(t)
	for _, name := range r.names {
		if slices.Contains([]string{sms.QuestionsWorkflowName, sms.CapsSmsWorkflowName, sms.PauseSmsWorkflowName}, name) {
			continue // their input is the state of earlier runs, or there is none
		}
		if described[name+"Input"] == nil {
			t.Errorf("%s has no schema for its input", name)
		}
	}
}

func TestSchemasContainAllValues(t *testing.T) {
	source, err := readSource(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range types {
		if kind.Kind() == reflect.String && len(source.constants[name]) == 0 {
			t.Errorf("no constants of type %s were found in its source", name)
		}
	}
}

// validators returns the compiled schema of each payload in docs/schemas, by
// the payload's name.
func validators(t *testing.T) map[string]*jsonschema.Resolved {
	t.Helper()
	compiled := map[string]*jsonschema.Resolved{}
	for _, p := range payloads() {
		data, err := os.ReadFile(filepath.Join(root, "docs", "schemas", p.path()))
		if err != nil {
			t.Fatal(err)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatalf("%s: got %v", p.path(), err)
		}
		if compiled[p.name], err = schema.Resolve(nil); err != nil {
			t.Fatalf("%s: got %v", p.path(), err)
		}
	}
	return compiled
}

func validate(schema *jsonschema.Resolved, data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	return schema.Validate(value)
}

// seen is a payload in a recorded history.
type seen struct {
	name string
	*commonpb.Payloads
}

// payloadsOf returns the payloads in a history that have a schema.
func payloadsOf(history *historypb.History) (found []seen) {
	workflowName, scheduled := "", map[int64]string{}
	for _, event := range history.GetEvents() {
		add := func(name string, data *commonpb.Payloads) { found = append(found, seen{name, data}) }
		if a := event.GetWorkflowExecutionStartedEventAttributes(); a != nil {
			workflowName = a.GetWorkflowType().GetName()
			add(workflowName+"Input", a.GetInput())
		}
		if a := event.GetWorkflowExecutionCompletedEventAttributes(); a != nil {
			add(workflowName+"Result", a.GetResult())
		}
		if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
			scheduled[event.GetEventId()] = a.GetActivityType().GetName()
			add(a.GetActivityType().GetName()+"Input", a.GetInput())
		}
		if a := event.GetActivityTaskCompletedEventAttributes(); a != nil {
			add(scheduled[a.GetScheduledEventId()]+"Result", a.GetResult())
		}
		if a := event.GetWorkflowExecutionSignaledEventAttributes(); a != nil {
			add(signals[a.GetSignalName()], a.GetInput())
		}
	}
	return found
}

var signals = map[string]string{
	sms.StatusSignal: "SmsStatusSignal", sms.ReplySignal: "SmsReplySignal", sms.GiveUpSignal: "GiveUpSignal",
	sms.QuestionOpenSignal: "QuestionOpenSignal", sms.QuestionCloseSignal: "QuestionCloseSignal",
}

func TestRecordedPayloadsMatchSchemas(t *testing.T) {
	schemas, counts := validators(t), map[string]int{}
	paths, err := filepath.Glob(filepath.Join(root, "test", "replay", "testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var history historypb.History
		read := temporalproto.CustomJSONUnmarshalOptions{}
		if err := read.Unmarshal(data, &history); err != nil {
			t.Fatalf("%s: got %v", path, err)
		}
		for _, payload := range payloadsOf(&history) {
			schema := schemas[payload.name]
			if schema == nil || len(payload.GetPayloads()) == 0 {
				continue
			}
			data := payload.GetPayloads()[0].GetData()
			recorded := filepath.Base(path) + " " + payload.name
			if err := validate(schema, data); err != nil && !undescribed[recorded] {
				t.Errorf("%s: %v\n%s", recorded, err, data)
			}
			counts[payload.name]++
		}
	}
	if len(counts) < 25 {
		t.Errorf("got payloads of only %d types in the histories, want at least 25: %v", len(counts), slices.Sorted(maps.Keys(counts)))
	}
}

// undescribed lists recorded payloads that need not have the documented form.
var undescribed = map[string]bool{
	"ask-sms-checked.json AskSmsWorkflowInput":                    true, // written differently
	"broadcast-sms-continued-last.json BroadcastSmsWorkflowInput": true, // the state of the previous run
	"catch-up-sms.json CatchUpSmsInput":                           true, // from a version without the field "through"
}

// documented matches an input in sending.md and the name of its workflow.
var documented = regexp.MustCompile("(?s)```json (\\w+)\n(.*?)```")

func TestDocumentedInputsMatchSchemas(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "sending.md"))
	if err != nil {
		t.Fatal(err)
	}
	inputs := documented.FindAllSubmatch(page, -1)
	if len(inputs) < 5 {
		t.Fatalf("found only %d inputs in docs/sending.md, want at least 5", len(inputs))
	}
	schemas := validators(t)
	for _, input := range inputs {
		if err := validate(schemas[string(input[1])+"Input"], input[2]); err != nil {
			t.Errorf("the schema refuses an input in docs/sending.md: %v\n%s", err, input[0])
		}
	}
}

func TestPublishedEventsMatchSchema(t *testing.T) {
	group := "42"
	event, err := json.Marshal(triggers.Event{
		Event: sms.EventReceived, MatchGroups: map[string]*string{"1": &group, "2": nil},
		Media: []sms.Media{{URL: "https://example.com/a.png", ContentType: "image/png"}}, Location: &sms.Location{},
		Reaction: &sms.Reaction{Emoji: "👍"}, Parameters: map[string]string{"FromCountry": "US"}, ReceivedAt: time.Unix(0, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(validators(t)["TriggerEvent"], event); err != nil {
		t.Errorf("the schema refuses a published event: %v\n%s", err, event)
	}
}

func TestSchemasRefuseInvalidInput(t *testing.T) {
	schemas := validators(t)
	for name, input := range map[string]string{
		"SendSmsInput":              `{"smsFrom": "+15005550006", "smsBody": "Hello"}`,
		"SendSmsWorkflowInput":      `{"smsTo": "+15005550009", "smsBdoy": "Hello"}`,
		"AskSmsWorkflowInput":       `{"smsTo": "+15005550009", "ifSeveral": "any"}`,
		"BroadcastSmsWorkflowInput": `{"file": "customers.csv", "quietHours": {"from": "21:00"}}`,
		"SendSmsResult":             `{"messages": null, "errors": [], "twilioResult": "[]", "twilioError": null}`,
	} {
		if validate(schemas[name], []byte(input)) == nil {
			t.Errorf("the schema of %s accepts %s, want a refusal", name, input)
		}
	}
}

func TestDescriptionsUseJSONNames(t *testing.T) {
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	if file := string(files["SendSmsInput.json"]); !strings.Contains(file, "Required unless messagingServiceSid is set") {
		t.Error("the schema of SendSmsInput does not use the JSON name messagingServiceSid")
	}
}
