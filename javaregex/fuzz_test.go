package javaregex

// Tests of what must be true for any pattern and input: nothing panics, limits
// hold, and every optimization finds what the plain matcher finds.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"temporal-twilio/test/cputime"
)

func seeds(f *testing.F) {
	for _, c := range generate(3, 12, "") {
		f.Add(c.Pattern, c.Input, int(c.Flags))
	}
	for _, c := range hostile {
		if len(c.pattern) < 100 {
			f.Add(c.pattern, c.input, 0)
		}
	}
	f.Add("(?<=.)\xff.", "\xf0\x9f\x98\xff\x80a", 0)
	f.Add(`(?<=.)\W`, "\xf0\x9f\x98\x80\x80\xc3", 0)
}

var fuzzLimits = Limits{Steps: 200_000, Memory: 1 << 20, Nesting: 300}

// FuzzAnyPattern runs any pattern on any input: nothing may panic, and offsets must be within
// the input and in order.
func FuzzAnyPattern(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, pattern, input string, flags int) {
		p, err := CompileLimits(pattern, Flags(flags), fuzzLimits)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Index < -1 || syntax.Index > len(pattern) {
				t.Fatalf("got error %#v, want a *SyntaxError with an index in the pattern or -1", err)
			}
			return
		}
		ctx := context.Background()
		all, err := p.FindAll(ctx, input, 100)
		checkError(t, err)
		for _, m := range all {
			for i := range m.GroupCount() + 1 {
				if start, end := m.GroupStart(i), m.GroupEnd(i); start > end || end > len(input) || start < -1 {
					t.Fatalf("got group %d from %d to %d, want offsets in order, within the %d bytes of input", i, start, end, len(input))
				}
				m.Group(i)
			}
		}
		_, err = p.Matches(ctx, input)
		checkError(t, err)
		_, err = p.ReplaceAll(ctx, input, input)
		if _, ok := errors.AsType[*ReplacementError](err); !ok {
			checkError(t, err)
		}
		_, err = p.Split(ctx, input, 0)
		checkError(t, err)
	})
}

func checkError(t *testing.T, err error) {
	var budget *BudgetError
	if err != nil && !errors.As(err, &budget) {
		t.Fatalf("got error %#v, want none or a *BudgetError", err)
	}
}

// FuzzShortcuts compares the shortcuts, which skip positions that cannot match and
// remember failures, with the plain matcher.
func FuzzShortcuts(f *testing.F) {
	seeds(f)
	f.Fuzz(checkShortcuts)
}

func TestShortcutsAgreeWithThePlainMatcher(t *testing.T) {
	for _, c := range generate(11, 300, "") {
		checkShortcuts(t, c.Pattern, c.Input, int(c.Flags))
	}
	// What follows x? is tried first in an empty iteration, then in a non-empty one.
	for _, pattern := range []string{
		`(?>(?:yx|x?(?:a|)|b)*(?=[xd]))(?=x)`,
		`(?>(?:yx|x?(?:ab|)a*|b)*(?=[xd]))(?=x)`,
		`(?>(?:yx|x?a*?|b)*(?=[xd]))(?=x)`,
	} {
		checkShortcuts(t, pattern, "yxbd", 0)
	}
}

func checkShortcuts(t *testing.T, pattern, input string, flags int) {
	if !utf8.ValidString(input) {
		return // U+FFFD in a pattern matches an invalid byte only in a class, because text is compared byte by byte
	}
	limits := fuzzLimits.withDefaults()
	tree, err := parse(pattern, Flags(flags), limits)
	if err != nil {
		return
	}
	fast := newPattern(pattern, limits, compile(tree))
	tree, _ = parse(pattern, Flags(flags), limits)
	c := newCompiler(tree)
	leaky := c.leaky
	c.leaky = true
	c.compile(tree.root)
	plain := newPattern(pattern, limits, c.program)

	for _, start := range []int{0, wholeInput} {
		want, ok := outcome(plain, input, start, false)
		if !ok {
			return
		}
		if got, ok := outcome(fast, input, start, false); ok && got != want {
			t.Fatalf("%q on %q from %d: got %s, want %s as from the plain matcher", pattern, input, start, got, want)
		}
		if got, ok := outcome(fast, input, start, true); ok && !leaky && got != want {
			t.Fatalf("%q on %q from %d, remembering failures: got %s, want %s as from the plain matcher", pattern, input, start, got, want)
		}
	}
}

// outcome returns, as text, the groups of the first match from start on, or
// "none". It returns false if a budget ended the search.
func outcome(p *Pattern, input string, start int, remember bool) (string, bool) {
	m := machine{stack: make([]frame, 1)}
	if m.begin(context.Background(), p, input) != nil {
		return "", false
	}
	if remember {
		m.slow = true
		m.memo = newMemo(&m)
	}
	found, err := p.next(context.Background(), &m, start, 0)
	if err != nil {
		return "", false
	}
	if !found {
		return "none", true
	}
	return fmt.Sprint(m.groups), true
}

