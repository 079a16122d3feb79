// Package config reads the configuration of our programs from the environment.
// The descriptions of the variables are in the tags of [Config]; the help of the
// worker and docs/configuration.md are made of them.
package config

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"temporal-twilio/twilio"
)

//go:generate go run ./document ../../docs/configuration.md

// Config is what the environment says, except for Temporal's own TEMPORAL_*
// variables. Every secret X can also be given as X_FILE, the path of a file
// that holds it.
//
// The tags: group begins a section of the documentation, oneof lists the values
// that are allowed, min is the least one.
type Config struct {
	Account string `env:"TWILIO_ACCOUNT" group:"Twilio" description:"The account's SID. Also TWILIO_ACCOUNT_SID."`
	Token   Secret `env:"TWILIO_TOKEN" description:"Its auth token, which verifies webhooks, and sends if there is no API key. Also TWILIO_AUTH_TOKEN."`
	// APIKey and APISecret send in place of Token, if given.
	APIKey    string        `env:"TWILIO_API_KEY" description:"An API key to send with, in place of the auth token."`
	APISecret Secret        `env:"TWILIO_API_SECRET" description:"The secret of the API key."`
	Region    string        `env:"TWILIO_REGION" description:"The region that handles requests, such as ie1, together with TWILIO_EDGE. Default us1."`
	Edge      string        `env:"TWILIO_EDGE" description:"The edge through which the region is reached, such as dublin, together with TWILIO_REGION."`
	BaseURL   string        `env:"TWILIO_BASE_URL" description:"Another host in place of Twilio, such as a local Twilio."`
	Accounts  string        `env:"TWILIO_ACCOUNTS" description:"A file of further accounts, which a send chooses by name. docs/sending.md shows its form."`
	Timeout   time.Duration `env:"TWILIO_TIMEOUT" envDefault:"10s" min:"1ms" description:"How long to wait for an answer of Twilio."`
	Patience  time.Duration `env:"TWILIO_LISTING_PATIENCE" envDefault:"30s" min:"0s" description:"How long Twilio's listings may take to show a message that exists."`

	Concurrency      int     `env:"SEND_CONCURRENCY" envDefault:"20" min:"1" group:"Sending" description:"How many messages are created at the same time."`
	Rate             float64 `env:"SEND_RATE" envDefault:"0" min:"0" description:"How many messages per second from one sender, of all workers together. 0 leaves the pace to Twilio's queue."`
	AccountRate      float64 `env:"SEND_ACCOUNT_RATE" envDefault:"0" min:"0" description:"How many messages per second from all senders of the account, of all workers together. 0 leaves the pace to Twilio's queue."`
	Caps             Caps    `env:"SEND_CAPS" description:"How many messages a worker sends at most to numbers that begin alike, against SMS pumping: +44=500/h, *=200/h, per m, h or d. The longest prefix counts; * is each other country by itself. Beyond it, CAP_REACHED."`
	RecordFirst      bool    `env:"SEND_RECORD_FIRST" envDefault:"false" description:"Record whom a send is about to text also before its first few texts, which need no record otherwise. Set it while workers of older versions still run."`
	RateUnit         string  `env:"SEND_RATE_UNIT" envDefault:"messages" oneof:"messages segments" description:"What the two rates count."`
	DefaultRegion    string  `env:"DEFAULT_REGION" description:"The country of recipients without a country code, such as US. Without it they are refused."`
	TemplateLocale   string  `env:"TEMPLATE_LOCALE" envDefault:"en_US" description:"How the templates of messages write numbers and dates, such as pt_BR. A send may say otherwise."`
	TemplateTimeZone string  `env:"TEMPLATE_TIME_ZONE" envDefault:"UTC" description:"The time zone of the dates and times in templates, such as Europe/Berlin or GMT+02:00. A send may say otherwise."`
	// BroadcastStore is a URL, BroadcastDir the path of a folder in its place.
	BroadcastStore string `env:"BROADCAST_STORE" description:"The URL of the recipients and reports of broadcasts, the same for all workers, such as file:///srv/sms or s3://bucket?region=eu-west-1."`
	BroadcastDir   string `env:"BROADCAST_DIR" description:"The path of a folder, in place of BROADCAST_STORE."`
	// IDSecret makes the pseudonyms of phone numbers in workflow IDs.
	IDSecret Secret `env:"ID_SECRET" description:"The secret for pseudonyms of numbers in workflow IDs: 32 random characters, at least 16, the same for all workers and webhooks. Without it the auth token is used, triggers have no pseudonyms, and idempotencyKey is refused. Changing it invalidates all idempotency keys and all open questions."`

	Triggers            string  `env:"TRIGGERS" group:"Receiving" description:"The trigger file, or a folder of them. Without it there is no webhook."`
	TriggersTaskQueue   string  `env:"TRIGGERS_TASK_QUEUE" envDefault:"twilio" description:"The task queue of triggers that name none, as those of Alfresco. Its processes need another than twilio."`
	TriggersBusinessKey string  `env:"TRIGGERS_BUSINESS_KEY_ATTRIBUTE" description:"The search attribute of type Keyword for the business keys of Alfresco's processes. The namespace must have it, or Temporal refuses the start."`
	WebhookAddr         string  `env:"WEBHOOK_ADDR" envDefault:"127.0.0.1:8080" description:"Where the webhook listens: /twilio/sms, /twilio/status, /healthz, /readyz."`
	WebhookPublicURL    string  `env:"WEBHOOK_PUBLIC_URL" description:"Where Twilio reaches the webhook, without /twilio/sms, as Twilio signs it. Workers also ask for status callbacks there."`
	WebhookForwarded    List    `env:"WEBHOOK_FORWARDED" description:"Headers that say the public URL in its place: Forwarded, or X-Forwarded-Host, -Proto, -Port and -Prefix, or Host. The proxy must set each of them."`
	WebhookSignature    string  `env:"WEBHOOK_SIGNATURE" envDefault:"on" oneof:"on off" description:"Whether requests must be signed by Twilio. off lets anybody send them: for development only."`
	WebhookOwnNumbers   Numbers `env:"WEBHOOK_OWN_NUMBERS" description:"Your numbers, which get no echo. AC…=+1… also accepts texts to a number only from its account."`
	// TokenSecondary verifies webhooks beside Token while tokens are rotated.
	TokenSecondary Secret        `env:"TWILIO_TOKEN_SECONDARY" description:"A second auth token that verifies webhooks, while tokens are rotated."`
	Subaccounts    AccountTokens `env:"TWILIO_SUBACCOUNT_TOKENS" description:"Further accounts whose webhooks are accepted: AC…=token,AC…=token. Name an account twice while its tokens are rotated."`
	WebhookTLSCert string        `env:"WEBHOOK_TLS_CERT" description:"A certificate to speak TLS with, a PEM file. It is read again when it changes."`
	WebhookTLSKey  string        `env:"WEBHOOK_TLS_KEY" description:"The key of the certificate, a PEM file."`
	// WebhookACMEHosts are host names for which Let's Encrypt is asked for
	// certificates, kept in the folder WebhookACMECache.
	WebhookACMEHosts   List          `env:"WEBHOOK_ACME_HOSTS" description:"In place of a certificate: hosts for which to get one from Let's Encrypt."`
	WebhookACMECache   string        `env:"WEBHOOK_ACME_CACHE" envDefault:".acme" description:"The folder for certificates from Let's Encrypt."`
	WebhookDrain       time.Duration `env:"WEBHOOK_DRAIN" envDefault:"0s" min:"0s" description:"How long a webhook that is stopping still accepts requests, while it is unready."`
	WebhookShowOutcome bool          `env:"WEBHOOK_SHOW_OUTCOME" envDefault:"false" description:"Whether answers say in the headers X-Sms-Outcome and X-Sms-Workflow-Id what became of a text, as make run does for its page."`
	CatchUp            time.Duration `env:"CATCH_UP" min:"0s" description:"How often to look for missed texts and publish them, such as 5m. Unset, this webhook leaves that to others; 0s ends it for all and removes its schedule."`
	CatchUpAfter       time.Duration `env:"CATCH_UP_AFTER" envDefault:"1m" min:"0s" description:"How long a text is left to the webhooks before it is caught up on. Twilio waits 15s for each."`

	PayloadKeys  string `env:"PAYLOAD_KEYS" group:"Privacy" description:"The path of a file of keys that payloads in Temporal are encrypted with, as worker keys new makes it. It is read again when it changes. Without it, or without a current key in it, payloads are written in clear."`
	CodecAddr    string `env:"CODEC_ADDR" envDefault:"127.0.0.1:8234" description:"Where worker codec listens, which decrypts payloads for Temporal's Web UI and command line."`
	CodecToken   Secret `env:"CODEC_TOKEN" description:"The token that callers of the codec server must send: Authorization: Bearer …. Only at a loopback address it may be left out."`
	CodecOrigins List   `env:"CODEC_ORIGINS" description:"The origins of Web UIs that may call the codec server, such as https://temporal.example.com, with commas between them."`
	CodecEncode  bool   `env:"CODEC_ENCODE" envDefault:"false" description:"Whether the codec server also encrypts what callers send, at /encode, as the command line needs to start workflows."`

	MetricsAddr string `env:"METRICS_ADDR" group:"Operating" description:"Where /metrics listens, for Prometheus, and /healthz and /readyz of whichever halves run. Without it there are no metrics."`
	LogLevel    string `env:"LOG_LEVEL" envDefault:"info" oneof:"debug info warn error" description:"The lowest level that is logged."`
	LogFormat   string `env:"LOG_FORMAT" envDefault:"text" oneof:"text json" description:"The format of log lines."`

	// CatchUpOff is set if CATCH_UP is 0s, rather than unset.
	CatchUpOff bool `env:"-"`
	// Named are the accounts of the file Accounts, by name.
	Named map[string]NamedAccount `env:"-"`
	// Warnings are what the environment may not mean as it says it, to be logged.
	Warnings []string `env:"-"`
}

