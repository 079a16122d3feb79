// Package config reads the configuration of our programs from the environment.
// The descriptions of the variables are in the tags of [Config]; the worker's
// help and docs/configuration.md are generated from them.
package config

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"temporal-twilio/internal/follow"
	"temporal-twilio/twilio"
)

//go:generate go run ./document ../../docs/configuration.md ../../docs/configuration.schema.json

// Config is the configuration in the environment, except for Temporal's own
// TEMPORAL_* variables. Every secret X can also be given as X_FILE, the path of
// a file that contains it.
//
// In the tags, group starts a section of the documentation, oneof lists the
// allowed values, min is the minimum, and file marks a value that is not a
// secret but can also come from a file.
type Config struct {
	Account string `env:"TWILIO_ACCOUNT" group:"Twilio" description:"The account's SID. Also TWILIO_ACCOUNT_SID."`
	Token   Secret `env:"TWILIO_TOKEN" description:"The account's auth token, which verifies webhooks, and sends if there is no API key. Also TWILIO_AUTH_TOKEN."`
	// APIKey and APISecret, if set, are used to send instead of Token.
	APIKey    string        `env:"TWILIO_API_KEY" file:"true" description:"An API key for sending, instead of the auth token."`
	APISecret Secret        `env:"TWILIO_API_SECRET" description:"The secret of the API key."`
	Region    string        `env:"TWILIO_REGION" description:"The region that handles requests, such as ie1, together with TWILIO_EDGE. Default us1."`
	Edge      string        `env:"TWILIO_EDGE" description:"The edge through which the region is reached, such as dublin, together with TWILIO_REGION."`
	BaseURL   string        `env:"TWILIO_BASE_URL" description:"Another host instead of Twilio, such as a local Twilio."`
	Accounts  string        `env:"TWILIO_ACCOUNTS" description:"A file of additional accounts, which a send chooses by name. docs/sending.md shows its format."`
	Timeout   time.Duration `env:"TWILIO_TIMEOUT" envDefault:"10s" min:"1ms" description:"How long to wait for a response from Twilio."`
	Patience  time.Duration `env:"TWILIO_LISTING_PATIENCE" envDefault:"30s" min:"0s" description:"How long Twilio's listings may take to show a message that exists."`

	Concurrency      int     `env:"SEND_CONCURRENCY" envDefault:"20" min:"1" group:"Sending" description:"How many messages are created concurrently."`
	Rate             float64 `env:"SEND_RATE" envDefault:"0" min:"0" description:"The maximum number of messages per second from one sender, for all workers together. 0 leaves the rate to Twilio's queue."`
	AccountRate      float64 `env:"SEND_ACCOUNT_RATE" envDefault:"0" min:"0" description:"The maximum number of messages per second from all senders of the account, for all workers together. 0 leaves the rate to Twilio's queue."`
	Caps             Caps    `env:"SEND_CAPS" description:"How many messages all workers together may send to numbers with the same prefix, to protect against SMS pumping: +44=500/h, *=200/h, per m, h or d. The longest matching prefix applies. * applies to each other country separately. Messages beyond a cap are reported as CAP_REACHED."`
	RecordFirst      bool    `env:"SEND_RECORD_FIRST" envDefault:"false" description:"Record whom a send is about to text even before its first few texts, which otherwise need no record. Set it while workers of older versions still run."`
	RateUnit         string  `env:"SEND_RATE_UNIT" envDefault:"messages" oneof:"messages segments" description:"What SEND_RATE and SEND_ACCOUNT_RATE count."`
	DefaultRegion    string  `env:"DEFAULT_REGION" description:"The country of recipients without a country code, such as US. Without it, they are refused."`
	TemplateLocale   string  `env:"TEMPLATE_LOCALE" envDefault:"en_US" description:"The locale of numbers and dates in templates, such as pt_BR. A send can override it."`
	TemplateTimeZone string  `env:"TEMPLATE_TIME_ZONE" envDefault:"UTC" description:"The time zone of dates and times in templates, such as Europe/Berlin or GMT+02:00. A send can override it."`
	// BroadcastStore is the URL of the store. BroadcastDir is the path of a
	// directory to use instead.
	BroadcastStore string `env:"BROADCAST_STORE" description:"The URL of the recipients and reports of broadcasts, the same for all workers, such as file:///srv/sms or s3://bucket?region=eu-west-1."`
	BroadcastDir   string `env:"BROADCAST_DIR" description:"The path of a folder, instead of BROADCAST_STORE."`
	// IDSecret is used to derive the pseudonyms that replace phone numbers in
	// workflow IDs.
	IDSecret Secret `env:"ID_SECRET" description:"The secret for pseudonyms of numbers in workflow IDs: 32 random characters, at least 16, the same for all workers and webhooks. Without it, the auth token is used, triggers have no pseudonyms, and idempotencyKey is refused. Changing it invalidates all idempotency keys and all open questions."`

	Triggers            string  `env:"TRIGGERS" group:"Receiving" description:"The trigger file, or a folder of them. Without it, there is no webhook."`
	TriggersTaskQueue   string  `env:"TRIGGERS_TASK_QUEUE" envDefault:"twilio" description:"The task queue for triggers that specify none, such as Alfresco's. Alfresco's processes need a task queue other than twilio."`
	TriggersBusinessKey string  `env:"TRIGGERS_BUSINESS_KEY_ATTRIBUTE" description:"The search attribute of type Keyword for the business keys of Alfresco's processes. The namespace must have it, or Temporal refuses the start."`
	WebhookAddr         string  `env:"WEBHOOK_ADDR" envDefault:"127.0.0.1:8080" description:"The address at which the webhook serves /twilio/sms, /twilio/status, /healthz and /readyz."`
	WebhookPublicURL    string  `env:"WEBHOOK_PUBLIC_URL" description:"The URL at which Twilio reaches the webhook, without /twilio/sms. It must be the URL that Twilio signs. Workers also use it for status callbacks."`
	WebhookForwarded    List    `env:"WEBHOOK_FORWARDED" description:"Headers that report the public URL instead: Forwarded, or X-Forwarded-Host, -Proto, -Port and -Prefix, or Host. The proxy must set each of them."`
	WebhookSignature    string  `env:"WEBHOOK_SIGNATURE" envDefault:"on" oneof:"on off" description:"Whether requests must be signed by Twilio. off lets anyone send them: for development only."`
	WebhookOwnNumbers   Numbers `env:"WEBHOOK_OWN_NUMBERS" description:"Your numbers. Texts from them never get an echo. A number written as AC…=+1… accepts texts only from that account."`
	// TokenSecondary verifies webhooks in addition to Token while tokens
	// are being rotated.
	TokenSecondary Secret        `env:"TWILIO_TOKEN_SECONDARY" description:"A second auth token that verifies webhooks, while tokens are rotated."`
	Subaccounts    AccountTokens `env:"TWILIO_SUBACCOUNT_TOKENS" description:"Additional accounts whose webhooks are accepted: AC…=token,AC…=token. List an account twice while its tokens are rotated."`
	WebhookTLSCert string        `env:"WEBHOOK_TLS_CERT" description:"The TLS certificate, a PEM file. It is reread when it changes."`
	WebhookTLSKey  string        `env:"WEBHOOK_TLS_KEY" description:"The key of the certificate, a PEM file."`
	// WebhookACMEHosts are host names for which certificates are requested
	// from Let's Encrypt and stored in WebhookACMECache.
	WebhookACMEHosts   List          `env:"WEBHOOK_ACME_HOSTS" description:"Hosts for which to get certificates from Let's Encrypt, instead of WEBHOOK_TLS_CERT."`
	WebhookACMECache   string        `env:"WEBHOOK_ACME_CACHE" envDefault:".acme" description:"The folder for certificates from Let's Encrypt."`
	WebhookDrain       time.Duration `env:"WEBHOOK_DRAIN" envDefault:"0s" min:"0s" description:"How long a webhook that is stopping still accepts requests while /readyz reports that it is not ready."`
	WebhookShowOutcome bool          `env:"WEBHOOK_SHOW_OUTCOME" envDefault:"false" description:"Whether responses include the outcome of a text, in the X-Sms-Outcome and X-Sms-Workflow-Id headers, as make run does for its page."`
	CatchUp            time.Duration `env:"CATCH_UP" min:"0s" description:"How often to look for missed texts and publish them, such as 5m. If it is unset, this webhook leaves catching up to others. 0s ends catching up for all and removes its schedule."`
	CatchUpAfter       time.Duration `env:"CATCH_UP_AFTER" envDefault:"1m" min:"0s" description:"How long to leave a text to the webhooks before the catch-up publishes it. Twilio waits up to 15s for a webhook to respond."`

	PayloadKeys  string `env:"PAYLOAD_KEYS" group:"Privacy" description:"The path of a key file, as created by worker keys new. Its keys encrypt the payloads in Temporal. It is reread when it changes. Without it, or without a current key in it, payloads are stored unencrypted."`
	CodecAddr    string `env:"CODEC_ADDR" envDefault:"127.0.0.1:8234" description:"The address of worker codec, which decrypts payloads for Temporal's Web UI and command line."`
	CodecToken   Secret `env:"CODEC_TOKEN" description:"The token that callers of the codec server must send: Authorization: Bearer …. It is optional only at a loopback address."`
	CodecOrigins List   `env:"CODEC_ORIGINS" description:"The origins of Web UIs that may call the codec server, such as https://temporal.example.com, separated by commas."`
	CodecEncode  bool   `env:"CODEC_ENCODE" envDefault:"false" description:"Whether the codec server also encrypts what callers send, at /encode, as the command line needs to start workflows."`

	MetricsAddr string `env:"METRICS_ADDR" group:"Operating" description:"The address that serves /metrics, for Prometheus, and /healthz and /readyz of the worker, the webhook or both. Without it, there are no metrics."`
	LogLevel    string `env:"LOG_LEVEL" envDefault:"info" oneof:"debug info warn error" description:"The lowest level to log."`
	LogFormat   string `env:"LOG_FORMAT" envDefault:"text" oneof:"text json" description:"The format of log lines."`
	File        string `env:"CONFIG_FILE" description:"A YAML file with variables on this page that are not set in the environment. Also --config."`

	// unread lists the variables whose files could not be read. No other
	// mistakes are reported for them.
	unread []string `env:"-"`
	// CatchUpOff is true if CATCH_UP is set to 0s. CatchUp is also 0 if it is
	// unset.
	CatchUpOff bool `env:"-"`
	// Named holds the accounts in the accounts file, by name.
	Named map[string]NamedAccount `env:"-"`
	// Warnings lists probable mistakes in the environment, which the caller
	// should log.
	Warnings []string `env:"-"`
}

