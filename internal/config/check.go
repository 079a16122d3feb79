package config

// Checks a configuration. All mistakes are reported together, each with the
// name of its variable.

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caarlos0/env/v11"
	"github.com/nyaruka/phonenumbers"

	"temporal-twilio/freemarker"
	"temporal-twilio/twilio"
)

// Mistakes are errors that are reported together, one per line.
type Mistakes []error

func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, err := range m {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors.
func (m Mistakes) Unwrap() []error { return m }

// All combines errors, including those within [Mistakes]. It returns nil if
// there are none.
func All(errs ...error) error {
	var m Mistakes
	for _, err := range errs {
		m.add(err)
	}
	return m.err()
}

func (m *Mistakes) add(err error) {
	if several := Mistakes(nil); errors.As(err, &several) {
		*m = append(*m, several...)
	} else if err != nil {
		*m = append(*m, err)
	}
}

func (m Mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// minIDSecret is the minimum length of ID_SECRET. Anyone who can guess the
// secret can try all phone numbers to find the one behind a pseudonym.
const minIDSecret = 16

// misread explains, for each variable that could not be parsed, what is
// expected of it.
func misread(variables map[string]string, err error) error {
	var (
		all      env.AggregateError
		mistakes Mistakes
	)
	if err == nil {
		return nil
	}
	if !errors.As(err, &all) {
		return fmt.Errorf("read the environment: %w", err)
	}
	for _, one := range all.Errors {
		var parse env.ParseError
		if !errors.As(one, &parse) {
			mistakes.add(fmt.Errorf("read the environment: %w", one))
			continue
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		name := field.Tag.Get("env")
		value := variables[name]
		switch {
		case field.Type == reflect.TypeFor[time.Duration]() && isNumber(value):
			mistakes.add(fmt.Errorf("%s is %q: add a unit, such as %q", name, value, value+"s"))
		case field.Type == reflect.TypeFor[time.Duration]():
			mistakes.add(fmt.Errorf("%s is %q: write a time with its unit, such as %q or %q", name, value, "10s", "1h30m"))
		case field.Type.Kind() == reflect.Int:
			mistakes.add(fmt.Errorf("%s is %q: write a whole number, such as %s", name, value, field.Tag.Get("envDefault")))
		case field.Type.Kind() == reflect.Float64:
			mistakes.add(fmt.Errorf("%s is %q: write a number, such as 1.5", name, value))
		case field.Type.Kind() == reflect.Bool:
			mistakes.add(fmt.Errorf("%s is %q: write true or false", name, value))
		default: // types with their own parser, whose values may be secret
			for line := range strings.SplitSeq(parse.Err.Error(), "\n") {
				mistakes.add(fmt.Errorf("%s: %s", name, line))
			}
		}
	}
	return mistakes.err()
}

func isNumber(value string) bool {
	_, err := strconv.ParseFloat(value, 64)
	return err == nil
}

// normalize checks the values, individually and together, and converts those
// that can be written in several ways to a standard form.
func (c *Config) normalize(variables map[string]string) error {
	var m Mistakes
	fail := func(format string, args ...any) { m.add(fmt.Errorf(format, args...)) }
	for _, v := range variablesOf() {
		m.add(v.check(reflect.ValueOf(c).Elem().Field(v.index), variables[v.name]))
	}
	c.checkTogether(variables, fail)
	for name, address := range map[string]string{"TWILIO_BASE_URL": c.BaseURL, "WEBHOOK_PUBLIC_URL": c.WebhookPublicURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https") {
			fail("%s is %q: it must be an http:// or https:// URL without a query, such as https://sms.example.com", name, WithoutLogin(address))
		}
	}
	c.CatchUpOff = variables["CATCH_UP"] != "" && c.CatchUp == 0
	c.DefaultRegion = strings.ToUpper(c.DefaultRegion)
	if c.DefaultRegion != "" && !phonenumbers.GetSupportedRegions()[c.DefaultRegion] {
		fail("DEFAULT_REGION is %q: write a country by its two letters (ISO 3166), such as US", c.DefaultRegion)
	}
	if !freemarker.IsLocale(c.TemplateLocale) {
		fail("TEMPLATE_LOCALE is %q: write a language with an optional country, such as pt_BR", c.TemplateLocale)
	}
	if !freemarker.IsTimeZone(c.TemplateTimeZone) {
		fail("TEMPLATE_TIME_ZONE is %q: write a place, such as Europe/Berlin, or an offset, such as GMT+02:00", c.TemplateTimeZone)
	}
	if n := utf8.RuneCountInString(c.IDSecret.Reveal()); n > 0 && n < minIDSecret {
		fail("ID_SECRET is too short: it has %d characters and must have at least %d, preferably 32 random ones", n, minIDSecret)
	}
	return m.err()
}

// checkTogether checks variables that require or exclude each other.
func (c *Config) checkTogether(variables map[string]string, fail func(format string, args ...any)) {
	for _, pair := range [][2]string{
		{"TWILIO_API_KEY", "TWILIO_API_SECRET"}, {"TWILIO_REGION", "TWILIO_EDGE"}, {"WEBHOOK_TLS_CERT", "WEBHOOK_TLS_KEY"},
	} {
		if (variables[pair[0]] == "") != (variables[pair[1]] == "") && !c.isUnread(pair[:]...) {
			fail("%s and %s must be set together; set both or neither", pair[0], pair[1])
		}
	}
	if len(c.WebhookACMEHosts) > 0 && c.WebhookTLSCert != "" {
		fail("WEBHOOK_ACME_HOSTS and WEBHOOK_TLS_CERT are both set; unset one")
	}
	if c.BroadcastStore != "" && c.BroadcastDir != "" {
		fail("BROADCAST_STORE and BROADCAST_DIR are both set; BROADCAST_DIR=/srv/sms is the same as BROADCAST_STORE=file:///srv/sms: unset one")
	}
}

// check checks a value against the variable's oneof and min tags. Values that
// could not be parsed have already been reported.
func (v variable) check(field reflect.Value, written string) error {
	if v.oneof != nil {
		allowed := slices.IndexFunc(v.oneof, func(one string) bool { return strings.EqualFold(one, field.String()) })
		if allowed < 0 {
			return fmt.Errorf("%s is %q; it must be %s", v.name, written, or(v.oneof))
		}
		field.SetString(v.oneof[allowed])
	}
	if v.min == "" || written == "" {
		return nil
	}
	below := false
	switch value := field.Interface().(type) {
	case time.Duration:
		least, _ := time.ParseDuration(v.min)
		parsed, err := time.ParseDuration(written)
		below = err == nil && parsed < least
	case int:
		least, _ := strconv.Atoi(v.min)
		_, err := strconv.Atoi(written)
		below = err == nil && value < least
	case float64:
		least, _ := strconv.ParseFloat(v.min, 64)
		below = isNumber(written) && !(value >= least && value <= math.MaxFloat64)
	}
	if below {
		return fmt.Errorf("%s is %q; it must be %s or more", v.name, written, v.min)
	}
	return nil
}

// or formats words as "a, b or c".
func or(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Check returns [Mistakes] for the variables that a worker or a webhook lacks
// or cannot use.
func (c Config) Check(worker, webhook bool) error {
	var m Mistakes
	fail := func(format string, args ...any) { m.add(fmt.Errorf(format, args...)) }
	if worker {
		if c.Account == "" {
			fail("TWILIO_ACCOUNT is not set: set it to the account's SID")
		}
		if cmp.Or(c.Token.Reveal(), c.APISecret.Reveal()) == "" && !c.isUnread("TWILIO_TOKEN", "TWILIO_API_SECRET") {
			fail("TWILIO_TOKEN is not set: set it to the account's auth token, or set TWILIO_API_KEY and TWILIO_API_SECRET")
		}
		if info, err := os.Stat(c.BroadcastDir); c.BroadcastDir != "" && (err != nil || !info.IsDir()) {
			fail("BROADCAST_DIR is %q, which is not a folder: create it, or set another", c.BroadcastDir)
		}
	}
	if webhook && c.WebhookSignature != "off" {
		if len(c.WebhookTokens()) == 0 && !c.isUnread("TWILIO_TOKEN", "TWILIO_TOKEN_SECONDARY", "TWILIO_SUBACCOUNT_TOKENS") {
			fail("there is no auth token for verifying webhooks: set TWILIO_TOKEN (the secret of an API key does not work), or for development set WEBHOOK_SIGNATURE=off")
		}
		if c.WebhookPublicURL == "" && len(c.WebhookForwarded) == 0 {
			fail("WEBHOOK_PUBLIC_URL is not set: set it to the URL at which Twilio reaches the webhook, such as https://sms.example.com")
		}
	}
	if c.lacksIDSecret(worker, webhook) {
		fail("ID_SECRET is not set, and there is no TWILIO_TOKEN to use instead: set it to 32 random characters, the same for all workers and webhooks")
	}
	return m.err()
}

// lacksIDSecret reports whether pseudonyms would be derived from an empty
// secret, so anyone could find the phone numbers behind them. It returns false
// if there are no credentials, because Check then reports that instead.
func (c Config) lacksIDSecret(worker, webhook bool) bool {
	other := worker && c.APISecret.Reveal() != "" || webhook && c.WebhookSignature != "off" && len(c.WebhookTokens()) > 0
	return other && cmp.Or(c.IDSecret.Reveal(), c.Token.Reveal()) == "" && !c.isUnread("ID_SECRET", "TWILIO_TOKEN")
}

// isUnread reports whether the file for one of the variables could not be read.
func (c Config) isUnread(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(c.unread, name) })
}

// checkAccount returns why an account in the accounts file cannot be used.
func checkAccount(a NamedAccount) error {
	if _, err := twilio.New(a.Twilio()); err != nil {
		return err
	}
	if a.Concurrency < 1 || !(a.Rate >= 0) || !(a.AccountRate >= 0) {
		return errors.New("concurrency must be 1 or more, and rate and accountRate 0 or more")
	}
	return nil
}
