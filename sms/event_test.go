package sms

import "testing"

func TestClassifyTellsKeywordsFromTexts(t *testing.T) {
	for _, tc := range []struct {
		from, body, optOutType string
		want                   Event
	}{
		{"+15005550009", "STOP", "", OptOut},
		{"+15005550009", " stop\n", "", OptOut},
		{"+15005550009", "Cancel", "", OptOut},
		{"+15005550009", "OPTOUT", "", OptOut},
		{"+15005550009", "yes", "", OptIn},
		{"+15005550009", "INFO", "", Help},
		{"+15005550009", "please stop", "", Received},
		{"+15005550009", "STOP 42", "", Received},
		{"+15005550009", "", "", Received},
		{"+15005550009", "ENOUGH", "STOP", OptOut},
		{"+15005550009", "back", "START", OptIn},
		{"+15005550009", "STOP", "HELP", Help},
		{"whatsapp:+15005550009", "STOP", "", Received},
		{"whatsapp:+15005550009", "STOP", "STOP", OptOut},
	} {
		if got := Classify(tc.from, tc.body, tc.optOutType); got != tc.want {
			t.Errorf("%q with OptOutType %q is %s, want %s", tc.body, tc.optOutType, got, tc.want)
		}
	}
}

func TestAPseudonymHidesButIsTheSame(t *testing.T) {
	secret := []byte("s")
	one := Pseudonym(secret, "+15005550006", "+15005550009")
	if len(one) != 32 || one != Pseudonym(secret, "+15005550006", "+15005550009") {
		t.Errorf("pseudonym %q", one)
	}
	for what, other := range map[string]string{
		"another secret": Pseudonym([]byte("t"), "+15005550006", "+15005550009"),
		"another order":  Pseudonym(secret, "+15005550009", "+15005550006"),
		"other borders":  Pseudonym(secret, "+15005550006+", "15005550009"),
	} {
		if other == one {
			t.Errorf("%s gives the same", what)
		}
	}
}
