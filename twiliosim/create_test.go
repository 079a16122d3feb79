package twiliosim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const pool = "MG00000000000000000000000000000001"

func TestCreateRefusesAsTwilioDoes(t *testing.T) {
	sim := start(t, Options{Numbers: []string{DefaultNumber, "whatsapp:" + DefaultNumber, "rcs:my_agent"}})
	if _, err := sim.AddService(Service{SID: pool, Senders: []string{DefaultNumber}}); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.AddService(Service{SID: "MG00000000000000000000000000000002"}); err != nil {
		t.Fatal(err)
	}
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	for name, tc := range map[string]struct {
		change  map[string]string // changes to a valid request; the value "-" removes a parameter
		code    int
		message string
	}{
		"without To":                           {map[string]string{"To": "-"}, 21604, "A 'To' phone number is required."},
		"without sender":                       {map[string]string{"From": "-"}, 21603, "A 'From' phone number is required."},
		"with an empty body":                   {map[string]string{"Body": ""}, 21602, "Message body is required."},
		"without content":                      {map[string]string{"Body": "-"}, 21619, "A text message body or media urls must be specified."},
		"to no number":                         {map[string]string{"To": "hello"}, 21211, "The 'To' number hello is not a valid phone number."},
		"to a number that is too short":        {map[string]string{"To": "+1555"}, 21211, "The 'To' number +1555 is not a valid phone number."},
		"from an impossible sender":            {map[string]string{"From": "no such sender!"}, 21212, "The 'From' number no such sender! is not a valid phone number, shortcode, or alphanumeric sender ID."},
		"from a number not owned":              {map[string]string{"From": "+15005550001"}, 21606, "The From phone number +15005550001 is not a valid, SMS-capable inbound phone number or short code for your account."},
		"from a short code not owned":          {map[string]string{"From": "12345"}, 21606, ""},
		"from a name to the USA":               {map[string]string{"From": "Acme"}, 21612, ""},
		"to its own sender":                    {map[string]string{"To": DefaultNumber}, 21266, ""},
		"across channels":                      {map[string]string{"To": "whatsapp:" + phone}, 21910, ""},
		"from a channel not owned":             {map[string]string{"To": "whatsapp:" + phone, "From": "whatsapp:+15005550001"}, 63007, ""},
		"from WhatsApp to RCS":                 {map[string]string{"To": "rcs:" + phone, "From": "whatsapp:" + DefaultNumber}, 21910, ""},
		"to an agent":                          {map[string]string{"To": "rcs:another", "From": "rcs:my_agent"}, 21211, ""},
		"to an unknown channel":                {map[string]string{"To": "mailto:" + phone}, 21211, ""},
		"with 1601 characters":                 {map[string]string{"Body": strings.Repeat("я", 1601)}, 21617, ""},
		"with a bad media URL":                 {map[string]string{"MediaUrl": "cat.png"}, 21620, ""},
		"with a bad callback":                  {map[string]string{"StatusCallback": "nowhere"}, 21609, "The 'StatusCallback' URL nowhere is not a valid URL."},
		"with a callback URL that is too long": {map[string]string{"StatusCallback": "http://host/" + strings.Repeat("x", 4000)}, 21609, ""},
		"with a validity of 0":                 {map[string]string{"ValidityPeriod": "0"}, 21624, ""},
		"with a validity of 36001":             {map[string]string{"ValidityPeriod": "36001"}, 21624, ""},
		"with a bad content SID":               {map[string]string{"ContentSid": "HX1"}, 21654, ""},
		"with a malformed service":             {map[string]string{"From": "-", "MessagingServiceSid": "MG1"}, 21705, ""},
		"with an unknown service":              {map[string]string{"From": "-", "MessagingServiceSid": "MG00000000000000000000000000000009"}, 21701, ""},
		"with an empty service":                {map[string]string{"From": "-", "MessagingServiceSid": "MG00000000000000000000000000000002"}, 21704, ""},
		"scheduled without a time":             {map[string]string{"ScheduleType": "fixed", "MessagingServiceSid": pool}, 35111, ""},
		"scheduled without a service":          {map[string]string{"ScheduleType": "fixed", "SendAt": in(time.Hour)}, 35118, ""},
		"scheduled at nonsense":                {map[string]string{"ScheduleType": "fixed", "SendAt": "soon", "MessagingServiceSid": pool}, 35114, ""},
		"scheduled too soon":                   {map[string]string{"ScheduleType": "fixed", "SendAt": in(14 * time.Minute), "MessagingServiceSid": pool}, 35115, ""},
		"scheduled too late":                   {map[string]string{"ScheduleType": "fixed", "SendAt": in(36 * 24 * time.Hour), "MessagingServiceSid": pool}, 35117, ""},
		"scheduled without its type":           {map[string]string{"SendAt": in(time.Hour), "MessagingServiceSid": pool}, 35126, ""},
		"scheduled with an unknown type":       {map[string]string{"ScheduleType": "smart", "SendAt": in(time.Hour), "MessagingServiceSid": pool}, 35126, ""},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"To": {phone}, "From": {DefaultNumber}, "Body": {"hi"}}
			for key, value := range tc.change {
				if form.Set(key, value); value == "-" {
					form.Del(key)
				}
			}
			g := rest(t, sim, "POST", "Messages.json", form)
			if g.status != http.StatusBadRequest || g.code() != tc.code || tc.message != "" && g.str("message") != tc.message {
				t.Errorf("got %d %s, want 400, code %d, %q", g.status, g.raw, tc.code, tc.message)
			}
			checkError(t, g)
		})
	}
	if n := len(sim.Messages(Filter{})); n != 0 {
		t.Errorf("%d messages exist although all requests were refused", n)
	}
	t.Run("with 11 media", func(t *testing.T) {
		form := url.Values{"To": {phone}, "From": {DefaultNumber}}
		for range 11 {
			form.Add("MediaUrl", "https://example.org/cat.png")
		}
		if g := rest(t, sim, "POST", "Messages.json", form); g.code() != 21623 {
			t.Errorf("got %s, want code 21623", g.raw)
		}
	})
}

