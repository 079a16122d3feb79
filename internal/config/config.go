// Package config reads the worker's configuration from the environment.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"temporal-twilio/twilio"
)

// Config is what the environment says, but for Temporal's own TEMPORAL_*
// variables. Every secret X can also be given as X_FILE, the path of a file
// that holds it.
type Config struct {
	// Account is the SID of the account that sends.
	Account string `env:"TWILIO_ACCOUNT"`
	// Token is the account's auth token. It also verifies webhooks.
	Token Secret `env:"TWILIO_TOKEN"`
	// TokenSecondary verifies webhooks beside Token while tokens are rotated.
	TokenSecondary Secret `env:"TWILIO_TOKEN_SECONDARY"`
	// Subaccounts are the tokens of further accounts whose webhooks are taken.
	Subaccounts AccountTokens `env:"TWILIO_SUBACCOUNT_TOKENS"`
	// APIKey and APISecret send in place of Token, if given.
	APIKey    string `env:"TWILIO_API_KEY"`
	APISecret Secret `env:"TWILIO_API_SECRET"`
	// Region and Edge go together. Default: us1.
	Region string `env:"TWILIO_REGION"`
	Edge   string `env:"TWILIO_EDGE"`
	// BaseURL replaces Twilio by another host, such as a local Twilio.
	BaseURL string `env:"TWILIO_BASE_URL"`

	// Accounts is a file of further accounts.
	Accounts string `env:"TWILIO_ACCOUNTS"`
	// Timeout bounds one request to Twilio.
	Timeout time.Duration `env:"TWILIO_TIMEOUT" envDefault:"10s"`
	// Patience is how long Twilio's listings may take to show a message that
	// exists.
	Patience time.Duration `env:"TWILIO_LISTING_PATIENCE" envDefault:"30s"`

	// Concurrency is how many messages the worker creates at a time. Rate is how
	// many of one sender a second, AccountRate of all senders; 0 leaves the pace
	// to Twilio's queue. RateUnit is what they count: messages or segments.
	Concurrency int     `env:"SEND_CONCURRENCY" envDefault:"20"`
	Rate        float64 `env:"SEND_RATE" envDefault:"0"`
	AccountRate float64 `env:"SEND_ACCOUNT_RATE" envDefault:"0"`
	RateUnit    string  `env:"SEND_RATE_UNIT" envDefault:"messages"`

	// DefaultRegion is the country of numbers without a country code.
	DefaultRegion string `env:"DEFAULT_REGION"`
	// BroadcastStore is the URL of the store of broadcasts' recipients and reports.
	BroadcastStore string `env:"BROADCAST_STORE"`
	// BroadcastDir is the path of a folder in its place.
	BroadcastDir string `env:"BROADCAST_DIR"`

	// Triggers is the trigger file, or a folder of them.
	Triggers string `env:"TRIGGERS"`
	// TriggersTaskQueue is where workflows start whose trigger names no task
	// queue, as those of Alfresco do not.
	TriggersTaskQueue string `env:"TRIGGERS_TASK_QUEUE" envDefault:"twilio"`
	// TriggersBusinessKey is a search attribute for the business keys of
	// Alfresco's processes.
	TriggersBusinessKey string `env:"TRIGGERS_BUSINESS_KEY_ATTRIBUTE"`
	// IDSecret makes the pseudonyms of phone numbers in workflow IDs. It must
	// be the same for all webhooks and workers.
	IDSecret Secret `env:"ID_SECRET"`
	// WebhookAddr is where the webhook listens.
	WebhookAddr string `env:"WEBHOOK_ADDR" envDefault:"127.0.0.1:8080"`
	// WebhookPublicURL is where Twilio reaches it.
	WebhookPublicURL string `env:"WEBHOOK_PUBLIC_URL"`
	// WebhookForwarded are the headers that are believed to say the address
	// that Twilio called, if WebhookPublicURL is not set.
	WebhookForwarded []string `env:"WEBHOOK_FORWARDED"`
	// WebhookOwnNumbers are never echoed to, and take texts only from the account
	// that they belong to, if that is named.
	WebhookOwnNumbers Numbers `env:"WEBHOOK_OWN_NUMBERS"`
	// WebhookTLSCert and WebhookTLSKey are files in PEM form. Both empty: plain
	// HTTP, unless WebhookACMEHosts are set.
	WebhookTLSCert string `env:"WEBHOOK_TLS_CERT"`
	WebhookTLSKey  string `env:"WEBHOOK_TLS_KEY"`
	// WebhookACMEHosts are host names for which Let's Encrypt is asked for
	// certificates, kept in the folder WebhookACMECache.
	WebhookACMEHosts []string `env:"WEBHOOK_ACME_HOSTS"`
	WebhookACMECache string   `env:"WEBHOOK_ACME_CACHE" envDefault:".acme"`
	// WebhookDrain is how long the webhook still takes requests, unready, once
	// it is asked to stop.
	WebhookDrain time.Duration `env:"WEBHOOK_DRAIN" envDefault:"0s"`
	// CatchUp is how often missed messages are published, looking back
	// CatchUpWindow. 0: never.
	CatchUp       time.Duration `env:"CATCH_UP" envDefault:"0s"`
	CatchUpWindow time.Duration `env:"CATCH_UP_WINDOW" envDefault:"1h"`
	// WebhookSignature is "on", or "off" to take requests from anybody.
	WebhookSignature string `env:"WEBHOOK_SIGNATURE" envDefault:"on"`

	// MetricsAddr is where /metrics listens. Empty: nowhere.
	MetricsAddr string `env:"METRICS_ADDR"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
	// LogFormat is text or json.
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`
}

