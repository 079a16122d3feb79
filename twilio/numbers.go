package twilio

// The account's phone numbers and the URLs that receive their texts.

import (
	"context"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Number is one of the account's numbers.
type Number struct {
	// Number is in E.164 form.
	Number string
	// SmsURL is called with SmsMethod for each text, unless an application
	// replaces it.
	SmsURL, SmsMethod string
	// SmsApplicationSID is the SID of that application, or "" if there is
	// none.
	SmsApplicationSID string
}

// Numbers returns the account's first 1000 numbers.
func (c *Client) Numbers(ctx context.Context) ([]Number, error) {
	service, x := c.service(ctx)
	page, err := service.PageIncomingPhoneNumber((&api.ListIncomingPhoneNumberParams{}).SetPageSize(maxPageSize), "", "")
	if err != nil {
		return nil, x.failedRead(err)
	}
	numbers := make([]Number, len(page.IncomingPhoneNumbers))
	for i := range page.IncomingPhoneNumbers {
		n := &page.IncomingPhoneNumbers[i]
		numbers[i] = Number{
			Number: value(n.PhoneNumber), SmsURL: value(n.SmsUrl), SmsMethod: value(n.SmsMethod), SmsApplicationSID: value(n.SmsApplicationSid),
		}
	}
	return numbers, nil
}
