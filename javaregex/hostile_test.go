package javaregex

// Patterns that take other engines exponential time or unbounded memory.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"temporal-twilio/test/cputime"
)

// hostile lists patterns with inputs, and whether each pattern matches its
// input.
var hostile = []struct {
	name, pattern, input string
	found                bool
}{
	{"nested plus", `^(a+)+$`, strings.Repeat("a", 60) + "!", false},
	{"nested star", `(a*)*b`, strings.Repeat("a", 100), false},
	{"nested plus of a class", `^([a-zA-Z0-9])+([a-zA-Z0-9]+)*@`, strings.Repeat("a", 200), false},
	{"overlapping branches", `^(a|aa)+$`, strings.Repeat("a", 60) + "!", false},
	{"equal branches", `^(a|a)*$`, strings.Repeat("a", 100) + "b", false},
	{"branches that match nothing", `^(|a|)+$`, strings.Repeat("a", 100) + "b", false},
	{"optional in a loop", `^(a|a?)+$`, strings.Repeat("a", 60) + "!", false},
	{"three levels", `^((a+)+)+$`, strings.Repeat("a", 60) + "!", false},
	{"ten levels", `^((((((((((a+)+)+)+)+)+)+)+)+)+)$`, strings.Repeat("a", 60) + "!", false},
	{"lazy loops", `^(a+?)+?$`, strings.Repeat("a", 60) + "!", false},
	{"words", `^(\w+\s?)*$`, strings.Repeat("word ", 40) + "!", false},
	{"names", `^(([a-z])+.)+[A-Z]([a-z])+$`, strings.Repeat("a", 100), false},
	{"names in any script", `^((\p{L}+[ '-]?)+),`, strings.Repeat("Jean ", 30), false},
	{"e-mail", `^([a-zA-Z0-9_.+-]+)+@([a-z0-9-]+\.)+[a-z]+$`, strings.Repeat("a.", 80), false},
	{"host", `^(([a-z0-9]+-*)*[a-z0-9]+\.)+[a-z]{2,}$`, strings.Repeat("a", 150), false},
	{"counted loop", `(.*a){20}`, strings.Repeat("a", 19) + strings.Repeat("x", 100), false},
	{"counted branches", `^(a|aa|aaa){1,40}$`, strings.Repeat("a", 50) + "!", false},
	{"counted in counted", `^((a{1,5}){1,5}){1,5}$`, strings.Repeat("a", 200), false},
	{"counted digits", `(?:\d{1,3}){1,50}[^\d]{3}$`, strings.Repeat("1", 100), false},
	{"optionals, then as many required", `(?:a?){200}a{200}`, strings.Repeat("a", 200), true},
	{"optionals one by one", strings.Repeat("a?", 60) + strings.Repeat("a", 60), strings.Repeat("a", 60), true},
	{"dots", `.*.*.*.*=.*`, strings.Repeat("x", 2000), false},
	{"dots before a class", `.*.*.*[=!]`, strings.Repeat("x", 1000), false},
	{"lazy dots", `^.*?a.*?b.*?c.*?d.*?e$`, strings.Repeat("abcd", 100), false},
	{"a run from every position", `\s+$`, strings.Repeat(" ", 20000) + "x", false},
	{"a run and a similar one", `\d+\d+\d+\d+x`, strings.Repeat("1", 1000), false},
	{"a run in a group", `(\d+)-(\d+)x`, strings.Repeat("1", 5000), false},
	{"word boundaries", `(\b\w+\b\s*)+;`, strings.Repeat("ab ", 60), false},
	{"numbers", `^-?(\d+,?)+(\.\d+)?$`, strings.Repeat("1", 60) + "x", false},
	{"quoted", `^("([^"\\]|\\.)*"\s*)*$`, strings.Repeat(`"a" `, 50) + `"`, false},
	{"comment", `/\*([^*]|\*+[^*/])*\*+/`, "/*" + strings.Repeat("*a", 100), false},
	{"markup", `<(\w+\s*(\w+="[^"]*"\s*)*)*>`, "<a " + strings.Repeat(`b="c" `, 30), false},
	{"back reference", `(a+)+\1b`, strings.Repeat("a", 50) + "c", false},
	{"back reference to the end", `^(a*)*\1$`, strings.Repeat("a", 40) + "b", false},
	{"back reference that repeats", `^(..+)\1+$`, strings.Repeat("a", 101), false},
	{"two back references", `^(a*)(a*)\1\2x$`, strings.Repeat("a", 60), false},
	{"back reference in a loop", `^(?:(a|aa)\1?)+$`, strings.Repeat("a", 40) + "!", false},
	{"repeated words", `\b(\w+)\b(?:.*\b\1\b){5}`, strings.Repeat("a b c d e f g h ", 10), true},
	{"lookahead in a loop", `^(?=(a+)+$)`, strings.Repeat("a", 60) + "!", false},
	{"negative lookahead in a loop", `^(?:(?!b)a+)+$`, strings.Repeat("a", 60) + "!", false},
	{"lookaheads of a password", `^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])(?=.*\W).{8,}$`, strings.Repeat("aB1", 500), false},
	{"lookbehind with a large length", `(?<![a-z]{0,500})x`, strings.Repeat("a", 3000), false},
	{"lookbehind of runs", `(?<=a{1,100}b{1,100})c`, strings.Repeat("ab", 300), false},
	{"atomic in a loop", `^(?>a|aa)+$`, strings.Repeat("a", 100) + "!", false},
	{"possessive in a loop", `^(?:a++b?)*$`, strings.Repeat("a", 100) + "!", false},
	{"possessive loop of branches", `^(?:a|ab|b)*+c`, strings.Repeat("ab", 200), false},
	{"graphemes", `^(\X+)+!$`, strings.Repeat("a\u0301", 40), false},
	{"line breaks", `^(\R+)+x`, strings.Repeat("\r\n", 60), false},
	{"fold", `(?iu)^(k+|K+)+$`, strings.Repeat("k", 60) + "!", false},
	{"intersection", `^([\w&&[^_]]+)*$`, strings.Repeat("a", 60) + "!", false},
	{"any script", `^(\p{IsAlphabetic}+\p{IsPunctuation}?)+$`, strings.Repeat("ж", 60) + "\n\n", false},
	{"many branches", `^(?:` + strings.Repeat("a|", 300) + `b)*c`, strings.Repeat("a", 200), false},
	{"a date", `^(\d{1,2}[/.-]?){1,10}(\d{2}|\d{4})?$`, strings.Repeat("1", 60), false},
	{"a phone number", `^\+?(\d[\s-]*)+x$`, strings.Repeat("1 ", 200), false},
	{"white space at the end", `^(.*?)\s*;\s*$`, strings.Repeat(" ", 3000), false},
	{"csv", `^(.*?,){12}P`, strings.Repeat("1,2,3,4,5,6,7,8,9,10,", 4), false},
	{"deep groups", strings.Repeat("(?:", 3000) + "a" + strings.Repeat(")", 3000), "a", true},
	{"deep optional groups", strings.Repeat("(?:", 1000) + "a" + strings.Repeat(")?", 1000), "a", true},
	{"deep loops", strings.Repeat("(?:", 300) + "a|b" + strings.Repeat(")*", 300) + "c", strings.Repeat("ab", 30), false},
	{"deep counts", strings.Repeat("(?:", 60) + "a|b" + strings.Repeat("){4}", 60), "ab", false},
	{"deep lookbehinds", strings.Repeat("(?<=", 400) + "a" + strings.Repeat(")", 400), "ab", true},
	{"deep lookaheads", strings.Repeat("(?=", 1000) + "a" + strings.Repeat(")", 1000), "ab", true},
	{"deep classes", strings.Repeat("[", 4000) + "a" + strings.Repeat("]", 4000), "a", true},
	{"deep negated classes", strings.Repeat("[^", 4000) + "a" + strings.Repeat("]", 4000), "a", true},
	{"deep intersections", strings.Repeat("[a&&", 2000) + "a" + strings.Repeat("]", 2000), "a", true},
	{"deep captures", strings.Repeat("(", 1000) + "a" + strings.Repeat(")*", 1000), "a", true},
	{"many branches in a row", strings.Repeat("(a|b)", 2000), strings.Repeat("ab", 1000), true},
	{"many loops in a row", strings.Repeat("(?:a|b)*", 2000), strings.Repeat("ab", 10), true},
	{"many optional groups in a row", strings.Repeat("(a)?", 2000) + "b", strings.Repeat("a", 1000), false},
	{"many back references", strings.Repeat("(a)", 500) + strings.Repeat(`\1(?:b|c)*`, 500), strings.Repeat("a", 900), false},
	{"many folded ranges", `(?iu)[` + strings.Repeat("à-þ", 500) + `]`, "É", true},
	{"many properties", strings.Repeat(`[\p{L}&&[^\p{Lu}]]`, 100), strings.Repeat("a", 100), true},
	{"more branches in a row", strings.Repeat("(a|b)", 4000), strings.Repeat("ab", 2000), true},
	{"many properties in a row", strings.Repeat(`\pL`, 5000), strings.Repeat("a", 5000), true},
	{"great counts", `(?:a{1,1000}){1,1000}b`, strings.Repeat("a", 1000), false},
	{"large counts of branches", `(?:a|b){1,2000}c`, strings.Repeat("ab", 800), false},
	{"a large count alone", `a{2147483647}`, strings.Repeat("a", 1000), false},
	{"a run at either end", `^\s+|\s+$`, "x" + strings.Repeat(" ", 1<<16) + "x", false},
	{"an address", `^(https?://)?([\da-z.-]+)\.([a-z.]{2,6})([/\w .-]*)*/?$`, "http://a.co" + strings.Repeat("/x", 20000) + "?", false},
	{"runs in nested lookaheads", strings.Repeat("(?=a*", 100) + "b" + strings.Repeat(")", 100), strings.Repeat("a", 500), false},
	{"lazy runs in a row", `(.*?)(.*?)(.*?)(.*?)[;!]$`, "!" + strings.Repeat("a", 1<<16), false},
	{"lazy runs in nested loops", `^(?:(?:a+?)+?)+?$`, strings.Repeat("a", 20000) + "!", false},
	{"a long text that nearly fits", "(?i)" + strings.Repeat("a", 30000) + "b", strings.Repeat("a", 1<<16), false},
	{"a class with many members", "[" + apart(5000) + "]x", strings.Repeat("\u4E01", 20000), false},
	{"an empty group repeated very often", `(?:(?:){1000000}){1000000}x`, "y", false},
	{"an empty match in a loop of branches", `(?:|(?:)){2000000000}x`, "y", false},
}

