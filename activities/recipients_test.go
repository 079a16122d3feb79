package activities

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"temporal-twilio/sms"
)

func TestAFileIsReadPageByPageWithoutLossOrRepetition(t *testing.T) {
	dir := t.TempDir()
	var table, lines strings.Builder
	table.WriteString("name, to ,note\n")
	for i := range 95 {
		fmt.Fprintf(&table, "\"Ann \"\"%d\"\"\",+1500%07d,\"two\nlines\"\n", i, i)
		if i%2 == 0 {
			fmt.Fprintf(&lines, "\"+1500%07d\"\r\n\n", i)
		} else {
			fmt.Fprintf(&lines, `{"to":"+1500%07d","variables":{"name":"Ann %d"}}`+"\n", i, i)
		}
	}
	write(t, dir, "all.csv", table.String())
	write(t, dir, "all.jsonl", strings.TrimRight(lines.String(), "\n"))
	a := &Activities{Files: dir}
	for _, name := range []string{"all.csv", "all.jsonl"} {
		for _, limit := range []int{1, 7, 95, 1000} {
			var got []string
			var last Recipient
			for cursor, more := "", true; more; {
				page, err := a.ReadRecipients(t.Context(), PageInput{File: name, Cursor: cursor, Limit: limit})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Recipients {
					got = append(got, r.To)
					last = r
				}
				cursor, more = page.Next, page.Next != ""
			}
			if len(got) != 95 || got[0] != "+15000000000" || got[94] != "+15000000094" {
				t.Errorf("%s by %d gives %d recipients", name, limit, len(got))
			}
			if name == "all.csv" && string(last.Variables) != `{"name":"Ann \"94\"","note":"two\nlines"}` {
				t.Errorf("variables %s", last.Variables)
			}
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFileOutsideTheFolderOrOfAnotherFormIsRefused(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("to\n+1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "none.csv", "")
	write(t, dir, "other.csv", "phone\n+1\n")
	write(t, dir, "ragged.csv", "to,name\n+15000000001\n")
	write(t, dir, "broken.jsonl", "{\n")
	write(t, dir, "long.jsonl", `"`+strings.Repeat("1", maxLine)+`"`)
	write(t, dir, "good.csv", "to\n+15000000001\n")
	a := &Activities{Files: dir}
	for name, in := range map[string]PageInput{
		"a file above":         {File: "../" + filepath.Base(filepath.Dir(secret)) + "/secret.csv"},
		"an absolute path":     {File: secret},
		"a link out":           {File: "link.csv"},
		"a file that is away":  {File: "away.csv"},
		"an empty file":        {File: "none.csv"},
		"no column to":         {File: "other.csv"},
		"rows of other length": {File: "ragged.csv"},
		"a line that is none":  {File: "broken.jsonl"},
		"a line without end":   {File: "long.jsonl"},
		"a cursor of words":    {File: "good.csv", Cursor: "next"},
		"a negative cursor":    {File: "good.csv", Cursor: "-5"},
	} {
		in.Limit = 10
		if page, err := a.ReadRecipients(t.Context(), in); err == nil {
			t.Errorf("%s gives %v", name, page)
		}
	}
	if _, err := (&Activities{}).ReadRecipients(t.Context(), PageInput{File: "good.csv"}); err == nil || !strings.Contains(err.Error(), "BROADCAST_DIR") {
		t.Errorf("without a folder: %v", err)
	}
}

func TestAReportHoldsEachPageOnce(t *testing.T) {
	dir := t.TempDir()
	a := &Activities{Files: dir}
	page := func(n int) ReportInput {
		return ReportInput{Name: "monday", Page: n, Result: SendSmsResult{
			Messages: []sms.Message{{To: fmt.Sprint("+1", n), SID: "SM1", Status: sms.Queued, Segments: 1}},
			Errors:   []sms.Error{{To: fmt.Sprint("+2", n), Code: sms.InvalidTo, Message: "no"}},
		}}
	}
	for _, n := range []int{0, 1, 1, 2, 0} { // some written again
		if err := a.WriteReport(t.Context(), page(n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // and finished again
		name, err := a.FinishReport(t.Context(), FinishInput{Name: "monday", Pages: 3})
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
	if want := []string{"+10", "+20", "+11", "+21", "+12", "+22"}; !reflect.DeepEqual(to, want) {
		t.Errorf("the report tells of %v", to)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	for _, name := range []string{"../up", "a/b", "", ".hidden"} {
		if err := a.WriteReport(t.Context(), ReportInput{Name: name}); err == nil {
			t.Errorf("a report named %q is written", name)
		}
	}
}