func TestContextEndsAMatch(t *testing.T) {
	p, err := CompileLimits(`^(?:(a+)(a+)\1\2)+$`, 0, Limits{Steps: 1 << 40, Memory: 1 << 28, Time: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	const allowed = 500 * time.Millisecond
	var took time.Duration
	for range 5 { // the garbage collector may take some of the time
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		begun := cputime.Used()
		_, err = p.Find(ctx, strings.Repeat("a", 1009))
		took = cputime.Used() - begun
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got error %v, want context.DeadlineExceeded", err)
		}
		if took <= allowed {
			break
		}
	}
	if took > allowed {
		t.Errorf("took %v of CPU time with a deadline of 20ms, want at most %v", took, allowed)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Find(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

func TestLimitsAreEnforced(t *testing.T) {
	for _, c := range []struct {
		name, pattern, input string
		limits               Limits
		budget               Budget
	}{
		{"steps", `^(?:(a+)(a+)\1\2)+$`, strings.Repeat("a", 101), Limits{Steps: 10_000, Time: time.Minute}, BudgetSteps},
		{"time", `^(?:(a+)(a+)\1\2)+$`, strings.Repeat("a", 1009), Limits{Steps: 1 << 40, Memory: 1 << 28, Time: time.Millisecond}, BudgetTime},
		{"memory", `(?:a|b)*c`, strings.Repeat("ab", 100_000) + "c", Limits{Memory: 1 << 20, Time: time.Minute}, BudgetMemory},
		{"input", `a`, "aaaa", Limits{Input: 3}, BudgetInput},
		{"output", `a`, "aaaa", Limits{Output: 3}, BudgetOutput},
		{"steps of many matches", `a`, strings.Repeat("a", 100_000), Limits{Steps: 10_000, Time: time.Minute}, BudgetSteps},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := CompileLimits(c.pattern, 0, c.limits)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.ReplaceAll(context.Background(), c.input, "$0")
			var budget *BudgetError
			if !errors.As(err, &budget) || budget.Budget != c.budget {
				t.Errorf("got error %v, want a BudgetError for %s", err, c.budget)
			}
		})
	}
	if _, err := CompileLimits("aaaa", 0, Limits{Pattern: 3}); err == nil {
		t.Error("a pattern longer than the limit was compiled, want an error")
	}
	if _, err := CompileLimits("((a))", 0, Limits{Nesting: 2}); err == nil {
		t.Error("a pattern nested deeper than the limit was compiled, want an error")
	}
	if _, err := CompileFlags("a", CanonEq); err == nil {
		t.Error("CompileFlags accepted the CanonEq flag, want an error")
	}
}

func TestMatchAllocatesOnlyItsResult(t *testing.T) {
	p, err := Compile(`(?i)\b(?:code|otp)\b\D{0,20}(?<code>\d{4,8})\b`)
	if err != nil {
		t.Fatal(err)
	}
	var kept *Match
	find := func(input string) float64 {
		return testing.AllocsPerRun(200, func() {
			if kept, err = p.Find(context.Background(), input); err != nil {
				t.Fatal(err)
			}
		})
	}
	if n := find("your code is 482913"); n > 1 || kept == nil {
		t.Errorf("got %v allocations for %v, want at most 1", n, kept)
	}
	if n := find("no such thing"); n > 0 || kept != nil {
		t.Errorf("got %v allocations for %v, want none", n, kept)
	}
	if testing.CoverMode() != "" {
		return // coverage instrumentation keeps Find from being inlined
	}
	end := 0
	if n := testing.AllocsPerRun(200, func() {
		m, err := p.Find(context.Background(), "your code is 482913")
		if err != nil {
			t.Fatal(err)
		}
		end = m.End()
	}); n > 0 || end == 0 {
		t.Errorf("got %v allocations for a match that is not kept and ends at %d, want none", n, end)
	}
}

func TestPatternServesManyGoroutines(t *testing.T) {
	p, err := Compile(`(?i)(\p{L}+) (?<n>\d+)`)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				want := strings.Repeat("7", i+1)
				m, err := p.Find(context.Background(), "ordine "+want)
				if err != nil || m.Named()["n"] != want {
					t.Errorf("got match %v, error %v, want the group n to be %s", m, err, want)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestFindFromSeesTheWholeInput(t *testing.T) {
	for _, c := range []struct {
		pattern, input string
		from, want     int
	}{
		{`a`, "aba", 1, 2},
		{`^a`, "aa", 1, -1},
		{`(?<=a)a`, "aa", 1, 1},
		{`\Ga`, "aa", 1, 1},
		{`\bb`, "ab b", 1, 3},
		{`$`, "ab", 2, 2},
		{`a`, "a", 2, -1},
		{`a`, "a", -1, -1},
		{`.`, "éa", 1, 2},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.FindFrom(context.Background(), c.input, c.from)
		got := -1
		if m != nil {
			got = m.Start()
		}
		if err != nil || got != c.want {
			t.Errorf("%q in %q from %d: got start %d, error %v, want start %d", c.pattern, c.input, c.from, got, err, c.want)
		}
	}
}
