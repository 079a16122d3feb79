package twiliosim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"temporal-twilio/twilio"
)

func text(t testing.TB, sim *Sim, body string) InboundResult {
	t.Helper()
	return inbound(t, sim, Inbound{From: phone, To: DefaultNumber, Body: body})
}

func inbound(t testing.TB, sim *Sim, in Inbound) InboundResult {
	t.Helper()
	result, err := sim.Inbound(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// bodies returns the replies, one per line.
func bodies(r InboundResult) string {
	var lines []string
	for _, reply := range r.Replies {
		lines = append(lines, reply.Body)
	}
	return strings.Join(lines, "\n")
}

func TestWebhookGetsTwiliosParameters(t *testing.T) {
	app := newApplication(t, twiml("<Response/>"))
	sim := start(t, Options{})
	hook := app.URL + "/twilio/sms?tenant=a%20b"
	if err := sim.SetWebhook(hook + "#rc=2&rp=all"); err != nil {
		t.Fatal(err)
	}
	result := inbound(t, sim, Inbound{
		From: phone, To: DefaultNumber, Body: "R&D a=b +100% ’ñ\n€",
		Media: []Media{{URL: "https://example.org/cat.png"}}, Params: map[string]string{"Latitude": "47.5"},
	})
	req := app.seen()[0]
	for key, want := range map[string]string{
		"MessageSid": result.MessageSID, "SmsSid": result.MessageSID, "SmsMessageSid": result.MessageSID,
		"AccountSid": sim.Account, "From": phone, "To": DefaultNumber, "Body": "R&D a=b +100% ’ñ\n€", "NumMedia": "1",
		"NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01", "FromCountry": "US", "Latitude": "47.5",
		"MediaContentType0": "image/png",
	} {
		if got := req.PostForm.Get(key); got != want {
			t.Errorf("parameter %s is %q, want %q", key, got, want)
		}
	}
	for name, want := range map[string]string{
		"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "X-Home-Region": "us1",
		"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
	} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if req.Header.Get("I-Twilio-Idempotency-Token") == "" {
		t.Error("the request has no I-Twilio-Idempotency-Token header")
	}
	if req.URL.Fragment != "" || req.URL.Query().Get("tenant") != "a b" {
		t.Errorf("the webhook was requested at %s, want no fragment, and tenant=a b in the query", req.URL)
	}
	if !twilio.Verify(sim.Token, hook, req.PostForm, req.Header.Get(twilio.SignatureHeader)) {
		t.Error("the signature is not valid for the URL without its fragment")
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(req.PostForm.Get("MediaUrl0"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Location") != "https://example.org/cat.png" {
		t.Errorf("MediaUrl0 redirects to %q, want https://example.org/cat.png", res.Header.Get("Location"))
	}
	stored := rest(t, sim, "GET", "Messages/"+result.MessageSID+".json", nil)
	if stored.str("direction") != "inbound" || stored.str("status") != "received" || stored.str("body") != "R&D a=b +100% ’ñ\n€" {
		t.Errorf("got the stored message %s, want it inbound, received, and with its body", stored.raw)
	}
}

func TestGetWebhookSignsItsFullURL(t *testing.T) {
	app := newApplication(t, twiml("<Response><Message>ok</Message></Response>"))
	sim := start(t, Options{})
	if err := sim.SetNumber(Number{Number: DefaultNumber, Webhook: app.URL + "/sms?a=1", Method: "GET"}); err != nil {
		t.Fatal(err)
	}
	if got := bodies(text(t, sim, "R&D")); got != "ok" {
		t.Errorf("got the reply %q, want ok", got)
	}
	req := app.seen()[0]
	if req.Method != "GET" || req.URL.Query().Get("Body") != "R&D" || req.URL.Query().Get("a") != "1" {
		t.Errorf("got %s %s, want a GET with Body and a in the query", req.Method, req.URL)
	}
	if !twilio.Verify(sim.Token, app.URL+req.URL.String(), nil, req.Header.Get(twilio.SignatureHeader)) {
		t.Error("the signature of the GET request is not valid")
	}
}

func TestTwiMLIsExecuted(t *testing.T) {
	const xml = "text/xml"
	for name, tc := range map[string]struct {
		contentType, document string
		replies               string
		code                  int // the code of the last entry in the debugger
	}{
		"a bare message":               {xml, `<Response><Message>Hi &amp; bye</Message></Response>`, "Hi & bye", 0},
		"a body":                       {xml, `<?xml version="1.0" encoding="UTF-8"?><Response><Message><Body>Hi</Body></Message></Response>`, "Hi", 0},
		"space around":                 {"application/xml; charset=utf-8", "\n <Response>\n <Message>\n  Hi\n </Message>\n</Response>\n", "Hi", 0},
		"CDATA":                        {"text/html", `<Response><Message><![CDATA[1 < 2]]></Message></Response>`, "1 < 2", 0},
		"two messages":                 {xml, `<Response><Message>one</Message><Message>two</Message></Response>`, "one\ntwo", 0},
		"the older verb":               {xml, `<Response><Sms>old</Sms></Response>`, "old", 0},
		"another charset":              {xml, "<?xml version='1.0' encoding='ISO-8859-1'?><Response><Message>\xe9</Message></Response>", "é", 0},
		"nothing to do":                {xml, `<Response/>`, "", 0},
		"an empty document":            {xml, ``, "", 0},
		"plain text":                   {"text/plain; charset=utf-8", "just <this>", "just <this>", 0},
		"empty plain text":             {"text/plain", "", "", 0},
		"JSON":                         {"application/json", `{"a":1}`, "", 12300},
		"no XML":                       {xml, `Hello`, "", 12100},
		"broken XML":                   {xml, `<Response><Message>Hi</Response>`, "", 12100},
		"an unclosed document":         {xml, `<Response><Message>Hi</Message>`, "", 12100},
		"an unescaped ampersand":       {xml, `<Response><Message>R&D</Message></Response>`, "", 12100},
		"another root":                 {xml, `<Reply><Message>Hi</Message></Reply>`, "", 12100},
		"two roots":                    {xml, `<Response/><Response/>`, "", 12100},
		"an unknown charset":           {xml, `<?xml version="1.0" encoding="EBCDIC"?><Response/>`, "", 12100},
		"a document that is too long":  {xml, `<Response><Message>` + strings.Repeat("x", 64<<10) + `</Message></Response>`, "", 11750},
		"a verb for voice calls":       {xml, `<Response><Say>Hi</Say><Message>text</Message></Response>`, "text", 12200},
		"an unknown attribute":         {xml, `<Response><Message colour="red">Hi</Message></Response>`, "Hi", 12200},
		"an unknown child":             {xml, `<Response><Message><Body>Hi</Body><Emoji/></Message></Response>`, "Hi", 12200},
		"text outside of verbs":        {xml, `<Response>loose<Message>Hi</Message></Response>`, "Hi", 12200},
		"an empty message":             {xml, `<Response><Message> </Message><Message>Hi</Message></Response>`, "Hi", 14103},
		"a message that is too long":   {xml, `<Response><Message>` + strings.Repeat("x", 1601) + `</Message></Response>`, "", 21617},
		"an invalid recipient":         {xml, `<Response><Message to="you">Hi</Message></Response>`, "", 14101},
		"a sender that is not owned":   {xml, `<Response><Message from="+15551239999">Hi</Message></Response>`, "", 14102},
		"media that is not a URL":      {xml, `<Response><Message><Media>ftp://host/x</Media></Message></Response>`, "", 21620},
		"a Redirect to itself forever": {xml, `<Response><Redirect/></Response>`, "", 14106},
		"eleven messages":              {xml, `<Response>` + strings.Repeat(`<Message>n</Message>`, 11) + `</Response>`, strings.TrimSpace(strings.Repeat("n\n", 10)), 14109},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, answer(tc.contentType, tc.document))
			sim := start(t, Options{Webhook: app.URL})
			result := text(t, sim, "hi")
			if got := bodies(result); got != tc.replies {
				t.Errorf("got the reply %q, want %q", got, tc.replies)
			}
			if result.ErrorCode != tc.code {
				t.Errorf("got error %d %s, want %d", result.ErrorCode, result.Error, tc.code)
			}
			entries := sim.Debugger()
			if (len(entries) > 0) != (tc.code != 0) || tc.code != 0 && entries[0].Code != tc.code {
				t.Errorf("got the debugger entries %+v, want entries only after an error, the newest with code %d", entries, tc.code)
			}
			for _, reply := range result.Replies {
				if m := one(t, sim, reply.SID); m.Direction != "outbound-reply" || m.To != phone || m.From != DefaultNumber || m.InReplyTo != result.MessageSID {
					t.Errorf("got the reply %+v, want one from the number to the phone for this text", m)
				}
			}
		})
	}
}

func TestMessageVerbAttributesCount(t *testing.T) {
	app := newApplication(t, nil)
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		switch r.URL.Path {
		case "/app/sms":
			twiml(`<Response>
				<Message to="+15551230002" from="+15005550011" statusCallback="status?x=1">
					<Body>see</Body><Media>/cat.png</Media><Media>https://example.org/b.gif</Media>
				</Message></Response>`)(w, r)
		default:
			app.arrived <- r.Form
		}
	})
	sim := start(t, Options{Numbers: []string{DefaultNumber, "+15005550011"}, Webhook: app.URL + "/app/sms"})
	result := text(t, sim, "hi")
	if len(result.Replies) != 1 {
		t.Fatalf("got the result %+v, want one reply", result)
	}
	m := one(t, sim, result.Replies[0].SID)
	if m.To != "+15551230002" || m.From != "+15005550011" || m.StatusCallback != app.URL+"/app/status?x=1" ||
		len(m.Media) != 2 || m.Media[0].URL != app.URL+"/cat.png" || m.Media[1].ContentType != "image/gif" {
		t.Errorf("got the reply %+v, want the addresses, URLs and media of the TwiML", m)
	}
	if form := app.next(t); form.Get("MessageStatus") != "sent" || form.Get("MessageSid") != m.SID {
		t.Errorf("got the callback %v, want status sent for the reply", form)
	}
}

