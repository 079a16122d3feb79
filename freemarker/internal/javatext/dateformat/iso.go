package dateformat

import (
	"strconv"

	"temporal-twilio/freemarker/internal/javatext"
)

// Accuracy is the smallest unit that the time part of an ISO 8601 text shows.
type Accuracy int

// The accuracies of the ?iso_… built-ins: _h, _m, the default (s), _ms.
const (
	Hours Accuracy = iota
	Minutes
	Seconds
	Milliseconds       // shown without trailing zeros
	MillisecondsForced // always three digits
)

// iso is a compiled "iso" or "xs" format, like FreeMarker's
// ISOLikeTemplateDateFormat.
type iso struct {
	kind       Kind
	xs         bool
	zone       *Zone // for showing times, and for parsing times that name no zone
	showOffset bool
	accuracy   Accuracy
}

var errLessThanSeconds = javatext.Reasonf("Less than seconds accuracy isn't allowed by the XML Schema format")

// newISO parses the options after "iso" or "xs": h, m, s or ms sets the
// accuracy; nz hides the zone and fz forces it; u and fu select UTC. Each is
// preceded by "_" or a space. Positions in messages include the prefix.
func newISO(options string, prefix int, kind Kind, xs bool, z *Zone) (*iso, error) { //nolint:cyclop // a state machine of the options
	if kind == Unknown {
		return nil, ErrUnknownKind
	}
	f := &iso{kind: kind, xs: xs, zone: z, showOffset: true, accuracy: Milliseconds}
	offsetSet, utcSet, separated := false, false, false
	chars := []rune(options)
	for i := 0; i < len(chars); {
		c := chars[i]
		i++
		if c == '_' || c == ' ' {
			separated = true
			continue
		}
		at := func() int { return i + prefix }
		if !separated {
			return nil, javatext.Reasonf("Missing space or \"_\" before \"%c\" (at char pos. %d).", c, at())
		}
		followed := func(by rune) bool {
			if i < len(chars) && chars[i] == by {
				i++
				return true
			}
			return false
		}
		switch c {
		case 'h', 'm', 's':
			if f.accuracy != Milliseconds {
				return nil, javatext.Reasonf("Character \"%c\" is unexpected as accuracy was already specified earlier (at char pos. %d).", c, at())
			}
			if f.accuracy = accuracyOf(c, c == 'm' && followed('s')); xs && f.accuracy < Seconds {
				return nil, errLessThanSeconds
			}
		case 'u', 'f', 'n':
			if c == 'u' || c == 'f' && followed('u') {
				if utcSet {
					return nil, javatext.Reasonf("The UTC usage option was already set earlier.")
				}
				utcSet = true
				f.zone = UTC
				break
			}
			if offsetSet {
				return nil, javatext.Reasonf("Character \"%c\" is unexpected as zone offset visibility was already specified earlier. (at char pos. %d).", c, at())
			}
			if !followed('z') {
				return nil, javatext.Reasonf("\"%c\" must be followed by \"z\" (at char pos. %d).", c, at())
			}
			offsetSet = true
			f.showOffset = c == 'f'
		default:
			return nil, javatext.Reasonf("Unexpected character, \"%c\". Expected the beginning of one of: h, m, s, ms, nz, fz, u (at char pos. %d).", c, at())
		}
		separated = false
	}
	return f, nil
}

// accuracyOf returns the accuracy that an option, one of h, m, s and ms, stands
// for.
func accuracyOf(c rune, millis bool) Accuracy {
	switch {
	case millis:
		return MillisecondsForced
	case c == 's':
		return Seconds
	case c == 'm':
		return Minutes
	}
	return Hours
}

// append appends the text of an instant.
func (f *iso) append(dst []byte, ms int64) ([]byte, error) {
	return appendISO(dst, ms, f.kind, f.showOffset && (f.xs || f.kind != Date), f.accuracy, f.zone, f.xs)
}

// AppendISO appends the text that the ?iso_utc… and ?iso_local… built-ins
// return. For the kind Date, it never contains an offset.
func AppendISO(dst []byte, ms int64, kind Kind, showOffset bool, accuracy Accuracy, z *Zone) ([]byte, error) {
	return appendISO(dst, ms, kind, showOffset && kind != Date, accuracy, z, false)
}

// appendISO appends date, time and offset, by the Gregorian calendar
// throughout. XML Schema has no year 0: 1 BC is -1.
func appendISO(dst []byte, ms int64, kind Kind, showOffset bool, accuracy Accuracy, z *Zone, xs bool) ([]byte, error) {
	m := z.moment(ms, true)
	start, room := len(dst), isoRoom[kind]
	if kind != Time {
		year := m.year
		if year <= 0 && xs {
			year--
		}
		if 0 <= year && year < 9999 {
			dst = appendTwo(dst, year/100)
			dst = appendTwo(dst, year%100)
		} else {
			dst = strconv.AppendInt(dst, year, 10)
			room += max(0, len(dst)-start-4)
		}
		dst = append(dst, '-')
		dst = appendTwo(dst, int64(m.month))
		dst = append(dst, '-')
		dst = appendTwo(dst, int64(m.dom))
	}
	if kind == DateTime {
		dst = append(dst, 'T')
	}
	if kind != Date {
		dst = appendClock(dst, m.millis, accuracy)
	}
	if showOffset {
		dst = appendOffset(dst, m.offset.total()/1000)
	}
	if len(dst)-start > room {
		return dst, errOffsetTooLong
	}
	return dst, nil
}

// isoRoom is the length of FreeMarker's buffer for each kind of text. An offset
// with seconds, as many zones had a hundred years ago, may not fit.
var isoRoom = map[Kind]int{Date: 16, Time: 18, DateTime: 29}

var errOffsetTooLong = javatext.Reasonf("The offset of the zone has seconds, for which there is no room")

func appendClock(dst []byte, millis int64, accuracy Accuracy) []byte {
	dst = appendTwo(dst, millis/hourMillis)
	if accuracy >= Minutes {
		dst = append(dst, ':')
		dst = appendTwo(dst, millis/60_000%60)
	}
	if accuracy >= Seconds {
		dst = append(dst, ':')
		dst = appendTwo(dst, millis/1000%60)
	}
	rest := millis % 1000
	if accuracy == MillisecondsForced || accuracy == Milliseconds && rest != 0 {
		dst = append(dst, '.')
		for n := 0; rest != 0 || accuracy == MillisecondsForced && n < 3; n++ {
			dst = append(dst, '0'+byte(rest/100))
			rest = rest % 100 * 10
		}
	}
	return dst
}

// appendOffset appends "Z" or "+hh:mm", with seconds if there are any.
func appendOffset(dst []byte, seconds int64) []byte {
	if seconds == 0 {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = append(dst, sign)
	dst = appendTwo(dst, seconds/3600)
	dst = append(dst, ':')
	dst = appendTwo(dst, seconds/60%60)
	if s := seconds % 60; s != 0 {
		dst = append(dst, ':')
		dst = appendTwo(dst, s)
	}
	return dst
}
