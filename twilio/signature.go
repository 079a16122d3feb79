package twilio

// Webhook signatures. twilio-go's own validator reads only the first value of
// a repeated parameter and knows no legacy query encoding, so it refuses some
// requests that Twilio signed; this one accepts what Twilio signs, no more.
//
// Source: https://www.twilio.com/docs/usage/security

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// SignatureHeader carries the signature of a webhook request.
const SignatureHeader = "X-Twilio-Signature"

// Sign computes the signature of a request to rawURL with the form params:
// base64 of the HMAC-SHA1, under the account's auth token, of the URL followed
// by each key and value, keys in byte order, a key's values sorted and unique.
// A GET or JSON request has no params: its URL carries them all.
func Sign(token, rawURL string, params url.Values) string {
	keys := make([]string, 0, len(params))
	size := len(rawURL)
	for key, values := range params {
		keys = append(keys, key)
		for _, v := range values {
			size += len(key) + len(v)
		}
	}
	slices.Sort(keys)
	signed := make([]byte, 0, size)
	signed = append(signed, rawURL...)
	for _, key := range keys {
		values := params[key]
		if len(values) > 1 {
			values = slices.Compact(slices.Sorted(slices.Values(values)))
		}
		for _, v := range values {
			signed = append(signed, key...)
			signed = append(signed, v...)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write(signed)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify reports whether signature is Twilio's for a form request to rawURL.
// rawURL must be the address as it is configured at Twilio, with its query;
// behind a proxy that is not the address the server sees. It is accepted with
// and without the scheme's default port, and with the older query encoding.
// An empty token or signature never verifies.
func Verify(token, rawURL string, params url.Values, signature string) bool {
	if token == "" || signature == "" {
		return false
	}
	valid := false
	for _, candidate := range signedForms(rawURL) {
		// No early return: the time taken says nothing about which form fits.
		if hmac.Equal([]byte(Sign(token, candidate, params)), []byte(signature)) {
			valid = true
		}
	}
	return valid
}

// VerifyBody reports whether signature is Twilio's for a request whose body is
// not a form: the query's bodySHA256 must be the body's digest, and the URL
// alone is signed.
func VerifyBody(token, rawURL string, body []byte, signature string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	want, err := hex.DecodeString(u.Query().Get("bodySHA256"))
	if err != nil {
		return false
	}
	got := sha256.Sum256(body)
	return hmac.Equal(want, got[:]) && Verify(token, rawURL, nil, signature)
}

// signedForms lists the spellings of rawURL that Twilio may have signed.
func signedForms(rawURL string) []string {
	forms := []string{rawURL}
	if other := togglePort(rawURL); other != "" {
		forms = append(forms, other)
	}
	for _, form := range forms {
		if legacy := legacyQuery(form); legacy != form {
			forms = append(forms, legacy)
		}
	}
	return forms
}

// togglePort adds the scheme's default port to an address without one, or
// takes it away, and returns "" where another port is named. It works on the
// text, because what was signed is the text: parsing would normalise it.
func togglePort(rawURL string) string {
	scheme, rest, found := strings.Cut(rawURL, "://")
	if !found {
		return ""
	}
	port := ""
	switch strings.ToLower(scheme) {
	case "https":
		port = ":443"
	case "http":
		port = ":80"
	default:
		return ""
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if bare, ok := strings.CutSuffix(host, port); ok {
		return scheme + "://" + bare + tail
	}
	// An IPv6 address has colons of its own, inside brackets.
	hostname := host[strings.LastIndexByte(host, '@')+1:]
	if strings.LastIndexByte(hostname, ':') > strings.LastIndexByte(hostname, ']') {
		return ""
	}
	return scheme + "://" + host + port + tail
}

// legacyQuery percent-encodes the characters of the query that Twilio's older
// encoder did and today's leaves alone.
func legacyQuery(rawURL string) string {
	path, query, found := strings.Cut(rawURL, "?")
	if !found {
		return rawURL
	}
	return path + "?" + legacyEncoder.Replace(query)
}

var legacyEncoder = strings.NewReplacer("'", "%27", "!", "%21", "*", "%2A", "(", "%28", ")", "%29")
