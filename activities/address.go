package activities

// Addresses of recipients and senders, in the forms that people and
// spreadsheets write. No other file parses addresses. An address that is not
// understood in full is refused, because a guess might reach another person's
// phone.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
)

// readRecipient parses an address that a message can be sent to. A number
// without a country code belongs to the region ("US", "DE"). If there is no
// region, such a number is refused. The error gives the reason without quoting
// the address.
func readRecipient(written, region string) (string, error) {
	text, err := clean(written)
	if err != nil {
		return "", err
	}
	channel, rest := sms.CutChannel(text)
	switch channel {
	case "", sms.RCS:
	case "tel:":
		channel = ""
		if strings.Contains(rest, ";") {
			return "", errors.New("a tel: address must not have parameters; write only the number, with its country code")
		}
	case sms.WhatsApp, sms.Messenger:
		if address, ok := sms.ParseRecipient(channel + rest); ok && !strings.HasPrefix(rest, "+") {
			return address, nil // a user's ID
		}
		if channel == sms.Messenger {
			return "", errors.New("messenger: must be followed by the ID of a user")
		}
	default:
		return "", fmt.Errorf("%s is not a channel; the channels are whatsapp:, rcs: and messenger:, and a number without one is texted by SMS", clip(channel))
	}
	number, err := readNumber(rest, region)
	if err != nil {
		return "", err
	}
	if rest = "+" + digitsOf(rest); channel == sms.WhatsApp && sms.Party(rest) == sms.Party(number) {
		number = rest // some phones are registered with WhatsApp only under an older form of their number
	}
	to, ok := sms.ParseRecipient(channel + number)
	if !ok {
		return "", errors.New("the number is too short or too long to be texted; write it with its country code")
	}
	return to, nil
}

// Party parses an address as SendSms does. It returns the same string for all
// spellings of a recipient, and false if the address is invalid. If region is
// empty, the worker's own region applies.
func (a *Activities) Party(written, region string) (string, bool) {
	to, err := readRecipient(written, cmp.Or(region, a.DefaultRegion))
	return sms.Party(to), err == nil
}

// ReadAddresses returns each address in the form that SendSms uses in its
// result. An invalid address is returned as it was written. This is a local
// activity because the worker's settings determine how numbers are parsed.
func (a *Activities) ReadAddresses(_ context.Context, in sms.ReadAddressesInput) ([]string, error) {
	region := cmp.Or(in.DefaultRegion, a.DefaultRegion)
	read := make([]string, len(in.To))
	for i, written := range in.To {
		to, err := readRecipient(written, region)
		if err != nil {
			to = written
		}
		read[i] = to
	}
	return read, nil
}

// readSender parses the address of a sender: anything that [readRecipient]
// accepts, a short code, an alphanumeric sender ID, or an RCS agent.
func readSender(written, region string) (string, error) {
	text, err := clean(written)
	if err != nil {
		return "", err
	}
	if sender, ok := sms.ParseSender(text); ok && !strings.Contains(sender, "+") {
		return sender, nil // not a number
	}
	if sms.IsName(text) {
		return text, nil
	}
	return readRecipient(text, region)
}

// clean removes invisible characters, and converts spaces, digits and
// punctuation of other scripts and widths to ASCII.
func clean(written string) (string, error) {
	const longest = 200
	if len(written) > longest {
		return "", fmt.Errorf("it has %d bytes, but no address has more than %d", len(written), longest)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < unicode.MaxASCII:
			return r
		case unicode.Is(unicode.Cf, r): // bidirectional marks, zero-width spaces, a byte order mark
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Pd, r), r == '\u2212':
			return '-'
		case r >= '\uff01' && r <= '\uff5e': // full-width forms of ASCII
			return r - '\uff01' + '!'
		}
		for _, zero := range zeros {
			if r >= zero && r <= zero+9 {
				return r - zero + '0'
			}
		}
		return r
	}, written)), nil
}

// zeros lists the digit zero in each supported script besides Latin: Arabic,
// Persian, Devanagari and Bengali. Digits of other scripts are refused.
var zeros = []rune{'\u0660', '\u06f0', '\u0966', '\u09e6'}

