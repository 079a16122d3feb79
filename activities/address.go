package activities

// Addresses: the recipients' numbers, as people write them.

import (
	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/sms"
)

// readRecipient reads an address. A number without a country code is one of the
// region ("US", "DE"); without a region it is none.
func readRecipient(s, region string) (string, bool) {
	if to, ok := sms.ParseRecipient(s); ok {
		return to, true
	}
	if region == "" {
		return "", false
	}
	number, err := phonenumbers.Parse(s, region)
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", false
	}
	return sms.ParseRecipient(phonenumbers.Format(number, phonenumbers.E164))
}

// knownRegion reports whether numbers can be read for a region.
func knownRegion(region string) bool {
	return region == "" || phonenumbers.GetSupportedRegions()[region]
}
