package activities

import (
	"context"
	"testing"
	"time"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

func TestCapsCountByPrefixAndTime(t *testing.T) {
	c := NewCaps([]Cap{{"+1", 3, time.Hour}, {"+1809", 1, time.Hour}, {EachCountry, 2, time.Minute}, {"+7", 0, time.Hour}})
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		after time.Duration
		to    string
		taken bool
	}{
		{0, "+15005550001", true},
		{0, "+18095550001", true},
		{0, "+18095550002", false},
		{0, "whatsapp:+15005550002", true},
		{0, "+15005550003", true},
		{0, "+15005550004", false},
		{59 * time.Minute, "+15005550004", false},
		{2 * time.Minute, "+15005550004", true},
		{0, "+447400123456", true},
		{0, "+447400123457", true},
		{0, "+447400123458", false},
		{0, "+4915112345678", true},
		{-time.Hour, "+447400123458", false},
		{time.Hour + time.Second, "+447400123458", false},
		{2 * time.Minute, "+447400123458", true},
		{0, "+79161234567", false},
		{100 * time.Hour, "+79161234567", false},
		{0, "whatsapp:US.13491208655302741918", true},
	} {
		now = now.Add(step.after)
		if limit := c.take(step.to, now); (limit == nil) != step.taken {
			t.Errorf("step %d, %s: %v", i, step.to, limit)
		}
	}
	if len(c.counted) > 7 {
		t.Errorf("it counts %d", len(c.counted))
	}
}

func TestCapStopsSendsBeyondIt(t *testing.T) {
	var drafts []twilio.Draft
	take := taking(&drafts)
	a := newActivities(gatewayFunc(func(ctx context.Context, d twilio.Draft) (sms.Message, error) {
		if d.To == "+447400123451" { // which does not count
			return sms.Message{}, &sms.Error{Code: sms.CodeInvalidTo, HTTPStatus: 400, Message: "no"}
		}
		return take(ctx, d)
	}))
	account := a.Accounts[""]
	account.Caps = NewCaps([]Cap{{"+44", 2, time.Hour}, {"+49", 0, time.Hour}})
	a.Accounts[""] = account
	to := sms.To("+447400123451", "+447400123452", "+447400123453", "+447400123454", "+4915112345678", "+15005550001")
	result, err := run(t, a, sms.SendSmsInput{SmsFrom: one.SmsFrom, SmsTo: to, SmsBody: "Hi"})
	if err != nil || len(drafts) != 3 || len(result.Errors) != 3 {
		t.Fatalf("%d sent, %+v, %v", len(drafts), result.Errors, err)
	}
	for i, want := range []struct {
		code      sms.Code
		retryable bool
	}{{sms.CodeInvalidTo, false}, {sms.CodeCapReached, true}, {sms.CodeCapReached, false}} {
		if e := result.Errors[i]; e.Code != want.code || e.Retryable != want.retryable {
			t.Errorf("error %d: %+v", i, e)
		}
	}
}
