package twiliosim

// When a phone texts a number, the webhook is called, its TwiML is executed,
// and the debugger lists what went wrong.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"temporal-twilio/sms"
)

const (
	// maxDocuments limits the TwiML documents that one inbound message may lead
	// to (beyond it, error 14106), and maxReplies the replies to it (beyond it,
	// error 14109).
	maxDocuments = 50
	maxReplies   = 10
	// maxWord limits each of the headers below, in bytes.
	maxWord = 200
)

// The response headers in which an application may report the outcome of a
// text, as a few words for people, and the ID of its workflow. The real Twilio
// ignores them.
const (
	OutcomeHeader  = "X-Sms-Outcome"
	WorkflowHeader = "X-Sms-Workflow-Id"
)

// Inbound is a text from a phone to one of the simulator's numbers.
type Inbound struct {
	From string `json:"from"`
	To   string `json:"to"`
	Body string `json:"body"`
	// Media lists the files of a picture message. Optional: default none.
	Media []Media `json:"media,omitempty"`
	// Params are additional parameters for the webhook, such as ProfileName or
	// Latitude. Optional: default none.
	Params map[string]string `json:"params,omitempty"`
	// MessageSID repeats an earlier inbound message: no new message is created,
	// and the webhook is called again with the same SID. Optional.
	MessageSID string `json:"messageSid,omitempty"`
}

