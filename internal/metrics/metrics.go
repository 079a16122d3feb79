// Package metrics defines our own metrics: their names, their labels and every
// value that a label can have. No label contains a phone number, a text, a
// workflow ID or a secret. Each series that is known in advance starts at 0, so
// rate() and alerts see its first event.
package metrics

import (
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

// The outcomes for a recipient, as counted by sms_sends_total.
const (
	SendSent    = "sent"
	SendUnknown = "unknown"
	SendNotSent = "not_sent"
)

// How a doubt was resolved, as counted by sms_doubts_resolved_total.
const (
	// DoubtFound means that Twilio's list contains the message.
	DoubtFound = "found"
	// DoubtAbsent means that the list proves that there is no message.
	DoubtAbsent = "absent"
	// DoubtResent means that the caller asked for another message.
	DoubtResent = "resent"
	// DoubtReported means that the caller was told OUTCOME_UNKNOWN.
	DoubtReported = "reported"
)

// Why the webhook refused a request, as counted by sms_webhook_refused_total.
const (
	RefusedSignature = "signature"
	RefusedAccount   = "account"
	RefusedMalformed = "malformed"
	RefusedMethod    = "method"
	RefusedPath      = "path"
)

// The outcomes of a status callback, as counted by sms_status_callbacks_total.
const (
	CallbackDelivered = "delivered"
	CallbackIgnored   = "ignored"
	CallbackFailed    = "failed"
)

// What the catch-up did with a missed text, as counted by
// sms_catch_up_texts_total.
const (
	CatchUpPublished = "published"
	CatchUpFailed    = "failed"
)

// deliveryCodes are Twilio's error codes for undelivered messages that have
// their own series. All others are counted as "other". Source:
// https://www.twilio.com/docs/api/errors
var deliveryCodes = map[int]bool{
	21610: true, // the recipient has opted out
	30001: true, // the queue overflowed
	30002: true, // the account is suspended
	30003: true, // the handset is unreachable
	30004: true, // blocked
	30005: true, // unknown destination
	30006: true, // a landline, or an unreachable carrier
	30007: true, // filtered
	30008: true, // unknown
	30022: true, // over the limits of the registered campaign
	30023: true, // the campaign's daily cap
	30032: true, // an unverified toll-free number
	30034: true, // an unregistered number
	30410: true, // the carrier did not respond in time
	63016: true, // WhatsApp: outside the window, without a template
	63024: true, // WhatsApp: an invalid recipient
}

// Metrics holds all of our metrics. Its fields are named after the metrics.
type Metrics struct {
	registry prometheus.Registerer

	sends           *prometheus.CounterVec
	segments        *prometheus.CounterVec
	twilioFailures  *prometheus.CounterVec
	twilioRequests  *prometheus.HistogramVec
	limiterWait     *prometheus.HistogramVec
	inDoubt         *prometheus.GaugeVec
	doubtsResolved  *prometheus.CounterVec
	accountRefused  *prometheus.GaugeVec
	sendingPaused   prometheus.Gauge
	capped          *prometheus.CounterVec
	deliveries      *prometheus.CounterVec
	statusCallbacks *prometheus.CounterVec

	texts            *prometheus.CounterVec
	webhookRefused   *prometheus.CounterVec
	webhookReply     prometheus.Histogram
	echoesSuppressed prometheus.Counter
	catchUpThrough   prometheus.Gauge
	catchUpTexts     *prometheus.CounterVec
	triggers         prometheus.Gauge
	triggerReloads   *prometheus.CounterVec
	triggersLoaded   prometheus.Gauge
	reloadSuccessful prometheus.Gauge
}

// seconds are the histogram buckets for the duration of requests.
var seconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60}

