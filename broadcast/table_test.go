package broadcast

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"temporal-twilio/sms"
)

// inUTF16 returns a text in UTF-16, with or without a byte order mark.
func inUTF16(order binary.AppendByteOrder, mark bool, text string) string {
	if mark {
		text = "\ufeff" + text
	}
	var data []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

// read reads a whole file in pages of the given size, either each on a
// different worker or all on the same one.
func read(t *testing.T, dir, name string, limit int, fresh bool) (all sms.Page) {
	t.Helper()
	worker := files(t, dir, "US")
	for {
		if fresh {
			worker = files(t, dir, "US")
		}
		page, err := worker.ReadRecipients(t.Context(), sms.PageInput{File: name, Cursor: all.Next, Limit: limit})
		if err != nil {
			t.Fatalf("%s in pages of %d, at cursor %q: got error %v, want none", name, limit, all.Next, err)
		}
		all.Recipients = append(all.Recipients, page.Recipients...)
		all.Errors = append(all.Errors, page.Errors...)
		if all.Next = page.Next; all.Next == "" {
			return all
		}
	}
}

func TestTablesAreReadLeniently(t *testing.T) {
	const ann, bo = `{"+15005550009" {"name":"Renée"}}`, `{"+15005550010" {"name":"José – Zoë 🎂"}}`
	plain := "to,name\r\n+15005550009,Renée\r\n+15005550010,José – Zoë 🎂\r\n"
	semicolons, tabs := strings.ReplaceAll(plain, ",", ";"), strings.ReplaceAll(plain, ",", "\t")
	for name, tc := range map[string]struct {
		text string
		want string
		bad  int
	}{
		"commas":                       {plain, ann + bo, 0},
		"a mark":                       {"\ufeff" + plain, ann + bo, 0},
		"semicolons":                   {semicolons, ann + bo, 0},
		"tabs":                         {tabs, ann + bo, 0},
		"bars":                         {strings.ReplaceAll(plain, ",", "|"), ann + bo, 0},
		"sep=;":                        {"\ufeffsep=;\r\n" + semicolons, ann + bo, 0},
		"UTF-16 LE":                    {inUTF16(binary.LittleEndian, true, tabs), ann + bo, 0},
		"UTF-16 BE":                    {inUTF16(binary.BigEndian, true, tabs), ann + bo, 0},
		"UTF-16 LE, no mark":           {inUTF16(binary.LittleEndian, false, plain), ann + bo, 0},
		"UTF-16 BE, no mark":           {inUTF16(binary.BigEndian, false, "sep=;\n"+semicolons), ann + bo, 0},
		"half a character":             {inUTF16(binary.LittleEndian, true, tabs) + "+\x001\x00\x3d\xd8\n\x00" + "+\x00", ann + bo, 2},
		"unpaired surrogates":          {inUTF16(binary.BigEndian, true, tabs) + "\xdd\xd5\xde\x93\x00\n\xd8\x3d\xd8\x3d\x00\n\x00+\xd8\x3d\x00", ann + bo, 3},
		"a space after the comma":      {"to, name\n+15005550009, Renée\n+15005550010, \"José – Zoë 🎂\"", ann + bo, 0},
		"an empty cell after a tab":    {"to\tfirst\tlast\n+15005550009\t\tLee\n", `{"+15005550009" {"first":"","last":"Lee"}}`, 0},
		"quotes and line breaks":       {"name;to\n\"Ann \"\"Lee\"\"\n;Smith\";+15005550009\n", `{"+15005550009" {"name":"Ann \"Lee\"\n;Smith"}}`, 0},
		"a quoted header":              {"\"to\",\"first\nname\"\n+15005550009,Ann\n", `{"+15005550009" {"first\nname":"Ann"}}`, 0},
		"a comma in a semicolon file":  {"to;name\n+15005550009;Lee, Ann\n", `{"+15005550009" {"name":"Lee, Ann"}}`, 0},
		"bare quotes":                  {"to,name\n+15005550009,Ann \"Annie\" Lee\n", `{"+15005550009" {"name":"Ann \"Annie\" Lee"}}`, 0},
		"empty rows and columns":       {"to,name,,\n,,,\n+15005550009,Ann,,\n \n+15005550010,Bo,,,,,\n+15005550011\n", `{"+15005550009" {"name":"Ann"}}{"+15005550010" {"name":"Bo"}}`, 1},
		"numbers alone":                {"TO\n+15005550009\n\n+15005550010", `{"+15005550009" }{"+15005550010" }`, 0},
		"a lost character in a note":   {"to,note\n+15005550009,\"Ren\ufffd:\n+15005550011,his old one\"\n+15005550010,Bo", `{"+15005550010" {"note":"Bo"}}`, 1},
		"too few fields, with a note":  {"to,note,n\n+15005550009,\"Ann:\n+15005550011,her,old\"\n+15005550010,Bo,1", `{"+15005550010" {"n":"1","note":"Bo"}}`, 1},
		"a quote that is never closed": {"to,note\n+15005550009,\"Ann\n+15005550010,Bo", `{"+15005550010" {"note":"Bo"}}`, 1},
		"a space and a quote in tabs":  {"to\tname\n+15005550009\t \"Annie\n+15005550010\tBo\n+15005550011\t\"Cy\"\n", `{"+15005550009" {"name":" \"Annie"}}{"+15005550010" {"name":"Bo"}}{"+15005550011" {"name":"Cy"}}`, 0},
		"a note after a tab":           {"note,to\n\t\"her old one:\n+15005550011,+15005550011\n\",+15005550009\nBo,+15005550010\n", `{"+15005550009" {"note":"her old one:\n+15005550011,+15005550011\n"}}{"+15005550010" {"note":"Bo"}}`, 0},
		"a note after a hard space":    {"note,to\n\u00a0\"her old one:\nx,+15005550011\n\",+15005550009\n", `{"+15005550009" {"note":"her old one:\nx,+15005550011\n"}}`, 0},
		"a lost character":             {"to,name\n+15005550009,Ren\ufffd\n+15005550010,Bo", `{"+15005550010" {"name":"Bo"}}`, 1},
		"a zero byte":                  {"to,name\n+15005550009,Ren\x00\n+15005550010,Bo", `{"+15005550010" {"name":"Bo"}}`, 1},
	} {
		dir := t.TempDir()
		write(t, dir, "list.csv", tc.text)
		for _, limit := range []int{1, 2, 100} {
			for _, fresh := range []bool{true, false} {
				all, got := read(t, dir, "list.csv", limit, fresh), ""
				for _, r := range all.Recipients {
					got += fmt.Sprintf("{%q %s}", r.To, r.Variables)
				}
				if got != tc.want || len(all.Errors) != tc.bad {
					t.Errorf("%s, in pages of %d: got %s\nand %v\nwant %s", name, limit, got, all.Errors, tc.want)
				}
			}
		}
		if found, err := files(t, dir, "US").BeginBroadcast(t.Context(), sms.BeginInput{File: "list.csv"}); err != nil || found.Total != strings.Count(tc.want, "{\"+")+tc.bad {
			t.Errorf("%s: got a scan of %+v, error %v, want a total of %d", name, found, err, strings.Count(tc.want, "{\"+")+tc.bad)
		}
	}
}

func TestAmbiguousFilesAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"to,name\r\n+15005550009,Ann\r\n+15005550010,Ren\xe9\r\n": "line 3 is not UTF-8: it has the byte 0xE9, which is 'é' in Windows-1252; save the file as UTF-8",
		"to,pr\xe9nom\n+15005550009,Ann\n":                        "the header of the file is not UTF-8",
		"to,name,To\n+15005550009,Ann,+15005550010\n":             `has the column "to" twice, as "to" and as "To"`,
		"to,name,name \n+15005550009,Ann,Bo\n":                    `has the column "name" twice`,
		"phone,name\n+15005550009,Ann\n":                          `has no column "to"`,
		"sep=#\nto#name\n+15005550009#Ann\n":                      `the file says "sep=#"`,
		"to,name\r+15005550009,Ann\r":                             "end in CR alone",
		"PK\x03\x04 and so on":                                    "an Excel workbook",
		"\x1f\x8b\x08":                                            "is compressed",
		"\xff\xfe\x00\x00t\x00\x00\x00":                           "is UTF-32",
		"":                                                        "has no header",
		"\nto,name\n+15005550009,Ann":                             "its first line is blank",
	} {
		dir := t.TempDir()
		write(t, dir, "list.csv", text)
		if _, err := files(t, dir, "US").BeginBroadcast(t.Context(), sms.BeginInput{File: "list.csv"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got error %v, want it to contain %q", text, err, says)
		}
	}
	dir := t.TempDir()
	write(t, dir, "list.jsonl", "{\"to\":\"+15005550009\",\"variables\":{\"name\":\"Ren\xe9\"}}\n")
	if _, err := files(t, dir, "US").BeginBroadcast(t.Context(), sms.BeginInput{File: "list.jsonl"}); err == nil || !strings.Contains(err.Error(), "Windows-1252") {
		t.Errorf("JSON lines in Windows-1252: got error %v, want it to name the encoding", err)
	}
}

