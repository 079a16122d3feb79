package webhook

// Parsing and verification of the requests that Twilio sends, in each format
// that it can be configured to use.

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"temporal-twilio/twilio"
)

// params parses and verifies a request: a form, a JSON object, or a GET with a
// query. If the request is refused, it returns the HTTP status and the reason.
// Otherwise, the status is 0.
func (h *handler) params(w http.ResponseWriter, r *http.Request) (params url.Values, status int, why string) {
	// verify checks the signature with one token. What is signed depends on
	// the format.
	var verify func(token, address, signature string) bool
	if r.Method != http.MethodPost {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, http.StatusBadRequest, "the query could not be read"
		}
		params = query
		verify = func(token, address, signature string) bool { return twilio.Verify(token, address, nil, signature) }
	} else {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-www-form-urlencoded" && kind != "application/json" {
			return nil, http.StatusUnsupportedMediaType, "the content type is neither application/x-www-form-urlencoded nor application/json"
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, http.StatusRequestEntityTooLarge, "the body is too large"
		} else if err != nil {
			// The body was cut off or arrived too slowly, so Twilio
			// should retry.
			return nil, http.StatusServiceUnavailable, "the body could not be read; deliver it again"
		}
		if kind == "application/json" {
			verify = func(token, address, signature string) bool { return twilio.VerifyBody(token, address, body, signature) }
			params, err = object(body)
		} else {
			params, err = url.ParseQuery(string(body))
			verify = func(token, address, signature string) bool { return twilio.Verify(token, address, params, signature) }
		}
		if err != nil {
			return nil, http.StatusBadRequest, "the body does not match its content type"
		}
	}
	if why := h.verified(r, params.Get("AccountSid"), verify); why != "" {
		return nil, http.StatusForbidden, why
	}
	return params, 0, ""
}

// object parses a JSON object whose members are strings and numbers.
func object(body []byte) (url.Values, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	params := url.Values{}
	for name, member := range members {
		var text string
		if json.Unmarshal(member, &text) != nil {
			text = string(member) // a number, or something unknown
		}
		params.Set(name, text)
	}
	return params, nil
}

// verified returns "" if the signature is valid for our URL with one of the
// account's tokens, or else the reason for refusing the request. Another
// account's token is refused, because its owner must not act for this account.
func (h *handler) verified(r *http.Request, account string, verify func(token, address, signature string) bool) (why string) {
	if h.Unsigned {
		return ""
	}
	signature := r.Header.Get(twilio.SignatureHeader)
	if signature == "" {
		return "there is no " + twilio.SignatureHeader + " header: either Twilio did not send the request, or a proxy removed the header"
	}
	address, err := h.address(r)
	if err != nil {
		return err.Error()
	}
	all := h.Tokens()
	tokens, known := all[account]
	if !known {
		tokens = all[AnyAccount]
	}
	for _, token := range tokens {
		if verify(token, address, signature) {
			return ""
		}
	}
	switch {
	case len(tokens) == 0:
		return "there is no auth token for this account"
	case h.prefixIgnored(r):
		return "the signature is not valid for this URL, and a proxy reports that it removed a prefix from the path (" + prefixHeader + "): include the prefix in the public URL, or add that header to the forwarded headers"
	}
	return "the signature is not valid for this URL and account; check that Twilio calls the public URL, and that the token belongs to the account or subaccount"
}
