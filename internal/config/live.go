package config

// Twilio's credentials are reread when their files change while the process
// runs.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"temporal-twilio/internal/follow"
	"temporal-twilio/twilio"
)

// KeepTokens is how long a replaced auth token still verifies webhooks. Twilio
// signs with the old token until the new one is promoted in Twilio's console.
const KeepTokens = 15 * time.Minute

// Credentials is what logs and metrics call the files that [Live] follows.
const Credentials = "Twilio's credentials"

// Live is the configuration with which the process started, except that its
// Twilio credentials follow their files: the files of the *_FILE variables, the
// accounts file, and the files named in it. A change to anything else requires
// a restart.
type Live struct {
	Config
	file *follow.File[*Config]
}

// Follow reads a configuration from variables, like [Read], and follows the
// files of its credentials.
func Follow(environment map[string]string, logger *slog.Logger) (*Live, error) {
	file, err := follow.New(logger, Credentials, func(before *Config, open follow.Open) (*Config, error) {
		now, err := read(environment, open)
		if err == nil && before != nil {
			err = before.becomes(&now)
		}
		if err != nil || before == nil {
			return &now, err
		}
		if now.IDSecret.Reveal() == "" && now.Token != before.Token {
			logger.Warn("the auth token has changed, and ID_SECRET is not set, so pseudonyms are still derived from the token at startup. Set ID_SECRET, or restart all workers and webhooks")
		}
		return &now, nil
	})
	if err != nil {
		return nil, err
	}
	return &Live{Config: *file.Value(), file: file}, nil
}

// Watch reads the files every second until the context ends, even while nothing
// uses the credentials, so that a mistake is logged before it matters.
func (l *Live) Watch(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			l.file.Value()
		}
	}
}

// Err returns why changed files are not in use, or nil if they are.
func (l *Live) Err() error { return l.file.Err() }

// Twilio returns the [twilio.Access] of the account.
func (l *Live) Twilio() twilio.Access { return l.following((*Config).access, "") }

// NamedTwilio returns the [twilio.Access] of an account in the accounts file.
func (l *Live) NamedTwilio(name string) twilio.Access { return l.following((*Config).access, name) }

// Subaccount returns the [twilio.Access] of an account in
// TWILIO_SUBACCOUNT_TOKENS.
func (l *Live) Subaccount(sid string) twilio.Access { return l.following((*Config).subaccount, sid) }

func (l *Live) following(access func(*Config, string) twilio.Access, name string) twilio.Access {
	followed := access(&l.Config, name)
	followed.Renewed = func() (username, password string) { return access(l.file.Value(), name).Credentials() }
	return followed
}

// WebhookTokens returns, for each account SID, the auth tokens with which
// Twilio may now sign webhook requests, including those that were replaced less
// than [KeepTokens] ago.
func (l *Live) WebhookTokens() map[string][]string {
	tokens := l.file.Value().WebhookTokens()
	for _, old := range l.file.Replaced(KeepTokens) {
		for account, replaced := range old.WebhookTokens() {
			for _, token := range replaced {
				if !slices.Contains(tokens[account], token) {
					tokens[account] = append(tokens[account], token)
				}
			}
		}
	}
	return tokens
}

// access returns the [twilio.Access] of a named account. "" is the account in
// the environment.
func (c *Config) access(name string) twilio.Access {
	if name == "" {
		return c.Twilio()
	}
	return c.Named[name].Twilio()
}

// subaccount returns the [twilio.Access] of an account in
// TWILIO_SUBACCOUNT_TOKENS, with its first auth token.
func (c *Config) subaccount(sid string) twilio.Access {
	access := c.Twilio()
	access.AccountSID, access.Token, access.Username, access.Password = sid, c.Subaccounts.Reveal()[sid][0], "", ""
	return access
}

// becomes returns why a changed configuration cannot replace this one, or nil
// if it can. The change may require a restart, or a file may be half written.
func (c *Config) becomes(now *Config) error {
	var mistakes Mistakes
	for _, name := range append([]string{""}, slices.Sorted(maps.Keys(c.Named))...) {
		what, before, after := fmt.Sprintf("TWILIO_ACCOUNTS: account %q: its", name), c.access(name), now.access(name)
		if name == "" {
			what = "the account's"
		}
		if before.AccountSID != after.AccountSID {
			mistakes.add(fmt.Errorf("%s SID was removed or changed; this takes effect only after a restart", what))
			continue
		}
		if before.Username != after.Username && before.Password == after.Password {
			mistakes.add(fmt.Errorf("%s API key has changed, but not its secret: change the secret, too", what))
		}
		mistakes.add(halfWritten(what+" auth token", before.Token, after.Token))
		mistakes.add(halfWritten(what+" API secret", before.Password, after.Password))
	}
	for sid, tokens := range c.Subaccounts.Reveal() {
		after := now.Subaccounts.Reveal()[sid]
		if len(after) == 0 {
			mistakes.add(errors.New("an account was removed from TWILIO_SUBACCOUNT_TOKENS; this takes effect only after a restart"))
		}
		for _, token := range after {
			mistakes.add(halfWritten("TWILIO_SUBACCOUNT_TOKENS: a token", tokens[0], token))
		}
	}
	mistakes.add(halfWritten("TWILIO_TOKEN_SECONDARY", c.TokenSecondary.Reveal(), cmp.Or(now.TokenSecondary, c.TokenSecondary).Reveal()))
	return mistakes.err()
}

// halfWritten returns an error if the previous secret has the length of
// Twilio's secrets but the new one does not.
func halfWritten(what, before, now string) error {
	const size = 32 // both auth tokens and secrets of API keys
	if len(before) == size && len(now) != size {
		return fmt.Errorf("%s has %d characters; Twilio's have %d", what, len(now), size)
	}
	return nil
}
