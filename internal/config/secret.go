package config

// Secrets are values that are never printed.

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a token, a key or a password. However it is printed, logged or
// marshaled, it appears as "<secret>", or as "" if it is empty. Call Reveal
// only where the value is needed, and do not store what it returns.
type Secret struct{ value string }

const masked = "<secret>"

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value itself.
func (s Secret) Reveal() string { return s.value }

// String masks the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return masked
}

// Format masks the value for every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue masks the value in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON masks the value in JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalText sets the value from the environment.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}
