// Package webhook is the HTTP server that Twilio calls when someone texts one
// of our numbers: it verifies the signature, publishes what the triggers match,
// and answers with their echoes.
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
	// ExamplesPath serves texts that match the triggers in force, and whether
	// all sending is paused, for a page that acts as Twilio.
	ExamplesPath = "/examples"
)

const (
	// maxBody bounds a request. Twilio's own are a few kB.
	maxBody = 64 << 10
	// answerTimeout bounds the processing of a message. Twilio waits 15 s.
	answerTimeout = 13 * time.Second
	// maxAtOnce limits the messages that are published concurrently; others
	// wait for a slot, for up to placeTimeout.
	maxAtOnce    = 1000
	placeTimeout = 2 * time.Second
)

// Response headers that report what became of a text, for a page that acts as
// Twilio.
const (
	// OutcomeHeader holds a few words, such as "no trigger" or "accepted, not
	// echoed: too fast".
	OutcomeHeader = "X-Sms-Outcome"
	// WorkflowHeader holds the ID of the text's workflow, if there is one.
	WorkflowHeader = "X-Sms-Workflow-Id"
)

// AnyAccount is the key in Options.Tokens for accounts that are not listed.
const AnyAccount = ""

// Options configures the webhook.
type Options struct {
	// PublicURL is the URL under which Twilio reaches us, such as
	// "https://sms.example.com", and which it signs. Required unless Unsigned
	// or Forwarded.
	PublicURL string
	// Forwarded names the headers that report the URL, instead of PublicURL:
	// Forwarded (RFC 7239), or X-Forwarded-Host, -Proto, -Port and -Prefix, or
	// Host if the proxy preserves it. A proxy must set each of them, or anyone
	// could. Optional: default none.
	Forwarded []string
	// Tokens returns the auth tokens that requests may be signed with, by the SID
	// of the account or subaccount; there are two during a rotation. Required
	// unless Unsigned.
	Tokens func() map[string][]string
	// Unsigned accepts requests from anyone. For development only.
	Unsigned bool
	// Triggers returns the triggers in force. Required.
	Triggers func() *triggers.Set
	// OwnNumbers lists numbers that never get an echo. Optional.
	OwnNumbers []string
	// NumberAccounts maps our numbers to the SIDs of the accounts that own
	// them. A text to one of them from another account is refused. Optional: a
	// number that is not listed accepts texts from every account whose token
	// verifies.
	NumberAccounts map[string]string
	// Receive hands a text and what it matches to Temporal, as
	// [Dispatcher.Receive] does. Required.
	Receive func(ctx context.Context, message sms.Inbound, matches []triggers.Match, mode Mode) Answer
	// Silencer lets all webhooks together tell people from machines. Optional: by
	// default, each webhook counts by itself.
	Silencer Silencer
	// ShowOutcome adds OutcomeHeader and WorkflowHeader to each response, and
	// serves ExamplesPath. Optional: default false.
	ShowOutcome bool
	// Status reports what became of a message to the workflow that sent it; it
	// must be safe to call again with the same update. Optional: default no
	// status callbacks.
	Status func(ctx context.Context, workflowID string, update sms.StatusUpdate) error
	// StatusSecret verifies that a worker made the URL of a status callback,
	// which is required if Tokens has several accounts: one account's token
	// must not reach the workflows of another. It must be the workers'
	// IDSecret.
	StatusSecret []byte
	// Ready returns an error if events cannot be published now, or a note if
	// they can but something else is wrong; both are shown to anyone. Optional:
	// default always ready.
	Ready func(context.Context) (note string, err error)
	// Paused reports whether all sending is paused, and why, which may be empty:
	// texts are then published, but not answered. Optional: default never.
	Paused func() (why string, paused bool)
	// Metrics counts requests and texts. Optional: default none.
	Metrics *metrics.Metrics
	// Logger gets one line for each refused or failed request, without numbers
	// or texts. Required.
	Logger *slog.Logger

	// Set by tests: how many texts are echoed at once, and how often after
	// that.
	echoBurst int
	echoEvery time.Duration
}

// Silencer shares among all webhooks what is known about conversations
// between machines. *Dispatcher is one.
type Silencer interface {
	// Silenced returns when a number last stopped replying to a phone, and when
	// that silence ended. began is zero if there was no silence, and ended is
	// zero if it lasts.
	Silenced(ctx context.Context, message sms.Inbound) (began, ended time.Time, err error)
	// Silence makes the number stop replying to the phone for a day. It returns
	// the ID of the workflow that stays open for that day, or "" if the number
	// had already stopped.
	Silence(ctx context.Context, message sms.Inbound) (workflowID string, err error)
	// Accepted lists the texts from the phone to the number, in any order, that
	// any webhook has accepted since a time; the latest may be missing.
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

// recovering answers if a request panics, and logs a line with only the panic's
// type, since its value may quote the text.
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

// examples serves texts that match the triggers in force and, if all sending is
// paused, why.
func (h *handler) examples(w http.ResponseWriter, r *http.Request) {
	said := map[string]any{"examples": h.Triggers().Examples(r.Context())}
	if why, paused := h.Paused(); paused {
		said["paused"] = why
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said) // the client may be gone
}

// Probes serves LivePath and ReadyPath. ready is as in [Options].
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

// otherAccount is why a text to a number of another account is refused.
const otherAccount = "the number does not belong to the account that signed the request"

// refusal returns the label of a refusal in the metrics.
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

// refuse answers a request that is not from Twilio or not well formed, and logs
// one line about it.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	h.Metrics.RefusedRequest(refusal(status, why))
	h.Logger.WarnContext(r.Context(), "webhook request refused", "status", status, "reason", why)
	say(w, status, why)
}
