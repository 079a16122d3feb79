package javaregex

// This file generates random cases over the whole grammar. oracle_test.go
// compares the results of this package with those of a JDK.

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// generators maps each area to a function that makes one of its cases.
var generators = map[string]func(*maker) *corpusCase{
	"fuzz":       func(m *maker) *corpusCase { return m.find(m.flags()+m.alternatives(3), m.input(12)) },
	"fuzz-loops": func(m *maker) *corpusCase { return m.find(m.loops(3), m.letters(14)) },
	"soup":       func(m *maker) *corpusCase { return m.find(m.soup(syntaxTokens, 7), m.input(8)) },
	"class-soup": func(m *maker) *corpusCase {
		return m.find(m.flags()+"["+m.soup(classTokens, 6)+m.pick("]", "]", "]+", ""), m.input(6))
	},
	"comments": func(m *maker) *corpusCase {
		return m.find("(?x"+m.pick("", "d")+")"+m.soup(commentTokens, 9), m.letters(6))
	},
	"escapes": func(m *maker) *corpusCase {
		return m.find(m.pick("", "[", "[^")+"\\"+m.soup(escapeTokens, 4)+m.pick("", "]"), m.input(6))
	},
	"property": property,
	"casefold": casefold,
	"lines":    func(m *maker) *corpusCase { return m.all(m.flags()+m.soup(lineTokens, 4), m.soup(lineInput, 6)) },
	"grapheme": func(m *maker) *corpusCase { return m.all(m.soup(graphemeTokens, 3), m.soup(graphemeInput, 6)) },
	"boundary": func(m *maker) *corpusCase {
		return m.all(m.pick("", "(?U)")+m.soup(boundaryTokens, 3), m.soup(boundaryInput, 6))
	},
	"lookbehind": func(m *maker) *corpusCase {
		return m.find("(?<"+m.pick("=", "!")+m.sequence(2)+")"+m.sequence(1), m.input(8))
	},
	"all":     func(m *maker) *corpusCase { return m.all(m.flags()+m.alternatives(2), m.input(12)) },
	"matches": func(m *maker) *corpusCase { return m.kind("matches", m.flags()+m.alternatives(2), m.input(6), "") },
	"flags":   flagged,
	"mix": func(m *maker) *corpusCase {
		return m.all(m.mix(), m.input(10)+m.soup(foldInput, 4)+m.soup(boundaryInput, 3))
	},
	"replace": replacement,
	"split": func(m *maker) *corpusCase {
		return m.kind("split", m.sequence(1), m.letters(10), fmt.Sprint(m.r.Intn(5)-1))
	},
	"backref": func(m *maker) *corpusCase {
		return m.find(m.pick("", "", "(?i)", "(?iu)")+m.soup(backrefTokens, 7), m.soup(foldInput, 8))
	},
	"words": func(m *maker) *corpusCase { return m.find(m.words(), m.message()) },
}

func generate(seed int64, n int, area string) []*corpusCase {
	var areas []string
	if area != "" && generators[area] == nil {
		panic("no area " + area)
	}
	for name := range generators {
		if area == "" || area == name {
			areas = append(areas, name)
		}
	}
	slices.Sort(areas)
	var cases []*corpusCase
	for _, name := range areas {
		m := &maker{r: rand.New(rand.NewSource(seed))}
		for range n {
			m.groups = 0
			c := generators[name](m)
			c.Area = name
			cases = append(cases, c)
		}
	}
	return cases
}

// maker makes random parts of patterns and inputs.
type maker struct {
	r      *rand.Rand
	groups int
}

func (m *maker) find(pattern, input string) *corpusCase { return m.kind("", pattern, input, "") }

func (m *maker) all(pattern, input string) *corpusCase { return m.kind("all", pattern, input, "") }

func (m *maker) kind(kind, pattern, input, argument string) *corpusCase {
	return &corpusCase{Kind: kind, Pattern: pattern, Input: input, Argument: argument}
}

func (m *maker) pick(of ...string) string { return of[m.r.Intn(len(of))] }

func (m *maker) soup(tokens []string, most int) string {
	var b strings.Builder
	for range m.r.Intn(most + 1) {
		b.WriteString(m.pick(tokens...))
	}
	return b.String()
}