// New registers the metrics. If registry is nil, they are not exposed.
func New(registry prometheus.Registerer, version string) *Metrics {
	make := promauto.With(registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return make.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return make.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return make.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return make.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	}
	m := &Metrics{
		registry: registry,

		sends:           counter("sms_sends_total", "Recipients of sends that have ended, by outcome (sent, unknown, not_sent) and error code.", "account", "outcome", "code"),
		segments:        counter("sms_segments_total", "Segments of messages that Twilio accepted.", "account"),
		twilioFailures:  counter("sms_twilio_failures_total", "Requests to create a message that failed, by reason.", "account", "reason"),
		twilioRequests:  histogram("sms_twilio_request_seconds", "How long Twilio took to respond, by method and class of the HTTP status (none: no response).", "method", "status"),
		limiterWait:     histogram("sms_limiter_wait_seconds", "How long messages waited for their turn in our own rate limits.", "account"),
		inDoubt:         gauges("sms_in_doubt", "Recipients of running sends for whom it is unknown whether Twilio accepted the message.", "account"),
		doubtsResolved:  counter("sms_doubts_resolved_total", "Resolved doubts by outcome: found, absent, resent, or reported as OUTCOME_UNKNOWN.", "account", "how"),
		accountRefused:  gauges("sms_account_refused", "1 while Twilio refuses the credentials or the account.", "account"),
		sendingPaused:   gauge("sms_sending_paused", "1 while all sending of the namespace is paused."),
		capped:          counter("sms_capped_total", "Messages that a cap of SEND_CAPS held back, by the cap's prefix.", "account", "prefix"),
		deliveries:      counter("sms_deliveries_total", "Final states of messages reported by status callbacks, by status and Twilio's error code.", "status", "code"),
		statusCallbacks: counter("sms_status_callbacks_total", "Status callbacks by outcome.", "outcome"),

		texts:            counter("sms_texts_total", "Inbound texts by trigger and outcome. A text that matches several triggers counts for each, and one that matches none has an empty trigger.", "trigger", "outcome"),
		webhookRefused:   counter("sms_webhook_refused_total", "Requests to the webhook that were refused, by reason.", "reason"),
		webhookReply:     make.NewHistogram(prometheus.HistogramOpts{Name: "sms_webhook_reply_seconds", Help: "How long after its arrival a text was answered. Twilio waits 15 s.", Buckets: seconds[:12]}),
		echoesSuppressed: make.NewCounter(prometheus.CounterOpts{Name: "sms_echoes_suppressed_total", Help: "Inbound texts whose echo was not sent."}),
		catchUpThrough:   gauge("sms_catch_up_through_timestamp_seconds", "The time up to which missed texts have been caught up on, or 0 in a process that has not caught up."),
		catchUpTexts:     counter("sms_catch_up_texts_total", "Texts in Twilio's log by what the catch-up did with them.", "outcome"),
		triggers:         gauge("sms_triggers", "Triggers in use."),
		triggerReloads:   counter("sms_trigger_reloads_total", "Loads of changed trigger files by outcome (loaded, broken).", "outcome"),
		reloadSuccessful: gauge("sms_trigger_last_reload_successful", "0 while the trigger files have mistakes and older triggers are in use."),
		triggersLoaded:   gauge("sms_triggers_loaded_timestamp_seconds", "When the triggers in use were loaded."),
	}
	gauges("sms_build_info", "1 for the running version.", "version", "go").WithLabelValues(version, runtime.Version()).Set(1)
	m.reloadSuccessful.Set(1)
	m.begin()
	return m
}

// begin creates the series that are known in advance.
func (m *Metrics) begin() {
	for _, method := range []string{"GET", "POST"} {
		for _, status := range []string{"2xx", "3xx", "4xx", "5xx", noAnswer} {
			m.twilioRequests.WithLabelValues(method, status)
		}
	}
	for _, reason := range []string{RefusedSignature, RefusedAccount, RefusedMalformed, RefusedMethod, RefusedPath} {
		m.webhookRefused.WithLabelValues(reason)
	}
	for _, outcome := range []string{CallbackDelivered, CallbackIgnored, CallbackFailed} {
		m.statusCallbacks.WithLabelValues(outcome)
	}
	for _, outcome := range []string{"loaded", "broken"} {
		m.triggerReloads.WithLabelValues(outcome)
	}
	for _, outcome := range []string{CatchUpPublished, CatchUpFailed} {
		m.catchUpTexts.WithLabelValues(outcome)
	}
	m.deliveries.WithLabelValues(string(sms.StatusDelivered), "")
	for _, status := range []sms.Status{sms.StatusUndelivered, sms.StatusFailed} {
		for code := range deliveryCodes {
			m.deliveries.WithLabelValues(string(status), strconv.Itoa(code))
		}
		m.deliveries.WithLabelValues(string(status), otherCode)
	}
}

// Registry returns the registry for additional metrics.
func (m *Metrics) Registry() prometheus.Registerer { return m.registry }