// apart returns n characters, no two of which have consecutive code points.
func apart(n int) string {
	runes := make([]rune, n)
	for i := range runes {
		runes[i] = rune(0x4E00 + 2*i)
	}
	return string(runes)
}

// TestHostilePatterns allows each pattern 200 ms of CPU time. Nearly all must
// get the correct answer, and none a wrong one.
func TestHostilePatterns(t *testing.T) {
	const allowed = 200 * time.Millisecond * slowdown
	right := 0
	for _, c := range hostile {
		var (
			m    *Match
			err  error
			took time.Duration
		)
		for range 5 { // the garbage collector may take some of the time
			begun := cputime.Used()
			m, err = compileAndFind(c.pattern, c.input)
			if took = cputime.Used() - begun; took < allowed {
				break
			}
		}
		var budget *BudgetError
		switch {
		case took > allowed:
			t.Errorf("%s: took %v, want at most %v", c.name, took, allowed)
		case errors.As(err, &budget):
			t.Logf("%s: ended after %v: %v", c.name, took, err)
		case err != nil || c.found != (m != nil):
			t.Errorf("%s: got found %v, error %v, want found %v", c.name, m != nil, err, c.found)
		default:
			right++
		}
	}
	t.Logf("%d of %d hostile patterns got the correct answer in time", right, len(hostile))
	if right < len(hostile)-2 {
		t.Errorf("got the correct answer for %d of %d hostile patterns, want at least %d", right, len(hostile), len(hostile)-2)
	}
}

func compileAndFind(pattern, input string) (*Match, error) {
	p, err := CompileLimits(pattern, 0, Limits{Time: time.Minute}) // the number of steps is the same on any machine
	if err != nil {
		return nil, err
	}
	return p.Find(context.Background(), input)
}