func TestRedirectsAndActionsAreFollowed(t *testing.T) {
	var asked []string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/a/first":
			twiml(`<Response><Message>one</Message><Redirect>second?x=1</Redirect><Message>never</Message></Response>`)(w, r)
		case "/a/second":
			if r.URL.Query().Get("x") != "1" || r.PostForm.Get("Body") != "hi" {
				t.Errorf("the second document was requested at %s with %v, want x=1 and the Body", r.URL, r.PostForm)
			}
			twiml(`<Response><Message action="/after" method="GET">two</Message><Message>never</Message></Response>`)(w, r)
		case "/after":
			if !strings.HasPrefix(r.Form.Get("MessageSid"), "SM") || r.Form.Get("MessageStatus") != "queued" {
				t.Errorf("the action got %v, want the SID and status of the queued message", r.Form)
			}
			http.Redirect(w, r, "/moved", http.StatusFound)
		case "/moved":
			twiml(`<Response><Message>three</Message></Response>`)(w, r)
		}
	}))
	defer app.Close()
	sim := start(t, Options{Webhook: app.URL + "/a/first"})
	if got := bodies(text(t, sim, "hi")); got != "one\ntwo\nthree" {
		t.Errorf("got the reply %q, want one, two and three", got)
	}
	if got := strings.Join(asked, ", "); got != "POST /a/first, POST /a/second, GET /after, GET /moved" {
		t.Errorf("got the requests %s, want a POST to /a/first and /a/second, then a GET of /after and /moved", got)
	}
}

