// Package webhook is the HTTP server that Twilio calls when someone texts one
// of our numbers. It verifies the signature, publishes the text according to
// the triggers, and responds with their echoes.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"temporal-twilio/internal/metrics"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

// The paths that the handler serves.
const (
	SmsPath   = "/twilio/sms"
	LivePath  = "/healthz"
	ReadyPath = "/readyz"
	// ExamplesPath serves texts that match the current triggers, and
	// whether all sending is paused, for a page that simulates Twilio.
	ExamplesPath = "/examples"
)

const (
	// maxBody limits the size of a request. Twilio's requests are a few kB
	// long.
	maxBody = 64 << 10
	// answerTimeout limits the processing of a message. Twilio waits 15 s.
	answerTimeout = 13 * time.Second
	// maxAtOnce limits the messages that are published concurrently. Others
	// wait up to placeTimeout for a slot.
	maxAtOnce    = 1000
	placeTimeout = 2 * time.Second
)

// Response headers with the outcome of a text, for a page that simulates
// Twilio.
const (
	// OutcomeHeader contains a few words, such as "no trigger" or
	// "accepted, not echoed: too fast".
	OutcomeHeader = "X-Sms-Outcome"
	// WorkflowHeader contains the ID of the text's workflow, if there is
	// one.
	WorkflowHeader = "X-Sms-Workflow-Id"
)

// AnyAccount is the key in Options.Tokens for accounts that are not listed.
const AnyAccount = ""

// Options configures the webhook.
type Options struct {
	// PublicURL is the URL at which Twilio reaches us, such as
	// "https://sms.example.com". Twilio signs it. Required unless Unsigned
	// or Forwarded is set.
	PublicURL string
	// Forwarded names the headers that report the URL, instead of
	// PublicURL: Forwarded (RFC 7239), or X-Forwarded-Host, -Proto, -Port
	// and -Prefix, or Host if the proxy preserves it. A proxy must set each
	// of them, because otherwise any client could. Optional: default none.
	Forwarded []string
	// Tokens returns the auth tokens with which requests may be signed, by
	// the SID of the account or subaccount. An account has two during a
	// rotation. Required unless Unsigned is set.
	Tokens func() map[string][]string
	// Unsigned accepts requests from anyone. For development only.
	Unsigned bool
	// Triggers returns the current triggers. Required.
	Triggers func() *triggers.Set
	// OwnNumbers lists numbers that never get an echo. Optional.
	OwnNumbers []string
	// NumberAccounts maps our numbers to the SIDs of the accounts that own
	// them. A text to one of them from another account is refused.
	// Optional: a number that is not listed accepts texts from every
	// account with a valid signature.
	NumberAccounts map[string]string
	// Receive passes a text and its matches to Temporal, as
	// [Dispatcher.Receive] does. Required.
	Receive func(ctx context.Context, message sms.Inbound, matches []triggers.Match, mode Mode) Answer
	// Silencer lets all webhooks together distinguish machines from people.
	// Optional: by default, each webhook counts only its own texts.
	Silencer Silencer
	// ShowOutcome adds OutcomeHeader and WorkflowHeader to each response, and
	// serves ExamplesPath. Optional: default false.
	ShowOutcome bool
	// Status reports the status of a message to the workflow that sent it.
	// It must be safe to repeat. Optional: by default, status callbacks are
	// not served.
	Status func(ctx context.Context, workflowID string, update sms.StatusUpdate) error
	// StatusSecret is the secret for verifying that a worker made the URL
	// of a status callback. It is required if Tokens has several accounts,
	// because one account's token must not reach the workflows of another.
	// It must be the workers' IDSecret.
	StatusSecret []byte
	// Ready returns an error if events cannot be published now, or a note
	// if they can but something else is wrong. Anyone can see both.
	// Optional: by default, always ready.
	Ready func(context.Context) (note string, err error)
	// Paused reports whether all sending is paused, and the reason, which
	// may be "". While sending is paused, texts are published but get no
	// reply. Optional: by default, never paused.
	Paused func() (why string, paused bool)
	// Metrics counts requests and texts. Optional: default none.
	Metrics *metrics.Metrics
	// Logger gets one line for each refused or failed request, without
	// phone numbers or texts. Required.
	Logger *slog.Logger

	// Set by tests: how many texts in a row get an echo, and the interval
	// between echoes after that.
	echoBurst int
	echoEvery time.Duration
}

// Silencer shares among all webhooks what is known about conversations between
// machines. *Dispatcher implements it.
type Silencer interface {
	// Silenced returns when a number last stopped replying to a phone and
	// when that silence ended. began is zero if there was no silence, and
	// ended is zero if the silence has not ended.
	Silenced(ctx context.Context, message sms.Inbound) (began, ended time.Time, err error)
	// Silence makes the number stop replying to the phone for a day. It
	// returns the ID of the workflow that stays open for that day, or "" if
	// the number had already stopped.
	Silence(ctx context.Context, message sms.Inbound) (workflowID string, err error)
	// Accepted returns the texts from the phone to the number, in any
	// order, that any webhook has accepted since a given time. The latest
	// may be missing.
	Accepted(ctx context.Context, message sms.Inbound, since time.Time) ([]Accepted, error)
}

