package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/metrics"
)

func TestCatchUpReadsEachAcceptedAccount(t *testing.T) {
	const one, two = "AC00000000000000000000000000000001", "AC00000000000000000000000000000002"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if want := map[string]string{"SK1": "key", two: "subs"}[user]; password != want || password == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"messages": [{"sid": %q, "direction": "inbound", "date_created": "Wed, 25 Nov 2026 10:00:00 +0000"}], "next_page_uri": null}`, "SM"+user)
	}))
	defer server.Close()
	c, err := config.Follow(map[string]string{
		"TWILIO_ACCOUNT": one, "TWILIO_TOKEN": "token", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "key",
		"TWILIO_SUBACCOUNT_TOKENS": two + "=subs," + two + "=next", "TWILIO_BASE_URL": server.URL,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	gateways, err := receiving(c, metrics.New(nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for account, gateway := range gateways {
		messages, err := received(t.Context(), gateway, account, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Error(err)
		}
		for _, m := range messages {
			got = append(got, m.AccountSID+" "+m.MessageSID)
		}
	}
	slices.Sort(got)
	if want := []string{one + " SMSK1", two + " SM" + two}; !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}