// counting is a store that counts the bytes that are read from it.
type counting struct {
	Store
	bytes *int
}

func (c counting) open(ctx context.Context, name string, offset int64) (io.ReadCloser, string, error) {
	file, version, err := c.Store.open(ctx, name, offset)
	return counted{file, c.bytes}, version, err
}

type counted struct {
	io.ReadCloser
	bytes *int
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	*c.bytes += n
	return n, err
}

func TestPagesReadFileOnce(t *testing.T) {
	dir := t.TempDir()
	var list strings.Builder
	list.WriteString("to,name\n")
	for i := range 20_000 {
		fmt.Fprintf(&list, "+1500%07d,%s\n", i, strings.Repeat("n", 50))
	}
	write(t, dir, "list.csv", list.String())
	worker, bytes := files(t, dir, "US"), 0
	worker.Store = counting{worker.Store, &bytes}
	pages := 0
	for cursor, more := "", true; more; pages++ {
		page, err := worker.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Cursor: cursor, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		cursor, more = page.Next, page.Next != ""
	}
	// Each page reads slightly more than it needs and discards the rest.
	if most := list.Len() + pages*16<<10; pages < 100 || bytes > most {
		t.Errorf("got %d pages and %d bytes read from a file of %d bytes, want at least 100 pages and at most %d bytes", pages, bytes, list.Len(), most)
	}
}

