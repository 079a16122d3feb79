// Package sms is the domain model of text messages. It defines addresses,
// message statuses and their order, segments, the codes of failed sends, and
// the payloads of workflows and activities.
//
// It does no I/O and imports only the standard library.
package sms
