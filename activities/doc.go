// Package activities is what a worker does for a workflow. Above all it sends
// messages: [Activities.SendSms] texts a list of recipients, nobody twice, and
// reports for each what became of the message.
//
// # How a send goes
//
// Twilio has no idempotency key, and Temporal may run an activity again at any time.
// So a send writes down whom it is about to text before it does, and looks up at
// Twilio whom an attempt before it may have texted.
//
//   - SendSms reads its input (input.go), the addresses (address.go) and the
//     templates (body.go, freemarker.go). What is wrong for all is reported before
//     anybody is texted.
//   - A send (send.go) is one attempt of SendSms. It goes in rounds: it texts
//     everybody whose turn it is, several at a time and no faster than the account's
//     pace allows (pace.go); then it looks up those in doubt (doubt.go); then it
//     waits, tries the rest again, or leaves them to the next attempt.
//   - The attempt (attempt.go) says how much time is left, whether Temporal still
//     counts on this worker, and whether there will be another attempt. Its heart
//     (heart.go) writes heartbeats, and learns from their answers whether to stop.
//   - The result (sendsms.go) leaves before the deadline, whatever happens. Status
//     callbacks (callback.go) bring the workflow what becomes of its messages.
//
// A send with an idempotency key (once.go) is a workflow whose ID is made of the
// key; whoever asks with the key waits for that workflow's result. A list whose report
// would not fit into a payload (longlist.go) is a broadcast, which the send waits for.
//
// # Words
//
//   - A recipient has a state (progress.go): untried, deferred (surely not sent, to
//     be tried again), doubtful, refused, or taken by Twilio.
//   - The record is a send's progress in the details of a heartbeat. It names
//     recipients ahead of those being texted, and stays small however long the list.
//     The first few of a list need no record: that a second attempt begins says that
//     they may have been texted.
//   - A doubt is a recipient of whom nobody knows whether Twilio created the message.
//     It ends once a listing shows the message, or is known to be complete without
//     it. What cannot be decided is reported as OUTCOME_UNKNOWN and not sent again.
//   - A moment is a time of Twilio's clock, which may be minutes from ours.
//   - The ledger (ledger.go) is what this process knows of an account's messages: to
//     which send each belongs, and which sends may have created one that no answer
//     named. No send takes another's message for its own.
//
// The other activities find and change messages (messages.go), render texts without
// sending them (preview.go), find who is in quiet hours (quiet.go), and serve the
// workflows that ask and receive (ask.go, questions.go, receive.go).
//
// The activities depend on the world only through the fields of [Activities], so a
// worker chooses the gateway, and so can a test.
package activities
