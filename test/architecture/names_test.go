package architecture

// Test names are short and begin with their subject, so that "-run Broadcast"
// finds all tests of broadcasts.

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxWords is the most words that may follow "Test".
const maxWords = 6

var (
	afterSmall    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	afterCapitals = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
	// notSubjects lists words that must not start a test's name.
	notSubjects = []string{"A", "An", "The", "It", "What", "Whoever", "Every", "Each"}
)

func TestNamesOfTestsAreShort(t *testing.T) {
	for name := range testNames(t, filepath.Join("..", "..")) {
		words := wordsOf(name)
		if len(words) > maxWords {
			t.Errorf("%s has %d words, want at most %d: name the subject and what happens to it", name, len(words), maxWords)
		}
		if slices.Contains(notSubjects, words[0]) {
			t.Errorf("%s does not begin with the subject of the test", name)
		}
	}
}

func TestWordsOfNamesAreCounted(t *testing.T) {
	for name, want := range map[string]string{
		"TestSendSmsCompletes":     "Send Sms Completes",
		"TestURLOfATextIsUCS2Safe": "URL Of A Text Is UCS2 Safe",
		"TestDecodeReadsTheSID":    "Decode Reads The SID",
	} {
		if got := strings.Join(wordsOf(name), " "); got != want {
			t.Errorf("wordsOf(%s) = %q, want %q", name, got, want)
		}
	}
}

// wordsOf returns the words of a test's name. An abbreviation counts as one
// word.
func wordsOf(name string) []string {
	name = afterSmall.ReplaceAllString(strings.TrimPrefix(name, "Test"), "$1 $2")
	return strings.Fields(afterCapitals.ReplaceAllString(name, "$1 $2"))
}