func (m *maker) letters(most int) string { return m.soup([]string{"a", "b", "c", "a", "b", "-"}, most) }

func (m *maker) input(most int) string { return m.soup(inputTokens, most) }

func (m *maker) flags() string {
	return m.pick("", "", "", "", "(?i)", "(?m)", "(?s)", "(?iu)", "(?U)", "(?d)", "(?ims)", "(?md)", "(?iU)")
}

func (m *maker) alternatives(depth int) string {
	s := m.sequence(depth)
	for m.r.Intn(3) == 0 {
		s += "|" + m.sequence(depth)
	}
	return s
}

func (m *maker) sequence(depth int) string {
	var b strings.Builder
	for range m.r.Intn(3) + m.r.Intn(2) {
		b.WriteString(m.atom(depth))
		b.WriteString(m.quantifier())
	}
	return b.String()
}

func (m *maker) quantifier() string {
	return m.pick("", "", "", "", "", "?", "*", "+", "{2}", "{0,1}", "{0,2}", "{1,2}", "{2,}", "{0}") + m.pick("", "", "", "?", "+")
}

func (m *maker) atom(depth int) string {
	if depth == 0 || m.r.Intn(3) > 0 {
		return m.pick(atomTokens...)
	}
	body := func() string { return m.alternatives(depth - 1) }
	switch m.r.Intn(12) {
	case 0, 1, 2:
		return "(?:" + body() + ")"
	case 3, 4, 5:
		m.groups++
		return "(" + body() + ")"
	case 6:
		m.groups++
		return fmt.Sprintf("(?<g%d>%s)", m.groups, body())
	case 7:
		return m.pick("(?=", "(?!") + body() + ")"
	case 8:
		return m.pick("(?<=", "(?<!") + body() + ")"
	case 9:
		return "(?>" + body() + ")"
	case 10:
		return m.pick("(?i:", "(?-i:", "(?s:", "(?m:", "(?u:") + body() + ")"
	}
	return fmt.Sprintf("\\%d", 1+m.r.Intn(3))
}

// loops makes nested groups and repetitions of a few letters, which is where
// Java's captures are most surprising.
func (m *maker) loops(depth int) string {
	var b strings.Builder
	for range 1 + m.r.Intn(3) {
		switch {
		case depth == 0 || m.r.Intn(3) == 0:
			b.WriteString(m.pick("a", "b", "c", "a?", "b*", "[ab]", ".", "", "(a)", "(b)", "(?=(a))", "\\b"))
		case m.r.Intn(3) == 0:
			fmt.Fprintf(&b, "(%s|%s)%s", m.loops(depth-1), m.loops(depth-1), m.quantifier())
		default:
			fmt.Fprintf(&b, "%s%s)%s", m.pick("(", "(", "(?:", "(?>"), m.loops(depth-1), m.quantifier())
		}
	}
	return b.String()
}

// words makes a pattern like those that people write for messages.
func (m *maker) words() string {
	parts := []string{
		"(?i)", "^", "$", "\\s*", "\\s+", "\\b", "(?<n>\\d+)", "(\\d{4,6})", "order", "code", "(?:yes|no)", "yes|no",
		"[A-Z]{2,3}-?\\d+", "(?<w>\\w+)", "(.+)", "(.*?)", "#?", "[:.,]?", "(?<e>[\\w.+-]+@[\\w-]+\\.[\\w.]+)", "\\+?\\d[\\d -]{5,}\\d",
		"(\\d{1,2})[:.](\\d{2})", "(?:am|pm)?", "stop", "(?!\\d)", "(?<!\\d)", "\\$?\\d+(?:\\.\\d{2})?", "\\p{L}+", "[^ ]+", "\\S+",
	}
	var b strings.Builder
	for range 1 + m.r.Intn(4) {
		b.WriteString(m.pick(parts...))
	}
	return b.String()
}

