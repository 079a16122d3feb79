package payload

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"temporal-twilio/internal/telemetry"
)

func TestMetricsShowKeys(t *testing.T) {
	ring := open(t, keyFile(t, "two", "one", "two"))
	metrics := must(telemetry.NewMetrics())(t)
	if err := ring.Measure(metrics.Meter); err != nil {
		t.Fatal(err)
	}
	foreign := must(protected(open(t, keyFile(t, "three", "three"))).DataConverter.ToPayload(secret))(t)
	if err := protected(ring).DataConverter.FromPayload(foreign, new(string)); err == nil {
		t.Fatal("a payload encrypted with another ring's key was read")
	}
	shown := httptest.NewRecorder()
	metrics.Handler.ServeHTTP(shown, httptest.NewRequest("GET", "/metrics", nil))
	page := shown.Body.String()
	if has := must(ReadInventory(strings.NewReader(page)))(t); fmt.Sprint(has) != "{[one two] two}" {
		t.Errorf("got the inventory %v, want keys one and two, from:\n%s", has, page)
	}
	lines := strings.Split(page, "\n")
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "sms_payloads_unreadable_total{") && strings.Contains(line, `reason="missing key"`) && strings.HasSuffix(line, " 1")
	}) {
		t.Errorf("the unreadable payload is not counted in:\n%s", page)
	}
}

func TestDifferencesNameProcessesLackingKey(t *testing.T) {
	if lines := Differences(map[string]Inventory{
		"a": {Known: []string{"one"}, Current: "one"}, "b": {Known: []string{"one", "two"}, Current: "one"}, "c": {Known: []string{"one"}},
	}); len(lines) > 0 {
		t.Errorf("got %q although every process has all current keys", lines)
	}
	lines := Differences(map[string]Inventory{"a": {Known: []string{"one"}, Current: "one"}, "b": {Known: []string{"one", "two"}, Current: "two"}, "c": {}})
	if len(lines) != 3 || lines[0] != `a encrypts with the key "one", which c lacks: add it to the key file of c` {
		t.Errorf("got the differences %q, want three, the first for a and c", lines)
	}
}
