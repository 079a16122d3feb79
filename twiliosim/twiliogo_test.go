package twiliosim

// Tests with twilio-go, Twilio's own client for Go.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	twiliogo "github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// rerouted is a transport that sends the client's requests to the simulator
// instead of to Twilio.
type rerouted struct{ to *url.URL }

func (r rerouted) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = r.to.Scheme, r.to.Host, ""
	return http.DefaultTransport.RoundTrip(req)
}

func goClient(t *testing.T, sim *Sim, user, password string) *api.ApiService {
	t.Helper()
	to, err := url.Parse(sim.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &client.Client{Credentials: client.NewCredentials(user, password), HTTPClient: &http.Client{Transport: rerouted{to}}}
	c.SetAccountSid(sim.Account)
	return twiliogo.NewRestClientWithParams(twiliogo.ClientParams{Client: c}).Api
}

func create(to, body string) *api.CreateMessageParams {
	p := &api.CreateMessageParams{}
	return p.SetTo(to).SetFrom(DefaultNumber).SetBody(body)
}

func TestTwilioGoManagesMessages(t *testing.T) {
	const key = "SK00000000000000000000000000000001"
	sim := start(t, Options{APIKeys: map[string]string{key: "secret"}})
	for name, c := range map[string]*api.ApiService{
		"token": goClient(t, sim, sim.Account, sim.Token), "key": goClient(t, sim, key, "secret"),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := c.CreateMessage(create(phone, "R&D a=b + ’"))
			if err != nil {
				t.Fatal(err)
			}
			if *m.Body != "R&D a=b + ’" || *m.Status != "queued" || *m.To != phone || *m.From != DefaultNumber || *m.NumSegments != "1" || m.ErrorCode != nil || m.DateSent != nil {
				t.Errorf("created %+v, want a queued message with the given values", m)
			}
			await(t, "delivery", func() bool { return one(t, sim, *m.Sid).Status == Delivered })
			f, err := c.FetchMessage(*m.Sid, nil)
			if err != nil || *f.Status != "delivered" || f.DateSent == nil || f.Price == nil {
				t.Errorf("fetched %+v, error %v, want it delivered, with a date and a price", f, err)
			}
			u, err := c.UpdateMessage(*m.Sid, (&api.UpdateMessageParams{}).SetBody(""))
			if err != nil || *u.Body != "" {
				t.Errorf("redacted %+v, error %v, want an empty body", u, err)
			}
			if err := c.DeleteMessage(*m.Sid, nil); err != nil {
				t.Error(err)
			}
			_, err = c.FetchMessage(*m.Sid, nil)
			var refused *client.TwilioRestError
			if !errors.As(err, &refused) || refused.Code != 20404 || refused.Status != 404 || refused.MoreInfo == "" {
				t.Errorf("fetching a deleted message: got error %v, want code 20404", err)
			}
		})
	}
}

func TestTwilioGoListsAllPages(t *testing.T) {
	sim := start(t, Options{})
	c := goClient(t, sim, sim.Account, sim.Token)
	for i := range 23 {
		if _, err := c.CreateMessage(create("+1555123000"+fmt.Sprint(i%2), fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	list := func(p *api.ListMessageParams) (bodies []string) {
		found, err := c.ListMessage(p.SetPageSize(5))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found {
			bodies = append(bodies, *m.Body)
		}
		return bodies
	}
	if got := list(&api.ListMessageParams{}); len(got) != 23 || got[0] != "22" || got[22] != "0" {
		t.Errorf("all: got %v, want 23 messages, newest first", got)
	}
	if got := list((&api.ListMessageParams{}).SetTo("+15551230001")); len(got) != 11 || got[0] != "21" {
		t.Errorf("filtered by recipient: got %v, want 11 messages, newest first", got)
	}
	if got := list((&api.ListMessageParams{}).SetLimit(7)); len(got) != 7 {
		t.Errorf("with a limit of 7: got %v, want 7 messages", got)
	}
	await(t, "delivery", func() bool { return len(sim.Messages(Filter{Status: Delivered})) == 23 })
	hour := time.Hour
	now := sim.Now()
	if got := list((&api.ListMessageParams{}).SetDateSentAfter(now.Add(-hour)).SetDateSentBefore(now.Add(hour))); len(got) != 23 {
		t.Errorf("sent within an hour of now: got %v, want 23 messages", got)
	}
	if got := list((&api.ListMessageParams{}).SetDateSentAfter(now.Add(hour))); len(got) != 0 {
		t.Errorf("after the next hour: got %v, want no messages", got)
	}
}

func TestTwilioGoReadsErrors(t *testing.T) {
	sim := start(t, Options{})
	c := goClient(t, sim, sim.Account, sim.Token)
	for _, tc := range []struct {
		what         string
		do           func() error
		status, code int
	}{
		{"a bad number", func() error { _, err := c.CreateMessage(create("+1", "x")); return err }, 400, 21211},
		{"a bad token", func() error {
			_, err := goClient(t, sim, sim.Account, "wrong").CreateMessage(create(phone, "x"))
			return err
		}, 401, 20003},
		{"too many requests", func() error {
			fault(t, sim, Fault{Kind: Fault429, Next: 1})
			_, err := c.CreateMessage(create(phone, "x"))
			return err
		}, 429, 20429},
		{"a server error", func() error {
			fault(t, sim, Fault{Kind: Fault503, Next: 1})
			_, err := c.CreateMessage(create(phone, "x"))
			return err
		}, 503, 20503},
	} {
		var refused *client.TwilioRestError
		if err := tc.do(); !errors.As(err, &refused) || refused.Status != tc.status || refused.Code != tc.code {
			t.Errorf("%s: got %v, want status %d, code %d", tc.what, err, tc.status, tc.code)
		}
	}
	fault(t, sim, Fault{Kind: FaultNotJSON, Next: 1})
	if _, err := c.CreateMessage(create(phone, "not JSON")); err == nil {
		t.Error("an HTML page was decoded as a message")
	}
	fault(t, sim, Fault{Kind: FaultTruncated, Next: 1})
	if _, err := c.CreateMessage(create(phone, "truncated")); err == nil {
		t.Error("a truncated response was decoded as a message")
	}
	if n := len(sim.Messages(Filter{})); n != 2 {
		t.Errorf("got %d messages, want the two whose responses were broken", n)
	}
}

func TestTwilioGoVerifiesOurWebhooks(t *testing.T) {
	app := newApplication(t, twiml("<Response/>"))
	sim := start(t, Options{Webhook: app.URL + "/sms?x=1"})
	text(t, sim, "R&D ’ = +")
	req := app.seen()[0]
	params := map[string]string{}
	for key, values := range req.PostForm {
		params[key] = values[0]
	}
	v := client.NewRequestValidator(sim.Token)
	if !v.Validate(app.URL+"/sms?x=1", params, req.Header.Get("X-Twilio-Signature")) {
		t.Error("twilio-go rejects the signature")
	}
	if params["Body"] += "!"; v.Validate(app.URL+"/sms?x=1", params, req.Header.Get("X-Twilio-Signature")) {
		t.Error("twilio-go accepts the signature for a changed body")
	}
}
