package freemarker

// This file converts values to text. It holds the settings of a rendering, the
// formats of numbers, dates and booleans, and the collator, most of which rely
// on package javatext.

import (
	"errors"
	"math/big"
	"strings"
	"sync"

	"temporal-twilio/freemarker/internal/javatext/collate"
	"temporal-twilio/freemarker/internal/javatext/dateformat"
	"temporal-twilio/freemarker/internal/javatext/decimal"
	"temporal-twilio/freemarker/internal/javatext/locale"
	"temporal-twilio/javaregex"
)

// settingsState holds the settings that #setting can change.
type settingsState struct {
	locale       locale.Locale
	zone         *dateformat.Zone
	fast         bool // numbers use the default format of en_US
	hasBooleans  bool
	classic      bool // missing values are empty strings, as in FreeMarker 1
	numberFormat string
	dateFormats  [4]string // indexed by dateType
	booleans     [2]string // the text of false and true
	urlCharset   string
	encoding     string
}

// formats holds the format and the collator that have been compiled for the
// current settings.
type formats struct {
	number   *decimal.Format
	collator *collate.Collator
}

func newSettings(localeName, zone string) settingsState {
	s := settingsState{
		locale: locale.Parse(localeName), zone: dateformat.LoadZone(zone), numberFormat: "number",
	}
	s.updateFast()
	return s
}

func (s *settingsState) updateFast() {
	s.fast = s.numberFormat == "number" && s.locale == locale.Locale{Language: "en", Country: "US"}
}

// settings maps the settings that a template can change to functions that
// change them.
var settings = map[string]func(s *settingsState, v string) error{}

func init() {
	set := func(legacy, camel string, f func(s *settingsState, v string) error) {
		settings[legacy], settings[camel] = f, f
	}
	date := func(t dateType) func(s *settingsState, v string) error {
		return func(s *settingsState, v string) error {
			s.dateFormats[t] = v
			return nil
		}
	}
	set("locale", "locale", func(s *settingsState, v string) error {
		s.locale = locale.Parse(v)
		s.updateFast()
		return nil
	})
	set("number_format", "numberFormat", func(s *settingsState, v string) error {
		s.numberFormat = v
		s.updateFast()
		return nil
	})
	set("time_format", "timeFormat", date(dateTime))
	set("date_format", "dateFormat", date(dateDate))
	set("datetime_format", "datetimeFormat", date(dateDateTime))
	set("time_zone", "timeZone", func(s *settingsState, v string) error {
		s.zone = parseZoneSetting(v)
		return nil
	})
	set("sql_date_and_time_time_zone", "sqlDateAndTimeTimeZone", func(*settingsState, string) error { return nil })
	set("boolean_format", "booleanFormat", setBooleanFormat)
	set("url_escaping_charset", "urlEscapingCharset", func(s *settingsState, v string) error {
		s.urlCharset = v
		return nil
	})
	set("output_encoding", "outputEncoding", func(s *settingsState, v string) error {
		s.encoding = v
		return nil
	})
	set("classic_compatible", "classicCompatible", func(s *settingsState, v string) error {
		switch v {
		case "1", "2", "+1", "+2":
			s.classic = true
			return nil
		case "0", "+0", "-0":
			s.classic = false
			return nil
		}
		b, ok := parseYesNo(v)
		if !ok {
			return errors.New("classic_compatible must be a boolean, 0, 1 or 2")
		}
		s.classic = b
		return nil
	})
}

func parseZoneSetting(v string) *dateformat.Zone {
	if strings.EqualFold(v, "JVM default") {
		v = "UTC"
	}
	return dateformat.LoadZone(v)
}

func setBooleanFormat(s *settingsState, v string) error {
	s.hasBooleans = true
	switch v {
	case "true,false":
		s.hasBooleans = false
	case "c":
		s.booleans = [2]string{"false", "true"}
	default:
		yes, no, ok := strings.Cut(v, ",")
		if !ok {
			return errors.New("the format of booleans must be two words with a comma between")
		}
		s.booleans = [2]string{no, yes}
	}
	return nil
}