// aliases maps the names that Twilio's own tools use to ours.
var aliases = map[string]string{
	"TWILIO_ACCOUNT": "TWILIO_ACCOUNT_SID",
	"TWILIO_TOKEN":   "TWILIO_AUTH_TOKEN",
}

// FromEnvironment reads the configuration from the environment of the process,
// like [Read].
func FromEnvironment() (Config, error) { return Read(Environment()) }

// Environment returns the environment of the process.
func Environment() map[string]string {
	return env.ToMap(os.Environ()) //nolint:forbidigo // the only place that reads the environment
}

// Read reads a configuration from variables. White space around values is
// removed. The error is of type [Mistakes] and contains every mistake.
func Read(environment map[string]string) (Config, error) { return read(environment, os.ReadFile) }

func read(environment map[string]string, open follow.Open) (Config, error) {
	var (
		c         = Config{Warnings: unknown(environment)}
		variables = map[string]string{}
		mistakes  Mistakes
	)
	merged, _, err := merge(environment, open)
	mistakes.add(err)
	for name, value := range merged {
		variables[name] = strings.TrimSpace(value)
	}
	for _, v := range variablesOf() {
		for _, name := range []string{v.name, aliases[v.name]} {
			if v.file && name != "" {
				if err := readFile(variables, name, open); err != nil {
					mistakes.add(err)
					c.unread = append(c.unread, v.name)
				}
			}
		}
	}
	for name, alias := range aliases {
		variables[name] = cmp.Or(variables[name], variables[alias])
	}
	mistakes.add(misread(variables, env.ParseWithOptions(&c, env.Options{Environment: variables})))
	mistakes.add(c.normalize(variables))
	c.Named, err = c.readAccounts(open)
	mistakes.add(err)
	return c, mistakes.err()
}

