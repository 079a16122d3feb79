package twilio

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"temporal-twilio/sms"
)

func TestListingIsWholeAtEnd(t *testing.T) {
	pages := map[string][]string{
		"":  {listed("SM5", "outbound-api", "10:00:09"), listed("SM4", "outbound-api", "10:00:05")},
		"1": {listed("SM3", "outbound-api", "10:00:05"), listed("SM2", "outbound-api", "10:00:03")},
		"2": {listed("SM1", "outbound-api", "10:00:00")},
	}
	next := map[string]string{"": "1", "1": "2"}
	at := func(second int) time.Time { return time.Date(2026, 11, 25, 10, 0, second, 0, time.UTC) }
	for name, tc := range map[string]struct {
		query Query
		found string
		whole bool
		asked int
	}{
		"all of them":          {Query{Limit: 50}, "SM5 SM4 SM3 SM2 SM1", true, 3},
		"back to a given time": {Query{Limit: 50, Since: at(4)}, "SM5 SM4 SM3", true, 2},
		"more than the limit":  {Query{Limit: 4, Since: at(0)}, "SM5 SM4 SM3 SM2", false, 3},
		"exactly as many":      {Query{Limit: 5, Since: at(0)}, "SM5 SM4 SM3 SM2 SM1", true, 3},
	} {
		c, queries := listingOf(t, func(n string) ([]string, string) { return pages[n], next[n] })
		listing, err := c.List(t.Context(), tc.query)
		var sids []string
		for _, r := range listing.Records {
			sids = append(sids, r.SID)
		}
		if err != nil || strings.Join(sids, " ") != tc.found || listing.Whole != tc.whole || len(*queries) != tc.asked {
			t.Errorf("%s: got %v, whole %v after %d requests, error %v, want %s, whole %v after %d", name, sids, listing.Whole, len(*queries), err, tc.found, tc.whole, tc.asked)
		}
	}
}

func TestScheduledMessageDoesNotEndListing(t *testing.T) {
	c, _ := listingOf(t, func(string) ([]string, string) {
		return []string{
			sentAt("SM2", "outbound-api", "09:00:00", "10:00:09"), // a scheduled message
			listed("SM3", "outbound-api", "10:00:05"),
			listed("SM1", "outbound-api", "10:00:00"),
		}, ""
	})
	listing, err := c.List(t.Context(), Query{Limit: 50, Since: time.Date(2026, 11, 25, 10, 0, 4, 0, time.UTC)})
	if err != nil || !listing.Whole || len(listing.Records) != 1 || listing.Records[0].SID != "SM3" {
		t.Errorf("got listing %+v, error %v, want a whole listing of only SM3", listing, err)
	}
}

func TestEmptyPagesAreLimited(t *testing.T) {
	c, queries := listingOf(t, func(string) ([]string, string) { return nil, "1" })
	if listing, err := c.List(t.Context(), Query{Limit: 2000, Since: time.Now()}); err != nil || listing.Whole || len(*queries) > 50 {
		t.Errorf("got whole %v after %d pages, error %v, want false after at most 50", listing.Whole, len(*queries), err)
	}
}

func TestProxyDoesNotSetTheClock(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	_, _ = c.Send(t.Context(), draft)
	if now, known := c.Now(); known {
		t.Errorf("a proxy's response set the clock to %s", now)
	}
}

func TestClockFollowsTwilio(t *testing.T) {
	for _, skew := range []time.Duration{0, 65 * time.Second, -90 * time.Second} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Twilio-Request-Id", "RQ1")
			w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		if _, known := c.Now(); known {
			t.Error("the clock is known before the first response")
		}
		began := time.Now()
		for range 3 {
			_, _ = c.Send(t.Context(), draft)
		}
		now, known := c.Now()
		behind := time.Now().Add(skew).Sub(now)
		// A Date is truncated to the second, and a slow response widens
		// the bounds.
		if most := time.Second + time.Since(began); !known || behind < 0 || behind > most {
			t.Errorf("skew %s: the clock is %s behind, want 0 to %s", skew, behind, most)
		}
	}
}

func TestClockFollowsChangedTwilio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Client
		now := time.Now()
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
			c.clock.measure(now, now.Add(time.Millisecond), now.Add(ahead).UTC().Format(http.TimeFormat))
			if at, _ := c.Now(); at.Sub(now.Add(ahead)).Abs() > 2*time.Second {
				t.Errorf("Twilio's clock is %s ahead: got a difference of %s, want it within 2 s of that", ahead, at.Sub(now))
			}
		}
		c.clock.measure(now, now, "soon") // not a date
	})
}

func TestCreateIsCheckedLast(t *testing.T) {
	asked := 0
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, created)
	})
	late := fmt.Errorf("too late")
	checked := draft
	checked.Check = func() error { return late }
	if _, err := c.Send(t.Context(), checked); err != late || asked != 0 {
		t.Errorf("got error %v after %d requests, want %v after none", err, asked, late)
	}
	checked.Check = func() error { return nil }
	for range 2 { // the second request reuses the connection
		if _, err := c.Send(t.Context(), checked); err != nil {
			t.Fatal(err)
		}
	}
	checked.Check = func() error { return late }
	if _, err := c.Send(t.Context(), checked); err != late || asked != 2 {
		t.Errorf("got error %v after %d requests, want %v after 2", err, asked, late)
	}
}

func TestProbeReportsRefusedAccount(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		body    string
		refused bool
		code    sms.Code
	}{
		"an active account": {200, `{"sid":"` + testAccount + `","status":"active"}`, false, ""},
		"a suspended one":   {200, `{"sid":"` + testAccount + `","status":"suspended"}`, true, sms.CodeAuthentication},
		"a wrong token":     {401, `{"code":20003,"message":"Authenticate","status":401}`, true, sms.CodeAuthentication},
		"a failing Twilio":  {503, `{}`, true, sms.CodeConnection},
	} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			_, _ = io.WriteString(w, tc.body)
		})
		err := sms.AsError(c.Probe(t.Context()))
		if (err != nil) != tc.refused || err != nil && (err.Code != tc.code || err.Scope != sms.ScopeAccount) {
			t.Errorf("%s: got error %+v, want refused = %t, with code %q and the scope of the account", name, err, tc.refused, tc.code)
		}
	}
	key, err := New(Access{AccountSID: testAccount, Username: "SK1", Password: "x", BaseURL: "http://" + raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"messages\":[]}")})
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Probe(t.Context()); err != nil {
		t.Errorf("with an API key, which cannot fetch accounts: got error %v, want none", err)
	}
}

func TestRenewedCredentialsApplyToNextRequest(t *testing.T) {
	var used []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		username, password, _ := r.BasicAuth()
		used = append(used, username+":"+password)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	token := "one"
	c, err := New(Access{AccountSID: "AC1", Token: token, BaseURL: server.URL, Renewed: func() (string, string) { return "AC1", token }})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Probe(t.Context())
	token = "two"
	_ = c.Probe(t.Context())
	if got := strings.Join(used, " "); got != "AC1:one AC1:two" {
		t.Errorf("got requests with the credentials %s, want AC1:one AC1:two", got)
	}
}
