package twilio

// The account's phone numbers, and the URLs that Twilio calls for texts to
// them.

import (
	"context"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Number is one of the account's numbers.
type Number struct {
	// Number is the phone number in E.164 form.
	Number string
	// SmsURL is the URL that Twilio calls for each text, with the HTTP
	// method SmsMethod, unless the number has an application.
	SmsURL, SmsMethod string
	// SmsApplicationSID is the SID of the number's application, or "" if it
	// has none.
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
