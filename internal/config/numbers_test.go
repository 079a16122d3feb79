package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNumbersBelongToAccounts(t *testing.T) {
	c, err := Read(map[string]string{"WEBHOOK_OWN_NUMBERS": " +15005550006 , " + two + "= +15005550007,\n" + one + " = whatsapp:+15005550008, 73737\n"})
	if err != nil {
		t.Fatal(err)
	}
	got := c.WebhookOwnNumbers
	if want := []string{"+15005550006", "+15005550007", "whatsapp:+15005550008", "73737"}; !slices.Equal(got.All, want) {
		t.Errorf("got the numbers %q, want %q", got.All, want)
	}
	if want := map[string]string{"+15005550007": two, "+15005550008": one}; !reflect.DeepEqual(got.Accounts, want) {
		t.Errorf("got the accounts %v, want %v", got.Accounts, want)
	}
}

func TestInvalidNumbersAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"+15005550006, SUPPORT": "entry 2 is not a number",
		"5005550006789":         "entry 1 is not a number",
		"AC1=+15005550006":      "entry 1 does not begin with an account SID",
		one + "=+15005550006," + two + "=+15005550006": "entry 2 belongs to two accounts",
		one + "=": "entry 1 is not a number",
	} {
		_, err := Read(map[string]string{"WEBHOOK_OWN_NUMBERS": text})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "WEBHOOK_OWN_NUMBERS") {
			t.Errorf("%q: got error %v, want it to contain %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "555") && !strings.Contains(err.Error(), "such as +15005550006") {
			t.Errorf("%q: the error contains a number: %v", text, err)
		}
	}
}