// set changes a setting for the rest of the rendering.
func (e *env) set(at pos, name, value string) error {
	if err := e.work(len(value)); err != nil {
		return err
	}
	s := *e.settings
	if err := settings[name](&s, value); err != nil {
		return otherError(at, "setting %s: %s", name, err.Error())
	}
	if s.zone != e.settings.zone || s.locale != e.settings.locale {
		e.moved = nil // the reference creates new formats
	}
	e.settings, e.format = &s, nil
	return nil
}

// useSettings restores earlier settings until the returned function is called.
func (e *env) useSettings(s *settingsState) (done func()) {
	if s == e.settings {
		return func() {}
	}
	settings, format := e.settings, e.format
	e.settings, e.format = s, nil
	return func() { e.settings, e.format = settings, format }
}

func (e *env) formats() *formats {
	if e.format == nil {
		e.format = &formats{}
	}
	return e.format
}

// cache keeps a bounded number of compiled formats or patterns for all renderings.
type cache[K comparable, V any] struct {
	mu sync.RWMutex
	m  map[K]V
}

const cacheSize = 512

func (c *cache[K, V]) get(k K, compile func() (V, error)) (V, error) {
	c.mu.RLock()
	v, ok := c.m[k]
	c.mu.RUnlock()
	if ok {
		return v, nil
	}
	v, err := compile()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= cacheSize {
		c.m = make(map[K]V, cacheSize)
	}
	c.m[k] = v
	return v, nil
}

type numberKey struct {
	spec string
	loc  locale.Locale
}

type dateKey struct {
	spec string
	kind dateType
	loc  locale.Locale
	zone *dateformat.Zone
}

func (e *env) dateKey(spec string, t dateType) dateKey {
	return dateKey{spec, t, e.settings.locale, e.settings.zone}
}

// movedKey is the key of a format that keeps a zone. The format in the settings
// and an equal format that is given explicitly have different keys.
type movedKey struct {
	dateKey
	given bool
}

// recentFormats holds the formats and regular expressions that an environment
// has used last. They are kept between renderings.
type recentFormats struct {
	recentNumber struct {
		key    numberKey
		format *decimal.Format
	}
	recentDates [4]struct {
		key    dateKey
		format *dateformat.Format
	}
	nextDate       int
	recentPatterns [4]struct {
		key     patternKey
		pattern *javaregex.Pattern
	}
	nextPattern int
}

var (
	numberFormats cache[numberKey, *decimal.Format]
	dateFormats   cache[dateKey, *dateformat.Format]
)

// maxSpec limits the length in bytes of a cached pattern.
const maxSpec = 1000

// numberFormat compiles a number format.
func (e *env) numberFormat(spec string) (*decimal.Format, error) {
	if isCustomFormat(spec) {
		return nil, errors.New("custom number formats are not supported")
	}
	if len(spec) > maxSpec {
		return nil, errors.New("the number format is too long")
	}
	k := numberKey{spec, e.settings.locale}
	r := &e.recentNumber
	if r.format != nil && r.key == k {
		return r.format, nil
	}
	f, err := numberFormats.get(k, func() (*decimal.Format, error) {
		return decimal.New(strings.Clone(spec), k.loc)
	})
	if err == nil {
		r.key, r.format = k, f
	}
	return f, e.orSlow(err)
}

// isCustomFormat reports whether a format refers to one defined by the
// programmer, such as @price.
func isCustomFormat(spec string) bool {
	return len(spec) > 1 && spec[0] == '@' && (isLetter(spec[1]) || spec[1] >= 0x80)
}

// appendNumber formats a number in the format of the settings.
func (e *env) appendNumber(out []byte, v Value) ([]byte, error) {
	if e.settings.fast {
		return appendGrouped(out, v), nil
	}
	f := e.formats()
	if f.number == nil {
		nf, err := e.numberFormat(e.settings.numberFormat)
		if err != nil {
			return out, err
		}
		f.number = nf
	}
	return formatNumber(out, f.number, v)
}

