// Package activities implements what a worker does for a workflow. Its main
// task is to send messages: [Activities.SendSms] texts each recipient of a list
// at most once and reports the outcome of each message.
//
// # How a send works
//
// Twilio has no idempotency keys, and Temporal may run an activity again at any
// time. Therefore, each attempt records whom it is about to text, and the next
// attempt looks up the messages to these recipients at Twilio.
//
//   - SendSms parses its input (input.go), the addresses (address.go) and the
//     templates (body.go, freemarker.go). A mistake that affects everyone is
//     reported before anyone is texted.
//   - The type send (send.go) runs one attempt of SendSms, in rounds (round.go):
//     it texts everyone whose turn it is, several at a time and no faster than
//     the account's pace allows (pace.go); then it looks up those in doubt
//     (doubt.go); then it waits, tries the rest again, or leaves them to the
//     next attempt.
//   - The attempt (attempt.go) keeps track of how much time is left, whether
//     Temporal still waits for this worker, and whether there will be another
//     attempt. Its heart (heart.go) sends heartbeats, whose responses say
//     whether to stop.
//   - The result (sendsms.go) is returned before the deadline, whatever happens.
//     Later, status callbacks (callback.go) report the status of each message
//     to the workflow.
//
// A send with an idempotency key (once.go) is a workflow whose ID is derived
// from the key. Every caller with the same key waits for the result of that
// workflow. A list whose report would not fit into a payload (longlist.go) is
// sent by a broadcast, and the send waits for the broadcast to end.
//
// # Terms
//
//   - A recipient has a state (progress.go): untried, deferred (certainly not
//     sent, to be tried again), doubtful, refused, or accepted by Twilio.
//   - The record is a send's progress in the details of a heartbeat. It names
//     recipients ahead of those being texted, and stays small however long the
//     list. The first few of a list need no record, unless the attempt may have
//     started late (attempt.go), because a second attempt assumes that they may
//     have been texted.
//   - A doubt is a recipient for whom it is unknown whether Twilio created the
//     message. It ends once a listing shows the message, or is known to be
//     complete without it. A doubt that cannot be resolved is reported as
//     OUTCOME_UNKNOWN and, by default, the message is not sent again.
//   - A moment is a time by Twilio's clock, which may differ from ours by
//     minutes.
//   - The ledger (ledger.go) is what this process knows about an account's
//     messages: which send each belongs to, and which sends may have created a
//     message without receiving Twilio's response. It keeps a send from
//     mistaking another send's message for its own.
//
// The other activities look up and change messages (messages.go), render texts
// without sending them (preview.go), find recipients in quiet hours (quiet.go),
// and serve the workflows that ask questions and receive texts (ask.go,
// questions.go, receive.go).
//
// The activities reach the outside world only through the fields of
// [Activities], so that workers and tests can choose the gateway.
package activities