func TestWebhookFailuresHaveTwiliosCodes(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // the server notices a closed connection only after the body has been read
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/quick":
			w.WriteHeader(http.StatusNoContent)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
		case "/hang-up":
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer app.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	for name, tc := range map[string]struct {
		url          string
		code, status int
	}{
		"an error status":          {app.URL + "/", 11200, 418},
		"no response in time":      {app.URL + "/slow#rt=100", 11200, 0},
		"an endless response":      {app.URL + "/slow#tt=100", 11200, 0},
		"a closed connection":      {app.URL + "/hang-up", 11200, 0},
		"nobody listening":         {"http://127.0.0.1:1/", 11205, 0},
		"no such host":             {"http://no-such-host.invalid/", 11210, 0},
		"redirects without end":    {app.URL + "/loop", 11215, 307},
		"an untrusted certificate": {secure.URL, 11220, 0},
		"TLS to a plain server":    {strings.Replace(app.URL, "http:", "https:", 1), 11220, 0},
	} {
		t.Run(name, func(t *testing.T) {
			// Connect first: the limits below are for a response, not for the
			// connection.
			sim := start(t, Options{Webhook: app.URL + "/quick"})
			text(t, sim, "hi")
			if err := sim.SetWebhook(tc.url); err != nil {
				t.Fatal(err)
			}
			result := text(t, sim, "hi")
			if result.ErrorCode != tc.code || result.WebhookStatus != tc.status {
				t.Errorf("got error %d %q, status %d; want %d, %d", result.ErrorCode, result.Error, result.WebhookStatus, tc.code, tc.status)
			}
			if entries := sim.Debugger(); len(entries) != 1 || entries[0].Code != tc.code || entries[0].MessageSID != result.MessageSID {
				t.Errorf("got the debugger entries %+v, want one for this text", entries)
			}
		})
	}
}

