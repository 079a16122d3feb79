package freemarker

// The charsets of ?url. They are based on golang.org/x/text, whose charsets are
// those of browsers. For the few characters that Java's charsets of the same
// name treat differently, this file follows Java.

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
)

// encodeCharset encodes text. Characters that the charset lacks become "?".
func encodeCharset(s, charset string) (string, error) {
	name := strings.ToLower(charset)
	if wide, ok := wideCharsets[name]; ok {
		return wide.encode(replaceHalves(s, "\uFFFD")), nil
	}
	s = replaceHalves(s, "?")
	switch name {
	case "utf-8", "utf8", "unicode-1-1-utf-8":
		return s, nil
	case "iso-8859-1", "iso8859_1", "iso8859-1", "iso_8859-1", "iso_8859-1:1987", "8859_1", "latin1", "l1", "cp819", "ibm819",
		"iso-ir-100", "csisolatin1":
		return encodeSingle(s, 0xFF), nil
	case "us-ascii", "ascii", "ascii7", "iso646-us", "ansi_x3.4-1968":
		return encodeSingle(s, 0x7F), nil
	}
	enc, name, err := findCharset(charset)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	encoder := enc.NewEncoder()
	for _, r := range s {
		b.WriteString(encodeRune(encoder, name, r))
	}
	return b.String(), nil
}

// wideCharset is UTF-16 or UTF-32.
type wideCharset struct {
	bytes  int // length of a code unit
	little bool
	mark   bool // a byte order mark comes first
}

// wideCharsets holds UTF-16 and UTF-32 by their names, including Java's
// aliases.
var wideCharsets = func() map[string]wideCharset {
	all := map[string]wideCharset{}
	for names, c := range map[string]wideCharset{
		"utf-16 utf_16 utf16 unicode unicodebig":                          {bytes: 2, mark: true},
		"utf-16be utf_16be x-utf-16be iso-10646-ucs-2 unicodebigunmarked": {bytes: 2},
		"utf-16le utf_16le x-utf-16le unicodelittleunmarked":              {bytes: 2, little: true},
		"x-utf-16le-bom unicodelittle":                                    {bytes: 2, little: true, mark: true},
		"utf-32 utf_32 utf32 utf-32be utf_32be x-utf-32be":                {bytes: 4},
		"utf-32le utf_32le x-utf-32le":                                    {bytes: 4, little: true},
		"x-utf-32be-bom utf_32be_bom utf-32be-bom":                        {bytes: 4, mark: true},
		"x-utf-32le-bom utf_32le_bom utf-32le-bom":                        {bytes: 4, little: true, mark: true},
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = c
		}
	}
	return all
}()

// encode encodes text that has no lone surrogates.
func (c wideCharset) encode(s string) string {
	var b []byte
	add := func(unit rune) {
		at := len(b)
		for shift := 8 * (c.bytes - 1); shift >= 0; shift -= 8 {
			b = append(b, byte(unit>>shift))
		}
		if c.little {
			slices.Reverse(b[at:])
		}
	}
	if c.mark && s != "" {
		add(0xFEFF)
	}
	for _, r := range s {
		if c.bytes == 2 && r > 0xFFFF {
			hi, lo := utf16.EncodeRune(r)
			add(hi)
			add(lo)
			continue
		}
		add(r)
	}
	return string(b)
}

// findCharset returns an encoding and its name, or an error if Java has no
// charset of that name.
func findCharset(charset string) (encoding.Encoding, string, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-9", "iso_8859-9", "iso8859_9", "latin5", "l5":
		return charmap.ISO8859_9, "iso-8859-9", nil // browsers treat it as windows-1254
	case "windows-31j":
		return japanese.ShiftJIS, "windows-31j", nil // browsers treat it as Shift_JIS
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return nil, "", err
	}
	name, err := htmlindex.Name(enc)
	if err == nil && (notInJava[name] || strings.TrimSpace(charset) != charset) {
		err = errors.New("there is no such charset in Java")
	}
	return enc, name, err
}

// notInJava lists the charset names that browsers accept but Java does not.
var notInJava = map[string]bool{
	"iso-8859-10": true, "iso-8859-14": true, "macintosh": true, "x-mac-cyrillic": true, "x-user-defined": true, "replacement": true,
}

// encodeRune encodes one character in charset as Java does. encoder is from
// golang.org/x/text, and encodes as browsers do.
func encodeRune(encoder *encoding.Encoder, charset string, r rune) string {
	if r >= 0x80 && r <= 0x9F && strings.HasPrefix(charset, "iso-8859-") {
		return string([]byte{byte(r)})
	}
	if charset == "shift_jis" || charset == "euc-jp" {
		if kuten, ok := japaneseSigns[r]; ok {
			return encodeKuten(kuten, charset)
		}
	}
	t, err := encoder.String(string(r))
	if err != nil {
		return "?"
	}
	beyond := false // browsers can encode it, but Java cannot
	switch charset {
	case "shift_jis":
		beyond = t[0] == 0x87 || t[0] >= 0xED
	case "euc-jp":
		beyond = t[0] == 0xAD || t[0] >= 0xF9
	case "euc-kr":
		beyond = len(t) == 2 && (t[0] < 0xA1 || t[1] < 0xA1)
	case "windows-1255":
		beyond = r == 0x5BA
	case "koi8-u":
		beyond = r == 0x40E || r == 0x45E
	}
	if beyond {
		return "?"
	}
	return t
}

// japaneseSigns maps characters to symbols of JIS X 0208 where Java and
// browsers map them differently. A symbol is given by its position in the
// standard; 0 means that Java has none, and a position below 0x100 is a single
// byte.
var japaneseSigns = map[rune]uint16{
	0xA2: 0x2171, 0xA3: 0x2172, 0xA5: 0x5C, 0xAC: 0x224C, 0x2014: 0x213D, 0x2015: 0, 0x2016: 0x2142, 0x203E: 0x7E, 0x2212: 0x215D,
	0x301C: 0x2141, 0x2225: 0, 0xFF0D: 0, 0xFF5E: 0, 0xFFE0: 0, 0xFFE1: 0, 0xFFE2: 0,
}

// encodeKuten encodes a position of JIS X 0208.
func encodeKuten(place uint16, charset string) string {
	hi, lo := byte(place>>8), byte(place)
	switch {
	case place == 0:
		return "?"
	case hi == 0:
		return string([]byte{lo})
	case charset == "euc-jp":
		return string([]byte{hi | 0x80, lo | 0x80})
	}
	// Two rows of 94 share a lead byte.
	row, cell := hi-0x21, lo-0x21
	lead, trail := 0x81+row/2, cell+0x40
	if row%2 == 1 {
		trail = cell + 0x9F
	} else if trail >= 0x7F {
		trail++
	}
	return string([]byte{lead, trail})
}

// encodeSingle encodes the characters up to limit as one byte each, and others
// as "?".
func encodeSingle(s string, limit rune) string {
	var b strings.Builder
	for _, r := range s {
		if r > limit {
			r = '?'
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}
