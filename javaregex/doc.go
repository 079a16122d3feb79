// Package javaregex matches the regular expressions of java.util.regex, as JDK 17 does.
//
// Go's regexp is another language: it has no lookaround, back references, possessive quantifiers
// or class intersections, and where the syntax is the same the meaning often is not: \s, $, case
// folding, \b and what a repeated group captures all differ. A pattern that was written for Java
// means here what it means there, captures included, and what Java rejects is rejected.
//
//	p, err := javaregex.Compile(`Order Number (?<orderNumber>\d+)`)
//	m, err := p.Find(ctx, "Order Number 10045")
//	m.Named()["orderNumber"] // "10045"
//
// # Bounds
//
// Patterns of this kind can take exponential time: (a+)+$ on a few dozen a's is enough to keep
// Java busy for years. Here a match that takes long begins to remember which parts of the pattern
// have failed where; from then on the time for most such patterns grows with the length of the
// input only. A match that still takes too long ends with a [BudgetError] after [Limits].Steps,
// about a tenth of a second by default, or [Limits].Time. Memory is bounded in the same way, the
// context is checked every 2048 steps, and neither a pattern nor an input can exhaust the stack. An
// error means that it is not known whether there is a match.
//
// # Text
//
// Inputs are UTF-8, and offsets are in bytes. Java counts in UTF-16 units, and its matches can
// begin or end between the two units of a character; here they do not. An invalid byte counts as
// U+FFFD. Characters have the properties of Unicode 13, which is JDK 17's.
//
// # Syntax
//
// All of java.util.regex.Pattern is supported, except for canonical equivalence (CANON_EQ):
//
//	x  \t \n \x41 \x{1F600} \u0041 \0101 \cA \N{EURO SIGN}    characters
//	\Q…\E                                                     plain text
//	[abc] [^abc] [a-z] [a-z[0-9]] [a-z&&[^aeiou]]             classes, unions, intersections
//	. \d \D \w \W \s \S \h \H \v \V \R \X                     predefined classes, line break, cluster
//	\p{Lower} \p{L} \p{IsLatin} \p{InGreek} \p{IsAlphabetic}  properties; \P{…} is the negation
//	\p{script=Latin} \p{block=Greek} \p{gc=Lu} \p{javaLetter}
//	^ $ \A \z \Z \G \b \B \b{g}                               places
//	* + ? {n} {n,} {n,m}, with ? lazy, with + possessive      repetition
//	(…) (?<name>…) (?:…) (?>…) \1 \k<name>                    groups
//	(?=…) (?!…) (?<=…) (?<!…)                                 lookaround
//	(?idmsuxU-idmsuxU) (?i:…)                                 flags
//
// # How it works
//
// A parser reads the pattern to a tree in which all flags are resolved: every character, class and
// property is a plain set of code points (parser.go, parse_class.go, parse_escape.go, property.go,
// fold.go). The tree is compiled to a program, each instruction of which knows how what follows it
// can begin (program.go, first.go). The matcher runs it with a stack of its own (machine.go,
// repeat.go, place.go) and a memory of failures (memo.go).
//
// Java matches a repetition in one of four ways, and its choice is visible. A loop is backtracked
// into; but if the body is deterministic, in Java's terms, each iteration is matched by itself and
// never reconsidered, so that \R{2} does not match "\r\n". Captures made in such a part persist even
// if what follows fails. The program distinguishes the same four ways.
//
// internal/jdk/Oracle.java asks the JDK for its answers; testdata/corpus.jsonl has
// thousands of them, and TestAgainstJava makes new cases at random. The tables of characters in
// unicode.txt are written by internal/jdk/Tables.java.
package javaregex
