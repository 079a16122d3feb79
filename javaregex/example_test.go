package javaregex_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"temporal-twilio/javaregex"
)

func Example() {
	p, err := javaregex.Compile(`(?i)order\s+number\s+(?<orderNumber>\d{4,})`)
	if err != nil {
		panic(err)
	}
	m, err := p.Find(context.Background(), "Hi, where is Order number 10045?")
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Start(), m.End(), m.Named()["orderNumber"])
	// Output: 13 31 10045
}

func ExampleCompile() {
	_, err := javaregex.Compile(`Order (\d+`)
	if syntax, ok := errors.AsType[*javaregex.SyntaxError](err); ok {
		fmt.Println(syntax.Index)
		fmt.Println(syntax.Message)
	}
	// Output:
	// 10
	// unclosed group: add a ), or write \( for the character itself
}

func ExampleCompileFlags() {
	p, _ := javaregex.CompileFlags("yes|no", javaregex.CaseInsensitive)
	m, _ := p.Matches(context.Background(), "YES")
	fmt.Println(m != nil)
	// Output: true
}

func ExampleCompileLimits() {
	p, _ := javaregex.CompileLimits(`^(?:(a+)(a+)\1\2)+$`, 0, javaregex.Limits{Steps: 10_000})
	_, err := p.Find(context.Background(), strings.Repeat("a", 101))
	var budget *javaregex.BudgetError
	fmt.Println(errors.As(err, &budget))
	// Output: true
}

func ExamplePattern_Find() {
	p, _ := javaregex.Compile(`(?<day>mon|tue)(?:s?day)?|(?<never>never)`)
	m, _ := p.Find(context.Background(), "on tuesday")
	for i := range m.GroupCount() + 1 {
		text, ok := m.Group(i)
		fmt.Printf("%d %q %v\n", i, text, ok)
	}
	// Output:
	// 0 "tuesday" true
	// 1 "tue" true
	// 2 "" false
}

func ExamplePattern_FindAll() {
	p, _ := javaregex.Compile(`\d+|$`)
	all, _ := p.FindAll(context.Background(), "10 and 20", 0)
	for _, m := range all {
		text, _ := m.Group(0)
		fmt.Printf("%d %q\n", m.Start(), text)
	}
	// Output:
	// 0 "10"
	// 7 "20"
	// 9 ""
}

func ExamplePattern_ReplaceAll() {
	p, _ := javaregex.Compile(`(?<first>\w+) (?<last>\w+)`)
	text, _ := p.ReplaceAll(context.Background(), "Ada Lovelace", "${last}, $1")
	fmt.Println(text)
	// Output: Lovelace, Ada
}

func ExamplePattern_Split() {
	p, _ := javaregex.Compile(`\s*[,;]\s*`)
	pieces, _ := p.Split(context.Background(), "red, green ;blue,,", 0)
	fmt.Printf("%q\n", pieces)
	// Output: ["red" "green" "blue"]
}

func ExampleMatch_Groups() {
	pattern, err := javaregex.Compile(`(?<word>yes)|(no)`)
	if err != nil {
		panic(err)
	}
	match, err := pattern.Find(context.Background(), "yes")
	if err != nil {
		panic(err)
	}
	groups := match.Groups()
	fmt.Println(*groups["word"], *groups["1"], groups["2"])
	// Output: yes yes <nil>
}