func TestFileChangedDuringBroadcastIsDetected(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after string
		want          []string // the recipients of the second page, or nil if the file is refused
	}{
		"more at its end": {"to\n+15005550009\n+15005550010\n", "to\n+15005550009\n+15005550010\n+15005550011\n", []string{"+15005550010", "+15005550011"}},
		"another before":  {"to\n+15005550009\n+15005550010\n", "to\n+15005550008\n+15005550010\n+15005550011\n", nil},
		"one in between":  {"to\n+15005550009\n+15005550010\n", "to\n+15005550001\n+15005550009\n+15005550010\n", nil},
		"shorter":         {"to\n+15005550009\n+15005550010\n", "to\n", nil},
	} {
		dir := t.TempDir()
		write(t, dir, "list.csv", tc.before)
		worker := files(t, dir, "US")
		page, err := worker.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "list.csv", tc.after)
		page, err = worker.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Cursor: page.Next, Limit: 10})
		var got []string
		for _, r := range page.Recipients {
			got = append(got, r.To)
		}
		if (err != nil) != (tc.want == nil) || !slices.Equal(got, tc.want) {
			t.Errorf("%s: got a second page of %q, error %v, want %q, or an error if that is empty", name, got, err, tc.want)
		}
		if err != nil && !strings.Contains(err.Error(), "was changed before byte") {
			t.Errorf("%s: got error %v, want it to say that the file was changed", name, err)
		}
	}
}

