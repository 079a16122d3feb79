package config

// The auth tokens of additional accounts.

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// AccountTokens holds auth tokens by account SID. It is written as
// "AC…=token,AC…=token", separated by commas or line breaks. An account may be
// listed twice while its tokens are being rotated. Like a [Secret], it is
// masked when it is printed.
type AccountTokens struct {
	Secret
	tokens map[string][]string
}

var accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

// Reveal returns the tokens by account.
func (t AccountTokens) Reveal() map[string][]string { return t.tokens }

// UnmarshalText parses the tokens. Its errors contain no tokens.
func (t *AccountTokens) UnmarshalText(text []byte) error {
	t.Secret, t.tokens = NewSecret(string(text)), map[string][]string{}
	pairs := strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	for i, pair := range pairs {
		account, token, found := strings.Cut(pair, "=")
		if !found || token == "" {
			return fmt.Errorf("entry %d is not of the form AC…=token", i+1)
		}
		if !accountSID.MatchString(account) {
			return fmt.Errorf("entry %d does not begin with an account SID, AC and 32 hexadecimal digits", i+1)
		}
		t.tokens[account] = append(t.tokens[account], token)
	}
	if len(pairs) == 0 {
		return errors.New("there are no entries of the form AC…=token")
	}
	return nil
}
