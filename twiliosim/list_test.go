package twiliosim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func sids(t testing.TB, g got) []string {
	t.Helper()
	list, ok := g.body["messages"].([]any)
	if g.status != http.StatusOK || !ok {
		t.Fatalf("listing: got %d %s, want status 200 and messages", g.status, g.raw)
	}
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = item.(map[string]any)["sid"].(string)
	}
	return out
}

func reversed(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[len(list)-1-i] = s
	}
	return out
}

func TestListingIsPagedNewestFirst(t *testing.T) {
	sim := start(t, Options{})
	var made []string
	for i := range 7 {
		made = append(made, send(t, sim, phone, fmt.Sprint("message ", i)))
	}
	want := strings.Join(reversed(made), " ")

	var seen, back []string
	var pages []got
	for uri := "Messages.json?PageSize=3&To=" + url.QueryEscape(phone); uri != ""; {
		g := rest(t, sim, "GET", uri, nil)
		pages = append(pages, g)
		seen = append(seen, sids(t, g)...)
		uri = g.str("next_page_uri")
		if len(pages) == 1 {
			// A message that arrives between two pages does not shift the listing.
			send(t, sim, phone, "meanwhile")
		}
	}
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("the pages list\n%s\nwant\n%s", got, want)
	}
	if len(pages) != 3 {
		t.Fatalf("got %d pages, want 3", len(pages))
	}
	for i, g := range pages {
		prefix := "/2010-04-01/Accounts/" + sim.Account + "/Messages.json?To=%2B15551230001&PageSize=3&Page="
		if g.str("first_page_uri") != prefix+"0" || !strings.HasPrefix(g.str("uri"), prefix+fmt.Sprint(i)) ||
			g.body["page"] != float64(i) || g.body["page_size"] != 3.0 || g.body["start"] != float64(3*i) || g.body["end"] != float64(3*i+len(sids(t, g))-1) {
			t.Errorf("page %d: got %s, want the URIs and numbers of that page", i, g.raw)
		}
		if (g.body["previous_page_uri"] == nil) != (i == 0) || (g.body["next_page_uri"] == nil) != (i == 2) {
			t.Errorf("page %d: got the previous page %v and the next page %v, want null only at the ends", i, g.body["previous_page_uri"], g.body["next_page_uri"])
		}
	}
	if token := pages[0].str("next_page_uri"); !strings.HasSuffix(token, "&Page=1&PageToken=PA"+made[4]) {
		t.Errorf("the link to the next page is %s, want it to end in the token PA%s", token, made[4])
	}
	for uri := pages[2].str("previous_page_uri"); uri != "" && len(back) < 9; {
		g := rest(t, sim, "GET", uri, nil)
		back = append(sids(t, g), back...)
		uri = g.str("previous_page_uri")
	}
	if got, want := strings.Join(back, " "), strings.Join(seen[:6], " "); got != want {
		t.Errorf("the pages list backwards\n%s\nwant\n%s", got, want)
	}
}

func TestPagingSurvivesDeletionOfItsMessage(t *testing.T) {
	sim := start(t, Options{})
	var made []string
	for range 4 {
		made = append(made, send(t, sim, phone, "hi"))
	}
	first := rest(t, sim, "GET", "Messages.json?PageSize=2", nil)
	sid := sids(t, first)[1]
	await(t, "delivery", func() bool { return one(t, sim, sid).Status == Delivered })
	if g := rest(t, sim, "DELETE", "Messages/"+sid+".json", nil); g.status != http.StatusNoContent || g.raw != "" {
		t.Fatalf("deleting: got %d %s, want status 204", g.status, g.raw)
	}
	second := sids(t, rest(t, sim, "GET", first.str("next_page_uri"), nil))
	if len(second) != 2 || second[0] != made[1] || second[1] != made[0] {
		t.Errorf("got the second page %v of %v, want the two oldest messages", second, made)
	}
}