var (
	// asNumber matches a cleaned phone number: digits, an optional leading
	// plus, and punctuation between the digits.
	asNumber = regexp.MustCompile(`^\(?\+?[0-9 ()./-]*$`)
	// wholeFloat matches a phone number that a spreadsheet has written as a
	// decimal number, such as 15005550006.0.
	wholeFloat = regexp.MustCompile(`^(\+?[0-9]{7,})\.0+$`)
	fraction   = regexp.MustCompile(`^\+?[0-9]{7,}\.[0-9]{1,3}$`)
	exponent   = regexp.MustCompile(`^\+?[0-9][0-9.,]*[eE][+-]?[0-9]+$`)
	extension  = regexp.MustCompile(`(?i)[0-9) ][.,;]* *(x|ext[a-z]*|доб)[.:= ]*[0-9]+$|#`)
	// slashed matches a number whose slash may follow an area code, as in
	// 030/1234567. Any other slash separates two numbers, or variants of the
	// last digits.
	slashed = regexp.MustCompile(`^(\+|\(?0)[0-9 ()-]*/[ ]?[0-9 -]*$`)
	// optional matches a digit in parentheses, such as (0), that is dialed
	// only within the country.
	optional = regexp.MustCompile(`\([0-9]\)`)
)

// readNumber converts a phone number to E.164.
func readNumber(text, region string) (string, error) {
	digits := digitsOf(text)
	if digits == "" || strings.TrimPrefix(text, "+") != digits { // digits alone need none of these checks
		if whole := wholeFloat.FindStringSubmatch(text); whole != nil {
			text, digits = whole[1], digitsOf(whole[1])
		}
		if err := notOneNumber(text); err != nil {
			return "", err
		}
	}
	if strings.Contains(text, "+") {
		return readInternational(digits, optional.MatchString(text))
	}
	if region == "" {
		return "", errors.New("it has no country code, and no defaultRegion says which country it belongs to; write it in E.164 form, such as +15005550006")
	}
	return readNational(digits, region)
}

// notOneNumber returns nil if text may be a single phone number, or else an
// error that explains why it cannot be.
func notOneNumber(text string) error {
	switch {
	case text == "":
		return errors.New("it is empty")
	case text[0] == '{' || text[0] == '[':
		return errors.New(`a recipient must be an address, or an object with "to" and, if the text differs, "variables" and "contentVariables"`)
	case exponent.MatchString(text):
		return errors.New("it is a number that a spreadsheet has rounded; format the column as text, and write all digits")
	case fraction.MatchString(text):
		return errors.New("it is a decimal number; format the column as text, and write only the digits")
	case extension.MatchString(text):
		return errors.New("an extension cannot be texted; if the number is that of a mobile phone, write it without the extension")
	case strings.Count(text, "+") > 1 || strings.ContainsAny(text, ",;|\n\r\t"):
		return errors.New("it is more than one number; list each as a separate recipient")
	case strings.ContainsFunc(text, unicode.IsLetter):
		return errors.New("it has letters; write only the digits, in E.164 form, such as +15005550006")
	case !asNumber.MatchString(text):
		return errors.New("it has characters that do not belong in a phone number; write it in E.164 form, such as +15005550006")
	case strings.Contains(text, "/"):
		before, after, _ := strings.Cut(text, "/")
		if !slashed.MatchString(text) || len(digitsOf(before)) > 7 || len(digitsOf(after)) < 5 {
			return errors.New("it has a slash, so it may be more than one number; write only one, in E.164 form, such as +15005550006")
		}
	}
	return nil
}

