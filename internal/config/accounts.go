package config

// Additional credentials, which callers select by name.

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"temporal-twilio/internal/follow"
	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/twilio"
)

// NamedAccount is an account in the accounts file, which looks like this:
//
//	accounts:
//	  marketing:
//	    account: AC00000000000000000000000000000002
//	    tokenFile: /run/secrets/marketing-token
//	    region: ie1
//	    edge: dublin
//	    rate: 1
type NamedAccount struct {
	// Account is the account's SID. Required.
	Account string `yaml:"account"`
	// Token, or the file TokenFile, holds the auth token. APIKey with its
	// secret, in APISecret or the file APISecretFile, can be used instead. One
	// of the two is required.
	Token         Secret `yaml:"token"`
	TokenFile     string `yaml:"tokenFile"`
	APIKey        string `yaml:"apiKey"`
	APISecret     Secret `yaml:"apiSecret"`
	APISecretFile string `yaml:"apiSecretFile"`
	// Region and Edge must be set together. Optional: default us1.
	Region string `yaml:"region"`
	Edge   string `yaml:"edge"`
	// BaseURL is another host to use instead of Twilio. Optional.
	BaseURL string `yaml:"baseUrl"`
	// Concurrency, Rate and AccountRate are the account's own limits.
	// Optional: by default, SEND_CONCURRENCY, SEND_RATE and
	// SEND_ACCOUNT_RATE.
	Concurrency int     `yaml:"concurrency"`
	Rate        float64 `yaml:"rate"`
	AccountRate float64 `yaml:"accountRate"`

	// Caps are the account's own caps, written as in SEND_CAPS. Optional:
	// by default, SEND_CAPS.
	Caps Caps `yaml:"caps"`

	timeout time.Duration
}

// readAccounts reads the accounts file, if there is one.
func (c Config) readAccounts(open follow.Open) (map[string]NamedAccount, error) {
	if c.Accounts == "" {
		return nil, nil
	}
	data, err := open(c.Accounts)
	if err != nil {
		return nil, fmt.Errorf("read TWILIO_ACCOUNTS: %w", err)
	}
	var file struct {
		Accounts map[string]NamedAccount `yaml:"accounts"`
	}
	parsed, err := yamlfile.Parse(c.Accounts, data)
	if err == nil {
		err = parsed.Decode(&file)
	}
	if err != nil {
		return nil, fmt.Errorf("TWILIO_ACCOUNTS: %w", err)
	}
	var mistakes Mistakes
	for _, name := range slices.Sorted(maps.Keys(file.Accounts)) {
		account, err := file.Accounts[name].complete(c, open)
		if err == nil {
			err = checkAccount(account)
		}
		if err != nil {
			mistakes.add(fmt.Errorf("TWILIO_ACCOUNTS: %s: account %q: %w", c.Accounts, name, err))
		}
		file.Accounts[name] = account
	}
	return file.Accounts, mistakes.err()
}

// complete reads the account's secrets and sets the defaults.
func (a NamedAccount) complete(c Config, open follow.Open) (NamedAccount, error) {
	for _, secret := range []struct {
		value *Secret
		file  string
	}{{&a.Token, a.TokenFile}, {&a.APISecret, a.APISecretFile}} {
		*secret.value = NewSecret(strings.TrimSpace(secret.value.Reveal()))
		if secret.file == "" {
			continue
		}
		if secret.value.Reveal() != "" {
			return a, errors.New("a secret is given both directly and as a file")
		}
		text, err := follow.Text(open, secret.file)
		if err != nil {
			return a, err
		}
		*secret.value = NewSecret(text)
	}
	// An invalid default is reported for its environment variable, not for this
	// account.
	a.Concurrency = cmp.Or(a.Concurrency, max(c.Concurrency, 1))
	a.Rate = cmp.Or(a.Rate, max(c.Rate, 0))
	a.AccountRate = cmp.Or(a.AccountRate, max(c.AccountRate, 0))
	if a.Caps == nil {
		a.Caps = c.Caps
	}
	a.timeout = c.Timeout
	return a, nil
}

// Twilio returns the [twilio.Access] of the account.
func (a NamedAccount) Twilio() twilio.Access {
	return twilio.Access{
		AccountSID: a.Account,
		Token:      a.Token.Reveal(),
		Username:   a.APIKey,
		Password:   a.APISecret.Reveal(),
		Region:     a.Region,
		Edge:       a.Edge,
		BaseURL:    a.BaseURL,
		Timeout:    a.timeout,
	}
}