func TestFailedConnectionIsRetriedOnce(t *testing.T) {
	sim := start(t, Options{Webhook: "http://127.0.0.1:1/"})
	text(t, sim, "hi")
	if calls := sim.WebhookCalls(); len(calls) != 1 || calls[0].Attempts != 2 {
		t.Errorf("got the calls %+v, want two attempts", calls)
	}
}

func TestFailedWebhookFallsBackOnce(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{
		"11200": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"12100": twiml("<oops"),
		"12300": answer("application/json", "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/sms" {
					first(w, r)
					return
				}
				twiml(`<Response><Message>from the fallback</Message></Response>`)(w, r)
			})
			sim := start(t, Options{Webhook: app.URL + "/sms", Fallback: app.URL + "/fallback"})
			result := text(t, sim, "hi")
			if got := bodies(result); got != "from the fallback" || result.WebhookStatus != 200 {
				t.Errorf("got the result %+v, want the reply of the fallback", result)
			}
			req := app.seen()[1]
			if req.PostForm.Get("ErrorCode") != name || req.PostForm.Get("ErrorUrl") != app.URL+"/sms" || req.PostForm.Get("Body") != "hi" {
				t.Errorf("the fallback got %v, want ErrorCode %s, and the URL that failed", req.PostForm, name)
			}
			if !twilio.Verify(sim.Token, app.URL+"/fallback", req.PostForm, req.Header.Get(twilio.SignatureHeader)) {
				t.Error("the signature of the request to the fallback is not valid")
			}
		})
	}
	t.Run("when it fails too", func(t *testing.T) {
		app := newApplication(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		sim := start(t, Options{Webhook: app.URL + "/sms", Fallback: app.URL + "/fallback"})
		text(t, sim, "hi")
		if n := len(app.seen()); n != 2 {
			t.Errorf("got %d requests, want 2", n)
		}
	})
}

