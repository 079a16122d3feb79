// Package twiliosim simulates Twilio on your own machine: the Messages REST
// API, the life of a message with its status callbacks, signed inbound webhooks
// with a TwiML interpreter, opt-outs, and faults on demand. Like a local mail
// catcher, it shows what a program sends without delivering it to anyone. This
// project's own tests run against it.
//
// A test starts one in its own process:
//
//	sim, err := twiliosim.Start(twiliosim.Options{Speed: 1000})
//	defer sim.Close()
//	// A client needs sim.URL, sim.Account and sim.Token.
//	sim.SetWebhook(receiver.URL)
//	answer, err := sim.Inbound(ctx, twiliosim.Inbound{From: "+15551230001", To: "+15005550006", Body: "Hi"})
//
// Everything that a test can do in Go can also be done over HTTP under /sim/
// (see API.md), and on the page at /.
package twiliosim
