package twiliosim

// This file lists messages page by page, newest first, and serves the resources
// for numbers and accounts.

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// page is the envelope of a list page.
type page struct {
	End             int     `json:"end"`
	FirstPageURI    string  `json:"first_page_uri"`
	NextPageURI     *string `json:"next_page_uri"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	PreviousPageURI *string `json:"previous_page_uri"`
	Start           int     `json:"start"`
	URI             string  `json:"uri"`
}

type messagePage struct {
	page
	Messages []resource `json:"messages"`
}

// route dispatches a request.
func (s *Sim) route(q *request) reply {
	switch q.operation {
	case opCreate:
		return s.create(q.account, q.form)
	case opList:
		return s.list(q)
	case opFetch:
		return s.fetch(q)
	case opAccount:
		return s.accountResource(q)
	case opUpdate:
		return s.update(q)
	case opDelete:
		return s.remove(q)
	case opMedia:
		return s.mediaOf(q)
	case opNumbers:
		return s.ownNumbers(q)
	case opFeedback:
		return s.feedbackOn(q)
	}
	return notFound(q.path)
}

// list handles GET …/Messages.json.
func (s *Sim) list(q *request) reply {
	size, number, refused := q.readPage()
	if refused != nil {
		return *refused
	}
	find := query{to: normalize(q.form.Get("To")), from: normalize(q.form.Get("From")), now: s.clock.now(), limit: size + 1}
	if refused := find.readDates(q.form); refused != nil {
		return *refused
	}
	backward, refused := s.readToken(q, &find)
	if refused != nil {
		return *refused
	}

	s.mu.RLock()
	found := q.account.feed.find(find)
	more := len(found) > size
	if more && backward {
		found = found[1:]
	} else if more {
		found = found[:size]
	}
	messages := make([]resource, len(found))
	for i, m := range found {
		messages[i] = m.resource()
	}
	s.mu.RUnlock()

	p := messagePage{page{Page: number, PageSize: size, Start: number * size}, messages}
	p.End = max(p.Start, p.Start+len(messages)-1)
	p.URI = q.pageURI(size, number, q.form.Get("PageToken"))
	p.FirstPageURI = q.pageURI(size, 0, "")
	if len(messages) > 0 && (more || backward) {
		next := q.pageURI(size, number+1, "PA"+messages[len(messages)-1].SID)
		p.NextPageURI = &next
	}
	if len(messages) > 0 && number > 0 {
		previous := q.pageURI(size, number-1, "PB"+messages[0].SID)
		p.PreviousPageURI = &previous
	}
	return reply{status: http.StatusOK, body: p}
}

// readPage parses the page size and the number of the requested page.
func (q *request) readPage() (size, number int, refused *reply) {
	refuse := func(code int, format string, args ...any) (int, int, *reply) {
		r := fail(badRequest, code, format, args...)
		return 0, 0, &r
	}
	size = defaultPageSize
	if v := q.form.Get("PageSize"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return refuse(20006, "Invalid PageSize %s", v)
		}
		if n > maxPageSize {
			return refuse(20007, "Page size %d is larger than the maximum of %d", n, maxPageSize)
		}
		size = n
	}
	if v := q.form.Get("Page"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 0 && q.form.Get("PageToken") == "" {
			return refuse(20006, "Invalid Page %s: a page after the first needs its PageToken", v)
		}
		number = n
	}
	return size, number, nil
}

// readToken resolves a PageToken: PA with the last SID of the previous page, or
// PB with the first SID of the next page.
func (s *Sim) readToken(q *request, find *query) (backward bool, refused *reply) {
	token := q.form.Get("PageToken")
	if token == "" {
		return false, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(token) > 2 {
		if m := s.bySID[token[2:]]; m != nil && m.account == q.account {
			switch token[:2] {
			case "PA":
				find.before = m.seq
				return false, nil
			case "PB":
				find.after = m.seq
				return true, nil
			}
		}
	}
	r := fail(badRequest, 20006, "Invalid PageToken %s", token)
	return false, &r
}

// filters are the query parameters that a page URI repeats.
var filters = []string{"To", "From", "DateSent", "DateSent<", "DateSent>"}

func (q *request) pageURI(size, number int, token string) string {
	var uri strings.Builder
	uri.WriteString(q.account.uri() + "/Messages.json?")
	for _, name := range filters {
		if v := q.form.Get(name); v != "" {
			uri.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(v) + "&")
		}
	}
	uri.WriteString("PageSize=" + strconv.Itoa(size) + "&Page=" + strconv.Itoa(number))
	if token != "" {
		uri.WriteString("&PageToken=" + token)
	}
	return uri.String()
}

// readDates parses the DateSent filters, which are days or times. Both ends are
// inclusive.
func (q *query) readDates(form url.Values) *reply {
	for _, name := range []string{"DateSent", "DateSent<", "DateSent>"} {
		text := form.Get(name)
		if text == "" {
			continue
		}
		from, until, err := readDate(text)
		if err != nil {
			r := fail(badRequest, 20001, "Invalid %s: %s is not a date of the form YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ", name, text)
			return &r
		}
		if name != "DateSent<" && from.After(q.sentOn.from) {
			q.sentOn.from = from
		}
		if name != "DateSent>" && (q.sentOn.until.IsZero() || until.Before(q.sentOn.until)) {
			q.sentOn.until = until
		}
	}
	return nil
}

// readDate returns the half-open interval of a day or a second.
func readDate(text string) (from, until time.Time, err error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, day.AddDate(0, 0, 1), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			at = at.UTC().Truncate(time.Second)
			return at, at.Add(time.Second), nil
		}
	}
	return from, until, strconv.ErrSyntax
}

// fetch handles GET …/Messages/{sid}.json.
func (s *Sim) fetch(q *request) reply {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := s.messageOf(q); m != nil {
		return reply{status: http.StatusOK, body: m.resource()}
	}
	return notFound(q.path)
}

// messageOf returns the message in a request's path, or nil if the account has
// none.
func (s *Sim) messageOf(q *request) *message {
	if m := s.bySID[q.sid]; m != nil && m.account == q.account && !m.deleted {
		return m
	}
	return nil
}

// ownNumbers handles GET …/IncomingPhoneNumbers.json: the phone numbers of an
// account, on a single page.
func (s *Sim) ownNumbers(q *request) reply {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []map[string]any{}
	for _, address := range slices.Sorted(maps.Keys(s.numbers)) {
		n := s.numbers[address]
		if n.account != q.account || !strings.HasPrefix(address, "+") {
			continue
		}
		list = append(list, map[string]any{
			"account_sid": n.account.SID, "phone_number": n.Number.Number, "sms_url": n.Webhook, "sms_method": cmp.Or(n.Method, http.MethodPost),
			"sms_fallback_url": n.Fallback, "sms_application_sid": "",
		})
	}
	return reply{status: http.StatusOK, body: map[string]any{"incoming_phone_numbers": list, "page": 0, "next_page_uri": nil}}
}

// accountResource handles GET …/Accounts/{sid}.json, and POST …/Accounts.json,
// which creates a subaccount.
func (s *Sim) accountResource(q *request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	acc, status := q.account, http.StatusOK
	if q.path == "/"+apiVersion+"/Accounts.json" {
		sub, err := s.addAccount(Account{Parent: acc.SID, FriendlyName: q.form.Get("FriendlyName")})
		if err != nil {
			return fail(badRequest, 20001, "%s", err)
		}
		acc, status = sub, http.StatusCreated
	}
	owner := acc.SID
	if acc.Parent != "" {
		owner = acc.Parent
	}
	date := rfc2822(acc.createdAt)
	return reply{status: status, body: map[string]any{
		"sid": acc.SID, "owner_account_sid": owner, "friendly_name": acc.FriendlyName, "status": "active", "type": "Full",
		"auth_token": acc.Token, "date_created": date, "date_updated": date, "uri": acc.uri() + ".json",
		"subresource_uris": map[string]string{"messages": acc.uri() + "/Messages.json"},
	}}
}
