package twiliosim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"
)

// The Messages resource, restated from Twilio's OpenAPI description of API
// 2010-04-01: what each field may contain, and where null may occur. The
// description allows null nearly everywhere; this schema allows it only where
// Twilio's documentation says that it occurs.

type rule struct {
	null bool
	ok   func(any) bool
}

func pattern(expression string) func(any) bool {
	re := regexp.MustCompile(`\A(?:` + expression + `)\z`)
	return func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) }
}

func oneOf(words ...string) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && slices.Contains(words, s) }
}

func rfc2822Date(v any) bool {
	s, ok := v.(string)
	_, err := time.Parse("Mon, 02 Jan 2006 15:04:05 +0000", s)
	return ok && err == nil
}

func integer(v any) bool { f, ok := v.(float64); return ok && f == float64(int(f)) }

const (
	accountPattern = `AC[0-9a-fA-F]{32}`
	messagePattern = `(SM|MM)[0-9a-fA-F]{32}`
	uriPattern     = `/2010-04-01/Accounts/` + accountPattern + `/Messages`
)

var messageSchema = map[string]rule{
	"body":                  {false, pattern(`(?s).*`)},
	"num_segments":          {false, pattern(`\d+`)},
	"direction":             {false, oneOf("inbound", "outbound-api", "outbound-call", "outbound-reply")},
	"from":                  {true, pattern(`(whatsapp:)?\+\d{7,15}|\d{5,6}|[A-Za-z0-9 &+_.-]{1,11}`)},
	"to":                    {false, pattern(`(whatsapp:)?\+\d{7,15}`)},
	"date_updated":          {false, rfc2822Date},
	"date_created":          {false, rfc2822Date},
	"date_sent":             {true, rfc2822Date},
	"price":                 {true, pattern(`-\d+\.\d{5}`)},
	"price_unit":            {false, pattern(`[A-Z]{3}`)},
	"error_message":         {true, pattern(`.+`)},
	"error_code":            {true, integer},
	"uri":                   {false, pattern(uriPattern + `/` + messagePattern + `\.json`)},
	"account_sid":           {false, pattern(accountPattern)},
	"num_media":             {false, pattern(`\d+`)},
	"status":                {false, oneOf("queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted", "scheduled", "read", "partially_delivered", "canceled")},
	"messaging_service_sid": {true, pattern(`MG[0-9a-fA-F]{32}`)},
	"sid":                   {false, pattern(messagePattern)},
	"api_version":           {false, pattern(`2010-04-01`)},
	"subresource_uris": {false, func(v any) bool {
		m, ok := v.(map[string]any)
		return ok && len(m) == 2 && pattern(uriPattern+`/`+messagePattern+`/Media\.json`)(m["media"]) &&
			pattern(uriPattern+`/`+messagePattern+`/Feedback\.json`)(m["feedback"])
	}},
}

var mediaSchema = map[string]rule{
	"account_sid":  {false, pattern(accountPattern)},
	"content_type": {false, pattern(`[a-z]+/[a-z0-9.+-]+`)},
	"date_created": {false, rfc2822Date},
	"date_updated": {false, rfc2822Date},
	"parent_sid":   {false, pattern(messagePattern)},
	"sid":          {false, pattern(`ME[0-9a-fA-F]{32}`)},
	"uri":          {false, pattern(uriPattern + `/` + messagePattern + `/Media/ME[0-9a-fA-F]{32}\.json`)},
}

var feedbackSchema = map[string]rule{
	"account_sid":  {false, pattern(accountPattern)},
	"message_sid":  {false, pattern(messagePattern)},
	"outcome":      {false, oneOf("confirmed", "unconfirmed")},
	"date_created": {false, rfc2822Date},
	"date_updated": {false, rfc2822Date},
	"uri":          {false, pattern(uriPattern + `/` + messagePattern + `/Feedback\.json`)},
}

// pageSchema returns the schema of a page of a listing, which has its items
// under the key items.
func pageSchema(items string, item map[string]rule) map[string]rule {
	page := pattern(uriPattern + `.*\.json(\?.*)?`)
	return map[string]rule{
		"end": {false, integer}, "start": {false, integer}, "page": {false, integer}, "page_size": {false, integer},
		"first_page_uri": {false, page}, "uri": {false, page}, "next_page_uri": {true, page}, "previous_page_uri": {true, page},
		items: {false, func(v any) bool {
			list, ok := v.([]any)
			for _, entry := range list {
				m, isObject := entry.(map[string]any)
				ok = ok && isObject && violations(m, item) == nil
			}
			return ok
		}},
	}
}

// violations returns the ways in which an object violates a schema, sorted.
func violations(object map[string]any, schema map[string]rule) (list []string) {
	for field, r := range schema {
		v, present := object[field]
		switch {
		case !present:
			list = append(list, field+" is missing")
		case v == nil && !r.null:
			list = append(list, field+" is null")
		case v != nil && !r.ok(v):
			text, _ := json.Marshal(v)
			list = append(list, fmt.Sprintf("%s is %s", field, text))
		}
	}
	for field := range object {
		if _, known := schema[field]; !known {
			list = append(list, field+" is not in the schema")
		}
	}
	slices.Sort(list)
	return list
}

