package twiliosim

// A message is created only if it passes the checks of Twilio's Messages
// resource, which are made in the same order, and fail with the same codes and
// messages.

import (
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"temporal-twilio/sms"
)

const (
	maxValidity  = 36000 // seconds
	minSchedule  = 15 * time.Minute
	maxSchedule  = 35 * 24 * time.Hour
	maxMedia     = 10
	maxCallback  = 4000 // characters of a StatusCallback URL
	badRequest   = http.StatusBadRequest
	scheduleKind = "fixed"

	outsideWindow = "SendAt time must be between 900 seconds and 35 days (3024000 seconds) in the future, inclusive."
)

// draft is a message that does not exist yet: the parameters of a create, or a
// TwiML reply.
type draft struct {
	to, from       string
	serviceSID     string
	body           string
	media          []string
	statusCallback string
	validity       time.Duration // 0 means the service's ValidityPeriod or, without one, the maximum
	sendAt         time.Time
	smart          bool

	account   *account
	service   *service
	sender    *sender
	direction string
	inReplyTo string
}

// readDraft checks everything that does not depend on the account.
func readDraft(form url.Values) (draft, *reply) { //nolint:cyclop // a table of Twilio's refusals, in its order
	// Clone the values: each may be a substring of the whole request, which
	// would otherwise be kept as long as the message.
	own := func(key string) string { return strings.Clone(form.Get(key)) }
	d := draft{
		to: normalize(own("To")), from: normalize(own("From")), serviceSID: form.Get("MessagingServiceSid"),
		body: own("Body"), statusCallback: own("StatusCallback"),
		smart: form.Get("SmartEncoded") == "true", direction: directionAPI,
	}
	for _, u := range form["MediaUrl"] {
		d.media = append(d.media, strings.Clone(u))
	}
	refuse := func(code int, format string, args ...any) (draft, *reply) {
		r := fail(badRequest, code, format, args...)
		return d, &r
	}
	if d.to == "" {
		return refuse(21604, "A 'To' phone number is required.")
	}
	if d.from == "" && d.serviceSID == "" {
		return refuse(21603, "A 'From' phone number is required.")
	}
	if d.body == "" && len(d.media) == 0 && form.Get("ContentSid") == "" {
		if form.Has("Body") {
			return refuse(21602, "Message body is required.")
		}
		return refuse(21619, "A text message body or media urls must be specified.")
	}
	if sid := form.Get("ContentSid"); sid != "" && !isSID("HX", sid) {
		return refuse(21654, "The ContentSid %s is invalid", sid)
	}
	if _, ok := sms.ParseRecipient(d.to); !ok || kindOf(d.to) == invalidAddress {
		return refuse(21211, "The 'To' number %s is not a valid phone number.", form.Get("To"))
	}
	if d.from != "" && kindOf(d.from) == invalidAddress {
		return refuse(21212, "The 'From' number %s is not a valid phone number, shortcode, or alphanumeric sender ID.", form.Get("From"))
	}
	if d.serviceSID != "" && !isSID("MG", d.serviceSID) {
		return refuse(21705, "The Messaging Service Sid %s is invalid.", d.serviceSID)
	}
	if d.from == d.to {
		return refuse(21266, "'To' and 'From' number cannot be the same: %s", d.to)
	}
	if utf8.RuneCountInString(d.body) > sms.MaxBodyLength {
		return refuse(21617, "The concatenated message body exceeds the 1600 character limit.")
	}
	if len(d.media) > maxMedia {
		return refuse(21623, "Number of media files exceeds allowed limit.")
	}
	for _, u := range d.media {
		if !isHTTPURL(u) {
			return refuse(21620, "Invalid media URL(s): %s", u)
		}
	}
	if u := d.statusCallback; u != "" && (len(u) > maxCallback || !isHTTPURL(u)) {
		return refuse(21609, "The 'StatusCallback' URL %s is not a valid URL.", u)
	}
	if v := form.Get("ValidityPeriod"); v != "" {
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds < 1 || seconds > maxValidity {
			return refuse(21624, "The ValidityPeriod %s is invalid: it must be between 1 and %d.", v, maxValidity)
		}
		d.validity = time.Duration(seconds) * time.Second
	}
	return d, nil
}

