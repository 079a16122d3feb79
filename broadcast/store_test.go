package broadcast

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"temporal-twilio/sms"
)

func TestStoreOpensByURL(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "list.csv", "to\n+15005550009\n")
	store, err := Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	worker := files(t, dir, "US")
	worker.Store = store
	if page, err := worker.ReadRecipients(t.Context(), sms.PageInput{File: "list.csv", Limit: 10}); err != nil || len(page.Recipients) != 1 {
		t.Errorf("got page %+v, error %v, want a page of one recipient", page, err)
	}
	for address, says := range map[string]string{
		"/srv/broadcasts":       "file:///srv/broadcasts",
		"file://srv/broadcasts": "three slashes",
		"file:///does/not/be":   "no such file",
		"gs://customers":        "endpoint=https://storage.googleapis.com",
		"azblob://customers":    `import _ "gocloud.dev/blob/azureblob"`,
		"ftp://host/folder":     `"ftp" is not a supported store`,
		"://":                   "is not a URL",
		"s3://bucket?regoin=eu": `"regoin"`,
	} {
		if _, err := Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want it to contain %q", address, err, says)
		}
	}
}

func TestMissingFileIsExplained(t *testing.T) {
	dir := t.TempDir()
	for name, says := range map[string]string{
		"custmers.csv":       "\"custmers.csv\" is not in BROADCAST_STORE, the folder " + dir,
		"/home/me/list.csv":  "copy the file there",
		"../secret/list.csv": "copy the file there",
	} {
		_, err := files(t, dir, "US").ReadRecipients(t.Context(), sms.PageInput{File: name, Limit: 10})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want it to contain %q", name, err, says)
		}
	}
}

func TestReportIsReservedOnce(t *testing.T) {
	dir := t.TempDir()
	for round := range 20 {
		var reserved atomic.Int32
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				in := sms.BeginInput{Report: string(rune('a' + round)), Broadcast: string(rune('0' + worker))}
				if _, err := files(t, dir, "US").BeginBroadcast(t.Context(), in); err == nil {
					reserved.Add(1)
				}
			})
		}
		all.Wait()
		if n := reserved.Load(); n != 1 {
			t.Fatalf("%d broadcasts reserved the same report, want 1", n)
		}
	}
}

// If the owner file were visible while it is still empty, the report would seem
// to belong to another broadcast.
func TestReservationIsAtomic(t *testing.T) {
	dir := t.TempDir()
	for round := range 50 {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				in := sms.BeginInput{Report: fmt.Sprint("report", round), Broadcast: "spring"}
				if _, err := files(t, dir, "US").BeginBroadcast(t.Context(), in); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