// aliases are the names that Twilio's own tools use.
var aliases = map[string]string{
	"TWILIO_ACCOUNT": "TWILIO_ACCOUNT_SID",
	"TWILIO_TOKEN":   "TWILIO_AUTH_TOKEN",
}

// secrets can be given as files.
var secrets = []string{"TWILIO_TOKEN", "TWILIO_AUTH_TOKEN", "TWILIO_TOKEN_SECONDARY", "TWILIO_SUBACCOUNT_TOKENS", "TWILIO_API_SECRET", "ID_SECRET"}

// FromEnvironment reads the process's environment.
func FromEnvironment() (Config, error) {
	return Read(env.ToMap(os.Environ()))
}

// Read reads a configuration from variables, which it may change.
func Read(variables map[string]string) (Config, error) {
	var c Config
	for _, name := range secrets {
		if err := readFile(variables, name); err != nil {
			return c, err
		}
	}
	for name, alias := range aliases {
		if variables[name] == "" {
			variables[name] = variables[alias]
		}
	}
	if err := env.ParseWithOptions(&c, env.Options{Environment: variables}); err != nil {
		return c, named(err)
	}
	if c.WebhookSignature != "on" && c.WebhookSignature != "off" {
		return c, fmt.Errorf("WEBHOOK_SIGNATURE is %q; it must be on or off", c.WebhookSignature)
	}
	if c.Concurrency < 1 || c.Rate < 0 || c.AccountRate < 0 {
		return c, errors.New("SEND_CONCURRENCY must be 1 or more, and SEND_RATE and SEND_ACCOUNT_RATE 0 or more")
	}
	if c.RateUnit != "messages" && c.RateUnit != "segments" {
		return c, fmt.Errorf("SEND_RATE_UNIT is %q; it must be messages or segments", c.RateUnit)
	}
	if c.BroadcastStore != "" && c.BroadcastDir != "" {
		return c, errors.New("BROADCAST_STORE and BROADCAST_DIR are both set; BROADCAST_DIR=/srv/sms is the same as BROADCAST_STORE=file:///srv/sms: unset one")
	}
	if (c.APIKey == "") != (c.APISecret.Reveal() == "") {
		return c, errors.New("TWILIO_API_KEY and TWILIO_API_SECRET go together; set both or neither")
	}
	return c, nil
}

// named gives the first error by the name of its variable.
func named(err error) error {
	var (
		all   env.AggregateError
		parse env.ParseError
	)
	if errors.As(err, &all) && len(all.Errors) > 0 {
		err = all.Errors[0]
	}
	if !errors.As(err, &parse) {
		return fmt.Errorf("read the environment: %w", err)
	}
	field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
	name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return fmt.Errorf("%s: %w", name, parse.Err)
}

// readFile sets a secret from the file that NAME_FILE names.
func readFile(variables map[string]string, name string) error {
	path := variables[name+"_FILE"]
	if path == "" {
		return nil
	}
	if variables[name] != "" {
		return fmt.Errorf("%s and %s_FILE are both set; unset one", name, name)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s_FILE: %w", name, err)
	}
	variables[name] = strings.TrimSpace(string(data))
	if variables[name] == "" {
		return fmt.Errorf("%s_FILE: %s is empty", name, path)
	}
	return nil
}

// Twilio says how the account is reached.
func (c Config) Twilio() twilio.Access {
	return twilio.Access{
		AccountSID: c.Account,
		Token:      c.Token.Reveal(),
		Username:   c.APIKey,
		Password:   c.APISecret.Reveal(),
		Region:     c.Region,
		Edge:       c.Edge,
		BaseURL:    c.BaseURL,
		Timeout:    c.Timeout,
	}
}

// WebhookTokens gives the auth tokens that webhooks may be signed with, by
// account: those of the environment, of the accounts file and of further
// subaccounts; by "" for any account if TWILIO_ACCOUNT is not set.
func (c Config) WebhookTokens() (map[string][]string, error) {
	tokens := map[string][]string{}
	for _, token := range []Secret{c.Token, c.TokenSecondary} {
		if token.Reveal() != "" {
			tokens[c.Account] = append(tokens[c.Account], token.Reveal())
		}
	}
	named, err := c.NamedAccounts()
	if err != nil {
		return nil, err
	}
	for _, account := range named {
		if token := account.Token.Reveal(); token != "" {
			tokens[account.Account] = append(tokens[account.Account], token)
		}
	}
	for account, more := range c.Subaccounts.Reveal() {
		tokens[account] = append(tokens[account], more...)
	}
	return tokens, nil
}
