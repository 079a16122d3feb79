package twiliosim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzTwiML(f *testing.F) {
	for _, document := range []string{
		`<Response/>`, `<Response><Message to="+1">Hi &amp; <Body>x</Body><Media>u</Media></Message><Redirect method="GET">/x</Redirect></Response>`,
		`<?xml version="1.0" encoding="ISO-8859-1"?><Response><Message><![CDATA[x]]></Message></Response>`, `<Response><Message>`, `<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>`,
	} {
		f.Add("text/xml", []byte(document))
	}
	f.Add("text/plain; charset=x", []byte("hi \xff"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		verbs, warnings, failure := readAnswer(contentType, body)
		if failure != nil && (verbs != nil || warnings != nil || failure.code == 0) {
			t.Errorf("got the failure %+v together with %v and %v, want a code, and neither verbs nor warnings", failure, verbs, warnings)
		}
		if len(warnings) > maxWarnings || len(verbs) > len(body) {
			t.Errorf("got %d warnings and %d verbs from %d bytes, want at most %d warnings, and no more verbs than bytes", len(warnings), len(verbs), len(body), maxWarnings)
		}
		for _, v := range verbs {
			if v.method != "GET" && v.method != "POST" {
				t.Errorf("got the method %q, want GET or POST", v.method)
			}
			if !utf8.ValidString(v.body) {
				t.Errorf("got a body that is not UTF-8: %q", v.body)
			}
		}
	})
}

// Whatever is posted to the REST API, the response is a message or an error
// in Twilio's format.
func FuzzRESTForm(f *testing.F) {
	sim := start(f, Options{MaxMessages: 100})
	handler := sim.handler()
	f.Add("POST", "Messages.json", "To=%2B15551230001&From=%2B15005550006&Body=hi")
	f.Add("POST", "Messages.json", "To=%2B15551230001&MessagingServiceSid=MG&MediaUrl=x&MediaUrl=http://h&SendAt=2026-01-01T00:00:00Z&ValidityPeriod=-1")
	f.Add("GET", "Messages.json?PageSize=1&Page=1&PageToken=PA", "")
	f.Add("GET", "Messages.json?DateSent%3E=2026-01-01&DateSent%3C=x", "")
	f.Add("DELETE", "Messages/SM1/Media/ME1.json", "")
	f.Add("POST", "Messages.json", "%zz=&;")
	f.Fuzz(func(t *testing.T, method, path, form string) {
		req, err := http.NewRequest(method, sim.URL+"/2010-04-01/Accounts/"+sim.Account+"/"+path, strings.NewReader(form))
		if err != nil || req.URL.Host != strings.TrimPrefix(sim.URL, "http://") {
			t.Skip()
		}
		req.RequestURI = req.URL.RequestURI()
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth(sim.Account, sim.Token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Fatalf("%s %s: got %d %s, want a status below 500", method, path, w.Code, w.Body)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			return // a redirect to a media file or to a cleaned path, or the web page
		}
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s %s: got %d with invalid JSON: %q", method, path, w.Code, w.Body)
		}
		if w.Code == http.StatusCreated && method == "POST" && strings.HasSuffix(path, "Messages.json") {
			for _, v := range violations(body, messageSchema) {
				t.Errorf("%s: %s", form, v)
			}
		}
	})
}

func FuzzControlJSON(f *testing.F) {
	sim := start(f, Options{MaxMessages: 100})
	handler := sim.handler()
	paths := []string{"inbound", "faults", "outcomes", "optouts", "numbers", "services", "accounts", "clock", "measure"}
	f.Add(0, `{"from":"+15551230001","to":"+15005550006","body":"hi","media":[{"url":"http://h/x.png"}]}`)
	f.Add(1, `{"kind":"500","next":1,"rate":0.5,"delay":"1s"}`)
	f.Add(2, `{"to":"+1555*","status":"failed"}`)
	f.Add(7, `{"advance":"1h","speed":2}`)
	f.Fuzz(func(t *testing.T, path int, body string) {
		if strings.Contains(body, "refuse") || strings.Contains(body, "http") && path != 0 {
			t.Skip() // these reach the network
		}
		name := paths[int(uint(path)%uint(len(paths)))]
		req := httptest.NewRequest("POST", sim.URL+"/sim/"+name, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if w.Code != 200 && w.Code != 400 && w.Code != 413 || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: got %d %q, want JSON with status 200, 400 or 413", name, body, w.Code, w.Body)
		}
	})
}

func FuzzParseFault(f *testing.F) {
	f.Add("response-lost,next=3,op=create,number=+15551230001")
	f.Fuzz(func(t *testing.T, line string) {
		if fault, err := ParseFault(line); err == nil {
			if again := fault; again.complete() != nil || again != fault {
				t.Errorf("%q: the fault %+v was parsed, but is not complete", line, fault)
			}
		}
	})
}
