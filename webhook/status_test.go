package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

const statusSID = "SM00000000000000000000000000000001"

// callBack posts a status as Twilio does, signed with a token.
func (b *bench) callBack(query string, form url.Values, token string) *httptest.ResponseRecorder {
	path := StatusPath + query
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(twilio.SignatureHeader, twilio.Sign(token, publicURL+path, form))
	return b.serve(r)
}

// takeStatus returns an option that records the updates that reach workflows.
func takeStatus(got *[]string) func(*Options) {
	return func(o *Options) {
		o.Status = func(_ context.Context, workflowID string, u sms.StatusUpdate) error {
			*got = append(*got, fmt.Sprintf("%s %s %s %d", workflowID, u.MessageSID, u.Status, u.ErrorCode))
			return nil
		}
	}
}

func TestUnusableStatusIsAcknowledged(t *testing.T) {
	for name, tc := range map[string]struct {
		query string
		form  url.Values
		got   string
		log   string
	}{
		"a status":                              {"?workflow=w", url.Values{"MessageSid": {statusSID}, "MessageStatus": {"delivered"}}, "w " + statusSID + " delivered 0", ""},
		"an error":                              {"?workflow=w", url.Values{"MessageSid": {statusSID}, "MessageStatus": {"failed"}, "ErrorCode": {"30003"}}, "w " + statusSID + " failed 30003", ""},
		"with the older parameter names":        {"?workflow=w", url.Values{"SmsSid": {statusSID}, "SmsStatus": {"sent"}}, "w " + statusSID + " sent 0", ""},
		"a status that Twilio may add later":    {"?workflow=w", url.Values{"MessageSid": {statusSID}, "MessageStatus": {"teleported"}}, "", "status=teleported"},
		"a status that contains a phone number": {"?workflow=w", url.Values{"MessageSid": {statusSID}, "MessageStatus": {"+15005550009"}}, "", "its status is unknown"},
		"no status":                             {"?workflow=w", url.Values{"MessageSid": {statusSID}}, "", "its status is unknown"},
		"no workflow":                           {"", url.Values{"MessageSid": {statusSID}, "MessageStatus": {"sent"}}, "", "names no workflow"},
		"no message":                            {"?workflow=w", url.Values{"MessageSid": {"+15005550009"}, "MessageStatus": {"sent"}}, "", "no message SID"},
	} {
		var got []string
		b := newBench(t, takeStatus(&got))
		tc.form.Set("AccountSid", "AC1")
		if w := b.callBack(tc.query, tc.form, token); w.Code != http.StatusNoContent || strings.Join(got, ",") != tc.got {
			t.Errorf("%s: got status %d, delivered %q; want status 204 and %q", name, w.Code, got, tc.got)
		}
		log := b.log.String()
		if lines := strings.Count(log, "\n"); !strings.Contains(log, tc.log) || strings.Contains(log, "555") || lines != map[bool]int{true: 0, false: 1}[tc.log == ""] {
			t.Errorf("%s: got log %s, want %q and no phone number", name, log, tc.log)
		}
	}
}

func TestStatusReachesOnlyItsAccountsWorkflows(t *testing.T) {
	secret := []byte("the workers' secret")
	proven := func(secret []byte, workflow, account string) url.Values {
		query := url.Values{sms.CallbackWorkflow: {workflow}, sms.CallbackAccount: {account}, "place": {"3"}}
		sms.ProveStatus(secret, query)
		return query
	}
	changed := func(query url.Values, name, value string) url.Values { query.Set(name, value); return query }
	several := map[string][]string{"AC1": {"one"}, "AC2": {"two"}}
	for name, tc := range map[string]struct {
		tokens map[string][]string
		query  url.Values
		want   bool
	}{
		"its own":                                {several, proven(secret, "w", "AC2"), true},
		"another's":                              {several, proven(secret, "w", "AC1"), false},
		"of another account, claimed as its own": {several, changed(proven(secret, "w", "AC1"), sms.CallbackAccount, "AC2"), false},
		"another workflow":                       {several, changed(proven(secret, "w", "AC2"), sms.CallbackWorkflow, "v"), false},
		"another place":                          {several, changed(proven(secret, "w", "AC2"), "place", "4"), false},
		"without a proof":                        {several, url.Values{sms.CallbackWorkflow: {"w"}, sms.CallbackAccount: {"AC2"}}, false},
		"proven with another secret":             {several, proven([]byte("another secret"), "w", "AC2"), false},
		"a single account, without a proof":      {map[string][]string{"AC2": {"two"}}, url.Values{sms.CallbackWorkflow: {"w"}}, true},
		"a single account, but another is named": {map[string][]string{AnyAccount: {"two"}}, proven(secret, "w", "AC1"), false},
	} {
		var got []string
		b := newBench(t, func(o *Options) {
			takeStatus(&got)(o)
			o.Tokens, o.StatusSecret = always(tc.tokens), secret
		})
		w := b.callBack("?"+tc.query.Encode(), url.Values{"MessageSid": {statusSID}, "MessageStatus": {"sent"}, "AccountSid": {"AC2"}}, "two")
		if w.Code != http.StatusNoContent || (len(got) == 1) != tc.want || strings.Contains(b.log.String(), "an account other than") == tc.want {
			t.Errorf("%s: got status %d, delivered %q, log %s; want status 204, delivered %t", name, w.Code, got, b.log.String(), tc.want)
		}
	}
}

func TestForgedStatusIsNotAcknowledged(t *testing.T) {
	form := url.Values{"MessageSid": {statusSID}, "MessageStatus": {"sent"}, "AccountSid": {"AC1"}}
	var got []string
	b := newBench(t, takeStatus(&got))
	if w := b.callBack("?workflow=w", form, "another"); w.Code != http.StatusForbidden || len(got) > 0 {
		t.Errorf("wrong token: got status %d, delivered %q; want status 403 and nothing delivered", w.Code, got)
	}
	b = newBench(t, func(o *Options) {
		o.Status = func(context.Context, string, sms.StatusUpdate) error { return errors.New("away") }
	})
	if w := b.callBack("?workflow=w", form, token); w.Code != http.StatusServiceUnavailable {
		t.Errorf("undelivered: got status %d, want 503", w.Code)
	}
}
