package broadcast

// Decodes the bytes of a recipient file to text.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// encoding is the encoding of a file's text.
type encoding int

const (
	utf8Text encoding = iota
	utf16LE
	utf16BE
)

// refusedHeads lists the first bytes of files that cannot be read as text, each
// with the kind of file and what to do about it.
var refusedHeads = []struct{ head, says string }{
	{"\xff\xfe\x00\x00", "is UTF-32; save it as UTF-8"},
	{"\x00\x00\xfe\xff", "is UTF-32; save it as UTF-8"},
	{"PK\x03\x04", "is an Excel workbook or another ZIP archive; save it as \"CSV UTF-8\""},
	{"\xd0\xcf\x11\xe0", "is an Excel workbook; save it as \"CSV UTF-8\""},
	{"\x1f\x8b", "is compressed; unpack it"},
	{"%PDF-", "is a PDF; export the list as CSV in UTF-8"},
}

// detect returns the encoding of a file, determined from its first bytes, and
// the length of the byte order mark, or 0 if there is none. It recognizes
// UTF-16 without a mark by the zero byte in its first letter.
func detect(head []byte) (found encoding, mark int, err error) {
	for _, refused := range refusedHeads {
		if bytes.HasPrefix(head, []byte(refused.head)) {
			return 0, 0, refuse("the file %s", refused.says)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Text, 3, nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16LE, 2, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16BE, 2, nil
	case len(head) >= 2 && head[0] != 0 && head[1] == 0:
		return utf16LE, 0, nil
	case len(head) >= 2 && head[0] == 0 && head[1] != 0:
		return utf16BE, 0, nil
	}
	return utf8Text, 0, nil
}

// text returns a reader that decodes the rest of a file, after its byte order
// mark, to UTF-8.
func (e encoding) text(file io.Reader) io.Reader {
	switch e {
	case utf16LE:
		return transform.NewReader(file, fromUTF16{order: binary.LittleEndian})
	case utf16BE:
		return transform.NewReader(file, fromUTF16{order: binary.BigEndian})
	}
	return file
}

// fromUTF16 decodes UTF-16. Unlike the decoder in x/text, it decodes each unit
// of a broken pair to one U+FFFD, so that the size of a text in the file can be
// computed from the decoded text.
type fromUTF16 struct {
	transform.NopResetter
	order binary.ByteOrder
}

// Transform implements transform.Transformer.
func (d fromUTF16) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		r, size := utf8.RuneError, min(2, len(rest)) // the file may end within a unit
		if size == 2 {
			r = rune(d.order.Uint16(rest))
		}
		switch isPair := utf16.IsSurrogate(r); {
		case isPair && len(rest) >= 4:
			if r = utf16.DecodeRune(r, rune(d.order.Uint16(rest[2:]))); r != utf8.RuneError {
				size = 4
			}
		case isPair && atEOF:
			r = utf8.RuneError
		case !atEOF && (isPair || size == 1):
			return nDst, nSrc, transform.ErrShortSrc
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// size returns how many bytes of the file a decoded text took up. If the file
// ends in the middle of a unit, the missing byte is also counted.
func (e encoding) size(text []byte) int64 {
	if e == utf8Text {
		return int64(len(text))
	}
	units := 0
	for _, c := range text {
		switch {
		case c < 0x80, c >= 0xc0 && c < 0xf0: // the first byte of a character
			units++
		case c >= 0xf0: // the first byte of a character of two units
			units += 2
		}
	}
	return int64(2 * units)
}

// damage describes what is wrong with the text of a record, or returns "" if
// nothing is wrong.
func damage(text []byte) string {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "has a zero byte"
	case bytes.Contains(text, []byte("\ufffd")):
		return "has U+FFFD, which replaced a character in an earlier conversion"
	}
	return ""
}

// foreign describes the first byte that is not valid UTF-8, or returns "" if
// there is none.
func foreign(text []byte) string {
	for rest := text; !utf8.Valid(rest); {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return fmt.Sprintf("is not UTF-8: it has the byte 0x%X%s; save the file as UTF-8 (in Excel: \"CSV UTF-8\")", rest[0], windows1252(rest[0]))
		}
		rest = rest[size:]
	}
	return ""
}

// windows1252 says which character a byte represents in Windows-1252, the most
// common encoding of files that are not UTF-8. It returns "" if the byte
// represents none.
func windows1252(b byte) string {
	r := charmap.Windows1252.DecodeByte(b)
	if r == utf8.RuneError {
		return ""
	}
	return fmt.Sprintf(", which is %q in Windows-1252", r)
}
