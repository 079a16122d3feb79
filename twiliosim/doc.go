// Package twiliosim is a Twilio on your own machine: the Messages REST API, the
// life of a message with its status callbacks, signed inbound webhooks with a
// TwiML interpreter, opt-outs, and faults on demand. It is for Twilio what a
// local mail catcher is for mail, and the instrument on which the promises of
// this project are proven.
//
// A test starts one in its own process:
//
//	sim, err := twiliosim.Start(twiliosim.Options{Speed: 1000})
//	defer sim.Close()
//	// sim.URL, sim.Account and sim.Token are what a client needs.
//	sim.SetWebhook(receiver.URL)
//	answer, err := sim.Inbound(ctx, twiliosim.Inbound{From: "+15551230001", To: "+15005550006", Body: "Hi"})
//
// Everything a test can do in Go, a person can do over HTTP under /sim/ (see
// API.md) and on the page at /.
package twiliosim