// checkError checks that an error has Twilio's format.
func checkError(t *testing.T, g got) {
	t.Helper()
	for field := range g.body {
		switch field {
		case "code", "message", "more_info", "status", "detail":
		default:
			t.Errorf("an error has the unknown field %s", field)
		}
	}
	status, _ := g.body["status"].(float64)
	if int(status) != g.status || g.str("message") == "" || g.str("more_info") != moreInfo(g.code()) {
		t.Errorf("got the error body %s with HTTP status %d, want the same status in both, a message and a link", g.raw, g.status)
	}
	if got := g.header.Get("X-Twilio-Error-Code"); got != strings.TrimPrefix(g.str("more_info"), "https://www.twilio.com/docs/errors/") {
		t.Errorf("got X-Twilio-Error-Code %q with body %s, want the same code in both", got, g.raw)
	}
}

func TestCreateAcceptsWhatTwilioAccepts(t *testing.T) {
	sim := start(t, Options{Numbers: []string{DefaultNumber, "whatsapp:" + DefaultNumber, "12345", "+18885550007", "rcs:my_agent", "messenger:100"}})
	for name, form := range map[string]url.Values{
		"punctuation in a number":     {"To": {"+1 (555) 123-0001"}, "From": {DefaultNumber}, "Body": {"hi"}},
		"a number of another country": {"To": {"+491701234567"}, "From": {DefaultNumber}, "Body": {"hi"}},
		"1600 characters":             {"To": {phone}, "From": {DefaultNumber}, "Body": {strings.Repeat("я", 1600)}},
		"a short code":                {"To": {phone}, "From": {"12345"}, "Body": {"hi"}},
		"a name as sender":            {"To": {"+491701234567"}, "From": {"Acme GmbH"}, "Body": {"hi"}},
		"WhatsApp":                    {"To": {"whatsapp:" + phone}, "From": {"whatsapp:" + DefaultNumber}, "Body": {"hi"}},
		"a user of WhatsApp":          {"To": {"whatsapp:US.13491208655302741918"}, "From": {"WhatsApp:" + DefaultNumber}, "Body": {"hi"}},
		"an agent on RCS":             {"To": {"rcs:" + phone}, "From": {"rcs:my_agent"}, "Body": {"hi"}},
		"a page on Messenger":         {"To": {"messenger:200"}, "From": {"messenger:100"}, "Body": {"hi"}},
		"a callback on this machine":  {"To": {phone}, "From": {DefaultNumber}, "Body": {"hi"}, "StatusCallback": {"http://127.0.0.1:1/x?ref=1"}},
		"parameters it does not use":  {"To": {phone}, "From": {DefaultNumber}, "Body": {"hi"}, "Attempt": {"1"}, "RiskCheck": {"enable"}, "Nonsense": {"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := rest(t, sim, "POST", "Messages.json", form)
			if g.status != http.StatusCreated || g.str("status") != "queued" || g.str("direction") != "outbound-api" {
				t.Errorf("got %d %s, want a queued outbound-api message", g.status, g.raw)
			}
		})
	}
}

