package twilio_test

import (
	"fmt"
	"net/url"

	"temporal-twilio/twilio"
)

// A webhook responds with TwiML that texts the sender.
func ExampleReply() {
	fmt.Printf("%s\n", twilio.Reply("Tea & cake at 5?"))
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <Response><Message>Tea &amp; cake at 5?</Message></Response>
}

// A request comes from Twilio only if its signature, made with the account's
// token, covers its parameters and the URL that Twilio called.
func ExampleVerify() {
	const address = "https://sms.example.com/twilio/sms"
	params := url.Values{"From": {"+15005550009"}, "Body": {"Hello"}}
	signature := twilio.Sign("token", address, params)
	fmt.Println(twilio.Verify("token", address, params, signature))

	params.Set("Body", "Hello!")
	fmt.Println(twilio.Verify("token", address, params, signature))
	// Output:
	// true
	// false
}
