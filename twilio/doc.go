// Package twilio is the gateway to Twilio Programmable Messaging: it sends and
// looks up messages, makes and verifies webhook signatures, and writes TwiML.
// It wraps twilio-go, whose traps it keeps to itself, and turns each failure
// into one of the codes of package sms.
package twilio
