package javaregex

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// If a pattern is a single class, replacing its matches does not use the
// matcher. If the class is in a group, replacing uses the matcher.
func TestReplacingOneClassAgreesWithGroups(t *testing.T) {
	ctx := context.Background()
	for _, class := range []string{`[^0-9+]`, `\d`, `.`, `[äß€]`, `[^a]`, `\s`, `[\x{1F600}-\x{1F64F}]`, `\p{L}`} {
		for _, input := range []string{"", "a", "+34 (600) 111-222", "a\nb\r\nc", "Grüße für 5 €", "😀 a 😀", "\xff a \xe2\x82 b"} {
			for _, replacement := range []string{"", "-", "<€>"} {
				for _, all := range []bool{true, false} {
					alone, inGroup := must(t, class), must(t, "("+class+")")
					if alone.prog.single == nil || inGroup.prog.single != nil {
						t.Fatalf("%s: got %v for a single class alone and %v in a group, want true and false", class, alone.prog.single != nil, inGroup.prog.single != nil)
					}
					got, found, err := alone.AppendReplaced(ctx, []byte("kept"), input, replacement, all)
					want, wantFound, wantErr := inGroup.AppendReplaced(ctx, []byte("kept"), input, replacement, all)
					if string(got) != string(want) || found != wantFound || err != nil || wantErr != nil {
						t.Errorf("%s in %q by %q, all %v: got %q, %v, %v, want %q, %v, %v as for the class in a group",
							class, input, replacement, all, got, found, err, want, wantFound, wantErr)
					}
				}
			}
		}
	}
}

func TestReplacingOneClassKeepsLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		budget Budget
	}{
		{"input", Limits{Input: 10}, BudgetInput},
		{"output", Limits{Output: 10}, BudgetOutput},
	} {
		p, err := CompileLimits(`[a-c]`, 0, c.limits)
		if err != nil {
			t.Fatal(err)
		}
		var budget *BudgetError
		if _, err := p.ReplaceAll(context.Background(), strings.Repeat("a", 20), "b"); !errors.As(err, &budget) || budget.Budget != c.budget {
			t.Errorf("%s: got error %v, want a BudgetError for %s", c.name, err, c.budget)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := must(t, `[a-c]`).ReplaceAll(ctx, "a", "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: got error %v, want context.Canceled", err)
	}
}

func must(t *testing.T, pattern string) *Pattern {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMatchesWholeAgreesWithMatches(t *testing.T) {
	for _, pattern := range []string{`A-\d+`, `(a|ab)(c|bcd)`, `a*`, `(a+)+b`, `(?i)yes|no`} {
		for _, input := range []string{"", "A-10045", "A-", "abcd", "ac", "aaa", "aaab", "YES", "nope"} {
			p := must(t, pattern)
			m, err := p.Matches(context.Background(), input)
			ok, err2 := p.MatchesWhole(context.Background(), input)
			if err != nil || err2 != nil || ok != (m != nil) {
				t.Errorf("%s on %q: MatchesWhole returned %v, error %v, but Matches returned %v, error %v", pattern, input, ok, err2, m, err)
			}
		}
	}
}