func TestURLCredentialsAnswerAChallenge(t *testing.T) {
	var sent []string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		sent = append(sent, fmt.Sprint(user, ":", password))
		if !ok {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		twiml("<Response><Message>in</Message></Response>")(w, r)
	}))
	defer app.Close()
	sim := start(t, Options{Webhook: strings.Replace(app.URL, "http://", "http://ann:secret@", 1)})
	if got := bodies(text(t, sim, "hi")); got != "in" || strings.Join(sent, " ") != ": ann:secret" {
		t.Errorf("replied %q after the requests %v, want in, after a request without and one with credentials", got, sent)
	}
}

func TestOptOutsAreKeptPerPair(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>echo</Message></Response>`))
	sim := start(t, Options{Numbers: []string{DefaultNumber, "+15005550011"}, Webhook: app.URL})
	refused := func(from, to string) bool {
		g, err := try(sim, url.Values{"To": {to}, "From": {from}, "Body": {"hi"}})
		if err != nil || g.status != 201 && (g.code() != 21610 || g.status != 400 || g.str("message") != "Attempt to send to unsubscribed recipient") {
			t.Fatalf("got %d %s and error %v, want either status 201 or 400 with code 21610", g.status, g.raw, err)
		}
		return g.status != 201
	}
	if result := text(t, sim, "please STOP"); result.OptOut != "" || refused(DefaultNumber, phone) {
		t.Error("a sentence that contains STOP was treated as a keyword")
	}
	result := text(t, sim, " Stop\n")
	if result.OptOut != "STOP" || result.AutoReply == "" || result.WebhookStatus != 200 {
		t.Errorf("STOP: got %+v, want an opt-out, an automatic reply and a call of the webhook", result)
	}
	if len(result.Replies) != 0 || result.ErrorCode != 21610 || result.Outcome != "not echoed: the recipient has opted out" {
		t.Errorf("the webhook replied after STOP: got %+v, want error 21610 and no reply", result)
	}
	if !refused(DefaultNumber, phone) {
		t.Error("a message to a phone that sent STOP was accepted")
	}
	if refused("+15005550011", phone) || refused(DefaultNumber, "+15551230002") {
		t.Error("the opt-out applies to another sender or recipient")
	}
	if result := text(t, sim, "QUIT"); result.AutoReply != "" {
		t.Error("a second STOP got a reply")
	}
	if result := text(t, sim, "HELP"); result.OptOut != "HELP" || result.AutoReply == "" {
		t.Errorf("HELP: got %+v, want an automatic reply", result)
	}
	if result := text(t, sim, "unstop"); result.OptOut != "START" || result.AutoReply == "" || bodies(result) != "echo" || refused(DefaultNumber, phone) {
		t.Errorf("UNSTOP: got %+v, want an opt-in, an automatic reply and the webhook's reply", result)
	}
	if result := text(t, sim, "yes"); result.AutoReply != "" || bodies(result) != "echo" {
		t.Errorf("YES from a phone that never opted out: got %+v, want only the webhook's reply", result)
	}
}

func TestStopAndStartWordsAreObeyed(t *testing.T) {
	sim := start(t, Options{})
	for _, stop := range []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"} {
		text(t, sim, stop)
		if len(sim.OptOuts()) != 1 {
			t.Errorf("after %s, the phone has not opted out", stop)
		}
		if g, _ := try(sim, good); g.code() != 21610 {
			t.Errorf("%s: got %s, want code 21610", stop, g.raw)
		}
		for _, begin := range []string{"START", "YES", "UNSTOP"} {
			text(t, sim, begin)
			if len(sim.OptOuts()) != 0 {
				t.Errorf("after %s, the phone has not opted in", begin)
			}
			text(t, sim, stop)
		}
		text(t, sim, "START")
	}
}

func TestServiceSharesOptOuts(t *testing.T) {
	app := newApplication(t, twiml("<Response/>"))
	numbers := []string{"+15005550011", "+15005550012"}
	sim := start(t, Options{Numbers: numbers})
	if _, err := sim.AddService(Service{SID: pool, Senders: numbers, Webhook: app.URL, AdvancedOptOut: true}); err != nil {
		t.Fatal(err)
	}
	inbound(t, sim, Inbound{From: phone, To: numbers[0], Body: "stop"})
	if form := app.next(t); form.Get("OptOutType") != "STOP" || form.Get("MessagingServiceSid") != pool {
		t.Errorf("the webhook got %v, want OptOutType STOP and the service's SID", form)
	}
	for _, form := range []url.Values{
		{"To": {phone}, "From": {numbers[1]}, "Body": {"hi"}},
		{"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"hi"}},
	} {
		if g, _ := try(sim, form); g.code() != 21610 {
			t.Errorf("sending with %v after STOP: got %s, want code 21610", form, g.raw)
		}
	}
}

func TestReplyLoopOfTwoProgramsStops(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>no, you</Message></Response>`))
	sim := start(t, Options{Numbers: []string{DefaultNumber, "+15005550011"}, Webhook: app.URL, ReplyLimit: 6})
	if err := sim.SetNumber(Number{Number: "+15005550011", Webhook: app.URL, Rate: 1000}); err != nil {
		t.Fatal(err)
	}
	inbound(t, sim, Inbound{From: "+15005550011", To: DefaultNumber, Body: "hello"})
	stopped := func() []Message { return sim.Messages(Filter{Status: Failed}) }
	await(t, "the loop to be stopped", func() bool { return len(stopped()) > 0 })
	if m := stopped()[0]; m.Error != 14107 {
		t.Errorf("the loop ended with error %d, want 14107", m.Error)
	}
	advance(t, sim, loopWindow)
	if r := inbound(t, sim, Inbound{From: phone, To: DefaultNumber, Body: "hello"}); one(t, sim, r.Replies[0].SID).Error != 0 {
		t.Error("the loop also stopped another pair of numbers")
	}
	r := inbound(t, sim, Inbound{From: "+15005550011", To: DefaultNumber, Body: "hello again"})
	if m := one(t, sim, r.Replies[0].SID); m.Error != 0 {
		t.Errorf("after the pause: got error %d, want none", m.Error)
	}
}

