package javaregex

// This file returns the set for each name in \p{…} that Java accepts.

import "strings"

// categorySets are the names that stand for several of Unicode's general
// categories.
var categorySets = map[string]string{
	"L":  "Lu Ll Lt Lm Lo",
	"M":  "Mn Me Mc",
	"N":  "Nd Nl No",
	"Z":  "Zs Zl Zp",
	"C":  "Cc Cf Co Cs Cn",
	"P":  "Pd Ps Pe Pc Po Pi Pf",
	"S":  "Sm Sc Sk So",
	"LC": "Lu Ll Lt",
	"LD": "Lu Ll Lt Lm Lo Nd",
}

// asciiPOSIX are the POSIX classes, which are ASCII unless UnicodeCharacterClass is set.
var asciiPOSIX = map[string]runeSet{
	"ASCII":  {{0, 0x7F}},
	"Alnum":  {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
	"Alpha":  {{'A', 'Z'}, {'a', 'z'}},
	"Blank":  {{'\t', '\t'}, {' ', ' '}},
	"Cntrl":  {{0, 0x1F}, {0x7F, 0x7F}},
	"Digit":  {{'0', '9'}},
	"Graph":  {{'!', '~'}},
	"Lower":  {{'a', 'z'}},
	"Print":  {{' ', '~'}},
	"Punct":  {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
	"Space":  {{'\t', '\r'}, {' ', ' '}},
	"Upper":  {{'A', 'Z'}},
	"XDigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
}

var asciiWord = runeSet{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}

// Sets that do not depend on the flags.
var (
	horizontalSpace = runeSet{{'\t', '\t'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200A}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}}
	verticalSpace   = runeSet{{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}
	lineTerminators = runeSet{{'\n', '\n'}, {'\r', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}
)

// categorySet returns a general category or one of the related names (L1, all,
// ASCII …). Under CaseInsensitive, the categories of upper, lower and title
// case include each other.
func categorySet(name string, caseless bool) (runeSet, bool) {
	if caseless {
		switch name {
		case "Lu", "Ll", "Lt":
			return categories(categorySets["LC"]), true
		case "Lower", "Upper":
			return asciiPOSIX["Alpha"], true
		case "javaLowerCase", "javaUpperCase", "javaTitleCase":
			return anyCase(), true
		}
	}
	if members, ok := categorySets[name]; ok {
		return categories(members), true
	}
	if set, ok := lookup("gc", name); ok {
		return set, true
	}
	if set, ok := asciiPOSIX[name]; ok {
		return set, true
	}
	switch name {
	case "L1":
		return rangeOf(0, 0xFF), true
	case "all":
		return allRunes, true
	}
	if method, ok := strings.CutPrefix(name, "java"); ok {
		return javaSet(method)
	}
	return nil, false
}

// anyCase returns the letters of any case. Under CaseInsensitive, the
// properties of upper, lower and title case all mean this set.
func anyCase() runeSet {
	return union(known("is", "Lowercase"), known("is", "Uppercase"), categories("Lt"))
}

// javaSet returns the set of a method of java.lang.Character, as in \p{javaLetter}.
func javaSet(method string) (runeSet, bool) {
	switch method {
	case "LowerCase":
		return known("is", "Lowercase"), true
	case "UpperCase":
		return known("is", "Uppercase"), true
	case "Alphabetic":
		return known("is", "Alphabetic"), true
	case "Ideographic":
		return known("is", "Ideographic"), true
	case "TitleCase":
		return categories("Lt"), true
	case "Digit":
		return categories("Nd"), true
	case "Defined":
		return categories("Cn").negate(), true
	case "Letter":
		return categories(categorySets["L"]), true
	case "LetterOrDigit":
		return categories(categorySets["LD"]), true
	case "JavaIdentifierStart":
		return categories("Lu Ll Lt Lm Lo Nl Sc Pc"), true
	case "JavaIdentifierPart":
		return union(categories("Lu Ll Lt Lm Lo Nl Sc Pc Nd Mn Mc"), identifierIgnorable()), true
	case "UnicodeIdentifierStart", "UnicodeIdentifierPart", "Mirrored":
		return known("java", method), true
	case "IdentifierIgnorable":
		return identifierIgnorable(), true
	case "SpaceChar":
		return categories(categorySets["Z"]), true
	case "Whitespace":
		nonBreaking := setOf(0xA0, 0x2007, 0x202F)
		return union(categories(categorySets["Z"]).minus(nonBreaking), runeSet{{'\t', '\r'}, {0x1C, 0x1F}}), true
	case "ISOControl":
		return categories("Cc"), true
	}
	return nil, false
}

func identifierIgnorable() runeSet {
	return union(categories("Cf"), runeSet{{0, 8}, {0xE, 0x1B}, {0x7F, 0x9F}})
}

// binarySet returns a binary property, as in \p{IsAlphabetic}. It ignores the
// case of the name.
func binarySet(name string, caseless bool) (runeSet, bool) {
	name = strings.ToUpper(name)
	if caseless {
		switch name {
		case "LOWERCASE", "UPPERCASE", "TITLECASE":
			return anyCase(), true
		}
	}
	switch name {
	case "ALPHABETIC":
		return known("is", "Alphabetic"), true
	case "IDEOGRAPHIC":
		return known("is", "Ideographic"), true
	case "LETTER":
		return categories(categorySets["L"]), true
	case "LOWERCASE":
		return known("is", "Lowercase"), true
	case "UPPERCASE":
		return known("is", "Uppercase"), true
	case "TITLECASE":
		return categories("Lt"), true
	case "WHITE_SPACE", "WHITESPACE":
		return known("is", "White_Space"), true
	case "CONTROL":
		return categories("Cc"), true
	case "PUNCTUATION":
		return known("is", "Punctuation"), true
	case "HEX_DIGIT", "HEXDIGIT":
		return known("is", "Hex_Digit"), true
	case "ASSIGNED":
		return categories("Cn").negate(), true
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return noncharacters(), true
	case "WORD":
		return known("is", "Word"), true
	case "JOIN_CONTROL", "JOINCONTROL":
		return rangeOf(0x200C, 0x200D), true
	}
	return unicodePOSIX(name, caseless)
}

func noncharacters() runeSet {
	set := runeSet{{0xFDD0, 0xFDEF}}
	for plane := rune(0); plane <= 0x10; plane++ {
		set = append(set, runeRange{plane<<16 | 0xFFFE, plane<<16 | 0xFFFF})
	}
	return set
}

// unicodePOSIX returns a POSIX class under UnicodeCharacterClass. It ignores
// the case of the name.
func unicodePOSIX(name string, caseless bool) (runeSet, bool) {
	name = strings.ToUpper(name)
	if caseless && (name == "LOWER" || name == "UPPER") {
		return anyCase(), true
	}
	switch name {
	case "ALPHA":
		return known("is", "Alphabetic"), true
	case "LOWER":
		return known("is", "Lowercase"), true
	case "UPPER":
		return known("is", "Uppercase"), true
	case "SPACE":
		return known("is", "White_Space"), true
	case "PUNCT":
		return known("is", "Punctuation"), true
	case "XDIGIT":
		return known("is", "Hex_Digit"), true
	case "ALNUM":
		return known("is", "Alnum"), true
	case "CNTRL":
		return categories("Cc"), true
	case "DIGIT":
		return categories("Nd"), true
	case "BLANK":
		return known("is", "Blank"), true
	case "GRAPH":
		return known("is", "Graph"), true
	case "PRINT":
		return known("is", "Print"), true
	}
	return nil, false
}

// scriptSet returns a script by its name or four-letter code, ignoring case.
func scriptSet(name string) (runeSet, bool) { return lookup("sc", strings.ToUpper(name)) }

// blockSet returns a block by any of the spellings that Java accepts, ignoring
// case.
func blockSet(name string) (runeSet, bool) { return lookup("blk", strings.ToUpper(name)) }

// propertySet returns the set of \p{text}, or a message that says what is wrong
// if there is no such property.
func propertySet(text string, flags Flags) (set runeSet, message string) {
	caseless := flags&CaseInsensitive != 0
	ok := false
	key, value, isPair := strings.Cut(text, "=")
	switch {
	case isPair:
		switch strings.ToLower(key) {
		case "sc", "script":
			set, ok = scriptSet(value)
		case "blk", "block":
			set, ok = blockSet(value)
		case "gc", "general_category":
			set, ok = categorySet(value, caseless)
		default:
			return nil, "unknown property \\p{" + text + "}: before = write script, block or general_category"
		}
	case strings.HasPrefix(text, "In"):
		set, ok = blockSet(text[2:])
	case strings.HasPrefix(text, "Is"):
		if set, ok = binarySet(text[2:], caseless); !ok {
			if set, ok = categorySet(text[2:], caseless); !ok {
				set, ok = scriptSet(text[2:])
			}
		}
	default:
		if flags&UnicodeCharacterClass != 0 {
			set, ok = unicodePOSIX(text, caseless)
		}
		if !ok {
			set, ok = categorySet(text, caseless)
		}
	}
	if !ok {
		return nil, "unknown property \\p{" + text + "}: write a category (\\p{Lu}), a script (\\p{IsGreek}), a block (\\p{InGreek}) or a property (\\p{IsAlphabetic})"
	}
	return set, ""
}