func TestOldCursorsWork(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "list.csv", "to\n+15005550009\n+15005550010\n+15005550009\n")
	first, err := files(t, dir, "US").ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, cursor := range []string{"16", strings.TrimSuffix(first.Next, "-0")} {
		page, err := files(t, dir, "US").ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Cursor: cursor, Limit: 10})
		if err != nil || len(page.Recipients) != 1 || page.Recipients[0].To != "+15005550010" {
			t.Errorf("cursor %s: got page %+v, error %v, want only the second recipient", cursor, page, err)
		}
	}
}

// The beginning of a number may be the number of another phone.
func TestIncompleteLastLineIsNotTexted(t *testing.T) {
	for name, tc := range map[string]struct{ before, after, want string }{
		"a line added in part":                  {"to\n+15005550009\n", "to\n+15005550009\n+491701234", "+15005550009"},
		"a line added in full":                  {"to\n+15005550009\n", "to\n+15005550009\n+15005550010\n", "+15005550009 +15005550010"},
		"no line break from the start":          {"to\n+15005550009\n+15005550010", "to\n+15005550009\n+15005550010", "+15005550009 +15005550010"},
		"a line completed during the broadcast": {"to\n+15005550009\n+491701234", "to\n+15005550009\n+4917012345678\n", "+15005550009 +4917012345678"},
		"a line that is still incomplete":       {"to\n+15005550009\n+491701234", "to\n+15005550009\n+491701234567", "+15005550009"},
	} {
		dir := t.TempDir()
		write(t, dir, "list.csv", tc.before)
		begun, err := files(t, dir, "US").BeginBroadcast(t.Context(), sms.BeginInput{File: "list.csv"})
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "list.csv", tc.after)
		var got []string
		said := ""
		for _, limit := range []int{1, 2} { // each page is read by a different worker
			page, err := files(t, dir, "US").ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Cursor: begun.Cursor, Limit: limit})
			if err != nil {
				t.Fatal(name, err)
			}
			for _, r := range page.Recipients {
				got = append(got, r.To)
			}
			for _, e := range page.Errors {
				said += e.Message
			}
			begun.Cursor = page.Next
		}
		if strings.Join(got, " ") != tc.want || strings.Contains(said, "line 3 of the file was added after the broadcast began") != (len(got) == 1) {
			t.Errorf("%s: got recipients %q and errors %q, want %s", name, got, said, tc.want)
		}
	}
}

func FuzzPagesContainEveryRecord(f *testing.F) {
	f.Add("to,name\n+15005550009,\"Ann\n\n\"\n+15005550009,x", 1)
	f.Add("sep=;\nto;n\n;;;\n+15005550010;\"a\"\"b", 2)
	f.Add(inUTF16(binary.LittleEndian, true, "to\tname\n+15005550009\tJosé 🎂\n+15005550010\t"), 1)
	f.Add("\xff\xfet\x00o\x00\n\x00\x3d\xd8\n\x00+\x001", 3)
	f.Add("\xfe\xff\x00t\x00o\x00\n\xdd\xd5\xde\x93\x00\n\xd8\x3d\xd8\x3d\x00\n\xd8\x3d\x00", 0)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		dir := t.TempDir()
		write(t, dir, "list.csv", text)
		if _, err := files(t, dir, "US").ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Limit: 1}); err != nil {
			return
		}
		whole := read(t, dir, "list.csv", 1<<30, true)
		limit = 1 + (limit&0xff)%5
		if fresh, one := read(t, dir, "list.csv", limit, true), read(t, dir, "list.csv", limit, false); !reflect.DeepEqual(fresh, whole) || !reflect.DeepEqual(one, whole) {
			t.Errorf("in pages of %d:\non several workers: %+v\non one worker: %+v\nwant, as in a single page: %+v", limit, fresh, one, whole)
		}
	})
}

func TestTableLosesNoLine(t *testing.T) {
	table, err := newTable([]byte("to,name\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if fields, err := table.fields([]byte("+15005550009,Ann\n+15005550010,Bo\n")); err == nil {
		t.Errorf("two lines: got fields %q and no error, want an error, because the second line is lost", fields)
	}
	if fields, err := table.fields([]byte("+15005550009,Ann\r\n")); err != nil || len(fields) != 2 {
		t.Errorf("one line: got fields %q, error %v, want two fields", fields, err)
	}
}