func TestPictureMessageHasItsMedia(t *testing.T) {
	sim := start(t, Options{})
	g := rest(t, sim, "POST", "Messages.json", url.Values{
		"To": {phone}, "From": {DefaultNumber}, "MediaUrl": {"https://example.org/cat.png?v=1", "https://example.org/b.mp4"},
	})
	if !strings.HasPrefix(g.str("sid"), "MM") || g.str("num_media") != "2" {
		t.Fatalf("got %s, want an SID that begins with MM, and 2 media", g.raw)
	}
	list := rest(t, sim, "GET", "Messages/"+g.str("sid")+"/Media.json", nil)
	items, _ := list.body["media_list"].([]any)
	if len(items) != 2 {
		t.Fatalf("got the media list %s, want 2 items", list.raw)
	}
	first := items[0].(map[string]any)
	if first["content_type"] != "image/png" || first["parent_sid"] != g.str("sid") {
		t.Errorf("got the first medium %v, want a PNG image of the message", first)
	}
	uri := first["uri"].(string)
	if one := rest(t, sim, "GET", uri, nil); one.str("sid") != first["sid"] {
		t.Errorf("got the medium %s, want the one that was listed", one.raw)
	}
	noRedirect := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := noRedirect.Get(sim.URL + strings.TrimSuffix(uri, ".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Location") != "https://example.org/cat.png?v=1" {
		t.Errorf("fetching the medium: got %d and the location %q, want a redirect to the image", res.StatusCode, res.Header.Get("Location"))
	}
	if d := rest(t, sim, "DELETE", uri, nil); d.status != http.StatusNoContent {
		t.Errorf("delete: got %d %s, want status 204", d.status, d.raw)
	}
	if again := rest(t, sim, "GET", uri, nil); again.code() != 20404 {
		t.Errorf("after the delete: got %s, want code 20404", again.raw)
	}
}

func TestAuthenticationAcceptsTokenOrKey(t *testing.T) {
	const key, child, stranger = "SK00000000000000000000000000000001", "AC000000000000000000000000000000c1", "AC000000000000000000000000000000d1"
	sim := start(t, Options{APIKeys: map[string]string{key: "secret"}})
	for _, a := range []Account{{SID: child, Token: "childtoken", Parent: sim.Account}, {SID: stranger, Token: "strangertoken"}} {
		if _, err := sim.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		user, password, account string
		status                  int
	}{
		"SID and token":                   {sim.Account, sim.Token, sim.Account, 200},
		"a key":                           {key, "secret", sim.Account, 200},
		"a wrong token":                   {sim.Account, "x", sim.Account, 401},
		"an empty token":                  {sim.Account, "", sim.Account, 401},
		"nothing":                         {"", "", sim.Account, 401},
		"a wrong secret":                  {key, "x", sim.Account, 401},
		"an unknown account":              {"AC00000000000000000000000000000009", "x", sim.Account, 401},
		"the parent for its subaccount":   {sim.Account, sim.Token, child, 200},
		"the parent's key for it":         {key, "secret", child, 200},
		"the subaccount for itself":       {child, "childtoken", child, 200},
		"the subaccount for its parent":   {child, "childtoken", sim.Account, 401},
		"the account for a stranger":      {sim.Account, sim.Token, stranger, 401},
		"the account for an unknown one":  {sim.Account, sim.Token, "AC00000000000000000000000000000009", 401},
		"test credentials for a listing":  {DefaultTestAccount, DefaultTestToken, DefaultTestAccount, 403},
		"test credentials for the others": {DefaultTestAccount, DefaultTestToken, sim.Account, 401},
	} {
		t.Run(name, func(t *testing.T) {
			g := restAs(t, sim, tc.user, tc.password, "GET", "/2010-04-01/Accounts/"+tc.account+"/Messages.json", nil)
			if g.status != tc.status {
				t.Fatalf("got %d %s, want %d", g.status, g.raw, tc.status)
			}
			if tc.status == 401 {
				if g.code() != 20003 || g.str("message") != "Authenticate" || g.str("detail") == "" || g.header.Get("WWW-Authenticate") == "" {
					t.Errorf("got %s, want code 20003 with its message, a detail and WWW-Authenticate", g.raw)
				}
				checkError(t, g)
			}
		})
	}
	made := rest(t, sim, "POST", "/2010-04-01/Accounts.json", url.Values{"FriendlyName": {"Shop"}})
	if made.status != http.StatusCreated || made.str("owner_account_sid") != sim.Account {
		t.Fatalf("creating a subaccount: got %d %s, want status 201 and the main account as owner", made.status, made.raw)
	}
	sub := restAs(t, sim, made.str("sid"), made.str("auth_token"), "GET", made.str("uri"), nil)
	if sub.status != 200 || sub.str("friendly_name") != "Shop" {
		t.Errorf("with the subaccount's own credentials: got %d %s, want status 200 and the name Shop", sub.status, sub.raw)
	}
}

func TestSubaccountSeesOnlyItsMessages(t *testing.T) {
	const child = "AC000000000000000000000000000000c1"
	sim := start(t, Options{})
	if _, err := sim.AddAccount(Account{SID: child, Token: "childtoken", Parent: sim.Account}); err != nil {
		t.Fatal(err)
	}
	if err := sim.SetNumber(Number{Number: "+15005550011", Account: child}); err != nil {
		t.Fatal(err)
	}
	mine := send(t, sim, phone, "from the parent")
	path := "/2010-04-01/Accounts/" + child + "/Messages"
	theirs := rest(t, sim, "POST", path+".json", url.Values{"To": {phone}, "From": {"+15005550011"}, "Body": {"from the child"}})
	if theirs.str("account_sid") != child {
		t.Fatalf("created %s, want a message of the subaccount", theirs.raw)
	}
	if g := rest(t, sim, "POST", path+".json", url.Values{"To": {phone}, "From": {DefaultNumber}, "Body": {"x"}}); g.code() != 21606 {
		t.Errorf("sending from the parent's number as a subaccount: got %s, want code 21606", g.raw)
	}
	if g := rest(t, sim, "GET", path+"/"+mine+".json", nil); g.code() != 20404 {
		t.Errorf("fetching the parent's message as a subaccount: got %s, want code 20404", g.raw)
	}
	list := rest(t, sim, "GET", path+".json", nil)
	if n := len(list.body["messages"].([]any)); n != 1 {
		t.Errorf("the subaccount's listing has %d messages, want 1", n)
	}
}

func TestMagicNumbersAnswerTestCredentialsAlone(t *testing.T) {
	sim := start(t, Options{})
	path := "/2010-04-01/Accounts/" + DefaultTestAccount + "/Messages.json"
	for _, tc := range []struct {
		from, to     string
		status, code int
	}{
		{"+15005550006", phone, 201, 0},
		{"+15005550006", "+15005550006", 201, 0},
		{"+15005550001", phone, 400, 21212},
		{"+15005550007", phone, 400, 21606},
		{"+15005550008", phone, 429, 21611},
		{"+15551239999", phone, 400, 21606},
		{"+15005550006", "+15005550001", 400, 21211},
		{"+15005550006", "+15005550002", 400, 21612},
		{"+15005550006", "+15005550003", 400, 21408},
		{"+15005550006", "+15005550004", 400, 21610},
		{"+15005550006", "+15005550009", 400, 21614},
	} {
		form := url.Values{"To": {tc.to}, "From": {tc.from}, "Body": {"hi"}}
		g := restAs(t, sim, DefaultTestAccount, DefaultTestToken, "POST", path, form)
		if g.status != tc.status || g.code() != tc.code {
			t.Errorf("test credentials, %s to %s: got %d %s, want %d %d", tc.from, tc.to, g.status, g.raw, tc.status, tc.code)
		}
		if tc.from == DefaultNumber && tc.to != DefaultNumber {
			if g := rest(t, sim, "POST", "Messages.json", form); g.status != http.StatusCreated {
				t.Errorf("the main account, to %s: got %d %s, want status 201", tc.to, g.status, g.raw)
			}
		}
	}
}

func TestTestCredentialsReachNothingElse(t *testing.T) {
	app := newApplication(t, answer("text/plain", ""))
	sim := start(t, Options{})
	base := "/2010-04-01/Accounts/" + DefaultTestAccount
	as := func(method, path string, form url.Values) got {
		return restAs(t, sim, DefaultTestAccount, DefaultTestToken, method, base+path, form)
	}
	form := url.Values{"To": {phone}, "From": {DefaultNumber}, "MediaUrl": {"https://example.org/cat.png"}, "StatusCallback": {app.URL}}
	made := as("POST", "/Messages.json", form)
	if made.status != http.StatusCreated || made.str("num_media") != "1" || !strings.HasPrefix(made.str("sid"), "MM") {
		t.Errorf("got %d %s, want status 201 and one medium", made.status, made.raw)
	}
	for _, request := range []string{
		"GET /Messages.json", "GET /Messages/" + made.str("sid") + ".json", "POST /Messages/" + made.str("sid") + ".json",
		"DELETE /Messages/" + made.str("sid") + ".json", "GET .json", "GET /Calls.json", "PUT /Messages.json",
	} {
		method, path, _ := strings.Cut(request, " ")
		if g := as(method, path, nil); g.status != http.StatusForbidden || g.code() != 20008 {
			t.Errorf("%s: got %d %s, want status 403 and code 20008", request, g.status, g.raw)
		}
	}
	if len(sim.Messages(Filter{})) != 0 || len(app.seen()) != 0 {
		t.Error("a request with test credentials created a message or triggered a callback")
	}
}

func TestResponsesHaveTwiliosHeaders(t *testing.T) {
	sim := start(t, Options{})
	for _, path := range []string{"Messages.json", "Messages/SM00000000000000000000000000000000.json", "Nothing.json"} {
		g := rest(t, sim, "GET", path, nil)
		for _, name := range []string{"Twilio-Request-Id", "Twilio-Concurrent-Requests", "Twilio-Request-Duration", "X-Home-Region", "X-Api-Domain"} {
			if g.header.Get(name) == "" {
				t.Errorf("%s: the header %s is missing", path, name)
			}
		}
		if !strings.HasPrefix(g.header.Get("Twilio-Request-Id"), "RQ") {
			t.Errorf("%s: got the request ID %q, want one that begins with RQ", path, g.header.Get("Twilio-Request-Id"))
		}
	}
	if g := rest(t, sim, "GET", "Messages/SM00000000000000000000000000000000.json", nil); g.code() != 20404 ||
		!strings.Contains(g.str("message"), "/Messages/SM00000000000000000000000000000000.json was not found") {
		t.Errorf("an unknown message: got %s, want code 20404 and its path", g.raw)
	}
	if g := rest(t, sim, "PUT", "Messages.json", nil); g.status != 405 || g.code() != 20004 {
		t.Errorf("a PUT: got %d %s, want status 405 and code 20004", g.status, g.raw)
	}
}
