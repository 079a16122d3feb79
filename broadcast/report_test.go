package broadcast

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestReportContainsEachPageOnce(t *testing.T) {
	dir := t.TempDir()
	a := files(t, dir, "")
	page := func(n int) sms.ReportInput {
		return sms.ReportInput{Name: "monday", Broadcast: "b1", Page: n, Result: sms.ReportPage{
			Messages: []sms.Message{{To: fmt.Sprint("+1", n), SID: "SM1", Status: sms.StatusQueued, Segments: 1}},
			Errors:   []sms.Error{{To: fmt.Sprint("+2", n), Code: sms.CodeInvalidTo, Message: "no"}},
		}}
	}
	for range 2 { // the second time is a retry
		if _, err := a.BeginBroadcast(t.Context(), sms.BeginInput{Report: "monday", Broadcast: "b1"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{0, 1, 1, 2, 0} { // some pages are written again
		if err := a.WriteReport(t.Context(), page(n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time is a retry
		name, err := a.FinishReport(t.Context(), sms.FinishInput{Name: "monday", Broadcast: "b1", Pages: 3})
		if err != nil || name != "monday.jsonl" {
			t.Fatal(name, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "monday.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var to []string
	for line := range strings.Lines(string(data)) {
		to = append(to, strings.Split(line, `"`)[3])
	}
	if want := []string{"+10", "+20", "+11", "+21", "+12", "+22"}; !slices.Equal(to, want) {
		t.Errorf("the report contains %v, want %v", to, want)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("the store contains %q, want only the report", left)
	}
}

func TestBroadcastsNeverShareReport(t *testing.T) {
	dir := t.TempDir()
	a := files(t, dir, "")
	begin := func(broadcast string) error {
		_, err := a.BeginBroadcast(t.Context(), sms.BeginInput{Report: "monday", Broadcast: broadcast})
		return err
	}
	if err := begin("b1"); err != nil {
		t.Fatal(err)
	}
	if err := begin("b2"); err == nil {
		t.Error("a second broadcast began while the first was writing its report")
	}
	if err := a.WriteReport(t.Context(), sms.ReportInput{Name: "monday", Broadcast: "b2"}); err == nil {
		t.Error("a page of the second broadcast was written to the first one's report")
	}
	if _, err := a.FinishReport(t.Context(), sms.FinishInput{Name: "monday", Broadcast: "b2", Pages: 1}); err == nil {
		t.Error("the second broadcast finished the first one's report")
	}
	if err := a.WriteReport(t.Context(), sms.ReportInput{Name: "monday", Broadcast: "b1"}); err != nil {
		t.Error(err)
	}
	if _, err := a.FinishReport(t.Context(), sms.FinishInput{Name: "monday", Broadcast: "b1", Pages: 1}); err != nil {
		t.Error(err)
	}
	if err := begin("b3"); err == nil {
		t.Error("a broadcast began with the name of a finished report")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("the store contains %q, want only the report", left)
	}
}

func TestEmptyBroadcastLeavesNoReport(t *testing.T) {
	dir := t.TempDir()
	a := files(t, dir, "")
	for range 2 {
		if _, err := a.BeginBroadcast(t.Context(), sms.BeginInput{Report: "monday", Broadcast: "b1"}); err != nil {
			t.Fatal(err)
		}
		if name, err := a.FinishReport(t.Context(), sms.FinishInput{Name: "monday", Broadcast: "b1"}); name != "" || err != nil {
			t.Errorf("got report %q and error %v, want neither", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("the store contains %q, want nothing", left)
	}
}

func TestBroadcastChecksFilesFirst(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "other.csv", "phone\n+1\n")
	for name, in := range map[string]sms.BeginInput{
		"a missing file":       {File: "away.csv"},
		"no column to":         {File: "other.csv"},
		"a report outside":     {Report: "../up"},
		"a report in a folder": {Report: "a/b"},
		"a hidden report":      {Report: ".hidden"},
	} {
		if _, err := files(t, dir, "").BeginBroadcast(t.Context(), in); err == nil {
			t.Errorf("%s: got no error, want a refusal", name)
		}
	}
	if _, err := (&Files{}).BeginBroadcast(t.Context(), sms.BeginInput{Report: "monday"}); err == nil || !strings.Contains(err.Error(), "BROADCAST_STORE") {
		t.Errorf("without a store: got error %v, want it to contain BROADCAST_STORE", err)
	}
}