func (m *maker) message() string {
	return m.soup([]string{
		"order ", "Order", "CODE ", "code", "123456", "42", "7", " ", " ", "yes", "NO", "stop", "AB-123", "a.b+c@example.com", "12:30", "9.45pm",
		"$12.50", "#", ": ", ". ", "\n", "Müller", "été", "+1 555 010 9999", "😀", "!", "the ", "is ",
	}, 7)
}

// mix makes a sequence of classes, properties, folded letters and assertions under
// changing flags.
func (m *maker) mix() string {
	names := []string{"L", "Lu", "IsLatin", "IsGreek", "InGreek", "IsAlphabetic", "Lower", "Upper", "Punct", "javaLetter", "IsUppercase", "Alnum", "Space", "IsWord", "sc=Cyrl", "M", "So", "Cn", "LC"}
	var b strings.Builder
	for range 1 + m.r.Intn(5) {
		switch m.r.Intn(8) {
		case 0:
			b.WriteString(m.pick("(?i)", "(?u)", "(?iu)", "(?U)", "(?-i)", "(?-U)", "(?-u)", "(?x)", "(?s)", "(?-s)", "(?m)", "(?d)", "(?-d)", "(?-c)"))
			continue
		case 1, 2:
			b.WriteString("[" + m.pick("", "^") + m.soup(classTokens, 4) + m.pick("a", "k", "é", "\\p{"+m.pick(names...)+"}") + "]")
		case 3:
			b.WriteString(m.pick("\\p{", "\\P{") + m.pick(names...) + "}")
		case 4:
			b.WriteString(m.pick("k", "ſ", "É", "é", "K", "ß", "ẞ", "ßa", "aß", "[ß]", "(ß)", "ß", "σ", "ς", "i", "İ", "ab", "é😀", "[a-é]", "[K-ſ]"))
		case 5:
			b.WriteString(m.pick(boundaryTokens...))
		case 6:
			b.WriteString("(" + m.pick(atomTokens...) + m.quantifier() + m.pick("|", "") + m.pick(atomTokens...) + ")")
		default:
			b.WriteString(m.pick(atomTokens...))
		}
		b.WriteString(m.quantifier())
	}
	return b.String()
}

func flagged(m *maker) *corpusCase {
	c := m.find(m.alternatives(2), m.input(8))
	c.Flags = []Flags{0, CaseInsensitive, Multiline, DotAll, UnixLines, Comments, UnicodeCase | CaseInsensitive, UnicodeCharacterClass, Literal, Literal | CaseInsensitive}[m.r.Intn(10)]
	return c
}

func replacement(m *maker) *corpusCase {
	tokens := []string{"$1", "$2", "$0", "${g1}", "${g2}", "$", "\\", "\\$", "x", "😀", "$10", "$11", "${", "}", "$x", "1"}
	return m.kind(m.pick("replaceAll", "replaceFirst"), m.sequence(2), m.letters(8), m.soup(tokens, 4))
}

