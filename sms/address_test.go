package sms

import "testing"

func TestParseRecipientTakesNumbersInE164Form(t *testing.T) {
	for name, tc := range map[string]struct {
		in, out string
		ok      bool
	}{
		"a plain number":              {"+15005550006", "+15005550006", true},
		"a number with punctuation":   {" +1 (500) 555-0006 ", "+15005550006", true},
		"a WhatsApp address":          {"whatsapp:+15005550006", "whatsapp:+15005550006", true},
		"no country code":             {"5005550006", "", false},
		"a national prefix":           {"+05005550006", "", false},
		"too many digits":             {"+1500555000612345", "", false},
		"letters":                     {"+1500CALLNOW", "", false},
		"a channel in a channel":      {"whatsapp:whatsapp:+15005550006", "", false},
		"nothing":                     {"", "", false},
		"a number and a line feed":    {"+1500555\n0006", "", false},
		"digits of another alphabet":  {"+١٥٠٠٥٥٥٠٠٠٦", "", false},
		"an address with a parameter": {"+15005550006&From=x", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := ParseRecipient(tc.in)
			if ok != tc.ok || (ok && out != tc.out) {
				t.Errorf("ParseRecipient(%q) = %q, %v", tc.in, out, ok)
			}
		})
	}
}

func TestParseSenderAlsoTakesShortCodesAndNames(t *testing.T) {
	for in, want := range map[string]bool{
		"+15005550006":            true,
		"12345":                   true,
		"ACME Inc":                true,
		"whatsapp:+15005550006":   true,
		"a name that is too long": false,
		"Acme\n":                  true, // surrounding white space is not part of it
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

func FuzzParseRecipientIsStable(f *testing.F) {
	f.Add("+1 (500) 555-0006")
	f.Add("whatsapp:+15005550006")
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := ParseRecipient(s)
		if !ok {
			return
		}
		if twice, ok := ParseRecipient(once); !ok || twice != once {
			t.Errorf("%q reads as %q, and that as %q", s, once, twice)
		}
	})
}
