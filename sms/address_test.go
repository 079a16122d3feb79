package sms

import "testing"

func TestParseRecipientAcceptsWhatTwilioAccepts(t *testing.T) {
	for in, want := range map[string]string{
		"+15005550006":                        "+15005550006",
		" whatsapp:+15005550006\n":            "whatsapp:+15005550006",
		"WhatsApp:+15005550006":               "whatsapp:+15005550006",
		"RCS: +15005550006":                   "rcs:+15005550006",
		"whatsapp:US.13491208655302741918":    "whatsapp:US.13491208655302741918",
		"whatsapp:US.ENT.1181579921288684483": "whatsapp:US.ENT.1181579921288684483",
		"messenger:5551234567":                "messenger:5551234567",

		"5005550006":                      "",
		"+1 (500) 555-0006":               "", // only the activities parse this form
		"+05005550006":                    "",
		"+1500555000612345":               "",
		"+1500CALLNOW":                    "",
		"whatsapp:whatsapp:+15005550006":  "",
		"whatsapp:15005550006":            "",
		"rcs:an_agent":                    "",
		"mailto:ann@example.com":          "",
		"tel:+15005550006":                "",
		"":                                "",
		"whatsapp:":                       "",
		"+1500555\n0006":                  "",
		"+١٥٠٠٥٥٥٠٠٠٦":                    "",
		"+15005550006&From=x":             "",
		"messenger:../Messages?To=1":      "",
		"whatsapp:US.1349&To=15005550006": "",
	} {
		if got, ok := ParseRecipient(in); ok != (want != "") || ok && got != want {
			t.Errorf("ParseRecipient(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestSendersMayBeCodesAndNames(t *testing.T) {
	for in, want := range map[string]bool{
		"+15005550006":            true,
		"12345":                   true,
		"ACME Inc":                true,
		"whatsapp:+15005550006":   true,
		"rcs:acme_x1y2z3_agent":   true,
		"messenger:1234567890":    true,
		"mailto:a@example.com":    false,
		"viber:acme":              false,
		"a name that is too long": false,
		"Acme\n":                  true, // surrounding white space is removed
		"Ac\nme":                  false,
		"":                        false,
		"500555000612":            false,
		"<script>":                false,
	} {
		if _, ok := ParseSender(in); ok != want {
			t.Errorf("ParseSender(%q) = %v, want %v", in, ok, want)
		}
	}
}

func TestPartyUnifiesSpellings(t *testing.T) {
	for _, same := range [][2]string{
		{"whatsapp:+5215512345678", "whatsapp:+525512345678"},
		{"whatsapp:+551187654321", "whatsapp:+5511987654321"},
		{"whatsapp:+5491112345678", "WhatsApp:+541112345678"},
		{"+5215512345678", "+525512345678"},
	} {
		if Party(same[0]) != Party(same[1]) {
			t.Errorf("Party differs for %s and %s", same[0], same[1])
		}
	}
	for _, others := range [][2]string{
		{"whatsapp:+15005550009", "+15005550009"},
		{"+551132654321", "+5511932654321"}, // a landline has no 9
		{"+525512345678", "+525512345679"},
	} {
		if Party(others[0]) == Party(others[1]) {
			t.Errorf("Party is the same for %s and %s", others[0], others[1])
		}
	}
}

func FuzzParseRecipientIsStable(f *testing.F) {
	f.Add("+15005550006")
	f.Add("WhatsApp: +15005550006")
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := ParseRecipient(s)
		if !ok {
			return
		}
		if twice, ok := ParseRecipient(once); !ok || twice != once {
			t.Errorf("ParseRecipient(%q) = %q, but parsing that returns %q", s, once, twice)
		}
	})
}
