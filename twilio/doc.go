// Package twilio is the gateway to Twilio Programmable Messaging. It sends and
// looks up messages, creates and verifies webhook signatures, and writes TwiML.
// It wraps twilio-go, works around its pitfalls, and maps each failure to one
// of the codes of package sms.
package twilio
