package twilio

// Webhook signatures. twilio-go's own validator reads only the first value of a
// repeated parameter and recognizes only one spelling of the query, so it
// rejects some requests that Twilio signed. Verify accepts them.
//
// Source: https://www.twilio.com/docs/usage/security

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signatures use SHA-1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// SignatureHeader is the name of the header that contains the signature of a
// webhook request.
const SignatureHeader = "X-Twilio-Signature"

// Sign computes the signature of a request to rawURL with the form params. The
// signature is the base64-encoded HMAC-SHA1 of the URL followed by the name and
// value of each parameter. Its key is the account's auth token. The parameters
// are in the byte order of their names, and the values of each parameter are
// sorted and unique. For a GET or JSON request, params is nil, because only the
// URL is signed.
func Sign(token, rawURL string, params url.Values) string {
	return sign(token, rawURL, signedForm(params))
}

func sign(token, rawURL string, form []byte) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(rawURL))
	mac.Write(form)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedForm returns the part of the signed text that follows the URL.
func signedForm(params url.Values) (signed []byte) {
	for _, key := range slices.Sorted(maps.Keys(params)) {
		values := params[key]
		if len(values) > 1 {
			values = slices.Compact(slices.Sorted(slices.Values(values)))
		}
		for _, v := range values {
			signed = append(signed, key...)
			signed = append(signed, v...)
		}
	}
	return signed
}

// Verify reports whether signature is Twilio's signature of a form request to
// rawURL. rawURL must be the URL as configured at Twilio, with its query.
// Behind a proxy, the server sees a different URL. Because Twilio and the
// proxies in between do not agree on one spelling of a URL, Verify also accepts
// other spellings with the same meaning: with and without a port, as Twilio's
// own validators do, and with the query escaped in any other valid way. An
// empty token or signature is never valid.
func Verify(token, rawURL string, params url.Values, signature string) bool {
	if token == "" || signature == "" {
		return false
	}
	form := signedForm(params)
	signed := func(spelling string) bool {
		return hmac.Equal([]byte(sign(token, spelling, form)), []byte(signature))
	}
	return signed(rawURL) || slices.ContainsFunc(spellings(rawURL, len(form)), signed)
}

// VerifyBody reports whether signature is Twilio's signature of a request whose
// body is not a form. The bodySHA256 in the query must be the digest of the
// body, and only the URL is signed.
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

// A forged request makes the server try every spelling. These limits on the
// number of spellings and on the hashed bytes keep that work to a few
// milliseconds.
const (
	maxSpellings = 512
	maxHashed    = 512 << 10
)

// spellings returns the other URLs with the same meaning as rawURL. Each is
// hashed together with a form of formSize bytes, so the list ends when the
// limit on hashed bytes is reached.
func spellings(rawURL string, formSize int) []string {
	room := min(maxSpellings, max(1, maxHashed/(len(rawURL)+formSize+1)))
	all, known := []string{rawURL}, map[string]bool{rawURL: true}
	add := func(spelling string) {
		if len(all) < room && !known[spelling] {
			all, known[spelling] = append(all, spelling), true
		}
	}
	add(togglePort(rawURL))
	for _, one := range all {
		add(lowerHost(one))
	}
	for _, change := range querySpellings {
		for _, one := range all {
			if base, query, found := strings.Cut(one, "?"); found {
				for _, spell := range change {
					if len(all) == room {
						return all[1:]
					}
					add(base + "?" + spell(query))
				}
			}
		}
	}
	return all[1:]
}

// togglePort returns the URL without its port or, if it has none, with the
// default port of its scheme. It does not parse the URL, because parsing would
// normalize the text that was signed.
func togglePort(rawURL string) string {
	scheme, host, tail := splitHost(rawURL)
	// An IPv6 address contains colons, inside brackets.
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') && colon > strings.LastIndexByte(host, '@') {
		return scheme + host[:colon] + tail
	}
	switch strings.ToLower(scheme) {
	case "https://":
		return scheme + host + ":443" + tail
	case "http://":
		return scheme + host + ":80" + tail
	}
	return rawURL
}

// lowerHost converts the host to lower case, as URL parsers do. It does not
// change a user name.
func lowerHost(rawURL string) string {
	scheme, host, tail := splitHost(rawURL)
	at := strings.LastIndexByte(host, '@') + 1
	return scheme + host[:at] + strings.ToLower(host[at:]) + tail
}

// splitHost splits a URL before and after its host, which includes the port and
// user. If the URL has no scheme, all of it is the tail.
func splitHost(rawURL string) (scheme, host, tail string) {
	begin := strings.Index(rawURL, "://")
	if begin < 0 {
		return "", "", rawURL
	}
	begin += len("://")
	end := strings.IndexAny(rawURL[begin:], "/?#")
	if end < 0 {
		end = len(rawURL) - begin
	}
	return rawURL[:begin], rawURL[begin : begin+end], rawURL[begin+end:]
}

// querySpellings lists how encoders of queries differ. Each entry holds the
// alternatives for one difference. Combined, the alternatives cover the known
// encoders: Java's URLEncoder, encodeURIComponent, the URL standard, Go,
// Python, .NET and PHP. No alternative changes a character that has a meaning
// in a form (& = + # %).
var querySpellings = [][]func(string) string{
	{
		func(query string) string { return strings.ReplaceAll(query, "%20", "+") },
		func(query string) string { return strings.ReplaceAll(query, "+", "%20") },
	},
	escapedOrPlain("'"), escapedOrPlain(":"), escapedOrPlain("@"), escapedOrPlain("!()"), escapedOrPlain("*"),
	escapedOrPlain("~"), escapedOrPlain(",$/?"), escapedOrPlain("[]{}|^`\\\"<>"),
	{escapeIn("0123456789ABCDEF"), escapeIn("0123456789abcdef")},
}

// escapedOrPlain returns two functions: the first writes all characters of a
// group plainly, and the second escapes them.
func escapedOrPlain(group string) []func(string) string {
	plain := func(query string) string {
		return respell(query, func(c byte, spelt string) string {
			if len(spelt) > 1 && strings.IndexByte(group, c) >= 0 {
				return string(rune(c))
			}
			return spelt
		})
	}
	escaped := func(query string) string {
		return respell(query, func(c byte, spelt string) string {
			if len(spelt) == 1 && strings.IndexByte(group, c) >= 0 {
				return "%" + strings.ToUpper(hex.EncodeToString([]byte{c}))
			}
			return spelt
		})
	}
	return []func(string) string{plain, escaped}
}

// escapeIn returns a function that writes every escape with the given hex
// digits, which are in either upper or lower case.
func escapeIn(digits string) func(string) string {
	return func(query string) string {
		return respell(query, func(c byte, spelt string) string {
			if len(spelt) > 1 {
				return "%" + string(digits[c>>4]) + string(digits[c&15])
			}
			return spelt
		})
	}
}

// respell rewrites each character of a query. write takes the character and its
// current spelling, plain or escaped, and returns the new spelling.
func respell(query string, write func(c byte, spelt string) string) string {
	var out strings.Builder
	out.Grow(len(query) + 16)
	for query != "" {
		c, width := query[0], 1
		if c == '%' && len(query) > 2 {
			if b, err := strconv.ParseUint(query[1:3], 16, 8); err == nil {
				c, width = byte(b), 3
			}
		}
		out.WriteString(write(c, query[:width]))
		query = query[width:]
	}
	return out.String()
}
