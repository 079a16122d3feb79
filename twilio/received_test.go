package twilio

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"temporal-twilio/sms"
)

// listingOf returns a client of a server with pages of messages, and the
// queries that the server receives.
func listingOf(t *testing.T, page func(n string) (messages []string, next string)) (*Client, *[]string) {
	t.Helper()
	var queries []string
	return answering(t, func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		messages, next := page(r.URL.Query().Get("Page"))
		if next != "" {
			next = fmt.Sprintf(`"/2010-04-01/Accounts/%s/Messages.json?PageSize=1000&Page=%s&PageToken=PASM%s"`, testAccount, next, next)
		} else {
			next = "null"
		}
		fmt.Fprintf(w, `{"messages": [%s], "next_page_uri": %s, "page_size": 1000}`, strings.Join(messages, ","), next)
	}), &queries
}

func listed(sid, direction, created string) string {
	return sentAt(sid, direction, created, created)
}

// sentAt returns a message that was created and sent at the given times of day.
func sentAt(sid, direction, created, sent string) string {
	return fmt.Sprintf(`{"sid": %q, "direction": %q, "date_created": "Wed, 25 Nov 2026 %s +0000", "date_sent": "Wed, 25 Nov 2026 %s +0000", "status": "received", "num_segments": "1"}`, sid, direction, created, sent)
}

func TestReceivedListsAllInbound(t *testing.T) {
	c, queries := listingOf(t, func(n string) ([]string, string) {
		switch n {
		case "":
			return []string{listed("SM5", "outbound-api", "10:00:09"), listed("SM4", "inbound", "10:00:05")}, "1"
		case "1":
			return []string{listed("SM3", "inbound", "10:00:05"), listed("SM2", "outbound-reply", "10:00:03")}, "2"
		}
		return []string{listed("SM1", "inbound", "10:00:00"), listed("SM0", "inbound", "09:59:59")}, ""
	})
	since := time.Date(2026, 11, 25, 10, 0, 0, 500, time.UTC)
	received, failed := named(c.Received(t.Context(), since, since.AddDate(1, 0, 0)))
	if failed != nil {
		t.Fatalf("got error %+v, want none", *failed)
	}
	var sids []string
	for _, r := range received {
		sids = append(sids, r.SID)
	}
	if got := strings.Join(sids, " "); got != "SM1 SM3 SM4" {
		t.Errorf("got messages %s, want SM1 SM3 SM4", got)
	}
	if len(*queries) != 3 || !strings.Contains((*queries)[0], "DateSent%3E=2026-11-25T10%3A00%3A00Z") || !strings.Contains((*queries)[2], "PageToken=PASM2") {
		t.Errorf("got queries %q, want 3, the first with DateSent and the last with the page token PASM2", *queries)
	}
}

func TestPageOfLongTextsIsRead(t *testing.T) {
	long := strings.Repeat(`\u0436`, 4096) // as Twilio writes a Cyrillic letter
	page := make([]string, maxPageSize)
	for i := range page {
		page[i] = strings.Replace(listed(fmt.Sprint("SM", i), "inbound", "10:00:05"), "{", `{"body": "`+long+`", `, 1)
	}
	c, _ := listingOf(t, func(string) ([]string, string) { return page, "" })
	since := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	received, failed := named(c.Received(t.Context(), since, since.AddDate(1, 0, 0)))
	if failed != nil || len(received) != len(page) || len([]rune(received[0].Body)) != 4096 {
		t.Errorf("got %d messages, %+v", len(received), failed)
	}
}

func TestEndlessListingFails(t *testing.T) {
	c, queries := listingOf(t, func(string) ([]string, string) { return nil, "1" })
	received, failed := named(c.Received(t.Context(), time.Now(), time.Now()))
	if failed == nil || failed.Code != sms.CodeUnknown || !strings.Contains(failed.Message, "200000 messages") || received != nil || len(*queries) != maxReceivedPages+1 {
		t.Errorf("got messages %v, error %+v after %d requests, want only an error after %d", received, failed, len(*queries), maxReceivedPages+1)
	}
}