// InboundResult is the outcome of an inbound text.
type InboundResult struct {
	MessageSID string `json:"messageSid"`
	// WebhookStatus is the HTTP status of the response from the webhook or its
	// fallback. It is 0 if the number has no webhook or there was no response.
	WebhookStatus int     `json:"webhookStatus"`
	Replies       []Reply `json:"replies"`
	// Outcome and WorkflowID are the OutcomeHeader and WorkflowHeader of the
	// webhook's response. Outcome also says why a reply was not sent.
	Outcome    string `json:"outcome,omitempty"`
	WorkflowID string `json:"workflowId,omitempty"`
	// OptOut is STOP, START or HELP if the body was such a keyword, and
	// AutoReply is Twilio's own reply to it.
	OptOut    string `json:"optOut,omitempty"`
	AutoReply string `json:"autoReply,omitempty"`
	// TwiML is the webhook's last response, up to 8 KiB of it.
	TwiML       string `json:"twiml,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	DurationMS  int64  `json:"durationMs"`
	// ErrorCode and Error are the last problem that the debugger lists for the
	// text.
	ErrorCode int    `json:"errorCode,omitempty"`
	Error     string `json:"error,omitempty"`
}

// Reply is a message that the webhook replied with.
type Reply struct {
	SID   string   `json:"sid"`
	To    string   `json:"to"`
	From  string   `json:"from"`
	Body  string   `json:"body"`
	Media []string `json:"media,omitempty"`
}

// session processes one inbound message with the application's TwiML.
type session struct {
	sim      *Sim
	message  *message
	number   Number
	account  *account
	params   url.Values
	fallback string
	fellBack bool
	result   InboundResult
}

// Inbound delivers a text from a phone to one of the simulator's numbers, calls
// the webhook and executes its TwiML. It returns when that is done, or when ctx
// ends, in which case the text is still processed. An error means that the text
// was not accepted; problems with the webhook are in the result and in the
// debugger.
func (s *Sim) Inbound(ctx context.Context, in Inbound) (InboundResult, error) {
	in.From, in.To = normalize(in.From), normalize(in.To)
	se, webhook, err := s.receive(in)
	if err != nil {
		return InboundResult{}, err
	}
	if webhook == "" {
		se.result.Error = "no webhook is configured for " + in.To
		return se.result, nil
	}
	done := make(chan InboundResult, 1)
	if !s.spawn(func() {
		se.deliver(s.ctx, webhook)
		done <- se.result
	}) {
		se.debug(problem{11200, tooManyWaiting}, webhook, 0)
		return se.result, nil
	}
	select {
	case result := <-done:
		if s.ctx.Err() != nil { // the simulator may be closing
			return result, errClosed
		}
		return result, nil
	case <-ctx.Done():
		return InboundResult{}, fmt.Errorf("message %s: still waiting for its webhook: %w", se.message.sid, ctx.Err())
	case <-s.ctx.Done():
		return InboundResult{}, errClosed
	}
}

// deliver calls the webhook, with the faults that apply.
func (se *session) deliver(ctx context.Context, webhook string) {
	s := se.sim
	o := occasion{operation: opInbound, numbers: []string{se.message.from, se.message.to}}
	if s.faults.fire(o, FaultWebhookLost) != nil {
		se.result.Error = "the webhook request was lost (fault webhook-lost)"
		return
	}
	if f := s.faults.fire(o, FaultWebhookLate); f != nil && !s.waitUntil(ctx, s.clock.now().Add(time.Duration(f.Delay))) {
		return
	}
	if s.faults.fire(o, FaultWebhookDoubled) != nil {
		twin := *se
		twin.result.Replies = []Reply{}
		s.spawn(func() { twin.run(ctx, webhook) })
	}
	se.run(ctx, webhook)
}

// waitUntil waits until the simulated clock reaches at; it returns false if ctx
// ends first.
func (s *Sim) waitUntil(ctx context.Context, at time.Time) bool {
	reached := make(chan struct{})
	s.clock.at(at, func(time.Time) { close(reached) })
	select {
	case <-reached:
		return true
	case <-ctx.Done():
		return false
	}
}

var errClosed = errors.New("the simulator is closed")

// check returns an error for a text that Twilio would never deliver.
func (in *Inbound) check() error {
	if kindOf(in.From) == invalidAddress {
		return fmt.Errorf("from %q: want a phone number such as +15551230001, or whatsapp:+…", in.From)
	}
	if in.From == in.To {
		return errors.New("from and to are the same number: a phone cannot text itself")
	}
	if utf8.RuneCountInString(in.Body) > sms.MaxBodyLength {
		return fmt.Errorf("body: more than %d characters", sms.MaxBodyLength)
	}
	if len(in.Media) > maxMedia {
		return fmt.Errorf("media: more than %d items", maxMedia)
	}
	for _, item := range in.Media {
		if !isHTTPURL(item.URL) {
			return fmt.Errorf("media %q: want an http or https URL", item.URL)
		}
	}
	return nil
}

// receive stores the message and creates a session for it.
func (s *Sim) receive(in Inbound) (*session, string, error) {
	if err := in.check(); err != nil {
		return nil, "", err
	}
	size := sms.Measure(in.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	snd := s.numbers[in.To]
	if snd == nil {
		return nil, "", fmt.Errorf("to %q is not a number of this simulator: it has %s", in.To, strings.Join(s.numberOrder, ", "))
	}
	if !sameChannel(kindOf(in.From), snd.kind) {
		return nil, "", errors.New("from and to must be on the same channel: two phone numbers, or two addresses such as whatsapp:+…")
	}
	var m *message
	var keyword, answer string
	if in.MessageSID != "" {
		if m = s.bySID[in.MessageSID]; m == nil || m.direction != directionInbound {
			return nil, "", fmt.Errorf("messageSid %q: there is no such inbound message to repeat", in.MessageSID)
		}
	} else {
		d := draft{to: in.To, from: in.From, body: in.Body, account: snd.account, direction: directionInbound}
		for _, item := range in.Media {
			d.media = append(d.media, item.URL)
		}
		keyword, answer = s.keyword(snd, in.From, in.Body)
		m = s.newMessage(d, size, s.clock.now())
		for i, item := range in.Media {
			if item.ContentType != "" {
				m.media[i].contentType = item.ContentType
			}
		}
	}
	se := &session{sim: s, message: m, number: snd.Number, account: snd.account, fallback: snd.Fallback}
	se.result = InboundResult{MessageSID: m.sid, Replies: []Reply{}, OptOut: keyword, AutoReply: answer}
	se.params = m.inboundParams(s.externalURL)
	for key, value := range in.Params {
		se.params.Set(key, value)
	}
	webhook := snd.Webhook
	if svc := snd.service; svc != nil {
		se.params.Set("MessagingServiceSid", svc.SID)
		if keyword != "" && svc.AdvancedOptOut {
			se.params.Set("OptOutType", keyword)
		}
		if svc.Webhook != "" {
			webhook, se.fallback = svc.Webhook, svc.Fallback
		}
	}
	if answer != "" {
		s.reply(draft{to: m.from, from: m.to, body: answer, account: m.account, sender: snd, inReplyTo: m.sid})
	}
	if m.account.Test {
		webhook = ""
	}
	return se, webhook, nil
}

// inboundParams returns Twilio's parameters for an inbound message.
func (m *message) inboundParams(base string) url.Values {
	params := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "SmsMessageSid": {m.sid}, "AccountSid": {m.account.SID},
		"From": {m.from}, "To": {m.to}, "Body": {m.body}, "NumMedia": {strconv.Itoa(len(m.media))},
		"NumSegments": {strconv.Itoa(m.segments)}, "SmsStatus": {Received.String()}, "ApiVersion": {apiVersion},
	}
	for i, item := range m.media {
		n := strconv.Itoa(i)
		params.Set("MediaUrl"+n, base+m.account.uri()+"/Messages/"+m.sid+"/Media/"+item.sid)
		params.Set("MediaContentType"+n, item.contentType)
	}
	for side, address := range map[string]string{"From": m.from, "To": m.to} {
		if channel, number := sms.CutChannel(address); channel != "" {
			if side == "From" && channel == sms.WhatsApp {
				params.Set("ProfileName", number)
				if strings.HasPrefix(number, "+") {
					params.Set("WaId", number[1:])
				}
			}
			continue
		}
		// Twilio sends these even if it has no values for them.
		for _, part := range []string{"City", "State", "Zip"} {
			params.Set(side+part, "")
		}
		params.Set(side+"Country", countryOf(address))
	}
	return params
}

func countryOf(number string) string {
	for prefix, country := range map[string]string{"+1": "US", "+44": "GB", "+49": "DE", "+33": "FR", "+41": "CH", "+43": "AT", "+34": "ES", "+39": "IT", "+31": "NL", "+61": "AU"} {
		if strings.HasPrefix(number, prefix) {
			return country
		}
	}
	return ""
}

// run fetches documents and executes their verbs until there are none left.
func (se *session) run(ctx context.Context, webhook string) {
	started := time.Now()
	defer func() { se.result.DurationMS = time.Since(started).Milliseconds() }()
	h := hook{kind: "inbound", url: webhook, method: se.number.Method, params: se.params, account: se.account, messageSID: se.message.sid}
	for documents := 1; ; documents++ {
		if documents > maxDocuments {
			se.debug(problem{14106, fmt.Sprintf("more than %d documents", maxDocuments)}, h.url, 0)
			return
		}
		verbs, failed := se.fetch(ctx, h)
		if failed != 0 {
			if se.fallback == "" || se.fellBack || ctx.Err() != nil {
				return
			}
			se.fellBack = true
			h.params = withError(se.params, failed, h.url)
			h.kind, h.url, h.method = "fallback", se.fallback, "POST"
			continue
		}
		next, more := se.perform(h, verbs)
		if !more {
			return
		}
		h = next
	}
}

// fetch requests a document from the application; failed is the error code to
// pass to the fallback, 0 for success.
func (se *session) fetch(ctx context.Context, h hook) (verbs []verb, failed int) {
	a := se.sim.call(ctx, h)
	se.result.WebhookStatus = a.status
	se.note(a.header)
	se.result.ContentType, se.result.TwiML = a.contentType, string(a.body[:min(len(a.body), shownTwiML)])
	if a.code != 0 {
		se.debug(problem{a.code, a.detail}, h.url, a.status)
		return nil, a.code
	}
	if a.status == http.StatusNoContent {
		return nil, 0
	}
	verbs, warnings, failure := readAnswer(a.contentType, a.body)
	for _, w := range warnings {
		se.debug(w, h.url, a.status)
	}
	if failure != nil {
		se.debug(*failure, h.url, a.status)
		return nil, failure.code
	}
	return verbs, 0
}

// note stores what the application reports about the message.
func (se *session) note(header http.Header) {
	outcome, workflowID := header.Get(OutcomeHeader), header.Get(WorkflowHeader)
	if outcome == "" && workflowID == "" || len(outcome) > maxWord || len(workflowID) > maxWord {
		return
	}
	se.tell(outcome, workflowID)
}

// tell stores the outcome of the message and publishes it to the page.
func (se *session) tell(outcome, workflowID string) {
	se.result.Outcome, se.result.WorkflowID = outcome, workflowID
	s, m := se.sim, se.message
	s.mu.Lock()
	defer s.mu.Unlock()
	m.outcome, m.workflowID = outcome, workflowID
	s.events.publish(eventMessageUpdated, m.view())
}

// perform sends a document's messages; next is where its Redirect, or a
// message's action, leads.
func (se *session) perform(h hook, verbs []verb) (next hook, more bool) {
	for _, v := range verbs {
		if v.redirect {
			return se.follow(h, "redirect", v, se.params), true
		}
		sid, status := se.send(h, v)
		if v.url == "" || sid == "" {
			continue
		}
		params := withoutChange(se.params)
		params.Set("MessageSid", sid)
		params.Set("MessageStatus", status.String())
		return se.follow(h, "action", v, params), true
	}
	return hook{}, false
}

func withoutChange(params url.Values) url.Values {
	out := make(url.Values, len(params)+1)
	maps.Copy(out, params)
	return out
}

// follow resolves a verb's URL relative to its document.
func (se *session) follow(h hook, kind string, v verb, params url.Values) hook {
	h.kind, h.params, h.method = kind, params, v.method
	h.url = resolve(h.url, v.url)
	return h
}

func resolve(base, ref string) string {
	from, err := url.Parse(base)
	if err != nil {
		return ref
	}
	from.Fragment, from.RawFragment = "", ""
	to, err := from.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ref
	}
	return to.String()
}

// send executes a Message verb.
func (se *session) send(h hook, v verb) (sid string, status Status) {
	s := se.sim
	refuse := func(code int, format string, args ...any) (string, Status) {
		why := fmt.Sprintf(format, args...)
		se.debug(problem{code, why}, h.url, 0)
		if words := "not echoed: " + why; !strings.Contains(se.result.Outcome, words) {
			se.tell(strings.TrimPrefix(se.result.Outcome+", "+words, ", "), se.result.WorkflowID)
		}
		return "", 0
	}
	if len(se.result.Replies) >= maxReplies {
		return refuse(14109, "more than %d replies: the rest was not sent", maxReplies)
	}
	d := draft{to: se.message.from, from: se.message.to, body: v.body, media: v.media, account: se.account, inReplyTo: se.message.sid}
	if v.to != "" {
		d.to = normalize(v.to)
	}
	if v.from != "" {
		d.from = normalize(v.from)
	}
	if v.statusCallback != "" {
		d.statusCallback = resolve(h.url, v.statusCallback)
		if !isHTTPURL(d.statusCallback) {
			se.debug(problem{12200, "statusCallback is not an http or https URL and is ignored"}, h.url, 0)
			d.statusCallback = ""
		}
	}
	for i, u := range d.media {
		if d.media[i] = resolve(h.url, u); !isHTTPURL(d.media[i]) {
			return refuse(21620, "Media is not an http or https URL")
		}
	}
	switch kind := kindOf(d.to); {
	case kind == invalidAddress || kind == alphanumeric:
		return refuse(14101, "to is not a phone number")
	case d.body == "" && len(d.media) == 0:
		return refuse(14103, "a Message without text or media was not sent")
	case utf8.RuneCountInString(d.body) > sms.MaxBodyLength:
		return refuse(21617, "a Message of more than %d characters was not sent", sms.MaxBodyLength)
	case len(d.media) > maxMedia:
		return refuse(21623, "a Message with more than %d media was not sent", maxMedia)
	}
	s.mu.Lock()
	d.sender = s.numbers[d.from]
	if d.sender == nil || d.sender.account != se.account || !sameChannel(d.sender.kind, kindOf(d.to)) {
		s.mu.Unlock()
		return refuse(14102, "from is not a number of the account that can text the recipient")
	}
	if s.optedOut(d.sender.optOutScope(), d.to) {
		s.mu.Unlock()
		return refuse(21610, "the recipient has opted out")
	}
	m := s.reply(d)
	sid, status = m.sid, m.status
	s.mu.Unlock()
	se.result.Replies = append(se.result.Replies, Reply{SID: sid, To: d.to, From: d.from, Body: d.body, Media: d.media})
	return sid, status
}

// reply creates an outbound-reply message and sends it, unless the two numbers
// are in a loop. The caller holds the lock.
func (s *Sim) reply(d draft) *message {
	d.direction = directionReply
	now := s.clock.now()
	size := sms.Measure(d.body)
	full := s.queueFull(d.sender, size.Segments, now)
	m := s.newMessage(d, size, now)
	switch {
	case s.looping(d.from, d.to, now):
		s.become(m, Failed, 14107, now)
	case full:
		s.become(m, Failed, 21611, now)
	default:
		s.begin(m, d.sender, now)
	}
	return m
}

// debug records a problem in the debugger and in the result.
func (se *session) debug(p problem, target string, status int) {
	se.result.ErrorCode, se.result.Error = p.code, p.detail
	se.sim.debug(DebuggerEntry{Code: p.code, MessageSID: se.message.sid, URL: target, HTTPStatus: status, Detail: p.detail})
}