func formatNumber(out []byte, f *decimal.Format, v Value) ([]byte, error) {
	switch v.kind {
	case kInt, kLong:
		return f.AppendInt64(out, v.num)
	case kDouble, kFloat:
		return f.AppendFloat64(out, v.float())
	case kBigInt:
		return f.AppendBigInt(out, v.ref.(*big.Int))
	}
	return f.AppendDecimal(out, v.unscaled(), int(v.scale))
}

type fractionKey struct {
	lo, hi int
	loc    locale.Locale
}

var fractionFormats cache[fractionKey, *decimal.Format]

// fractionFormat returns the format of #{x; m1M3}.
func (e *env) fractionFormat(lo, hi int) *decimal.Format {
	k := fractionKey{lo, hi, e.settings.locale}
	f, _ := fractionFormats.get(k, func() (*decimal.Format, error) {
		return decimal.Fraction(k.loc, lo, hi), nil
	})
	return f
}

// numberText formats a number, in the given format or the one in the settings.
func (e *env) numberText(at pos, v Value, spec string, hasSpec bool) (string, error) {
	var out []byte
	var err error
	if hasSpec {
		var f *decimal.Format
		if f, err = e.numberFormat(spec); err == nil {
			out, err = formatNumber(nil, f, v)
		}
	} else {
		out, err = e.appendNumber(make([]byte, 0, 24), v)
	}
	if err != nil {
		return "", formatError(at, "cannot format the number", err)
	}
	e.charge((len(spec) + len(out)) >> 3)
	return string(out), e.grow(len(out))
}

// dateFormat compiles spec as a date format for values of type t, or the format
// in the settings if hasSpec is not set.
func (e *env) dateFormat(spec string, t dateType, hasSpec bool) (*dateformat.Format, error) {
	if !hasSpec {
		spec = e.settings.dateFormats[t]
	}
	if isCustomFormat(spec) {
		return nil, errors.New("custom date formats are not supported")
	}
	if len(spec) > maxSpec {
		return nil, errors.New("the date format is too long")
	}
	k := e.dateKey(spec, t)
	if f := e.moved[movedKey{k, hasSpec}]; f != nil {
		return f, nil
	}
	for i := range e.recentDates {
		if r := &e.recentDates[i]; r.format != nil && r.key == k {
			return r.format, nil
		}
	}
	k.spec = strings.Clone(spec) // clone it, so that the cache does not keep a whole template in memory
	f, err := dateFormats.get(k, func() (*dateformat.Format, error) {
		return dateformat.New(k.spec, dateformat.Kind(t), k.loc, k.zone)
	})
	if err == nil {
		r := &e.recentDates[e.nextDate%len(e.recentDates)]
		e.nextDate++
		r.key, r.format = k, f
	}
	return f, e.orSlow(err)
}

// orSlow counts the steps of looking up a format. It returns an error if a
// limit is exceeded, and err otherwise.
func (e *env) orSlow(err error) error {
	if limit := e.work(64 << 6); limit != nil {
		return limit
	}
	return err
}

// formatError returns the error for a value that cannot be formatted or parsed.
// A RenderError is returned unchanged; the text of any other err is omitted.
func formatError(at pos, what string, err error) error {
	if re, ok := err.(*RenderError); ok {
		return re
	}
	return otherError(at, "%s: the format is not valid, or does not match the value", what)
}

// dateText formats a date, in the given format or the one in the settings.
func (e *env) dateText(at pos, v Value, spec string, hasSpec bool) (string, error) {
	t := dateType(v.scale)
	f, err := e.dateFormat(spec, t, hasSpec)
	if err != nil {
		return "", formatError(at, "cannot format the date", err)
	}
	out, err := f.Append(make([]byte, 0, 32), v.num)
	if err != nil {
		return "", fatalError(at, err.Error())
	}
	e.charge((len(spec) + len(out)) >> 2)
	return string(out), e.grow(len(out))
}

const movedBytes = 512 // the approximate memory of a format with its own zone

