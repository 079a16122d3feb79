// Package sms is the domain: what a text message is, independent of any
// provider or engine. It defines addresses, message statuses and their order,
// segments, and the codes of failed sends.
//
// It does no I/O and only imports the standard library.
package sms
