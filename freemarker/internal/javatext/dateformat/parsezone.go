package dateformat

import "slices"

// zoneText reads a zone for the letters z and Z: "+hhmm", "GMT", "GMT+h:mm" or
// a name. It returns the position after it, or -1.
func (p *parser) zoneText(start, pos int) int {
	s := p.text
	switch c := s[pos]; {
	case c == '+':
		return p.numericZone(pos+1, 1, 0, false)
	case c == '-':
		return p.numericZone(pos+1, -1, 0, false)
	case c == 'G' || c == 'g':
		if _, ok := foldPrefix(s[start:], "GMT"); ok {
			pos = start + 3
			sign := int32(0)
			if pos < len(s) && s[pos] == '+' {
				sign = 1
			} else if pos < len(s) && s[pos] == '-' {
				sign = -1
			}
			if sign == 0 {
				p.fields.set(fieldZoneOffset, 0)
				p.fields.set(fieldSaving, 0)
				return pos
			}
			return p.numericZone(pos+1, sign, 0, true)
		}
	}
	return p.zoneName(pos)
}

// zoneName parses the name of a zone. It first tries the names of the format's
// zone and of UTC.
func (p *parser) zoneName(pos int) int {
	t := zoneTables()
	zones := zonesIn(p.f.locale)
	try := func(id string) int {
		e := t.ids[id]
		n := zones.names[e.names]
		for i, name := range n {
			if name == "" {
				continue
			}
			length, ok := foldPrefix(p.text[pos:], name)
			if !ok {
				continue
			}
			// If standard time and summer time have the same name, the zone's
			// rules decide which is meant.
			same := i < 2 && equalFold(n[i], n[i+2])
			saving := int32(0)
			if i >= 2 {
				saving = int32(e.saving) * 1000
			}
			if !same && (i < 2 || saving != 0) {
				p.fields.clear(fieldZoneOffset)
				p.fields.set(fieldSaving, saving)
			}
			p.zone = LoadZone(id)
			return pos + length
		}
		return -1
	}
	for _, id := range []string{p.f.zone.id, "UTC"} {
		if slices.Contains(zones.order, id) {
			if end := try(id); end > 0 {
				return end
			}
		}
	}
	for _, id := range zones.order {
		if end := try(id); end > 0 {
			return end
		}
	}
	return -1
}

func equalFold(a, b string) bool {
	n, ok := foldPrefix(a, b)
	return ok && n == len(a)
}

// isoZone parses "Z" or "+hh", "+hhmm", "+hh:mm", depending on the number of X.
func (p *parser) isoZone(pos, count int) int {
	switch p.text[pos] {
	case 'Z':
		p.fields.set(fieldZoneOffset, 0)
		p.fields.set(fieldSaving, 0)
		return pos + 1
	case '+':
		return p.numericZone(pos+1, 1, count, count == 3)
	case '-':
		return p.numericZone(pos+1, -1, count, count == 3)
	}
	return -1
}

// numericZone parses hours and minutes. Only "GMT+h:mm" may have a single-digit
// hour; if count is 1, there are no minutes.
func (p *parser) numericZone(pos int, sign int32, count int, colon bool) int {
	s := p.text
	digit := func() (int32, bool) {
		if pos < len(s) && '0' <= s[pos] && s[pos] <= '9' {
			pos++
			return int32(s[pos-1] - '0'), true
		}
		return 0, false
	}
	hours, ok := digit()
	if !ok || pos >= len(s) {
		return -1
	}
	if low, ok := digit(); ok {
		hours = hours*10 + low
	} else if count > 0 || !colon {
		return -1
	}
	minutes := int32(0)
	if count != 1 {
		if colon {
			if pos >= len(s) || s[pos] != ':' {
				return -1
			}
			pos++
		}
		high, ok1 := digit()
		low, ok2 := digit()
		minutes = high*10 + low
		if !ok1 || !ok2 || minutes > 59 {
			return -1
		}
	}
	if hours > 23 {
		return -1
	}
	p.fields.set(fieldZoneOffset, (hours*60+minutes)*60_000*sign)
	p.fields.set(fieldSaving, 0)
	return pos
}
