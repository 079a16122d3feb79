package webhook

// Requests: reading what Twilio sends, in each of the ways it can be told to,
// and verifying that it did.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"temporal-twilio/twilio"
)

// params reads and verifies a request: a form, a JSON object, or a GET with a
// query. A status other than 0 refuses it.
func (h *handler) params(w http.ResponseWriter, r *http.Request) (params url.Values, status int, why string) {
	// verify checks with one token; what is signed depends on the kind.
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
			return nil, http.StatusBadRequest, "the body could not be read"
		}
		if kind == "application/json" {
			verify = func(token, address, signature string) bool { return twilio.VerifyBody(token, address, body, signature) }
			params, err = object(body)
		} else {
			params, err = url.ParseQuery(string(body))
			verify = func(token, address, signature string) bool { return twilio.Verify(token, address, params, signature) }
		}
		if err != nil {
			return nil, http.StatusBadRequest, "the body is not what its content type says"
		}
	}
	if !h.verified(r, params.Get("AccountSid"), verify) {
		return nil, http.StatusForbidden, "the signature is not valid for this address and account; is WEBHOOK_PUBLIC_URL the address that Twilio calls, and the token that of the account or subaccount?"
	}
	return params, 0, ""
}

// object reads a JSON object of texts and numbers.
func object(body []byte) (url.Values, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	params := url.Values{}
	for name, member := range members {
		var text string
		if json.Unmarshal(member, &text) != nil {
			text = string(member) // a number, or what we do not know
		}
		params.Set(name, text)
	}
	return params, nil
}

// verified reports whether the request was signed for our address with one of
// the account's tokens. Another account's token does not do: whoever has that
// must not speak for this one.
func (h *handler) verified(r *http.Request, account string, verify func(token, address, signature string) bool) bool {
	if h.Unsigned {
		return true
	}
	address, err := h.address(r)
	if err != nil {
		return false
	}
	tokens, known := h.Tokens[account]
	if !known {
		tokens = h.Tokens[AnyAccount]
	}
	signature := r.Header.Get(twilio.SignatureHeader)
	valid := false
	for _, token := range tokens {
		if verify(token, address, signature) {
			valid = true
		}
	}
	return valid
}

// address is what Twilio called: what it signed. It comes from the
// configuration, or from forwarded headers if these were named.
func (h *handler) address(r *http.Request) (string, error) {
	if h.PublicURL != "" {
		return h.PublicURL + r.URL.RequestURI(), nil
	}
	scheme, host := "https", ""
	for _, name := range h.Forwarded {
		value, _, _ := strings.Cut(r.Header.Get(name), ",") // nearest to the client first
		value = strings.TrimSpace(value)
		switch {
		case value == "":
		case strings.HasSuffix(strings.ToLower(name), "proto"):
			scheme = value
		default:
			host = value
		}
	}
	if host == "" || scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("the forwarded headers %v do not say where the request was sent", h.Forwarded)
	}
	return scheme + "://" + host + r.URL.RequestURI(), nil
}
