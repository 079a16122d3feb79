package twilio

// Compares the form of a create with the one that twilio-go would send, and
// tests the URLs and the credentials.

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

// formOf records the form that twilio-go sends.
type formOf struct {
	client.BaseClient
	form url.Values
}

func (*formOf) AccountSid() string { return testAccount }

func (f *formOf) SendRequest(_, _ string, form url.Values, _ map[string]any, _ ...byte) (*http.Response, error) {
	f.form = form
	return nil, errors.New("nothing is sent")
}

func TestFormMatchesTwilioGo(t *testing.T) {
	yes, no, price := true, false, float32(0.05)
	at := time.Date(2030, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600))
	options := sms.SendSmsInput{
		MessagingServiceSID: "MG1", MediaURL: []string{"https://a.example/1?x=y", "https://a.example/2"},
		ContentSID: "HX1", SendAt: &at, ValidityPeriod: 3600,
		SmartEncoded: &yes, ShortenURLs: &no, SendAsMMS: &yes, ProvideFeedback: &no, RiskCheck: "disable",
		ContentRetention: "discard", AddressRetention: "obfuscate", MaxPrice: &price, PersistentAction: []string{"geo:1,2|a", "b"},
	}
	full := Draft{
		To: "+15005550009", From: "whatsapp:+15005550006", Body: "Grüße & 1+1=2 %€\n",
		ContentVariables: `{"1":"Ann"}`, StatusCallback: "https://b.example/?a=b#rc=3", Options: &options,
	}
	value, shared := reflect.ValueOf(options), false
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		shared = shared || name == "MessagingServiceSID"
		if shared && value.Field(i).IsZero() && !slices.Contains([]string{"ContentVariables", "StatusCallback", "StatusSignals"}, name) {
			t.Errorf("the test does not set %s", name)
		}
		if name == "PersistentAction" {
			break
		}
	}
	theirs := &formOf{}
	params := (&api.CreateMessageParams{}).SetTo(full.To).SetFrom(full.From).SetBody(full.Body).
		SetMessagingServiceSid("MG1").SetMediaUrl(options.MediaURL).SetContentSid("HX1").SetContentVariables(full.ContentVariables).
		SetScheduleType("fixed").SetSendAt(at.UTC().Truncate(time.Second)).SetValidityPeriod(3600).SetStatusCallback(full.StatusCallback).
		SetSmartEncoded(yes).SetShortenUrls(no).SetSendAsMms(yes).SetProvideFeedback(no).SetRiskCheck("disable").
		SetContentRetention("discard").SetAddressRetention("obfuscate").SetMaxPrice(price).SetPersistentAction(options.PersistentAction)
	_, _ = api.NewApiServiceWithClient(theirs).CreateMessage(params) // fails, but only after the form has been recorded
	ours, err := url.ParseQuery(full.form())
	if err != nil || !reflect.DeepEqual(ours, theirs.form) {
		t.Errorf("got error %v, form %v, want %v", err, ours, theirs.form)
	}
	if form := (&Draft{To: "+15005550009"}).form(); form != "To=%2B15005550009" {
		t.Errorf("without options: got form %s, want only To", form)
	}
}

func TestURLsHaveRegionAndEdge(t *testing.T) {
	t.Setenv("TWILIO_REGION", "au1") // twilio-go reads this variable
	t.Setenv("TWILIO_EDGE", "sydney")
	for want, access := range map[string]Access{
		"api.dublin.ie1.twilio.com": {Region: "ie1", Edge: "dublin"},
		"api.twilio.com":            {},
	} {
		access.AccountSID, access.Token = testAccount, testToken
		c, err := New(access)
		if err != nil {
			t.Fatal(err)
		}
		var hosts []string
		c.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			hosts = append(hosts, r.URL.Host)
			return nil, errors.New("nothing is sent")
		})
		_, _ = c.Send(t.Context(), draft)
		_, _ = c.Fetch(t.Context(), "SM1")
		if len(hosts) != 2 || hosts[0] != want || hosts[1] != want {
			t.Errorf("got requests to %v, want %s", hosts, want)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestOddCredentialsAreNotSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("got a request, want none") }))
	defer server.Close()
	c, err := New(Access{AccountSID: testAccount, Token: "a token\nfrom a file", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context) error{
		"a create": func(ctx context.Context) error { _, err := c.Send(ctx, draft); return err },
		"a probe":  c.Probe,
	} {
		if problem := sms.AsError(ask(t.Context())); problem == nil || problem.Code != sms.CodeAuthentication || problem.Scope != sms.ScopeAccount || problem.Retryable {
			t.Errorf("%s: got error %+v, want %s for the whole account, not retryable", name, problem, sms.CodeAuthentication)
		}
	}
}
