package activities

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// Each case consists of an address as a person or a spreadsheet writes it, the
// default region, and the expected number, or "" if the address must be
// refused.
var addressCases = []struct{ written, region, want string }{
	{"+15005550009", "", "+15005550009"},
	{"+15550000001", "", "+15550000001"}, // a complete number in no known range
	{" +1 (500) 555-0009 ", "", "+15005550009"},
	{"+1.500.555.0009", "", "+15005550009"},
	{"(+44) 7400 123456", "", "+447400123456"},
	{"tel:+1-500-555-0009", "", "+15005550009"},
	{"Tel:+15005550009", "", "+15005550009"},

	// Prefixes that are dialed only within the country.
	{"+44 (0)7400 123456", "", "+447400123456"},
	{"+4407400123456", "", "+447400123456"},
	{"+49 (0)170 1234567", "", "+491701234567"},
	{"+39 06 1234 5678", "", "+390612345678"},
	{"+39 (0)6 1234 5678", "", "+390612345678"},
	{"+39 0347 1234567", "", ""},
	{"+39 (0)347 1234567", "", ""},
	{"+225 07 12 34 56 78", "", "+2250712345678"},
	{"+61(0412)345-678", "", "+61412345678"},
	{"+36 (06) 20 123 4567", "", "+36201234567"},
	{"+7 8 912 345-67-89", "", "+79123456789"},
	{"+44 (0)1 23", "", ""},
	{"+1 (5) 550000001", "", ""},
	{"+52 1 55 1234 5678", "", "+525512345678"},
	{"+54 11 15 1234 5678", "", "+5491112345678"},

	// National numbers of a region.
	{"07123456789", "GB", "+447123456789"},
	{"447123456789", "GB", "+447123456789"},
	{"00 44 7123456789", "GB", "+447123456789"},
	{"0044 7123456789", "US", ""},
	{"0044 7123456789", "", ""},
	{"011 44 7123456789", "US", "+447123456789"},
	{"1-202-555-0123", "US", "+12025550123"},
	{"030/1234567", "DE", "+49301234567"},
	{"06 1234 5678", "IT", "+390612345678"},
	{"202-555-0123", "", ""},
	{"555-0006", "US", ""},
	{"999", "GB", ""},
	{"12345", "US", ""},
	{"447123456789", "US", ""},

	// Numbers as spreadsheets write them.
	{"+491701234567.0", "", "+491701234567"},
	{"447123456789.00", "GB", "+447123456789"},
	{"491701234567.0", "DE", ""}, // without the plus, it may be a national number, since +49491701234567 is also valid
	{"+491701234567.5", "", ""},
	{"4.47900E+11", "GB", ""},
	{"4,47900E+11", "GB", ""},
	{"4.479e11", "", ""},

	// Invisible characters and other scripts.
	{"\u202a+15005550009\u202c", "", "+15005550009"},
	{"\u2066+15005550009\u2069\u200e", "", "+15005550009"},
	{"\ufeff+1\u202f500\u00a0555\u20070009\u200b", "", "+15005550009"},
	{"+1\u2011500\u2013555\u22120009", "", "+15005550009"},
	{"＋１（５００）５５５－０００９", "", "+15005550009"},
	{"+١٥٠٠٥٥٥٠٠٠٩", "", "+15005550009"},
	{"+۱۵۰۰۵۵۵۰۰۰۹", "", "+15005550009"},
	{"+1500555000⁹", "", ""},
	{"+15005550009²", "", ""},

	// More than one number, or not a number at all.
	{"212-555-0123x619", "US", ""},
	{"212-555-0123 ext. 619", "US", ""},
	{"+12125550123;ext=619", "", ""},
	{"+12125550123,619", "", ""},
	{"+12125550123#619", "", ""},
	{"tel:+1-212-555-0123;ext=619", "", ""},
	{"tel:863-1234;phone-context=+1-914-555", "US", ""},
	{"Ann 202-555-0123", "US", ""},
	{"1-800-FLOWERS", "US", ""},
	{"+1800FLOWERS", "", ""},
	{"+15005550009 +15005550010", "", ""},
	{"+15005550009/+15005550010", "", ""},
	{"0170 1234567/68", "DE", ""},
	{"1234567/7654321", "DE", ""},
	{"+15005550009;+15005550010", "", ""},
	{"+1500555\n0009", "", ""},
	{"++15005550009", "", ""},
	{"+1500+5550009", "", ""},
	{"+999123456789", "", ""},
	{"+1500555000", "", ""},
	{"+1500555000999", "", ""},
	{`{"number":"+15005550009"}`, "", ""},
	{"", "US", ""},
	{"\u200b", "US", ""},
	{"+", "", ""},
	{strings.Repeat("1", 133_000), "", ""},

	// Channels.
	{"whatsapp:+15005550009", "", "whatsapp:+15005550009"},
	{"WhatsApp:+44 (0)7400 123456", "", "whatsapp:+447400123456"},
	{"WHATSAPP: 07123456789", "GB", "whatsapp:+447123456789"},
	{"whatsapp:+52 1 55 1234 5678", "", "whatsapp:+5215512345678"}, // the form that WhatsApp uses
	{"whatsapp:US.13491208655302741918", "", "whatsapp:US.13491208655302741918"},
	{"whatsapp:whatsapp:+15005550009", "", ""},
	{"rcs:+15005550009", "", "rcs:+15005550009"},
	{"RCS:+1 500 555 0009", "", "rcs:+15005550009"},
	{"rcs:acme_agent", "", ""},
	{"Messenger:5551234567", "", "messenger:5551234567"},
	{"mailto:ann@example.com", "", ""},
	{"mailto:15005550009", "US", ""},
	{"sip:+15005550009", "", ""},
	{"https://example.com/15005550009", "US", ""},
}

