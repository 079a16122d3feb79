package config

// Our own numbers and the accounts that own them.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"temporal-twilio/sms"
)

// Numbers are our own numbers, written as "+1…, AC…=+1…", with or without the
// SID of the account that owns the number.
type Numbers struct {
	// All lists the numbers. Accounts maps numbers, without their channel,
	// to the accounts that own them, if given.
	All      []string
	Accounts map[string]string
}

// Has reports whether a number is one of our own.
func (n Numbers) Has(number string) bool { return slices.Contains(n.All, number) }

// UnmarshalText parses the numbers.
func (n *Numbers) UnmarshalText(text []byte) error {
	*n = Numbers{Accounts: map[string]string{}}
	var mistakes []error
	for i, entry := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == '\n' }) {
		account, address, named := strings.Cut(entry, "=")
		if !named {
			account, address = "", entry
		}
		account = strings.TrimSpace(account)
		number, ok := sms.ParseSender(address)
		_, bare := sms.CutChannel(number)
		switch owner, known := n.Accounts[bare]; {
		case !ok || sms.IsName(number):
			mistakes = append(mistakes, fmt.Errorf("entry %d is not a number such as +15005550006", i+1))
		case named && !accountSID.MatchString(account):
			mistakes = append(mistakes, fmt.Errorf("entry %d does not begin with an account SID, AC and 32 hexadecimal digits", i+1))
		case known && named && owner != account:
			mistakes = append(mistakes, fmt.Errorf("entry %d belongs to two accounts", i+1))
		default:
			n.All = append(n.All, number)
			if named {
				n.Accounts[bare] = account
			}
		}
	}
	return errors.Join(mistakes...)
}