// property makes a case with the name of a property, which may not exist, and
// an input of characters at the ends of random sets.
func property(m *maker) *corpusCase {
	index := unicodeIndex()
	names := propertyNames()
	name := names[m.r.Intn(len(names))]
	switch m.r.Intn(8) {
	case 0:
		name = strings.ToLower(name)
	case 1:
		name = strings.ToUpper(name)
	}
	pattern := m.pick("", "", "", "(?i)", "(?U)", "(?iU)", "(?iu)") + m.pick("\\p", "\\p", "\\P", "[^\\p") + "{" + name + "}"
	if strings.Contains(pattern, "[") {
		pattern += "]"
	}
	var input strings.Builder
	keys := make([]string, 0, len(index))
	for key := range index {
		if !strings.HasPrefix(key, "map") && !strings.HasPrefix(key, "name") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for range 20 {
		kind, rest, _ := strings.Cut(keys[m.r.Intn(len(keys))], " ")
		set, _ := lookup(kind, rest)
		if len(set) == 0 {
			continue
		}
		r := set[m.r.Intn(len(set))]
		for _, c := range []rune{r.lo - 1, r.lo, r.hi, r.hi + 1} {
			if c >= 0 && c <= maxRune && !isSurrogate(c) {
				input.WriteRune(c)
			}
		}
	}
	return m.kind("all", pattern, input.String(), "")
}

func propertyNames() []string {
	names := strings.Fields("L M N Z C P S LC LD L1 all ASCII Alnum Alpha Blank Cntrl Digit Graph Lower Print Punct Space Upper XDigit " +
		"javaLowerCase javaUpperCase javaAlphabetic javaIdeographic javaTitleCase javaDigit javaDefined javaLetter javaLetterOrDigit " +
		"javaJavaIdentifierStart javaJavaIdentifierPart javaUnicodeIdentifierStart javaUnicodeIdentifierPart javaIdentifierIgnorable " +
		"javaSpaceChar javaWhitespace javaISOControl javaMirrored javaEmoji Foo Latin Letter Greek IsFoo InFoo sc=Foo x=y gc=Lu general_category=L GC=Nd = gc= IsL IsLu IsL1 Isall IsASCII IsjavaDigit")
	for name := range strings.FieldsSeq("Alphabetic Ideographic Letter Lowercase Uppercase Titlecase Punctuation Control White_Space WhiteSpace Digit Hex_Digit HexDigit " +
		"Join_Control JoinControl Noncharacter_Code_Point NoncharacterCodePoint Assigned Alnum Alpha Blank Cntrl Graph Lower Print Punct Space Upper XDigit Word Emoji") {
		names = append(names, "Is"+name, name, "is"+name)
	}
	for key := range unicodeIndex() {
		switch kind, name, _ := strings.Cut(key, " "); kind {
		case "gc":
			names = append(names, name, "Is"+name, "gc="+name)
		case "sc":
			names = append(names, "Is"+name, "sc="+name, "script="+name)
		case "blk":
			names = append(names, "In"+name, "blk="+name, "block="+name)
		}
	}
	slices.Sort(names)
	return names
}

// casefold makes patterns of characters, ranges and classes that ignore case.
func casefold(m *maker) *corpusCase {
	cased := cases().cased
	char := func() string {
		if m.r.Intn(2) == 0 {
			return m.pick("a", "Z", "i", "I", "k", "K", "s", "S", "é", "É", "ÿ", "µ", "å", "_", "[^a]", "ı", "İ", "ſ", "K", "Å", "σ", "ς", "Σ")
		}
		return string(cased[m.r.Intn(len(cased))].char)
	}
	pattern := m.pick("(?i)", "(?iu)", "(?iu)", "(?iU)")
	switch m.r.Intn(3) {
	case 0:
		pattern += char() + m.pick("", char())
	case 1:
		pattern += "[" + m.pick("", "^") + char() + "-" + char() + "]"
	default:
		pattern += "[" + m.pick("", "^") + char() + char() + "&&" + m.pick("", "[^a]") + char() + "]"
	}
	var input strings.Builder
	for range 12 {
		c := cased[m.r.Intn(len(cased))]
		input.WriteString(string([]rune{c.char, c.upper, c.fold}))
	}
	input.WriteString("aAzZiIıİkKKsSſåÅÅÿŸµμΜσςΣ" + strings.Trim(pattern, "(?iuU)[]^-&"))
	return m.kind("all", pattern, input.String(), "")
}

var (
	inputTokens = []string{"a", "b", "c", "A", "B", "1", "2", "_", "-", ".", " ", "\n", "\r\n", "é", "É", "😀", "\u0301", "a", "b"}
	atomTokens  = []string{
		"a", "b", "c", "A", "1", "-", "_", "é", "😀", ".", "[abc]", "[^a]", "[a-c&&[^b]]", "[A-B\\d]", "[b-é]", "\\d", "\\w", "\\s", "\\W", "\\D", "\\S",
		"\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "\\G", "\\R", "\\X", "\\h", "\\v", "\\p{L}", "\\P{Lu}", "\\p{Lower}", "\\Q.a\\E", "()", "\\x61", "[\\w&&[^\\d]]", "\\b{g}", "\\n",
	}
	syntaxTokens = []string{
		"a", "b", "1", "(", ")", "(?:", "(?<n>", "(?<", "(?=", "(?<=", "(?>", "(?i)", "(?x)", "(?", "|", "*", "+", "?", "{", "}", "{2}", "{1,", "{2,1}", ",", "[", "]", "^", "$",
		"\\", "\\Q", "\\E", "\\1", "\\k<n>", "\\p", "\\p{", "\\x", "\\u", "\\0", "\\c", "\\N{", "L}", "&&", "-", "#", " ", "\n", ":", ">", "!", "<", "=", "i", "é", "😀", ".",
	}
	classTokens = []string{
		"a", "b", "c", "z", "A", "-", "-", "a-c", "^", "&&", "&&", "&", "[", "]", "[ab]", "[^a]", "[a-c&&b]", "\\w", "\\d", "\\D", "\\p{L}", "\\P{Lu}", "\\n", "\\]", "\\-", "\\v", "\\Q-]\\E",
		"é", "😀", "é-ÿ", " ", "#", "\\x61", "\\b", "\\h", "1", "_",
	}
	commentTokens = []string{"a", "b", "c", " ", "\n", "#", "# x\n", "#y\r", "\t", "*", "+", "{1}", "{ 1 }", "(", ")", "( ?:", "(?: ", "(?-x)", "[", "[ a]", "a ]", "\\ ", "\\#", "\\Q #\\E", "\\x6 1", "|", "\u0085", "\v", "\\p {L}", "\\p{ L}"}
	escapeTokens  = []string{
		"0", "01", "012", "0377", "0400", "08", "x", "x6", "x61", "x{61}", "x{", "x{110000}", "x{1F600}", "u", "u0061", "u00", "uD83D\\uDE00", "uD83D", "u{61}", "c", "cA", "ca", "N{", "N{EURO SIGN}", "N{euro sign}", "N{FOO}",
		"N{LINE FEED (LF)}", "N{CJK UNIFIED IDEOGRAPHS 4E00}", "N{HANGUL SYLLABLES AC00}", "N", "e", "a", "t", "y", "i", "j", "k", "k<", "k<n>", "g", "G", "X", "R", "b", "b{g}", "b{", "b{x}", "B", "p", "P", "pL", "PL", "p{", "p{L", "p{}", "v", "V", "h", "H",
		"1", "2", "9", "{", "}", "<", ">", "_", "-", "\\", "é", "😀", "Q", "E", "z", "Z", "A", "C", "F", "L", "M", "T", "U", " ", "\n",
	}
	lineTokens     = []string{"^", "$", "\\Z", "\\z", "\\A", "\\G", ".", ".*", ".+", "\\R", "\\R{2}", "a", "\\n", "\\r", "\\s", "\\v", "(?m)", "(?d)", "(?s)", "(^|a)", "(?:$)", "\\b"}
	lineInput      = []string{"a", "\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029", "\v", "\f", "b"}
	graphemeTokens = []string{"\\X", "\\b{g}", ".", "\\X{2}", "\\X*", "(\\X)", "\\X?+", "a", "^", "$", "\\b{g}."}
	graphemeInput  = []string{"\u0600", "👩", "\u200d", "🇩", "a", "\u0301", "\u200d", "👨", "👩", "🏽", "🇩", "🇪", "\r", "\n", "각", "ᄀ", "ᅡ", "ᆨ", "가", "ः", "\u0600", "❤", "\ufe0f", "क", "्", "é", "\x00", "🏻", "©"}
	boundaryTokens = []string{"\\b", "\\B", "\\b.", ".\\b", "\\w", "\\W", "\\b\\w+\\b", "(\\b|a)", "\\B.", "."}
	boundaryInput  = []string{"a", "_", "1", " ", "-", "é", "\u0301", "\u0300\u0301", "😀", "𝒜", "٣", "\u200d", "²", "\u0903", "Ⅷ", "ª", "\U0001E8D0", "к"}
	backrefTokens  = []string{"(a)", "(b|a)", "(?<n>.)", "(..)", "\\1", "\\2", "\\3", "\\k<n>", "\\11", "(\\1a)", "(?:(a)|b)*", "(é)", "(ß)?", "+", "*", "?", "a", "."}
	foldInput      = []string{"ß", "ẞ", "a", "A", "b", "B", "é", "É", "k", "K", "s", "ſ", "1", "aa", "ab"}
)