func TestInboundMessageIsRedeliveredUnderSID(t *testing.T) {
	app := newApplication(t, twiml("<Response/>"))
	sim := start(t, Options{Webhook: app.URL})
	first := text(t, sim, "once")
	again := inbound(t, sim, Inbound{From: phone, To: DefaultNumber, MessageSID: first.MessageSID})
	if again.MessageSID != first.MessageSID || len(sim.Messages(Filter{Direction: "inbound"})) != 1 {
		t.Errorf("the repeated text: got the result %+v, want MessageSID %s and a single message", again, first.MessageSID)
	}
	if a, b := app.next(t), app.next(t); a.Get("MessageSid") != b.Get("MessageSid") || b.Get("Body") != "once" {
		t.Errorf("the webhook got %v, then %v, want the same message twice", a, b)
	}
	fault(t, sim, Fault{Kind: FaultWebhookDoubled, Operation: "inbound", Next: 1})
	text(t, sim, "twice")
	if a, b := app.next(t), app.next(t); a.Get("MessageSid") != b.Get("MessageSid") || a.Get("Body") != "twice" || b.Get("Body") != "twice" {
		t.Errorf("a doubled request: got %v, %v, want the same message twice", a, b)
	}
	fault(t, sim, Fault{Kind: FaultWebhookLost, Operation: "inbound", Next: 1})
	if result := text(t, sim, "never"); result.WebhookStatus != 0 || result.Error == "" {
		t.Errorf("a lost request: got %+v, want no status, and an error", result)
	}
}

