package decimal

// rounding is a java.math.RoundingMode. The zero value is DecimalFormat's default.
type rounding int

const (
	halfEven rounding = iota
	halfUp
	halfDown
	up
	down
	ceiling
	floor
	unnecessary
)

// digits is a number to be formatted, like java.text.DigitList. Its value is
// 0.text × 10^point, where text consists of '0' to '9' and is empty for zero.
type digits struct {
	text     []byte
	point    int
	negative bool
	mode     rounding
}

func (d *digits) zero() bool {
	for _, c := range d.text {
		if c != '0' {
			return false
		}
	}
	return true
}

// trim drops trailing zeros.
func (d *digits) trim() {
	for len(d.text) > 1 && d.text[len(d.text)-1] == '0' {
		d.text = d.text[:len(d.text)-1]
	}
}

// limit rounds to the number of decimals that the limits allow or, with an
// exponent, to the total number of digits that they allow. The digits may
// already have been rounded up, and need not be the exact value.
func (d *digits) limit(l limits, exponent, roundedUp, exact bool) error {
	if exponent {
		d.trim()
		return d.round(l.maxInt+l.maxFrac, roundedUp, exact)
	}
	switch {
	case -d.point > l.maxFrac:
		d.text = d.text[:0]
		return nil
	case -d.point == l.maxFrac:
		more, err := d.roundsUp(0, roundedUp, exact)
		if err != nil {
			return err
		}
		if more {
			d.text = d.text[:1]
			d.text[0] = '1'
			d.point++
		} else {
			d.text = d.text[:0]
		}
		return nil
	}
	d.trim()
	return d.round(l.maxFrac+d.point, roundedUp, exact)
}

// round rounds to the first count digits. It does nothing if there are no more
// than that, or if count is negative.
func (d *digits) round(count int, roundedUp, exact bool) error {
	if count < 0 || count >= len(d.text) {
		return nil
	}
	more, err := d.roundsUp(count, roundedUp, exact)
	if err != nil {
		return err
	}
	if more {
		for {
			count--
			if count < 0 {
				d.text[0] = '1'
				d.point++
				count = 0
				break
			}
			d.text[count]++
			if d.text[count] <= '9' {
				break
			}
		}
		count++
	}
	d.text = d.text[:count]
	d.trim()
	return nil
}

// roundsUp reports whether rounding to count digits increments the last one.
func (d *digits) roundsUp(count int, roundedUp, exact bool) (bool, error) {
	if count >= len(d.text) {
		return false, nil
	}
	rest := d.text[count:]
	some := !(&digits{text: rest}).zero()
	switch d.mode {
	case up:
		return some, nil
	case ceiling:
		return some && !d.negative, nil
	case floor:
		return some && d.negative, nil
	case unnecessary:
		if some {
			return false, ErrRounding
		}
		return false, nil
	case halfUp, halfDown:
		switch {
		case rest[0] != '5' || len(rest) > 1:
			return rest[0] >= '5', nil
		case exact:
			return d.mode == halfUp, nil
		}
		return !roundedUp, nil
	case halfEven:
		switch {
		case rest[0] != '5':
			return rest[0] > '5', nil
		case len(rest) > 1:
			return !(&digits{text: rest[1:]}).zero(), nil
		case roundedUp:
			return false, nil
		case !exact:
			return true, nil
		}
		return count > 0 && d.text[count-1]%2 != 0, nil
	}
	return false, nil
}