// Expiry registers the time at which a certificate or key expires. The time is
// zero while it is unknown. what is one of a fixed set, such as "webhook
// certificate".
func (m *Metrics) Expiry(what string, at func() time.Time) {
	promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sms_expiry_timestamp_seconds", Help: "When a certificate or key expires.", ConstLabels: prometheus.Labels{"what": what},
	}, func() float64 { return unix(at()) })
}

// File exposes whether changed files are in use. what is one of a fixed set,
// such as "TEMPORAL_API_KEY_FILE". broken returns why the files cannot be used,
// or nil.
func (m *Metrics) File(what string, broken func() error) {
	promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sms_file_broken", Help: "1 while a changed file cannot be used and the previous value remains in use.", ConstLabels: prometheus.Labels{"what": what},
	}, func() float64 {
		if broken() != nil {
			return 1
		}
		return 0
	})
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// Account returns the metrics of the account with the given configured name,
// and creates their series.
func (m *Metrics) Account(name string) *Account {
	if name == "" {
		name = "default"
	}
	a := &Account{name: name, all: m}
	m.sends.WithLabelValues(name, SendSent, "")
	m.sends.WithLabelValues(name, SendUnknown, string(sms.CodeOutcomeUnknown))
	for _, code := range sms.Codes() {
		if code != sms.CodeOutcomeUnknown {
			m.sends.WithLabelValues(name, SendNotSent, string(code))
		}
	}
	for _, reason := range twilio.Reasons() {
		m.twilioFailures.WithLabelValues(name, reason)
	}
	for _, how := range []string{DoubtFound, DoubtAbsent, DoubtResent, DoubtReported} {
		m.doubtsResolved.WithLabelValues(name, how)
	}
	m.segments.WithLabelValues(name)
	m.limiterWait.WithLabelValues(name)
	m.inDoubt.WithLabelValues(name)
	m.accountRefused.WithLabelValues(name)
	return a
}

// Account holds the metrics of one account. A nil Account counts nothing.
type Account struct {
	name string
	all  *Metrics
}

// Sent counts the outcome for each recipient of a send that has ended.
func (a *Account) Sent(result *sms.SendSmsResult) {
	if a == nil {
		return
	}
	a.all.sends.WithLabelValues(a.name, SendSent, "").Add(float64(len(result.Messages)))
	for i := range result.Errors {
		outcome, code := SendNotSent, result.Errors[i].Code
		if code == sms.CodeOutcomeUnknown {
			outcome = SendUnknown
			a.all.doubtsResolved.WithLabelValues(a.name, DoubtReported).Inc()
		}
		a.all.sends.WithLabelValues(a.name, outcome, string(code)).Inc()
	}
}

// Accepted counts the segments of a message that Twilio accepted.
func (a *Account) Accepted(segments int) {
	if a != nil {
		a.all.segments.WithLabelValues(a.name).Add(float64(segments))
	}
}

// Failed counts a failed request to create a message. An error that is not
// Twilio's has no reason and is not counted.
func (a *Account) Failed(e *sms.Error) {
	if a != nil && e.Reason != "" {
		a.all.twilioFailures.WithLabelValues(a.name, e.Reason).Inc()
	}
}

// Waited records how long a message waited for its turn in our rate limits.
func (a *Account) Waited(d time.Duration) {
	if a != nil {
		a.all.limiterWait.WithLabelValues(a.name).Observe(d.Seconds())
	}
}

// InDoubt adds change to the number of recipients in doubt.
func (a *Account) InDoubt(change int) {
	if a != nil {
		a.all.inDoubt.WithLabelValues(a.name).Add(float64(change))
	}
}

// Cap creates the series for the cap with the given prefix.
func (a *Account) Cap(prefix string) { a.all.capped.WithLabelValues(a.name, prefix) }

// Capped counts a message that a cap held back.
func (a *Account) Capped(prefix string) {
	if a != nil {
		a.all.capped.WithLabelValues(a.name, prefix).Inc()
	}
}

// Resolved counts a doubt that was resolved. how is one of the Doubt constants.
func (a *Account) Resolved(how string) {
	if a != nil {
		a.all.doubtsResolved.WithLabelValues(a.name, how).Inc()
	}
}