func TestListingIsFiltered(t *testing.T) {
	const other, second = "+15551230002", "+18885550007"
	sim := start(t, Options{Numbers: []string{DefaultNumber, second}})
	a := send(t, sim, phone, "a")
	b := send(t, sim, other, "b")
	c := send(t, sim, phone, "c", "From", second)
	d := inbound(t, sim, Inbound{From: phone, To: DefaultNumber, Body: "d"}).MessageSID
	name := strings.NewReplacer(a, "a", b, "b", c, "c", d, "d").Replace
	for query, want := range map[string]string{
		"":                                "d c b a",
		"To=" + phone:                     "c a",
		"To=" + DefaultNumber:             "d",
		"From=" + phone:                   "d",
		"From=" + DefaultNumber:           "b a",
		"To=" + phone + "&From=" + second: "c",
		"To=" + other + "&From=" + second: "",
		"To=+1 (555) 123-0002":            "b",
		"To=+15559999999":                 "",
		"PageSize=2":                      "d c",
		"To=" + phone + "&PageSize=1":     "c",
	} {
		values, _ := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
		if got := name(strings.Join(sids(t, rest(t, sim, "GET", "Messages.json?"+values.Encode(), nil)), " ")); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
}

func TestListingIsFilteredByDateSent(t *testing.T) {
	sim := start(t, Options{})
	sim.Freeze(true)
	// Advance to noon, so that the days below do not depend on the time at
	// which the test runs.
	advance(t, sim, time.Until(time.Now().UTC().Truncate(24*time.Hour).Add(36*time.Hour)))
	noon := sim.Now().Truncate(time.Second)
	advance(t, sim, noon.Add(time.Second).Sub(sim.Now()))
	noon = sim.Now()
	var made []string
	for range 3 {
		made = append(made, send(t, sim, phone, "hi"))
		advance(t, sim, 24*time.Hour)
	}
	sim.Freeze(true)
	unsent := send(t, sim, phone, "waiting", "From", DefaultNumber)
	name := strings.NewReplacer(made[0], "1", made[1], "2", made[2], "3", unsent, "waiting").Replace
	day := func(n int) string { return noon.AddDate(0, 0, n-1).Format(time.DateOnly) }
	second := func(n int, d time.Duration) string {
		return noon.AddDate(0, 0, n-1).Add(d).Format(time.RFC3339)
	}
	for _, tc := range []struct {
		query url.Values
		want  string
	}{
		{url.Values{}, "waiting 3 2 1"},
		{url.Values{"DateSent": {day(2)}}, "2"},
		{url.Values{"DateSent>": {day(2)}}, "3 2"},
		{url.Values{"DateSent<": {day(2)}}, "2 1"},
		{url.Values{"DateSent>": {day(2)}, "DateSent<": {day(2)}}, "2"},
		{url.Values{"DateSent>": {second(2, 0)}}, "3 2"},
		{url.Values{"DateSent>": {second(2, time.Second)}}, "3"},
		{url.Values{"DateSent<": {second(2, 0)}}, "2 1"},
		{url.Values{"DateSent<": {second(2, -time.Second)}}, "1"},
		{url.Values{"DateSent": {second(2, 0)}}, "2"},
		{url.Values{"DateSent": {second(2, time.Second)}}, ""},
		{url.Values{"DateSent>": {day(1)}, "PageSize": {"1"}}, "3"},
	} {
		if got := name(strings.Join(sids(t, rest(t, sim, "GET", "Messages.json?"+tc.query.Encode(), nil)), " ")); got != tc.want {
			t.Errorf("%v lists %q, want %q", tc.query, got, tc.want)
		}
	}
}

func TestListingRefusesInvalidParameters(t *testing.T) {
	sim := start(t, Options{})
	for query, code := range map[string]int{
		"PageSize=0": 20006, "PageSize=x": 20006, "PageSize=1001": 20007, "Page=-1": 20006, "Page=1": 20006,
		"Page=1&PageToken=PASM00000000000000000000000000000000": 20006, "PageToken=x": 20006,
		"DateSent=yesterday": 20001, "DateSent%3E=2026-13-01": 20001,
	} {
		g := rest(t, sim, "GET", "Messages.json?"+query, nil)
		if g.status != http.StatusBadRequest || g.code() != code {
			t.Errorf("%s: got %d %s, want code %d", query, g.status, g.raw, code)
		}
	}
}

func TestRedactedMessageHasNoBody(t *testing.T) {
	sim := start(t, Options{Speed: 1})
	sim.Freeze(true)
	sid := send(t, sim, phone, "secret")
	path := "Messages/" + sid + ".json"
	for name, form := range map[string]url.Values{
		"another body":              {"Body": {"other"}},
		"another status":            {"Status": {"sent"}},
		"nothing":                   {},
		"redacting while canceling": {"Body": {""}, "Status": {"canceled"}},
	} {
		if g := rest(t, sim, "POST", path, form); g.status != http.StatusBadRequest || g.code() != 30400 {
			t.Errorf("%s: got %d %s, want status 400 and code 30400", name, g.status, g.raw)
		}
	}
	if g := rest(t, sim, "POST", path, url.Values{"Status": {"canceled"}}); g.status != http.StatusConflict || g.code() != 30409 || g.str("message") != "This message cannot be canceled" {
		t.Errorf("canceling a message that is not scheduled: got %d %s, want status 409 and code 30409", g.status, g.raw)
	}
	if g := rest(t, sim, "POST", path, url.Values{"Body": {""}}); g.status != http.StatusConflict || g.code() != 20009 {
		t.Errorf("redacting a message that has not been sent: got %d %s, want status 409 and code 20009", g.status, g.raw)
	}
	advance(t, sim, time.Minute)
	if g := rest(t, sim, "POST", path, url.Values{"Body": {""}}); g.status != 200 || g.body["body"] != "" {
		t.Errorf("redacting: got %d %s, want status 200 and an empty body", g.status, g.raw)
	}
	if g := rest(t, sim, "GET", path, nil); strings.Contains(g.raw, "secret") || g.str("num_segments") != "1" {
		t.Errorf("after redacting: got %s, want no body, and the number of segments", g.raw)
	}
}

func TestMessageIsDeletedOnceDone(t *testing.T) {
	sim := start(t, Options{Speed: 1})
	sim.Freeze(true)
	sid := send(t, sim, phone, "hi")
	path := "Messages/" + sid + ".json"
	if g := rest(t, sim, "DELETE", path, nil); g.status != http.StatusConflict || g.code() != 20009 ||
		g.str("message") != "Cannot delete message because delivery has not been completed." {
		t.Errorf("deleting a message that has not been sent: got %d %s, want status 409 and code 20009", g.status, g.raw)
	}
	advance(t, sim, time.Minute)
	if g := rest(t, sim, "DELETE", path, nil); g.status != http.StatusNoContent {
		t.Errorf("deleting the delivered message: got %d %s, want status 204", g.status, g.raw)
	}
	for _, method := range []string{"GET", "DELETE", "POST"} {
		if g := rest(t, sim, method, path, nil); g.status != 404 || g.code() != 20404 {
			t.Errorf("%s of a deleted message: got %d %s, want status 404 and code 20404", method, g.status, g.raw)
		}
	}
	if list := sids(t, rest(t, sim, "GET", "Messages.json", nil)); len(list) != 0 {
		t.Errorf("the deleted message is still listed: %v", list)
	}
	if m := one(t, sim, sid); !m.Deleted || m.Body != "" {
		t.Errorf("the controls show the deleted message as %+v, want it marked as deleted, without a body", m)
	}
}

func TestFeedbackIsAccepted(t *testing.T) {
	sim := start(t, Options{})
	sid := send(t, sim, phone, "hi")
	g := rest(t, sim, "POST", "Messages/"+sid+"/Feedback.json", url.Values{"Outcome": {"confirmed"}})
	if g.status != 200 || g.str("outcome") != "confirmed" || g.str("message_sid") != sid || g.str("date_created") == "" {
		t.Errorf("got %d %s, want the confirmed outcome of that message", g.status, g.raw)
	}
	if g := rest(t, sim, "POST", "Messages/"+sid+"/Feedback.json", url.Values{"Outcome": {"great"}}); g.code() != 20001 {
		t.Errorf("another outcome: got %s, want code 20001", g.raw)
	}
}

func TestStoreEvictsOldestByCount(t *testing.T) {
	sim := start(t, Options{MaxMessages: 10})
	var made []string
	for i := range 25 {
		made = append(made, send(t, sim, "+1555123000"+fmt.Sprint(i%3), "hi"))
	}
	if got := sids(t, rest(t, sim, "GET", "Messages.json", nil)); strings.Join(got, " ") != strings.Join(reversed(made[15:]), " ") {
		t.Errorf("got the messages %v, want the newest 10", got)
	}
	total := 0
	for i := range 3 {
		total += len(sids(t, rest(t, sim, "GET", "Messages.json?To=%2B1555123000"+fmt.Sprint(i), nil)))
	}
	if total != 10 {
		t.Errorf("found %d messages by recipient, want 10", total)
	}
	if g := rest(t, sim, "GET", "Messages/"+made[0]+".json", nil); g.code() != 20404 {
		t.Errorf("fetching the oldest: got %s, want code 20404", g.raw)
	}
	sim.mu.RLock()
	defer sim.mu.RUnlock()
	f := &sim.accounts[sim.Account].feed
	if len(sim.bySID) != 10 || len(f.all) != 10 || len(f.from[DefaultNumber]) != 10 {
		t.Errorf("the indexes hold %d, %d and %d messages, want 10", len(sim.bySID), len(f.all), len(f.from[DefaultNumber]))
	}
}
