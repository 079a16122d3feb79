package sms

// Segments are the parts into which a body is split for sending and billing.

import "unicode/utf8"

// Encoding is the character set in which a body is sent. One character outside
// GSM-7 makes the whole body UCS-2, which more than halves what fits into a
// segment.
type Encoding string

const (
	// GSM7 fits 160 septets in a single segment, or 153 in each of several.
	GSM7 Encoding = "GSM-7"
	// UCS2 fits 70 UTF-16 units in a single segment, or 67 in each of several.
	UCS2 Encoding = "UCS-2"
)

// MaxBodyLength is the length of the longest body that Twilio accepts, in
// characters. Longer bodies cause error 21617.
const MaxBodyLength = 1600

// Size describes the encoding and the length of a body.
type Size struct {
	// Encoding is GSM7 unless a character requires UCS2.
	Encoding Encoding
	// Segments is at least 1, even for an empty body.
	Segments int
	// Units counts septets for GSM7 (extension characters count as two) and
	// UTF-16 units for UCS2.
	Units int
	// Culprit is the first character that is not in GSM-7, or 0 if there is
	// none.
	Culprit rune
	// CulpritIndex is the index of Culprit in characters, or -1 if there is
	// none.
	CulpritIndex int
}

// Measure returns the encoding of a body and its number of segments. What a
// reader sees as one character is never split between two segments, whether it
// is an escaped pair of septets, a surrogate pair, or an emoji composed of
// several characters. A body can therefore need one segment more than its
// length suggests.
//
// Sources: 3GPP TS 23.038 (the alphabet) and the behavior of Twilio's
// sms-segments-calculator.
func Measure(body string) Size {
	size := Size{Encoding: GSM7, CulpritIndex: -1}
	index := 0
	for _, r := range body {
		if septets(r) == 0 {
			size.Encoding, size.Culprit, size.CulpritIndex = UCS2, r, index
			break
		}
		index++
	}
	if size.Encoding == GSM7 {
		size.Segments, size.Units = measureGSM7(body)
	} else {
		size.Segments, size.Units = measureUCS2(body)
	}
	return size
}

func measureGSM7(body string) (segments, units int) {
	fill := filling{single: 160, several: 153}
	for _, r := range body {
		fill.add(septets(r))
	}
	return fill.segments(), fill.units
}

func measureUCS2(body string) (segments, units int) {
	fill := filling{single: 70, several: 67}
	var clusters clusterer
	width := 0
	for _, r := range body {
		if !clusters.joins(r) {
			fill.add(width)
			width = 0
		}
		width += utf16Units(r)
	}
	fill.add(width)
	return fill.segments(), fill.units
}

// filling fills segments with groups of units that must stay together.
type filling struct {
	single, several int // units that fit into a single segment, and into one of several
	units           int
	full, used      int // segments before the current one, and units in it
}

func (f *filling) add(width int) {
	f.units += width
	if f.used+width > f.several {
		f.full++
		f.used = 0
	}
	f.used += width
}

func (f *filling) segments() int {
	if f.units <= f.single {
		return 1
	}
	return f.full + 1
}

// septets returns the width of a character in GSM-7: 1, 2 if it is in the
// extension table, or 0 if it is not in GSM-7.
func septets(r rune) int {
	if r < rune(len(gsm7Width)) {
		return int(gsm7Width[r])
	}
	switch r {
	case 'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ':
		return 1
	case '€':
		return 2
	}
	return 0
}

func utf16Units(r rune) int {
	if r > 0xFFFF && r <= utf8.MaxRune {
		return 2
	}
	return 1
}

// gsm7Width holds the width of each Latin-1 character in GSM-7.
var gsm7Width = func() (widths [256]uint8) {
	const basic = "@£$¥èéùìòÇ\nØø\rÅå_ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	const extension = "\f^{}\\[~]|"
	for _, r := range basic {
		widths[r] = 1
	}
	for _, r := range extension {
		widths[r] = 2
	}
	return widths
}()