// Refused records whether Twilio refuses the account.
func (a *Account) Refused(is bool) {
	if a == nil {
		return
	}
	value := 0.0
	if is {
		value = 1
	}
	a.all.accountRefused.WithLabelValues(a.name).Set(value)
}

// SendingPaused records whether all sending is paused.
func (m *Metrics) SendingPaused(is bool) {
	m.sendingPaused.Set(0)
	if is {
		m.sendingPaused.Set(1)
	}
}

const (
	noAnswer  = "none"
	otherCode = "other"
)

// TwilioRequest records a request to Twilio. Status 0 means that there was no
// response.
func (m *Metrics) TwilioRequest(method string, status int, took time.Duration) {
	class := noAnswer
	if status >= 200 && status < 600 {
		class = strconv.Itoa(status/100) + "xx"
	}
	if method != "GET" {
		method = "POST"
	}
	m.twilioRequests.WithLabelValues(method, class).Observe(took.Seconds())
}

// Text counts an inbound text and how long it took to answer it.
func (m *Metrics) Text(matched []string, outcome string, took time.Duration) {
	if len(matched) == 0 {
		matched = []string{""}
	}
	for _, trigger := range matched {
		m.texts.WithLabelValues(trigger, outcome).Inc()
	}
	m.webhookReply.Observe(took.Seconds())
}

// RefusedRequest counts a request that the webhook refused.
func (m *Metrics) RefusedRequest(why string) { m.webhookRefused.WithLabelValues(why).Inc() }

// EchoSuppressed counts a text whose echo was not sent.
func (m *Metrics) EchoSuppressed() { m.echoesSuppressed.Inc() }

// StatusCallback counts a status callback.
func (m *Metrics) StatusCallback(outcome string) { m.statusCallbacks.WithLabelValues(outcome).Inc() }

// Delivery counts the state of a message if it is final.
func (m *Metrics) Delivery(update sms.StatusUpdate) {
	if !update.Status.Final() || update.Status == sms.StatusRead { // a message that was read has been counted as delivered
		return
	}
	code := ""
	switch {
	case deliveryCodes[update.ErrorCode]:
		code = strconv.Itoa(update.ErrorCode)
	case update.ErrorCode != 0 || update.Status == sms.StatusUndelivered || update.Status == sms.StatusFailed:
		code = otherCode
	}
	m.deliveries.WithLabelValues(string(update.Status), code).Inc()
}

// CaughtUp records the time up to which missed texts have been caught up on.
func (m *Metrics) CaughtUp(through time.Time) {
	if !through.IsZero() {
		m.catchUpThrough.Set(unix(through))
	}
}

// CatchUpText counts a text in Twilio's log that had not been published.
func (m *Metrics) CatchUpText(outcome string) { m.catchUpTexts.WithLabelValues(outcome).Inc() }

// Triggers records the triggers that are now in use, and creates the series for
// their texts.
func (m *Metrics) Triggers(names []string) {
	m.triggers.Set(float64(len(names)))
	m.triggersLoaded.Set(unix(time.Now()))
	m.reloadSuccessful.Set(1)
	for _, name := range append(names, "") {
		for _, outcome := range TextOutcomes {
			if (name == "") == (outcome == string(sms.OutcomeUnwanted)) || outcome == string(sms.OutcomeAnswered) {
				m.texts.WithLabelValues(name, outcome)
			}
		}
	}
}

// TextOutcomes lists the possible outcomes of an inbound text.
var TextOutcomes = []string{
	"accepted", "pending", "Temporal unreachable", "too many texts at once", "its workflow was ended",
	string(sms.OutcomePublished), string(sms.OutcomeAnswered), string(sms.OutcomeTooLate), string(sms.OutcomeRefused), string(sms.OutcomeUnwanted),
}

// TriggersReloaded counts a reload of changed trigger files.
func (m *Metrics) TriggersReloaded(err error) {
	outcome := "loaded"
	if err != nil {
		outcome = "broken"
		m.reloadSuccessful.Set(0)
	}
	m.triggerReloads.WithLabelValues(outcome).Inc()
}

// AttributesMissing registers how many search attributes the namespace lacks.
func (m *Metrics) AttributesMissing(count func() int) {
	promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sms_search_attributes_missing", Help: "Our search attributes that the namespace lacks, or 0 while that is unknown.",
	}, func() float64 { return float64(count()) })
}
