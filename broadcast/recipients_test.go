package broadcast

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// files returns the activities for a directory, with a Party that parses
// numbers as SendSms does.
func files(t *testing.T, dir, region string) *Files {
	t.Helper()
	store, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &Files{Store: store, Party: (&activities.Activities{DefaultRegion: region}).Party}
}

func TestPagesNeitherLoseNorRepeatRecords(t *testing.T) {
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
	a := files(t, dir, "")
	for _, name := range []string{"all.csv", "all.jsonl"} {
		for _, limit := range []int{1, 7, 95, 1000} {
			var got []string
			var last sms.Recipient
			for cursor, more := "", true; more; {
				page, err := a.ReadRecipients(t.Context(), sms.PageInput{File: name, Cursor: cursor, Limit: limit})
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
				t.Errorf("%s in pages of %d: got %d recipients, want all 95 in file order: %v", name, limit, len(got), got)
			}
			if name == "all.csv" && string(last.Variables) != `{"name":"Ann \"94\"","note":"two\nlines"}` {
				t.Errorf("got %s as the last recipient's variables, want the name with quotes and the note with a line break", last.Variables)
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

func TestInvalidFilesAreRefused(t *testing.T) {
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
	write(t, dir, "good.csv", "to\n+15000000001\n")
	a := files(t, dir, "")
	for name, in := range map[string]sms.PageInput{
		"a file outside":    {File: "../" + filepath.Base(filepath.Dir(secret)) + "/secret.csv"},
		"an absolute path":  {File: secret},
		"a link out":        {File: "link.csv"},
		"a missing file":    {File: "away.csv"},
		"an empty file":     {File: "none.csv"},
		"no column to":      {File: "other.csv"},
		"an invalid cursor": {File: "good.csv", Cursor: "next"},
		"a negative cursor": {File: "good.csv", Cursor: "-5"},
	} {
		in.Limit = 10
		if page, err := a.ReadRecipients(t.Context(), in); err == nil {
			t.Errorf("%s: got %v, want an error", name, page)
		}
	}
	if _, err := (&Files{}).ReadRecipients(t.Context(), sms.PageInput{File: "good.csv"}); err == nil || !strings.Contains(err.Error(), "BROADCAST_STORE") {
		t.Errorf("without a store: got error %v, want it to contain BROADCAST_STORE", err)
	}
}

// readAll reads a file page by page, and returns the addresses and the errors
// for bad records.
func readAll(t *testing.T, a *Files, name, region string, limit int) (to []string, bad []sms.Error) {
	t.Helper()
	for cursor, more := "", true; more; {
		page, err := a.ReadRecipients(t.Context(), sms.PageInput{File: name, DefaultRegion: region, Cursor: cursor, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Recipients {
			to = append(to, r.To)
		}
		bad = append(bad, page.Errors...)
		cursor, more = page.Next, page.Next != ""
	}
	return to, bad
}

func TestDuplicateNumbersAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "list.csv", "to\n+12125550100\n(212) 555-0101\nwhatsapp:+12125550100\n+1 212 555 0101\nnobody\n212-555-0100\nnobody\n+12125550102\n")
	want := []string{"+12125550100", "(212) 555-0101", "whatsapp:+12125550100", "nobody", "nobody", "+12125550102"}
	for _, limit := range []int{1, 2, 3, 100} {
		if got, _ := readAll(t, files(t, dir, "US"), "list.csv", "", limit); !slices.Equal(got, want) {
			t.Errorf("in pages of %d, in the worker's region: got %q, want %q", limit, got, want)
		}
		if got, _ := readAll(t, files(t, dir, "DE"), "list.csv", "US", limit); !slices.Equal(got, want) {
			t.Errorf("in pages of %d, in the send's region: got %q, want %q", limit, got, want)
		}
	}
	repeated, err := files(t, dir, "US").FindRepeated(t.Context(), sms.RepeatedInput{
		Recipients: sms.To("+12125550100", "nobody", "212 555 0100", "nobody", "+12125550101", "+12125550100"),
	})
	if want := []int{2, 5}; err != nil || !slices.Equal(repeated, want) {
		t.Errorf("in a list: got repeated indexes %v, error %v, want %v", repeated, err, want)
	}
}

func TestLinesWithoutRecipientAreReported(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "list.csv", "to,name\n,Ann\n+15000000001,Bo\n  ,Cy\n")
	write(t, dir, "list.jsonl", "{\"to\": \"\"}\n{\"to\": \"+15000000001\"}\n{\"variables\": {\"name\": \"Cy\"}}\n")
	for name, want := range map[string]string{
		"list.csv":   "line 2 of the file has no recipient; line 4 of the file has no recipient",
		"list.jsonl": "line 1 of the file has no recipient; line 3 of the file has no recipient",
	} {
		to, bad := readAll(t, files(t, dir, ""), name, "", 100)
		var said []string
		for _, problem := range bad {
			said = append(said, problem.Message)
		}
		if got := strings.Join(said, "; "); got != want || !slices.Equal(to, []string{"+15000000001"}) {
			t.Errorf("%s: got recipients %q and errors %q, want +15000000001 and %q", name, to, got, want)
		}
	}
}

func TestBadLinesDoNotAffectOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "list.csv", strings.Join([]string{
		"\ufeff\"to\",name", "+15000000001,Ann", "+15000000002", "+15000000003,\"Bo", "+15000000004,5\" pipe",
		"+15000000005,\"two", "lines\"", "", strings.Repeat("6", maxRecord+1), "+15000000007,\"\"\"Cy\"\"\"", strings.Repeat("8", maxAddress+1) + ",Di", "+15000000009,\"Ed",
	}, "\r\n"))
	write(t, dir, "list.jsonl", strings.Join([]string{
		`"+15000000001"`, `{"to":`, strings.Repeat("3", 9*maxRecord), `["+15000000004"]`, "", `{"to":"+15000000005"}`,
	}, "\n"))
	for name, want := range map[string]struct {
		to    []string
		lines []int
	}{
		"list.csv":   {[]string{"+15000000001", "+15000000005", "+15000000007"}, []int{3, 4, 9, 11, 12}},
		"list.jsonl": {[]string{"+15000000001", `["+15000000004"]`, "+15000000005"}, []int{2, 3}},
	} {
		for _, limit := range []int{1, 2, 100} {
			to, bad := readAll(t, files(t, dir, ""), name, "", limit)
			var lines []int
			for _, problem := range bad {
				var line int
				message := strings.Replace(problem.Message, "the record on lines 4 to 5", "line 4", 1)
				if _, err := fmt.Sscanf(message, "line %d of the file ", &line); err != nil || problem.Code != sms.CodeInvalidInput {
					t.Errorf("%s: got %+v, want INVALID_INPUT with the line's number", name, problem)
				}
				lines = append(lines, line)
			}
			if !slices.Equal(to, want.to) || !slices.Equal(lines, want.lines) {
				t.Errorf("%s in pages of %d: got recipients %.200q and bad lines %v, want %q and %v", name, limit, to, lines, want.to, want.lines)
			}
		}
	}
}

func TestPagesFitIntoPayload(t *testing.T) {
	dir := t.TempDir()
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, `{"to":"+1500%07d","variables":{"name":"%s"}}`+"\n", i, strings.Repeat("<", 60<<10))
	}
	write(t, dir, "list.jsonl", lines.String())
	read := 0
	for cursor, more := "", true; more; {
		page, err := files(t, dir, "").ReadRecipients(t.Context(), sms.PageInput{File: "list.jsonl", Cursor: cursor, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := json.Marshal(page); err != nil || len(data) > 2<<20 {
			t.Errorf("a page of %d recipients: got %d bytes, error %v, want at most 2 MiB", len(page.Recipients), len(data), err)
		}
		read += len(page.Recipients)
		cursor, more = page.Next, page.Next != ""
	}
	if read != 30 {
		t.Errorf("got %d recipients, want 30", read)
	}
}

func TestFewReadingsAreKept(t *testing.T) {
	f := &Files{}
	for range 3 * maxReadings {
		f.keep(&reading{})
	}
	if got := len(f.readings); got != maxReadings {
		t.Errorf("got %d readings, want %d", got, maxReadings)
	}
}