// readSchedule checks SendAt and the parameters that go with it.
func (d *draft) readSchedule(form url.Values, now time.Time) *reply {
	refuse := func(code int, format string, args ...any) *reply {
		r := fail(badRequest, code, format, args...)
		return &r
	}
	kind, at := form.Get("ScheduleType"), form.Get("SendAt")
	if kind == "" && at == "" {
		return nil
	}
	if kind != scheduleKind {
		return refuse(35126, "The ScheduleType value provided is not supported for this channel")
	}
	if at == "" {
		return refuse(35111, "You must indicate SendAt timestamp if ScheduleType is 'fixed'.")
	}
	if d.serviceSID == "" {
		return refuse(35118, "MessagingServiceSid is required to schedule a message")
	}
	when, err := time.Parse(time.RFC3339, at)
	switch {
	case err != nil:
		return refuse(35114, "SendAt is not a timestamp of the form YYYY-MM-DDTHH:MM:SSZ")
	case when.Before(now.Add(minSchedule)):
		return refuse(35115, "%s", outsideWindow)
	case when.After(now.Add(maxSchedule)):
		return refuse(35117, "%s", outsideWindow)
	}
	d.sendAt = when.UTC()
	return nil
}

// create handles POST …/Messages.json.
func (s *Sim) create(acc *account, form url.Values) reply {
	if acc.Test {
		return s.createTest(acc, form)
	}
	d, refused := readDraft(form)
	if refused != nil {
		return *refused
	}
	d.account = acc
	size := d.measure()
	rule := s.outcomes.rejection(d.from, d.to, d.body)

	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.now()
	if refused := d.readSchedule(form, now); refused != nil {
		return *refused
	}
	if refused := s.resolveSender(&d); refused != nil {
		return *refused
	}
	if s.optedOut(d.optOutScope(), d.to) {
		return fail(badRequest, 21610, "Attempt to send to unsubscribed recipient")
	}
	if rule != 0 {
		return fail(rejectionStatus(rule), rule, "%s", rejectionText(rule, d.to, d.from))
	}
	if d.service == nil && (s.queueFull(d.sender, size.Segments, now) || s.faults.fire(occasion{numbers: []string{d.to, d.from}}, FaultQueueFull) != nil) {
		return fail(rejectionStatus(21611), 21611, "%s", rejectionText(21611, d.to, d.from))
	}
	m := s.newMessage(d, size, now)
	s.begin(m, d.sender, now)
	return reply{status: http.StatusCreated, body: m.resource()}
}

func (d *draft) measure() sms.Size {
	if d.smart {
		return sms.Measure(smartEncoding.Replace(d.body))
	}
	return sms.Measure(d.body)
}

// smartEncoding replaces characters with similar ones in GSM-7.
//
// Source: the most common rows of Twilio's table of Smart Encoding.
var smartEncoding = strings.NewReplacer(
	"\u2018", "'", "\u2019", "'", "\u201a", "'", "\u201b", "'", "\u02bb", "'", "\u02c8", "'", "`", "'", "\u00b4", "'",
	"\u201c", "\"", "\u201d", "\"", "\u201e", "\"", "\u201f", "\"", "\u00ab", "\"", "\u00bb", "\"",
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-",
	"\u2026", "...", "\u00a0", " ", "\u2002", " ", "\u2003", " ", "\u2009", " ", "\u200b", "", "\ufeff", "",
	"\u2022", "*", "\u2039", ">", "\u203a", "<", "\u2044", "/", "\t", " ",
)