// aliases are the names that Twilio's own tools use.
var aliases = map[string]string{
	"TWILIO_ACCOUNT": "TWILIO_ACCOUNT_SID",
	"TWILIO_TOKEN":   "TWILIO_AUTH_TOKEN",
}

// FromEnvironment reads the process's environment.
func FromEnvironment() (Config, error) {
	return Read(env.ToMap(os.Environ())) //nolint:forbidigo // the one place
}

// Read reads a configuration from variables. The error is of type [Mistakes] and
// has them all. Values lose the white space around them.
func Read(environment map[string]string) (Config, error) {
	var (
		c         = Config{Warnings: unknown(environment)}
		variables = map[string]string{}
		mistakes  Mistakes
	)
	for name, value := range environment {
		variables[name] = strings.TrimSpace(value)
	}
	for _, v := range variablesOf() {
		for _, name := range []string{v.name, aliases[v.name]} {
			if v.secret && name != "" {
				mistakes.add(readFile(variables, name))
			}
		}
	}
	for name, alias := range aliases {
		variables[name] = cmp.Or(variables[name], variables[alias])
	}
	mistakes.add(misread(variables, env.ParseWithOptions(&c, env.Options{Environment: variables})))
	mistakes.add(c.normalise(variables))
	var err error
	c.Named, err = c.readAccounts()
	mistakes.add(err)
	return c, mistakes.err()
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

// WebhookTokens returns the auth tokens that webhooks may be signed with, by
// account: those of the environment, of the accounts file and of further
// subaccounts; by "" for any account if TWILIO_ACCOUNT is not set.
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

// List is a list of texts with commas or lines between them.
type List []string

// UnmarshalText reads the list.
func (l *List) UnmarshalText(text []byte) error {
	*l = nil
	for entry := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == '\n' }) {
		if entry = strings.TrimSpace(entry); entry != "" {
			*l = append(*l, entry)
		}
	}
	return nil
}