func TestAddressIsParsedOrRefused(t *testing.T) {
	for _, tc := range addressCases {
		got, err := readRecipient(tc.written, tc.region)
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("readRecipient(%.80q, %q) = %q (%v), want %q", tc.written, tc.region, got, err, tc.want)
		}
	}
}

func TestRefusedAddressIsExplained(t *testing.T) {
	for written, want := range map[string]string{
		"212-555-0123x619":       "an extension cannot be texted",
		"+12125550123;ext=619":   "an extension cannot be texted",
		"4.47900E+11":            "format the column as text",
		"+491701234567.5":        "format the column as text",
		"Ann 202-555-0123":       "it has letters",
		"mailto:ann@example.com": "mailto: is not a channel",
		"0044 7123456789":        "00 is not the international prefix",
		"+15005550009 +1":        "more than one number",
		"555-0006":               "no number in the region US",
		`{"phone":"+1"}`:         `an object with "to"`,
		"+99912345678":           "country code",
	} {
		if _, err := readRecipient(written, "US"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one that contains %q", written, err, want)
		}
	}
	if _, err := readRecipient("202-555-0123", ""); err == nil || !strings.Contains(err.Error(), "defaultRegion") {
		t.Errorf("without a region: got error %v, want one that contains defaultRegion", err)
	}
}

// If isWhole accepts a number, libphonenumber must parse it without a change.
// The test tries the example numbers of each region with and without a dialing
// prefix, and random digits.
func TestWholeNumberNeedsNoParser(t *testing.T) {
	whole, random := 0, rand.New(rand.NewPCG(1, 2))
	check := func(digits string) bool {
		if !isWhole(digits) {
			return false
		}
		whole++
		parsed, err := phonenumbers.Parse("+"+digits, "")
		if err != nil || phonenumbers.Format(parsed, phonenumbers.E164) != "+"+digits || phonenumbers.IsPossibleNumberWithReason(parsed) != phonenumbers.IS_POSSIBLE {
			t.Errorf("phonenumbers parsed +%s as %v, error %v, want the same digits", digits, parsed, err)
		}
		return true
	}
	examples, unread := 0, 0
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := range phonenumbers.UNKNOWN {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			code, number := strconv.Itoa(int(example.GetCountryCode())), phonenumbers.GetNationalSignificantNumber(example)
			if examples++; !check(code+number) && number[0] != '0' {
				unread++
			}
			for _, dialed := range []string{"0", "1", "8", "01", "06", "15", "014", "9", phonenumbers.GetNddPrefixForRegion(region, true)} {
				check(code + dialed + number)
				for at := 2; at <= min(4, len(number)); at++ { // as in the numbers of mobile phones in Argentina
					check(code + number[:at] + dialed + number[at:])
				}
			}
		}
	}
	if unread > examples/20 {
		t.Errorf("%d of %d example numbers need the parser, want at most 5%%", unread, examples)
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for range 300 {
			digits := strconv.Itoa(code)
			for range 1 + random.IntN(17) {
				digits += strconv.Itoa(random.IntN(10))
			}
			check(digits)
		}
	}
	t.Logf("%d numbers need no parser; of %d example numbers, %d need it", whole, examples, unread)
	for _, digits := range []string{"", "1", "12", "999", "4407400123456", "541115" + "12345678", "210" + "5550009"} {
		if isWhole(digits) {
			t.Errorf("isWhole(%q) = true, want false", digits)
		}
	}
}

func TestSenderFormsAreParsed(t *testing.T) {
	for written, want := range map[string]string{
		"+1 (500) 555-0006":     "+15005550006",
		"07123456789":           "+447123456789",
		"12345":                 "12345",
		"ACME":                  "ACME",
		"A+B":                   "A+B",
		"WhatsApp:+15005550006": "whatsapp:+15005550006",
		"rcs:acme_x1_agent":     "rcs:acme_x1_agent",
		"messenger:123456":      "messenger:123456",
		"viber:acme":            "",
		"a name too long":       "",
		"":                      "",
	} {
		if got, err := readSender(written, "GB"); got != want || (err == nil) != (want != "") {
			t.Errorf("readSender(%q, GB) = %q (%v), want %q", written, got, err, want)
		}
	}
}

func TestPhoneSpelledTwoWaysTextedOnce(t *testing.T) {
	var drafts []twilio.Draft
	result := execute(t, accepting(&drafts), json.RawMessage(`{"smsFrom": "+15005550006", "defaultRegion": "GB", "smsBody": "Hi", "smsTo": [
		"+447123456789", "07123 456789", "+44 (0)7123 456789", "whatsapp:+447123456789", "whatsapp:+525512345678", "whatsapp:+5215512345678", "mailto:a@b.c"]}`))
	var to []string
	for _, draft := range drafts {
		to = append(to, draft.To)
	}
	if len(to) != 3 || len(result.Errors) != 1 || result.Errors[0].Code != sms.CodeInvalidTo {
		t.Errorf("got texts to %q and errors %+v, want 3 texts and 1 INVALID_TO error", to, result.Errors)
	}
}

func FuzzParsedAddressIsValid(f *testing.F) {
	for _, tc := range addressCases {
		f.Add(tc.written, tc.region)
	}
	f.Fuzz(func(t *testing.T, written, region string) {
		got, err := readRecipient(written, region)
		if err != nil {
			return
		}
		if parsed, ok := sms.ParseRecipient(got); !ok || parsed != got {
			t.Errorf("%q is parsed as %q, want an address in Twilio's form", written, got)
		}
		if again, err := readRecipient(got, ""); again != got || err != nil {
			t.Errorf("%q is parsed as %q, which is parsed as %q (%v), want no change", written, got, again, err)
		}
	})
}