// resolveSender looks up the sender or service that a draft names.
func (s *Sim) resolveSender(d *draft) *reply {
	refuse := func(code int, format string, args ...any) *reply {
		r := fail(badRequest, code, format, args...)
		return &r
	}
	if d.serviceSID != "" {
		d.service = d.account.services[d.serviceSID]
		switch {
		case d.service == nil:
			return refuse(21701, "The Messaging Service does not exist.")
		case len(d.service.Senders) == 0:
			return refuse(21704, "The Messaging Service contains no phone numbers.")
		}
	}
	if d.from == "" {
		return nil
	}
	kind, toKind := kindOf(d.from), kindOf(d.to)
	if !sameChannel(kind, toKind) {
		return refuse(21910, "Invalid From and To pair. From and To should be of the same channel")
	}
	if kind == alphanumeric {
		if strings.HasPrefix(d.to, "+1") {
			return refuse(21612, "The 'To' phone number: %s, is not currently reachable using the 'From' phone number: %s via SMS.", d.to, d.from)
		}
		d.sender = s.alphanumericSender(d.account, d.from)
		return nil
	}
	d.sender = s.numbers[d.from]
	if d.sender == nil || d.sender.account != d.account {
		d.sender = nil
		if kind.channel() != longCode {
			return refuse(63007, "Twilio could not find a Channel with the specified From address")
		}
		return refuse(21606, "The From phone number %s is not a valid, SMS-capable inbound phone number or short code for your account.", d.from)
	}
	if d.service != nil && d.sender.service != d.service {
		return refuse(21606, "The From phone number %s is not a valid, SMS-capable inbound phone number or short code for your account.", d.from)
	}
	return nil
}

// maxAlphanumeric limits how many alphanumeric senders have a queue. Messages
// from further senders do not wait for each other.
const maxAlphanumeric = 10_000

func (s *Sim) alphanumericSender(acc *account, name string) *sender {
	key := acc.SID + " " + name
	if snd := s.alphanumerics[key]; snd != nil {
		return snd
	}
	snd := &sender{Number: Number{Number: name, Account: acc.SID}, kind: alphanumeric, account: acc}
	if len(s.alphanumerics) < maxAlphanumeric {
		s.alphanumerics[key] = snd
	}
	return snd
}

// message returns a new message in its first status.
func (d *draft) message(size sms.Size, now time.Time) *message {
	prefix := "SM"
	if len(d.media) > 0 {
		prefix = "MM"
	}
	m := &message{
		sid: newSID(prefix), account: d.account, service: d.service, direction: d.direction, from: d.from, to: d.to, body: d.body,
		encoding: size.Encoding, segments: size.Segments, units: size.Units, createdAt: now, updatedAt: now,
		sendAt: d.sendAt, validity: d.validity, statusCallback: d.statusCallback, inReplyTo: d.inReplyTo,
	}
	for _, u := range d.media {
		m.media = append(m.media, mediaItem{sid: newSID("ME"), url: u, contentType: contentTypeOf(u), createdAt: now})
	}
	if m.service != nil && m.statusCallback == "" {
		m.statusCallback = m.service.StatusCallback
	}
	if m.validity == 0 {
		m.validity = maxValidity * time.Second
		if m.service != nil && m.service.ValidityPeriod > 0 {
			m.validity = time.Duration(m.service.ValidityPeriod) * time.Second
		}
	}
	switch {
	case d.direction == directionInbound:
		m.status, m.sentAt = Received, now
	case !d.sendAt.IsZero():
		m.status = Scheduled
	case d.service != nil:
		m.status = Accepted
	default:
		m.status = Queued
	}
	m.history = append(make([]change, 0, 4), change{status: m.status, at: now})
	return m
}

// newMessage stores a message in its first status.
func (s *Sim) newMessage(d draft, size sms.Size, now time.Time) *message {
	m := d.message(size, now)
	if lag := s.faults.fire(occasion{numbers: []string{m.to, m.from}}, FaultListingLag); lag != nil {
		m.listedFrom = now.Add(time.Duration(lag.Delay))
	}
	if s.faults.fire(occasion{numbers: []string{m.to, m.from}}, FaultRewritten) != nil {
		m.body = smartEncoding.Replace(m.body)
	}
	s.add(m)
	s.events.publish(eventMessageCreated, m.view())
	return m
}

// contentTypeOf guesses a medium's type from its name; nothing is downloaded.
func contentTypeOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "application/octet-stream"
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".png":
		return "image/png"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".mp4":
		return "video/mp4"
	case ".mp3":
		return "audio/mpeg"
	case ".pdf":
		return "application/pdf"
	case ".vcf":
		return "text/vcard"
	case ".txt":
		return "text/plain"
	}
	return "image/jpeg"
}