func TestResponsesFitTheSchema(t *testing.T) {
	numbers := []string{DefaultNumber, "12345", "whatsapp:" + DefaultNumber}
	app := newApplication(t, twiml(`<Response><Message>reply</Message></Response>`))
	sim := start(t, Options{Numbers: numbers, Webhook: app.URL})
	if _, err := sim.AddService(Service{SID: pool, Senders: numbers[:1]}); err != nil {
		t.Fatal(err)
	}
	outcome(t, sim, Outcome{Body: "fail", Status: "failed", ErrorCode: 30007})
	outcome(t, sim, Outcome{Body: "lost", Status: "undelivered", ErrorCode: 30003})
	check := func(what string, g got, status int, schema map[string]rule) {
		t.Helper()
		if g.status != status {
			t.Fatalf("%s: got %d %s, want status %d", what, g.status, g.raw, status)
		}
		for _, v := range violations(g.body, schema) {
			t.Errorf("%s: %s", what, v)
		}
	}
	statuses := map[string]bool{}
	for what, form := range map[string]url.Values{
		"plain":      {"To": {phone}, "From": {DefaultNumber}, "Body": {"hi ’"}},
		"failed":     {"To": {phone}, "From": {DefaultNumber}, "Body": {"fail"}},
		"lost":       {"To": {phone}, "From": {DefaultNumber}, "Body": {"lost"}},
		"short code": {"To": {phone}, "From": {"12345"}, "Body": {"hi"}},
		"word":       {"To": {"+491701234567"}, "From": {"Acme"}, "Body": {"hi"}},
		"WhatsApp":   {"To": {"whatsapp:" + phone}, "From": {numbers[2]}, "Body": {"hi"}},
		"picture":    {"To": {phone}, "From": {DefaultNumber}, "MediaUrl": {"https://example.org/x.png"}},
		"service":    {"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"hi"}},
		"scheduled":  {"To": {phone}, "MessagingServiceSid": {pool}, "Body": {"hi"}, "ScheduleType": {"fixed"}, "SendAt": {sim.Now().Add(time.Hour).Format(time.RFC3339)}},
	} {
		created := rest(t, sim, "POST", "Messages.json", form)
		check(what+" created", created, http.StatusCreated, messageSchema)
		sid := created.str("sid")
		statuses[created.str("status")] = true
		if what == "scheduled" {
			check("canceled", rest(t, sim, "POST", "Messages/"+sid+".json", url.Values{"Status": {"canceled"}}), 200, messageSchema)
		}
		await(t, "its end", func() bool { return one(t, sim, sid).Status.final() })
		fetched := rest(t, sim, "GET", "Messages/"+sid+".json", nil)
		check(what+" fetched", fetched, 200, messageSchema)
		statuses[fetched.str("status")] = true
		check(what+" media", rest(t, sim, "GET", "Messages/"+sid+"/Media.json", nil), 200, pageSchema("media_list", mediaSchema))
		check(what+" feedback", rest(t, sim, "POST", "Messages/"+sid+"/Feedback.json", nil), 200, feedbackSchema)
		if what == "picture" {
			list := rest(t, sim, "GET", "Messages/"+sid+"/Media.json", nil).body["media_list"].([]any)
			check("medium", rest(t, sim, "GET", list[0].(map[string]any)["uri"].(string), nil), 200, mediaSchema)
		}
	}
	in := text(t, sim, "hello")
	check("inbound", rest(t, sim, "GET", "Messages/"+in.MessageSID+".json", nil), 200, messageSchema)
	check("reply", rest(t, sim, "GET", "Messages/"+in.Replies[0].SID+".json", nil), 200, messageSchema)
	for uri := "Messages.json?PageSize=4"; uri != ""; {
		g := rest(t, sim, "GET", uri, nil)
		check("page", g, 200, pageSchema("messages", messageSchema))
		uri = g.str("next_page_uri")
	}
	check("redacted", rest(t, sim, "POST", "Messages/"+in.MessageSID+".json", url.Values{"Body": {""}}), 200, messageSchema)
	test := restAs(t, sim, DefaultTestAccount, DefaultTestToken, "POST", "/2010-04-01/Accounts/"+DefaultTestAccount+"/Messages.json", good)
	check("test credentials", test, http.StatusCreated, messageSchema)
	for _, status := range []string{"queued", "accepted", "scheduled", "canceled", "delivered", "failed", "undelivered"} {
		if !statuses[status] {
			t.Errorf("no response had the status %s, so its fields were not checked", status)
		}
	}
}

func TestSchemaFindsWhatIsWrong(t *testing.T) {
	sim := start(t, Options{})
	g := rest(t, sim, "POST", "Messages.json", good)
	for field, wrong := range map[string]any{
		"num_segments": 1.0, "status": "gone", "date_created": "2026-01-02T03:04:05Z", "error_code": "30003", "sid": "SM1", "to": nil, "extra": "x",
	} {
		object := map[string]any{}
		maps.Copy(object, g.body)
		object[field] = wrong
		if len(violations(object, messageSchema)) != 1 {
			t.Errorf("field %s with %v: got the violations %v, want one", field, wrong, violations(object, messageSchema))
		}
	}
}
