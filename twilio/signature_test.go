package twilio

import (
	"maps"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// Test vectors from Twilio's own helper libraries, all signed with the same
// token.
const (
	vectorToken = "12345"
	vectorURL   = "https://mycompany.com/myapp.php?foo=1&bar=2"
	vectorJSON  = `{"property": "value", "boolean": true}`
	vectorSHA   = "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
)

func vectorParams(more url.Values) url.Values {
	params := url.Values{
		"CallSid": {"CA1234567890ABCDE"},
		"Caller":  {"+14158675309"},
		"Digits":  {"1234"},
		"From":    {"+14158675309"},
		"To":      {"+18005551212"},
	}
	maps.Copy(params, more)
	return params
}

func TestVerifyAcceptsTwiliosSignatures(t *testing.T) {
	for name, tc := range map[string]struct {
		url       string
		params    url.Values
		signature string
	}{
		"a form":                               {vectorURL, vectorParams(nil), "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"a form, signed with port 443":         {vectorURL, vectorParams(nil), "kvajT1Ptam85bY51eRf/AJRuM3w="},
		"called with port 443, signed without": {"https://mycompany.com:443/myapp.php?foo=1&bar=2", vectorParams(nil), "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"called and signed with port 443":      {"https://mycompany.com:443/myapp.php?foo=1&bar=2", vectorParams(nil), "kvajT1Ptam85bY51eRf/AJRuM3w="},
		"http, signed with port 80":            {"http://mycompany.com/myapp.php?foo=1&bar=2", vectorParams(nil), "0ZXoZLH/DfblKGATFgpif+LLRf4="},
		"http on another port":                 {"http://mycompany.com:1234/myapp.php?foo=1&bar=2", vectorParams(nil), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="},
		"https on another port":                {"https://mycompany.com:1234/myapp.php?foo=1&bar=2", vectorParams(nil), "CYn1h0gLBdNxDGkKJg6hYohgeD8="},
		"a URL without query":                  {"https://mycompany.com/myapp.php", vectorParams(nil), "1xaxFBvyzXYvWplzNOSs28HWO94="},
		"a request without params":             {vectorURL, nil, "zYQTYrRWXE7LtzbG4PfP7/bkkGo="},
		"repeated values, sorted and unique":   {vectorURL, url.Values{"Sid": {"CA123"}, "SidAccount": {"AC123"}, "Digits": {"5678", "1234", "1234"}}, "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
		"a key with a dot, two values":         {vectorURL, url.Values{"MessagingBinding.Address": {"+1325xxxxxxx", "+1415xxxxxxx"}}, "83O6e2vORAoJHUNzJjDWN1jz+BA="},
		"special and accented characters":      {vectorURL, url.Values{"Message": {"Hello & goodbye! @#$%^*()"}, "From": {"+1 (415) 867-5309"}, "Special": {"unicode: ñáéíóú"}}, "dCPiR4WtQ6QFN6pJh81CtlCcWLQ="},
		"the older query encoding":             {vectorURL + "&Body=It's+amazing", vectorParams(nil), "TfZzewPq8wqrGlMfyAud8+/IvJ0="},
		"a key that is a prefix of another":    {vectorURL, vectorParams(url.Values{"ReasonConferenceEnded": {"test"}, "Reason": {"Participant"}}), "vOEb5UThFn24KEfnOFLQY2AE5FY="},
	} {
		t.Run(name, func(t *testing.T) {
			if !Verify(vectorToken, tc.url, tc.params, tc.signature) {
				t.Fatal("Verify = false for a valid signature")
			}
			for what, refused := range map[string]bool{
				"another token":     Verify("12346", tc.url, tc.params, tc.signature),
				"an empty token":    Verify("", tc.url, tc.params, tc.signature),
				"an empty header":   Verify(vectorToken, tc.url, tc.params, ""),
				"another host":      Verify(vectorToken, strings.Replace(tc.url, "mycompany", "evil", 1), tc.params, tc.signature),
				"one more param":    Verify(vectorToken, tc.url, url.Values{"Body": {"x"}}, tc.signature),
				"another signature": Verify(vectorToken, tc.url, tc.params, "A"+tc.signature[1:]),
			} {
				if refused {
					t.Errorf("Verify = true with %s", what)
				}
			}
		})
	}
}

func TestVerifyBodyAcceptsOnlySignedJSON(t *testing.T) {
	const signature = "a9nBmqA0ju/hNViExpshrM61xv4="
	if !VerifyBody(vectorToken, vectorURL+vectorSHA, []byte(vectorJSON), signature) {
		t.Error("VerifyBody = false for a valid signature")
	}
	if VerifyBody(vectorToken, vectorURL+vectorSHA, []byte(vectorJSON+" "), signature) {
		t.Error("VerifyBody = true for another body")
	}
	if VerifyBody(vectorToken, vectorURL, []byte(vectorJSON), Sign(vectorToken, vectorURL, nil)) {
		t.Error("VerifyBody = true for a URL without the body's digest")
	}
}

func TestVerifyTriesPortsAsTwilioDoes(t *testing.T) {
	for _, tc := range []struct {
		signed, given string
		want          bool
	}{
		{"https://[::1]/sms", "https://[::1]:443/sms", true},
		{"https://[::1]:443/sms", "https://[::1]/sms", true},
		{"http://host:443/sms", "http://host/sms", false},
		{"https://host/sms", "https://host:8443/sms", true},
		{"https://host:8443/sms", "https://host:8443/sms", true},
		{"https://host:8443/sms", "https://host/sms", false},
		{"https://host:443/sms", "https://host:8443/sms", false},
		{"https://[::1]/sms", "https://[::1]:8443/sms", true},
		{"https://user:secret@host/sms", "https://user:secret@host:8443/sms", true},
		{"https://user@host/sms", "https://user:secret@host/sms", false},
		{"https://user:secret@host/sms", "https://user:secret@host:443/sms", true},
		{"https://host/sms", "http://host/sms", false},
		{"https://host/sms", "https://host/sms/", false},
	} {
		if got := Verify("t", tc.given, nil, Sign("t", tc.signed, nil)); got != tc.want {
			t.Errorf("signed %s, called %s: Verify = %v, want %v", tc.signed, tc.given, got, tc.want)
		}
	}
}

func FuzzVerifyAcceptsSignedRequests(f *testing.F) {
	f.Add("t", "https://host/p?q=1", "k", "v", "v2")
	f.Fuzz(func(t *testing.T, token, u, k, v, v2 string) {
		params := url.Values{k: {v, v2}}
		if got := Verify(token, u, params, Sign(token, u, params)); got != (token != "") {
			t.Errorf("Verify = %v, want %v", got, token != "")
		}
	})
}

func FuzzSpellingsMeanTheSame(f *testing.F) {
	f.Add("a=It%27s+42&b=%25%2B%26%3D%23&c=x%3ay")
	f.Add("a=%2527&b=~*()!'@:%7B")
	f.Fuzz(func(t *testing.T, query string) {
		want, err := url.ParseQuery(query)
		if err != nil || strings.ContainsAny(query, "?#") {
			t.Skip("not a valid query on its own")
		}
		for _, spelling := range spellings("https://host/p?"+query, 0) {
			_, other, _ := strings.Cut(spelling, "?")
			if got, err := url.ParseQuery(other); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q is a spelling of %q, but parses to %v, error %v, want %v", other, query, got, err, want)
			}
		}
	})
}

func TestSpellingsAreLimited(t *testing.T) {
	long := "https://host/p?a=" + strings.Repeat("'~*!():@,$/?[]{}|^%3a+%20", 1000)
	for _, formSize := range []int{0, 64 << 10, 10 << 20} {
		if n := (len(spellings(long, formSize)) + 1) * (len(long) + formSize); n > max(maxHashed, len(long)+formSize) {
			t.Errorf("with a form of %d bytes: got %d bytes to hash, want at most %d", formSize, n, max(maxHashed, len(long)+formSize))
		}
	}
}

// Anyone can send a forged request, so verifying one must be cheap.
func TestForgedFormCostsLittle(t *testing.T) {
	params, err := url.ParseQuery(strings.Repeat("=&", 9000))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Verify(vectorToken, "https://host/p?a='!(),:@*~[]%20+b%2a%3a", params, "x")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("verifying allocated %d bytes, want at most 8 MB", used)
	}
}

func BenchmarkVerify(b *testing.B) {
	for name, tc := range map[string]struct{ url, signature string }{
		"signed": {vectorURL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"forged": {vectorURL + "&a='~*!():@,$/?[]{}|^%3a+%20", "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
	} {
		b.Run(name, func(b *testing.B) {
			params := vectorParams(nil)
			b.ReportAllocs()
			for b.Loop() {
				Verify(vectorToken, tc.url, params, tc.signature)
			}
		})
	}
}