func TestInvalidTextSaysWhy(t *testing.T) {
	sim := start(t, Options{Numbers: []string{DefaultNumber, "whatsapp:" + DefaultNumber}})
	for name, tc := range map[string]struct {
		in   Inbound
		want string
	}{
		"to an unknown number":         {Inbound{From: phone, To: "+15551239999", Body: "hi"}, "is not a number of this simulator: it has " + DefaultNumber},
		"from nobody":                  {Inbound{From: "me!", To: DefaultNumber, Body: "hi"}, "want a phone number"},
		"from itself":                  {Inbound{From: DefaultNumber, To: DefaultNumber, Body: "hi"}, "cannot text itself"},
		"too long":                     {Inbound{From: phone, To: DefaultNumber, Body: strings.Repeat("x", 1601)}, "1600"},
		"across channels":              {Inbound{From: phone, To: "whatsapp:" + DefaultNumber, Body: "hi"}, "on the same channel"},
		"with invalid media":           {Inbound{From: phone, To: DefaultNumber, Media: []Media{{URL: "cat"}}}, "want an http"},
		"repeating an unknown message": {Inbound{From: phone, To: DefaultNumber, MessageSID: "SM1"}, "no such inbound message"},
	} {
		if _, err := sim.Inbound(context.Background(), tc.in); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, tc.want)
		}
	}
}

func TestWhatsAppSendsItsParameters(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>hi</Message></Response>`))
	sim := start(t, Options{Numbers: []string{"whatsapp:" + DefaultNumber}, Webhook: app.URL})
	result := inbound(t, sim, Inbound{From: "whatsapp:" + phone, To: "whatsapp:" + DefaultNumber, Body: "STOP"})
	if form := app.next(t); form.Get("WaId") != "15551230001" || form.Get("From") != "whatsapp:"+phone || form.Get("ProfileName") == "" {
		t.Errorf("the webhook got %v, want the WhatsApp parameters", form)
	}
	if len(result.Replies) != 1 || result.Replies[0].From != "whatsapp:"+DefaultNumber || result.OptOut != "" {
		t.Errorf("got the result %+v, want a reply and no opt-out", result)
	}
}

func TestChannelTextIsAnsweredOnChannel(t *testing.T) {
	app := newApplication(t, twiml(`<Response><Message>hi</Message></Response>`))
	sim := start(t, Options{Numbers: []string{"whatsapp:" + DefaultNumber, "rcs:my_agent", "messenger:100"}, Webhook: app.URL})
	for from, to := range map[string]string{
		"whatsapp:US.13491208655302741918": "whatsapp:" + DefaultNumber,
		"rcs:" + phone:                     "RCS:my_agent",
		"messenger:200":                    "messenger:100",
	} {
		result := inbound(t, sim, Inbound{From: from, To: to, Body: "hello"})
		if form := app.next(t); form.Get("From") != from || form.Has("WaId") {
			t.Errorf("the webhook got %v, want the sender and no WaId", form)
		}
		if len(result.Replies) != 1 || result.Replies[0].To != from {
			t.Errorf("%s: got %+v, want one reply to the sender", from, result)
		}
	}
}

func TestEndlessWebhookResponseIsCutOff(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
				return
			}
		}
	}))
	defer app.Close()
	sim := start(t, Options{Webhook: app.URL})
	if result := text(t, sim, "hi"); result.ErrorCode != 11750 {
		t.Errorf("got error %d %s, want 11750", result.ErrorCode, result.Error)
	}
}

func TestApplicationsOutcomeHeadersAreKept(t *testing.T) {
	said := map[string]string{OutcomeHeader: "accepted", WorkflowHeader: "sms-1"}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range said {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response/>")
	}))
	t.Cleanup(app.Close)
	sim := start(t, Options{Webhook: app.URL})
	result := text(t, sim, "hello")
	m := sim.Messages(Filter{SID: result.MessageSID})[0]
	if result.Outcome != "accepted" || result.WorkflowID != "sms-1" || m.Outcome != "accepted" || m.WorkflowID != "sms-1" {
		t.Errorf("got the result %+v and the message %+v, want the outcome accepted and the workflow sms-1 in both", result, m)
	}
	said[OutcomeHeader] = strings.Repeat("x", maxWord+1)
	if result := text(t, sim, "hello"); result.Outcome != "" {
		t.Errorf("%d bytes of the outcome are kept, want none", len(result.Outcome))
	}
}