// Handler validates the options and returns the HTTP handler.
func Handler(o Options) (http.Handler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) (string, error) { return "", nil }
	}
	if o.Paused == nil {
		o.Paused = func() (string, bool) { return "", false }
	}
	if o.Metrics == nil {
		o.Metrics = metrics.New(nil, "")
	}
	h := &handler{Options: o, guard: newGuard(&o), places: make(chan struct{}, maxAtOnce)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+SmsPath, h.sms)
	mux.HandleFunc("GET "+SmsPath, h.sms)
	mux.HandleFunc(SmsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, r, http.StatusMethodNotAllowed, "send messages by POST or GET")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.refuse(w, r, http.StatusNotFound, "nothing is served at this URL; messages go to "+SmsPath)
	})
	if h.Status != nil {
		mux.HandleFunc("POST "+StatusPath, h.status)
	}
	Probes(mux, h.Ready)
	if h.ShowOutcome {
		mux.HandleFunc("GET "+ExamplesPath, h.examples)
	}
	return h.recovering(mux), nil
}

// recovering sends a response if a request panics. It logs only the type of the
// panic's value, because the value may quote the text.
func (h *handler) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				h.Logger.ErrorContext(r.Context(), "a request panicked", "type", fmt.Sprintf("%T", p))
				say(w, http.StatusInternalServerError, "the webhook failed")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (o *Options) check() error {
	if o.Triggers == nil || o.Receive == nil || o.Logger == nil {
		return errors.New("webhook: Triggers, Receive and Logger are required")
	}
	if o.Unsigned {
		return nil
	}
	given := false
	if o.Tokens == nil {
		o.Tokens = func() map[string][]string { return nil }
	}
	for _, tokens := range o.Tokens() {
		for _, token := range tokens {
			if token == "" {
				return errors.New("webhook: an auth token is empty")
			}
			given = true
		}
	}
	if !given {
		return errors.New("webhook: Tokens has no auth token to verify signatures with")
	}
	if o.PublicURL == "" && len(o.Forwarded) > 0 {
		return checkForwarded(o.Forwarded)
	}
	if public, err := url.Parse(o.PublicURL); err != nil || public.Host == "" || public.RawQuery != "" || public.Fragment != "" || public.Scheme != "http" && public.Scheme != "https" {
		return fmt.Errorf("webhook: public URL %q must be an http:// or https:// URL that Twilio can call, such as https://sms.example.com", o.PublicURL)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	for _, path := range []string{SmsPath, StatusPath} {
		if base, found := strings.CutSuffix(o.PublicURL, path); found {
			return fmt.Errorf("webhook: public URL %q ends in one of the webhook's own paths: it must be %s", o.PublicURL, base)
		}
	}
	return nil
}

type handler struct {
	Options
	guard *guard
	// places holds one element for each message that is being published.
	places chan struct{}
}

// examples serves texts that match the current triggers and, if all sending is
// paused, the reason.
func (h *handler) examples(w http.ResponseWriter, r *http.Request) {
	said := map[string]any{"examples": h.Triggers().Examples(r.Context())}
	if why, paused := h.Paused(); paused {
		said["paused"] = why
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said) // the client may be gone
}

// Probes serves LivePath and ReadyPath. ready is described in [Options].
func Probes(mux *http.ServeMux, ready func(context.Context) (note string, err error)) {
	mux.HandleFunc("GET "+LivePath, func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET "+ReadyPath, func(w http.ResponseWriter, r *http.Request) {
		switch note, err := ready(r.Context()); {
		case err != nil:
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		case note != "":
			say(w, http.StatusOK, "ready; "+note)
		default:
			say(w, http.StatusOK, "ready")
		}
	})
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the client may be gone
}

// otherAccount is why a text to another account's number is refused.
const otherAccount = "the number does not belong to the account that signed the request"

// refusal returns the metrics label of a refusal.
func refusal(status int, why string) string {
	switch {
	case why == otherAccount:
		return metrics.RefusedAccount
	case status == http.StatusForbidden:
		return metrics.RefusedSignature
	case status == http.StatusMethodNotAllowed:
		return metrics.RefusedMethod
	case status == http.StatusNotFound:
		return metrics.RefusedPath
	}
	return metrics.RefusedMalformed
}

// refuse responds to a request that is not from Twilio or is malformed, and
// logs one line about it.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	h.Metrics.RefusedRequest(refusal(status, why))
	h.Logger.WarnContext(r.Context(), "webhook request refused", "status", status, "reason", why)
	say(w, status, why)
}
