package twilio

// The messages that an account received.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

// maxReceivedPages is the maximum number of pages that Received reads. Twilio
// cannot filter by direction, so the pages also contain sent messages.
const maxReceivedPages = 200

// ErrTooMany means that a listing is too long to be read in full.
var ErrTooMany = &sms.Error{
	Code:    sms.CodeUnknown,
	Message: fmt.Sprintf("the account has sent and received more than %d messages in the given interval", maxReceivedPages*maxPageSize),
}

// Received returns the messages that the account received in an interval,
// oldest first. Messages of the same second are in order of arrival. It returns
// either all messages or an error. If the error is ErrTooMany, use a shorter
// interval.
func (c *Client) Received(ctx context.Context, since, until time.Time) ([]Record, error) {
	params := (&api.ListMessageParams{}).SetPageSize(maxPageSize).SetDateSentAfter(since.UTC()).SetDateSentBefore(until.UTC().Add(time.Second))
	var received []Record
	read := 0
	for page, err := range c.pages(ctx, params) {
		if read++; read > maxReceivedPages {
			return nil, ErrTooMany
		}
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if r.Direction == "inbound" && !r.Created.Before(since.Truncate(time.Second)) && r.Created.Before(until) {
				received = append(received, r)
			}
		}
	}
	slices.Reverse(received)
	return received, nil
}

// Media returns the pictures and files that came with a message.
func (c *Client) Media(ctx context.Context, sid string) ([]sms.Media, error) {
	service, x := c.service(ctx)
	page, err := service.PageMedia(sid, &api.ListMediaParams{}, "", "")
	if err != nil {
		return nil, x.failedRead(err)
	}
	media := make([]sms.Media, len(page.MediaList))
	for i := range page.MediaList {
		m := &page.MediaList[i]
		media[i] = sms.Media{URL: apiURL + strings.TrimSuffix(value(m.Uri), ".json"), ContentType: value(m.ContentType)}
	}
	return media, nil
}