// parseDate parses a date. As in the reference, a format that has parsed the
// name of a time zone keeps that zone until the rendering ends.
func (e *env) parseDate(at pos, s string, t dateType, spec string, hasSpec bool) (Value, error) {
	f, err := e.dateFormat(spec, t, hasSpec)
	if err != nil {
		return Value{}, formatError(at, "cannot parse a date", err)
	}
	if err := e.work(len(s)); err != nil {
		return Value{}, err
	}
	ms, after, err := f.ParseZone(s)
	if after != f {
		if err := e.alloc(movedBytes + len(spec)); err != nil {
			return Value{}, err
		}
		if e.moved == nil {
			e.moved = map[movedKey]*dateformat.Format{}
		}
		if !hasSpec {
			spec = e.settings.dateFormats[t]
		}
		e.moved[movedKey{e.dateKey(spec, t), hasSpec}] = after
	}
	if err != nil {
		return Value{}, otherError(at, "the string is not a date in the expected format")
	}
	return dateValue(ms, t), nil
}

// booleanText formats a boolean as the boolean_format setting says. Without
// that setting, it returns "true" or "false" if fallback is set, as ?string
// does, and an error otherwise.
func (e *env) booleanText(at pos, b, fallback bool) (string, error) {
	switch {
	case e.settings.classic && !fallback:
		if b {
			return "true", nil
		}
		return "", nil
	case e.settings.hasBooleans:
		return e.settings.booleans[btoi(b)], nil
	case !fallback:
		return "", otherError(at, "a boolean cannot be printed unless boolean_format is set; use ?c or ?string")
	case b:
		return "true", nil
	}
	return "false", nil
}

func (e *env) collator() *collate.Collator {
	f := e.formats()
	if f.collator == nil {
		f.collator = collate.For(e.settings.locale)
	}
	return f.collator
}

// textOrMarkup returns v as a string or as markup. If v is neither, it returns
// false if orNot is set, and an error that names x otherwise.
func (e *env) textOrMarkup(v Value, x expr, orNot bool) (text Value, ok bool, err error) {
	if v.kind == kString || v.kind == kMarkup {
		return v, true, nil
	}
	s, ok, err := e.text(v, x, orNot)
	return String(s), ok, err
}

// text returns a value that is not markup as a string.
func (e *env) text(v Value, x expr, orNot bool) (s string, ok bool, err error) {
	switch {
	case v.kind == kString:
		return v.str(), true, nil
	case v.isNumber():
		s, err = e.numberText(x.at(), v, "", false)
	case v.kind == kDate:
		s, err = e.dateText(x.at(), v, "", false)
	case v.missing():
		if e.settings.classic {
			return "", true, nil
		}
		return "", false, e.missingError(x)
	case v.kind == kObject:
		return e.objectText(v, x, orNot)
	case v.kind == kBool:
		s, err = e.booleanText(x.at(), v.bool(), false)
	case orNot:
		return "", false, nil
	default:
		return "", false, e.typeError(x, v, "a string or something that can be turned into one")
	}
	return s, err == nil, err
}

func (e *env) objectText(v Value, x expr, orNot bool) (s string, ok bool, err error) {
	switch {
	case v.can(aDate):
		d, err := v.ref.(dater).asDate(e)
		if err != nil {
			return "", false, err
		}
		s, err = e.dateText(x.at(), d, "", false)
		return s, err == nil, err
	case v.can(aString):
		s, err = v.ref.(stringer).asString(e)
	case v.can(aBoolean):
		b, err := v.ref.(booler).asBool(e)
		if err != nil {
			return "", false, err
		}
		s, err = e.booleanText(x.at(), b, false)
		return s, err == nil, err
	case orNot:
		return "", false, nil
	default:
		err = e.typeError(x, v, "a string or something that can be turned into one")
	}
	return s, err == nil, err
}

// plainText evaluates x as a string. Markup is an error.
func (e *env) plainText(x expr) (string, error) {
	v, err := x.eval(e)
	if err != nil {
		return "", err
	}
	return e.plainTextOf(v, x)
}

func (e *env) plainTextOf(v Value, x expr) (string, error) {
	if v.kind == kString {
		return v.str(), nil
	}
	s, _, err := e.text(v, x, false)
	return s, err
}
