// Package locale parses the names of locales in FreeMarker's settings, and
// provides the JDK's data for these locales.
package locale

import "strings"

// Locale identifies a locale by language, country and variant, as
// java.util.Locale does. It is comparable, and so can be part of a cache key.
// The zero Locale is Java's Locale.ROOT.
type Locale struct {
	Language string // lower case, "" if none
	Country  string // upper case, "" if none
	Variant  string // as given
}

// Parse parses a locale setting ("en_US", "pt_BR", "de") as FreeMarker's
// StringUtil.deduceLocale does. It never fails: unknown locales behave like the
// root locale. "JVM default" is en_US.
func Parse(setting string) Locale {
	if strings.EqualFold(setting, "JVM default") {
		return Locale{Language: "en", Country: "US"}
	}
	if len(setting) > 1 && setting[0] == '"' {
		setting = setting[1 : len(setting)-1]
	}
	parts := strings.FieldsFunc(setting, func(r rune) bool { return r == ',' || r == '_' || r == ' ' })
	var l Locale
	if len(parts) > 0 {
		l.Language = strings.ToLower(parts[0])
	}
	if len(parts) > 1 {
		l.Country = strings.ToUpper(parts[1])
	}
	if len(parts) > 2 {
		l.Variant = parts[2]
	}
	switch l.Language { // codes that ISO 639 has withdrawn
	case "iw":
		l.Language = "he"
	case "in":
		l.Language = "id"
	case "ji":
		l.Language = "yi"
	}
	return l
}

// String returns Locale.toString(): what the special variable .locale prints.
func (l Locale) String() string {
	s := l.Language
	if l.Country != "" || l.Language != "" && l.Variant != "" {
		s += "_" + l.Country
	}
	if l.Variant != "" && (l.Language != "" || l.Country != "") {
		s += "_" + l.Variant
	}
	switch l { // java.util.Locale adds an extension to the locales below
	case Locale{"th", "TH", "TH"}:
		s += "_#u-nu-thai"
	case Locale{"ja", "JP", "JP"}:
		s += "_#u-ca-japanese"
	}
	return s
}
