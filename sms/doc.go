// Package sms is the domain: what a text message is, before any provider or
// engine has a say in it. It holds addresses, message status and its order,
// segments, and the codes by which a failed send is named.
//
// It does no I/O and imports the standard library alone.
package sms
