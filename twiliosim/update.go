package twiliosim

// Operations on existing messages: redacting, canceling and deleting them,
// listing their media, and sending feedback.

import (
	"net/http"
	"slices"
	"strings"
)

// update handles POST …/Messages/{sid}.json: either an empty Body, which
// redacts, or the status canceled, which cancels a scheduled message.
//
// Source: Twilio's descriptions of errors 30400 and 30409.
func (s *Sim) update(q *request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messageOf(q)
	if m == nil {
		return notFound(q.path)
	}
	redact, cancel := q.form.Has("Body"), q.form.Has("Status")
	if redact == cancel || redact && q.form.Get("Body") != "" || cancel && q.form.Get("Status") != Canceled.String() {
		return fail(badRequest, 30400, "Parameters are not valid: want either an empty Body or the Status canceled")
	}
	now := s.clock.now()
	switch {
	case cancel && m.status != Scheduled:
		return fail(http.StatusConflict, 30409, "This message cannot be canceled")
	case cancel:
		s.become(m, Canceled, 0, now)
	case !m.status.final():
		return incomplete()
	default:
		m.body, m.updatedAt = "", now
		s.events.publish(eventMessageUpdated, m.view())
	}
	return reply{status: http.StatusOK, body: m.resource()}
}

// incomplete is the response to a request to delete a message whose delivery is
// not complete, such as a sent message without a receipt.
func incomplete() reply {
	return fail(http.StatusConflict, 20009, "Cannot delete message because delivery has not been completed.")
}

// remove handles DELETE …/Messages/{sid}.json.
func (s *Sim) remove(q *request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messageOf(q)
	if m == nil {
		return notFound(q.path)
	}
	if !m.status.final() {
		return incomplete()
	}
	m.deleted, m.body, m.media, m.updatedAt = true, "", nil, s.clock.now()
	s.events.publish(eventMessageDeleted, m.view())
	return reply{status: http.StatusNoContent}
}

type mediaResource struct {
	SID         string `json:"sid"`
	AccountSID  string `json:"account_sid"`
	ParentSID   string `json:"parent_sid"`
	ContentType string `json:"content_type"`
	DateCreated string `json:"date_created"`
	DateUpdated string `json:"date_updated"`
	URI         string `json:"uri"`
}

type mediaPage struct {
	page
	MediaList []mediaResource `json:"media_list"`
}

func (m *message) mediaURI() string { return m.account.uri() + "/Messages/" + m.sid + "/Media" }

func (m *message) mediaResource(item mediaItem) mediaResource {
	date := rfc2822(item.createdAt)
	return mediaResource{item.sid, m.account.SID, m.sid, item.contentType, date, date, m.mediaURI() + "/" + item.sid + ".json"}
}

// mediaOf handles everything under …/Messages/{sid}/Media. A message has at
// most ten media, so a single page is enough.
func (s *Sim) mediaOf(q *request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messageOf(q)
	if m == nil {
		return notFound(q.path)
	}
	if q.sub == "" {
		uri := m.mediaURI() + ".json?PageSize=50&Page=0"
		p := mediaPage{page{PageSize: defaultPageSize, URI: uri, FirstPageURI: uri}, []mediaResource{}}
		for _, item := range m.media {
			p.MediaList = append(p.MediaList, m.mediaResource(item))
		}
		p.End = max(0, len(p.MediaList)-1)
		return reply{status: http.StatusOK, body: p}
	}
	i := slices.IndexFunc(m.media, func(item mediaItem) bool { return item.sid == q.sub })
	switch {
	case i < 0:
		return notFound(q.path)
	case q.method == http.MethodDelete:
		m.media = slices.Delete(slices.Clone(m.media), i, i+1)
		s.events.publish(eventMessageUpdated, m.view())
		return reply{status: http.StatusNoContent}
	case !strings.HasSuffix(q.path, ".json"):
		// The simulator stores no media, so redirect to the source.
		return reply{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {m.media[i].url}}}
	}
	return reply{status: http.StatusOK, body: m.mediaResource(m.media[i])}
}

// feedbackOn handles POST …/Messages/{sid}/Feedback.json.
func (s *Sim) feedbackOn(q *request) reply {
	outcome := q.form.Get("Outcome")
	if outcome == "" {
		outcome = "confirmed"
	}
	if outcome != "confirmed" && outcome != "unconfirmed" {
		return fail(badRequest, 20001, "Outcome must be confirmed or unconfirmed")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messageOf(q)
	if m == nil {
		return notFound(q.path)
	}
	now := s.clock.now()
	if m.feedback == nil {
		m.feedback = &feedbackState{createdAt: now}
	}
	m.feedback.outcome, m.feedback.updatedAt = outcome, now
	return reply{status: http.StatusOK, body: map[string]string{
		"account_sid": m.account.SID, "message_sid": m.sid, "outcome": outcome,
		"date_created": rfc2822(m.feedback.createdAt), "date_updated": rfc2822(now),
		"uri": m.account.uri() + "/Messages/" + m.sid + "/Feedback.json",
	}}
}
