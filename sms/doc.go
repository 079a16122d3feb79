// Package sms is the domain: what a text message is. It defines addresses, message
// statuses and their order, segments, the codes of failed sends, and the payloads of
// workflows and activities.
//
// It does no I/O and only imports the standard library.
package sms
