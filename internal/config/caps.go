package config

// A cap limits how many messages may be sent to numbers with the same prefix.

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Cap allows Most messages per time window.
type Cap struct {
	// Prefix is the prefix of the numbers that the cap applies to, such as
	// +44. "*" applies separately to each country that has no cap of its
	// own.
	Prefix string
	Most   int
	Per    time.Duration
}

// Caps is a list of caps, written as "+44=500/h, *=5000/d".
type Caps []Cap

var (
	capForm = regexp.MustCompile(`^(\*|\+[1-9][0-9]{0,14}) *= *([0-9]{1,9}) */ *(m|h|d)$`)
	units   = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
)

// UnmarshalText parses the caps. It refuses two caps for one prefix.
func (c *Caps) UnmarshalText(text []byte) error {
	*c = nil
	var (
		entries  List
		mistakes []error
		seen     = map[string]bool{}
	)
	_ = entries.UnmarshalText(text) // never fails
	for _, entry := range entries {
		parts := capForm.FindStringSubmatch(entry)
		switch {
		case parts == nil:
			mistakes = append(mistakes, fmt.Errorf("%q is not a cap: write a prefix or *, a number, and m, h or d, such as +44=500/h", entry))
			continue
		case seen[parts[1]]:
			mistakes = append(mistakes, fmt.Errorf("%s has two caps", parts[1]))
		}
		seen[parts[1]] = true
		most, _ := strconv.Atoi(parts[2]) // the pattern allows at most nine digits
		*c = append(*c, Cap{Prefix: parts[1], Most: most, Per: units[parts[3]]})
	}
	return errors.Join(mistakes...)
}
