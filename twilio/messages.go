package twilio

// Looking up: what Twilio knows of messages that exist.

import (
	"context"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

// Record is a message as Twilio keeps it.
type Record struct {
	sms.Message
	// From is empty while a Messaging Service has not chosen the sender.
	From                string
	MessagingServiceSID string
	Body                string
	// Direction is inbound, outbound-api, outbound-call or outbound-reply.
	Direction string
	// Created is when Twilio took the message, to the second; the zero time if
	// that cannot be read.
	Created time.Time
	// ErrorCode says why it failed or was not delivered, 0 if it did not.
	ErrorCode int
	// ErrorMessage is Twilio's text for ErrorCode.
	ErrorMessage string
}

// Query narrows a listing. Empty fields do not.
type Query struct {
	From, To string
	// Since leaves out what was sent, or received, before.
	Since time.Time
	// Limit is how many messages are wanted at most, the newest first.
	Limit int
}

// List gives the messages of a query, the newest first. A message that was
// created a moment ago may be missing: Twilio's listings lag.
func (c *Client) List(ctx context.Context, q Query) ([]Record, error) {
	ctx, cancel := context.WithTimeout(ctx, c.listTimeout(q))
	defer cancel()
	service, x := c.service(ctx)
	params := (&api.ListMessageParams{}).SetLimit(q.Limit).SetPageSize(min(q.Limit, 1000))
	if q.From != "" {
		params.SetFrom(q.From)
	}
	if q.To != "" {
		params.SetTo(q.To)
	}
	if !q.Since.IsZero() {
		params.SetDateSentAfter(q.Since.UTC())
	}
	listed, err := service.ListMessage(params)
	if err == nil && (x.pages == 0 || x.others > 0) {
		err = errNoListing // which twilio-go takes for an empty one
	}
	if err != nil {
		return nil, x.failedRead(err)
	}
	records := make([]Record, len(listed))
	for i := range listed {
		records[i] = record(&listed[i])
	}
	return records, nil
}

// listTimeout gives each page of a listing the time of one request.
func (c *Client) listTimeout(q Query) time.Duration {
	return c.access.Timeout * time.Duration(1+q.Limit/1000)
}

// Fetch gives one message.
func (c *Client) Fetch(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.FetchMessage(sid, &api.FetchMessageParams{})
	})
}

// Cancel stops a scheduled message. Twilio refuses it for any other (30409).
func (c *Client) Cancel(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.UpdateMessage(sid, (&api.UpdateMessageParams{}).SetStatus(string(sms.Canceled)))
	})
}

// Redact empties the body of a message at Twilio.
func (c *Client) Redact(ctx context.Context, sid string) (Record, error) {
	return c.one(ctx, func(service *api.ApiService) (*api.ApiV2010Message, error) {
		return service.UpdateMessage(sid, (&api.UpdateMessageParams{}).SetBody(""))
	})
}

// one makes a request that may be repeated and answers with one message.
func (c *Client) one(ctx context.Context, request func(*api.ApiService) (*api.ApiV2010Message, error)) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, c.access.Timeout)
	defer cancel()
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
	// Twilio writes RFC 2822 dates; one that cannot be read is the zero time.
	created, _ := time.Parse(time.RFC1123Z, value(m.DateCreated))
	return Record{
		Message:             message(m),
		From:                value(m.From),
		MessagingServiceSID: value(m.MessagingServiceSid),
		Body:                value(m.Body),
		Direction:           value(m.Direction),
		Created:             created,
		ErrorCode:           value(m.ErrorCode),
		ErrorMessage:        value(m.ErrorMessage),
	}
}
