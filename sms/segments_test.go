package sms

import (
	"strings"
	"testing"
)

func TestMeasureMatchesTwiliosCalculator(t *testing.T) {
	a, ya := strings.Repeat("a", 152), strings.Repeat("я", 66)
	for name, tc := range map[string]struct {
		body     string
		encoding Encoding
		segments int
	}{
		"an empty body is one segment":                       {"", GSM7, 1},
		"160 letters fit in one segment":                     {strings.Repeat("a", 160), GSM7, 1},
		"161 letters need two segments":                      {strings.Repeat("a", 161), GSM7, 2},
		"306 letters fill two segments":                      {strings.Repeat("a", 306), GSM7, 2},
		"307 letters need three segments":                    {strings.Repeat("a", 307), GSM7, 3},
		"a euro sign counts as two septets":                  {strings.Repeat("€", 80), GSM7, 1},
		"81 euro signs need two segments":                    {strings.Repeat("€", 81), GSM7, 2},
		"an escaped pair is never split":                     {a + "€" + a, GSM7, 3},
		"70 Cyrillic letters fit in one segment":             {strings.Repeat("я", 70), UCS2, 1},
		"71 Cyrillic letters need two segments":              {strings.Repeat("я", 71), UCS2, 2},
		"134 Cyrillic letters fill two segments":             {strings.Repeat("я", 134), UCS2, 2},
		"135 Cyrillic letters need three segments":           {strings.Repeat("я", 135), UCS2, 3},
		"35 emoji fit in one segment":                        {strings.Repeat("😀", 35), UCS2, 1},
		"36 emoji need two segments":                         {strings.Repeat("😀", 36), UCS2, 2},
		"a surrogate pair is never split":                    {ya + "😀" + ya, UCS2, 3},
		"an accent is not split from its letter":             {ya + "e\u0301" + ya, UCS2, 3},
		"a flag is never split":                              {ya[:2*64] + "🇩🇪" + ya, UCS2, 3},
		"two flags may be split":                             {ya[:2*63] + "🇩🇪🇫🇷" + ya[:2*63], UCS2, 2},
		"a skin tone is not split from its hand":             {ya[:2*65] + "👍🏽" + ya, UCS2, 3},
		"a joined family is never split":                     {ya[:2*63] + "👨\u200d👩\u200d👧" + ya, UCS2, 3},
		"a Korean syllable in parts is never split":          {ya + "\u1112\u1161\u11ab" + ya, UCS2, 3},
		"two whole Korean syllables may be split":            {ya + "한국" + ya[:2*66], UCS2, 2},
		"a curly apostrophe makes the body UCS-2":            {"it’s", UCS2, 1},
		"a capital C with cedilla is GSM-7":                  {"Ç", GSM7, 1},
		"a small c with cedilla is not GSM-7":                {"ç", UCS2, 1},
		"a backtick is not GSM-7":                            {"`", UCS2, 1},
		"a tab is not GSM-7":                                 {"\t", UCS2, 1},
		"a form feed counts as two septets":                  {strings.Repeat("\f", 81), GSM7, 2},
		"Greek capitals in the alphabet are GSM-7":           {"ΔΦΓΛΩΠΨΣΘΞ", GSM7, 1},
		"a body that is not valid UTF-8 is measured as sent": {"\xff", UCS2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := Measure(tc.body)
			if got.Encoding != tc.encoding || got.Segments != tc.segments {
				t.Errorf("got %s in %d segments, want %s in %d", got.Encoding, got.Segments, tc.encoding, tc.segments)
			}
		})
	}
}

func TestMeasureNamesTheCulprit(t *testing.T) {
	got := Measure("Ünder the ‘roof’")
	if got.Culprit != '‘' || got.CulpritIndex != 10 {
		t.Errorf("got culprit %q at %d, want ‘ at 10", got.Culprit, got.CulpritIndex)
	}
	if got := Measure("plain"); got.Culprit != 0 || got.CulpritIndex != -1 {
		t.Errorf("got culprit %q at %d in a GSM-7 body, want none", got.Culprit, got.CulpritIndex)
	}
}

func BenchmarkMeasure(b *testing.B) {
	body := strings.Repeat("Your order 42 is on its way. ", 8)
	b.ReportAllocs()
	for b.Loop() {
		Measure(body)
	}
}