// readInternational parses the digits after a plus. It removes digits only if
// they are dialed just within the country, such as the 0 of +44 (0)7400, and if
// the result is an assigned number.
func readInternational(digits string, hasOptional bool) (string, error) {
	if rest, ok := strings.CutPrefix(digits, "521"); ok && len(rest) == 10 {
		digits = "52" + rest // Mexico no longer puts a 1 before mobile numbers
	}
	if !hasOptional && isWhole(digits) {
		return "+" + digits, nil
	}
	parsed, err := phonenumbers.Parse("+"+digits, "")
	if err != nil {
		return "", errors.New("its country code does not exist, or the number is too short or too long; write it in E.164 form, such as +15005550006")
	}
	number := phonenumbers.Format(parsed, phonenumbers.E164)
	country := strconv.Itoa(int(parsed.GetCountryCode()))
	// An unchanged number need not be in a range that the library knows:
	// the range may be newer than the library, so Twilio decides.
	// IsValidNumber is called last because it is slow.
	asWritten := number == "+"+digits && !hasOptional && !strings.HasPrefix(digits[len(country):], "0") &&
		phonenumbers.IsPossibleNumberWithReason(parsed) == phonenumbers.IS_POSSIBLE
	if !asWritten && !phonenumbers.IsValidNumber(parsed) {
		return "", fmt.Errorf("no number with country code +%s looks like this; check its length and write it in E.164 form, such as +15005550006", country)
	}
	return number, nil
}

// isWhole reports whether digits form a complete international number: a
// country code followed by a number of a possible length without a national
// prefix. [phonenumbers.Parse] gives the same answer, but is several times
// slower because it also looks for parts that digits alone cannot have, such as
// an extension.
func isWhole(digits string) bool {
	for n := 1; n <= 3 && n < len(digits); n++ {
		if code, _ := strconv.Atoi(digits[:n]); phonenumbers.GetSupportedCallingCodes()[code] {
			number, plan := digits[n:], planOf(code)
			return slices.Contains(plan.lengths, int32(len(number))) && number[0] != '0' && !plan.prefix.MatchString(number)
		}
	}
	return false
}

// plan describes the numbers of a country code, according to libphonenumber.
type plan struct {
	lengths []int32
	// prefix matches what may be dialed before a number within the country,
	// such as 0 or a carrier's code, and the beginnings of numbers that are
	// dialed differently there.
	prefix *regexp.Regexp
}

// plans caches plans by country code.
var plans sync.Map

// planOf returns the plan of a country code, which must exist.
func planOf(code int) *plan {
	if known, ok := plans.Load(code); ok {
		return known.(*plan)
	}
	found := &plan{prefix: regexp.MustCompile("")} // matches every number, so that all are parsed if there is no metadata
	region := phonenumbers.GetRegionCodeForCountryCode(code)
	all, _ := phonenumbers.MetadataCollection() // the metadata was parsed when the program started
	for _, of := range all.GetMetadata() {
		if int(of.GetCountryCode()) != code || of.GetId() != region {
			continue
		}
		found.lengths = of.GetGeneralDesc().GetPossibleLength()
		if prefix := of.GetNationalPrefixForParsing(); prefix != "" {
			found.prefix = regexp.MustCompile("^(?:" + prefix + ")")
		} else {
			found.prefix = regexp.MustCompile("$^") // matches no number
		}
	}
	plans.Store(code, found)
	return found
}

// readNational parses a number as it is dialed within a region.
func readNational(digits, region string) (string, error) {
	refused := fmt.Errorf("no number in the region %s looks like this; write it with its country code, in E.164 form, such as +15005550006", region)
	parsed, err := phonenumbers.Parse(digits, region)
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		if strings.HasPrefix(digits, "00") {
			refused = fmt.Errorf("00 is not the international prefix of the region %s; write + instead", region)
		}
		return "", refused
	}
	number := phonenumbers.Format(parsed, phonenumbers.E164)
	// 491701234567 may be a German number that lost its plus or a number in
	// the area code 4917. Both are in use.
	if code := fmt.Sprint(phonenumbers.GetCountryCodeForRegion(region)); strings.HasPrefix(digits, code) {
		other, err := phonenumbers.Parse("+"+digits, "")
		if err == nil && phonenumbers.IsValidNumber(other) && phonenumbers.Format(other, phonenumbers.E164) != number {
			return "", errors.New("it may begin with the country code or with an area code; write + before a country code")
		}
	}
	return number, nil
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// clip shortens a text for quoting in an error.
func clip(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// knownRegion reports whether libphonenumber supports a region.
func knownRegion(region string) bool {
	return region == "" || phonenumbers.GetSupportedRegions()[region]
}
