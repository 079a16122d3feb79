package twilio

// Looking up and changing existing messages.

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

// Record is a message as stored by Twilio.
type Record struct {
	sms.Message
	// From is empty until a Messaging Service has chosen the sender.
	From                string
	MessagingServiceSID string
	Body                string
	// Direction is inbound, outbound-api, outbound-call or outbound-reply.
	Direction string
	// Created is when Twilio accepted the message, to the second. It is
	// zero if it cannot be parsed.
	Created time.Time
	// sent is when the message was sent, or zero if it has not been sent
	// yet.
	sent time.Time
	// NumMedia is how many pictures and files the message contains.
	NumMedia int
	// ErrorCode is Twilio's code for the reason why the message failed or
	// was not delivered, or 0.
	ErrorCode int
	// ErrorMessage is Twilio's text for ErrorCode.
	ErrorMessage string
}

// Query restricts a listing. An empty From, To or Since does not restrict it.
type Query struct {
	From, To string
	// Since excludes messages that were created earlier.
	Since time.Time
	// Limit is the maximum number of messages. If more match, only the
	// newest are listed.
	Limit int
}

// Listing holds the messages that Twilio shows for a query, newest first.
// Messages created a moment ago may be missing, because Twilio's listings lag.
type Listing struct {
	Records []Record
	// Whole is true if the listing was not cut off: apart from the lag, it
	// contains every matching message since Query.Since.
	Whole bool
}

// List returns the messages that match a query. Twilio sorts messages by the
// time at which they were sent, so one that was scheduled long ago may precede
// newer ones. Therefore, only a message that was sent before Since ends the
// listing.
func (c *Client) List(ctx context.Context, q Query) (Listing, error) {
	params := &api.ListMessageParams{}
	size := max(1, min(q.Limit, maxPageSize))
	if !q.Since.IsZero() {
		size = min(size, lookUpPageSize)
	}
	params.SetPageSize(size)
	if q.From != "" {
		params.SetFrom(q.From)
	}
	if q.To != "" {
		params.SetTo(q.To)
	}
	var listing Listing
	pages := q.Limit/size + sparePages
	for page, err := range c.pages(ctx, params) {
		if err != nil {
			return Listing{}, err
		}
		if pages--; pages < 0 {
			return listing, nil
		}
		for _, r := range page {
			switch {
			case !r.sent.IsZero() && r.sent.Before(q.Since):
				listing.Whole = true
				return listing, nil
			case !r.Created.IsZero() && r.Created.Before(q.Since):
				continue
			}
			if len(listing.Records) == q.Limit {
				return listing, nil
			}
			listing.Records = append(listing.Records, r)
		}
	}
	listing.Whole = true
	return listing, nil
}

const (
	// maxPageSize is Twilio's maximum page size.
	maxPageSize = 1000
	// lookUpPageSize is the page size for queries with Since, whose
	// listings are usually short.
	lookUpPageSize = 100
	// sparePages is how many pages a listing may read beyond those that its
	// limit requires, because pages may be empty or contain only excluded
	// messages.
	sparePages = 10
)

// pages yields a listing page by page. The client's timeout applies to each
// page.
func (c *Client) pages(ctx context.Context, params *api.ListMessageParams) iter.Seq2[[]Record, error] {
	return func(yield func([]Record, error) bool) {
		token, number := "", ""
		for {
			page, err := c.page(ctx, params, token, number)
			if err != nil {
				yield(nil, err)
				return
			}
			records := make([]Record, len(page.Messages))
			for i := range page.Messages {
				records[i] = record(&page.Messages[i])
			}
			next := value(page.NextPageUri)
			if !yield(records, nil) || next == "" {
				return
			}
			address, err := url.Parse(next)
			if err != nil || address.Query().Get("PageToken") == "" {
				yield(nil, &sms.Error{Code: sms.CodeUnknown, Message: "Twilio's listing links to its next page with an invalid URL"})
				return
			}
			token, number = address.Query().Get("PageToken"), address.Query().Get("Page")
		}
	}
}

// page returns one page of a listing of messages.
func (c *Client) page(ctx context.Context, params *api.ListMessageParams, token, number string) (*api.ListMessageResponse, error) {
	service, x := c.service(ctx)
	page, err := service.PageMessage(params, token, number)
	if err == nil && !x.listing {
		err = errNoListing // twilio-go reads any other response as an empty page
	}
	if err != nil {
		return nil, x.failedRead(err)
	}
	return page, nil
}

// Fetch returns the message with the given SID.
func (c *Client) Fetch(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.FetchMessage(sid, &api.FetchMessageParams{})
	})
}

// Cancel cancels a scheduled message. For any other message, Twilio responds
// with error 30409.
func (c *Client) Cancel(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.UpdateMessage(sid, (&api.UpdateMessageParams{}).SetStatus(string(sms.StatusCanceled)))
	})
}

// Redact clears the body of a message at Twilio.
func (c *Client) Redact(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.UpdateMessage(sid, (&api.UpdateMessageParams{}).SetBody(""))
	})
}

// Probe returns nil if Twilio accepts the credentials and, unless they are an
// API key, if the account is active. The Scope of the error is
// [sms.ScopeAccount] if the account cannot send. Twilio's response also sets
// the clock that [Client.Now] reads.
func (c *Client) Probe(ctx context.Context) error {
	if c.login().username != c.access.AccountSID {
		// An API key cannot fetch the account, but can list its
		// messages.
		_, err := c.page(ctx, (&api.ListMessageParams{}).SetPageSize(1), "", "")
		return err
	}
	service, x := c.service(ctx)
	account, err := service.FetchAccount(c.access.AccountSID)
	switch {
	case err != nil:
		return x.failedRead(err)
	case account == nil || value(account.Sid) == "":
		return x.failedRead(errNoAccount)
	case value(account.Status) == "active":
		return nil
	}
	return x.because(suspended, "", nil, "the Twilio account is "+value(account.Status))
}

// one makes a request that is safe to repeat, and returns the message in the
// response.
func (c *Client) one(ctx context.Context, request func(*api.ApiService) (*api.ApiV2010Message, error)) (Record, error) {
	service, x := c.service(ctx)
	found, err := request(service)
	if err != nil {
		return Record{}, x.failedRead(err)
	}
	if found == nil || value(found.Sid) == "" {
		return Record{}, x.failedRead(errNoMessage)
	}
	return record(found), nil
}

func record(m *api.ApiV2010Message) Record {
	// Twilio writes dates as in RFC 2822. A date that cannot be parsed
	// becomes the zero time.
	created, _ := time.Parse(time.RFC1123Z, value(m.DateCreated))
	sent, _ := time.Parse(time.RFC1123Z, value(m.DateSent))
	media, _ := strconv.Atoi(value(m.NumMedia)) // always a number
	return Record{
		Message:             message(m),
		From:                value(m.From),
		MessagingServiceSID: value(m.MessagingServiceSid),
		Body:                value(m.Body),
		Direction:           value(m.Direction),
		Created:             created,
		sent:                sent,
		NumMedia:            media,
		ErrorCode:           value(m.ErrorCode),
		ErrorMessage:        value(m.ErrorMessage),
	}
}
