package twiliosim

// The status callbacks of a message are sent one after the other, in the order
// of its statuses, unless a fault changes that.

import (
	"maps"
	"net/url"
	"strconv"
	"time"
)

// callbackQueue holds the callbacks that a message has yet to send. Guarded by
// Sim.mu.
type callbackQueue struct {
	waiting []callback
	held    *callback // a callback to send after the next one
	busy    bool
}

type callback struct {
	status Status
	params url.Values
}

// callBack queues the callback for the status that a message has just reached.
func (s *Sim) callBack(m *message, at time.Time) {
	if m.statusCallback == "" || m.status == Sending {
		return
	}
	c := callback{m.status, m.callbackParams(at)}
	o := occasion{operation: opCallback, numbers: []string{m.to, m.from}}
	if s.faults.fire(o, FaultWebhookLost) != nil {
		return
	}
	if f := s.faults.fire(o, FaultWebhookLate); f != nil {
		s.clock.at(at.Add(time.Duration(f.Delay)), func(time.Time) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.queueCallbacks(m, c)
		})
		return
	}
	batch := []callback{c}
	if s.faults.fire(o, FaultWebhookDoubled) != nil {
		batch = append(batch, c)
	}
	if held := m.callbacks.held; held != nil {
		batch, m.callbacks.held = append(batch, *held), nil
	} else if !c.status.final() && s.faults.fire(o, FaultWebhookReordered) != nil {
		m.callbacks.held = &c
		return
	}
	s.queueCallbacks(m, batch...)
}

func (s *Sim) queueCallbacks(m *message, batch ...callback) {
	m.callbacks.waiting = append(m.callbacks.waiting, batch...)
	if m.callbacks.busy {
		return
	}
	m.callbacks.busy = s.spawn(func() { s.sendCallbacks(m) })
	if !m.callbacks.busy {
		m.callbacks.waiting = nil
		s.debugLocked(DebuggerEntry{Code: 11200, MessageSID: m.sid, URL: m.statusCallback, Detail: tooManyWaiting})
	}
}

// sendCallbacks sends callbacks until the queue is empty.
func (s *Sim) sendCallbacks(m *message) {
	for {
		s.mu.Lock()
		if len(m.callbacks.waiting) == 0 || s.ctx.Err() != nil {
			m.callbacks = callbackQueue{held: m.callbacks.held}
			s.mu.Unlock()
			return
		}
		c := m.callbacks.waiting[0]
		m.callbacks.waiting = m.callbacks.waiting[1:]
		h := hook{kind: "status", url: m.statusCallback, method: "POST", params: c.params, account: m.account, messageSID: m.sid}
		fallback := ""
		if snd := s.numbers[m.from]; snd != nil {
			fallback = snd.StatusFallback
		}
		s.mu.Unlock()
		s.sendCallback(h, fallback)
	}
}

func (s *Sim) sendCallback(h hook, fallback string) {
	a := s.call(s.ctx, h)
	if a.code == 0 || s.ctx.Err() != nil {
		return
	}
	s.debug(DebuggerEntry{Code: a.code, MessageSID: h.messageSID, URL: h.url, HTTPStatus: a.status, Detail: a.detail})
	if fallback == "" {
		return
	}
	failed := h.url
	h.kind, h.url, h.params = "status-fallback", fallback, withError(h.params, a.code, failed)
	if a = s.call(s.ctx, h); a.code != 0 {
		s.debug(DebuggerEntry{Code: a.code, MessageSID: h.messageSID, URL: h.url, HTTPStatus: a.status, Detail: a.detail})
	}
}

// withError adds the parameters that a fallback URL gets.
func withError(params url.Values, code int, failed string) url.Values {
	out := make(url.Values, len(params)+2)
	maps.Copy(out, params)
	out.Set("ErrorCode", strconv.Itoa(code))
	out.Set("ErrorUrl", failed)
	return out
}

// callbackParams returns Twilio's parameters for the message's current status.
func (m *message) callbackParams(at time.Time) url.Values {
	params := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {m.status.String()}, "SmsStatus": {m.status.String()},
		"AccountSid": {m.account.SID}, "To": {m.to}, "ApiVersion": {apiVersion},
	}
	if m.from != "" {
		params.Set("From", m.from)
	}
	if m.service != nil {
		params.Set("MessagingServiceSid", m.service.SID)
	}
	switch m.status {
	case Failed, Undelivered:
		params.Set("ErrorCode", strconv.Itoa(m.errorCode))
		if m.status == Undelivered {
			params.Set("RawDlrDoneDate", at.UTC().Format("0601021504"))
		}
	case Delivered:
		params.Set("RawDlrDoneDate", at.UTC().Format("0601021504"))
	}
	return params
}