// readFile sets a variable to the content of the file whose path is in
// NAME_FILE.
func readFile(variables map[string]string, name string, open follow.Open) (err error) {
	path := variables[name+"_FILE"]
	if path == "" {
		return nil
	}
	if variables[name] != "" {
		return fmt.Errorf("%s and %s_FILE are both set; unset one", name, name)
	}
	if variables[name], err = follow.Text(open, path); err != nil {
		return fmt.Errorf("read %s_FILE: %w", name, err)
	}
	return nil
}

// Twilio returns the [twilio.Access] of the account.
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

// WebhookTokens returns, for each account SID, the auth tokens with which
// Twilio may sign webhook requests. They come from the environment, the
// accounts file and the list of subaccounts. If TWILIO_ACCOUNT is not set, the
// key "" stands for any account.
func (c Config) WebhookTokens() map[string][]string {
	tokens := map[string][]string{}
	for _, token := range []Secret{c.Token, c.TokenSecondary} {
		if token.Reveal() != "" {
			tokens[c.Account] = append(tokens[c.Account], token.Reveal())
		}
	}
	for _, account := range c.Named {
		if token := account.Token.Reveal(); token != "" {
			tokens[account.Account] = append(tokens[account.Account], token)
		}
	}
	for account, more := range c.Subaccounts.Reveal() {
		tokens[account] = append(tokens[account], more...)
	}
	return tokens
}

// List is a list of strings separated by commas or line breaks.
type List []string

// UnmarshalText parses the list.
func (l *List) UnmarshalText(text []byte) error {
	*l = nil
	for entry := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == '\n' }) {
		if entry = strings.TrimSpace(entry); entry != "" {
			*l = append(*l, entry)
		}
	}
	return nil
}
