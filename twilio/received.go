package twilio

// Received: what an account received, to the last message.

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"temporal-twilio/sms"
)

const (
	receivedPageSize = 1000
	// maxReceivedPages bounds a listing: Twilio's knows no direction, so what
	// was sent is paged through as well.
	maxReceivedPages = 200
)

// Received gives the messages that the account received since a moment, the
// oldest first, and those of one second in the order in which they came. It
// gives all of them or fails: Code is UnknownError where there are too many.
func (c *Client) Received(ctx context.Context, since time.Time) ([]Record, error) {
	params := (&api.ListMessageParams{}).SetPageSize(receivedPageSize).SetDateSentAfter(since.UTC())
	var received []Record
	token, number := "", ""
	for range maxReceivedPages {
		page, failed := c.page(ctx, params, token, number)
		if failed != nil {
			return nil, failed
		}
		for i := range page.Messages {
			if r := record(&page.Messages[i]); r.Direction == "inbound" && !r.Created.Before(since.Truncate(time.Second)) {
				received = append(received, r)
			}
		}
		next := value(page.NextPageUri)
		if next == "" {
			slices.Reverse(received)
			return received, nil
		}
		address, err := url.Parse(next)
		if err != nil || address.Query().Get("PageToken") == "" {
			return nil, &sms.Error{Code: sms.UnknownError, Message: "Twilio's listing does not say where its next page is"}
		}
		token, number = address.Query().Get("PageToken"), address.Query().Get("Page")
	}
	return nil, &sms.Error{Code: sms.UnknownError, Message: fmt.Sprintf("the account has sent and received more than %d messages since %s; look back less far", maxReceivedPages*receivedPageSize, since.UTC().Format(time.RFC3339))}
}

// page gives one page of a listing of messages.
func (c *Client) page(ctx context.Context, params *api.ListMessageParams, token, number string) (*api.ListMessageResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, c.access.Timeout)
	defer cancel()
	service, x := c.service(ctx)
	page, err := service.PageMessage(params, token, number)
	if err == nil && (x.pages == 0 || x.others > 0) {
		err = errNoListing // which twilio-go takes for an empty one
	}
	if err != nil {
		return nil, x.failedRead(err)
	}
	return page, nil
}
