package freemarker_test

// Tests of the step limit: everything that a template can repeat counts as
// steps, and no step is so slow that a deadline passes unnoticed.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"temporal-twilio/freemarker"
)

// TestNodesEachTakeAStep repeats each kind of node more often than the step
// limit. If a node took no step, its template would be rendered to the end.
func TestNodesEachTakeAStep(t *testing.T) {
	const times = 9000
	inList := func(x string) string { return "<#assign v = [" + strings.Repeat(x+",", times) + "1]>" }
	for name, source := range map[string]string{
		"#setting":            rep("<#setting locale='de'>", times),
		"#if of a constant":   rep("<#if true></#if>", times),
		"#if of literals":     rep("<#if 1 == 2></#if>", times),
		"#elseif":             "<#if false>" + rep("<#elseif false>", times) + "</#if>",
		"#switch":             rep("<#switch 1></#switch>", times),
		"#case":               "<#switch 1>" + rep("<#case 2>", times) + "</#switch>",
		"#macro":              rep("<#macro m></#macro>", times),
		"#function":           rep("<#function f></#function>", times),
		"hoisted macros":      "<#if false>" + rep("<#macro m></#macro>", times) + "</#if>",
		"empty #list":         rep("<#list [] as x></#list>", times),
		"empty #foreach":      rep("<#foreach x in []></#foreach>", times),
		"#flush":              rep("<#flush>", times),
		"#assign":             rep("<#assign a='b'>", times),
		"captured #assign":    rep("<#assign a></#assign>", times),
		"#attempt":            rep("<#attempt>x<#recover></#attempt>", times),
		"#compress":           rep("<#compress>x</#compress>", times),
		"#include":            rep("<#include 'x' ignore_missing=true>", times),
		"comments":            rep("<#-- -->", times),
		"interpolations":      rep("${'x'}", times),
		"numbers":             rep("#{1}", times),
		"?? of a range":       inList("(1..5)??"),
		"! of a literal":      inList("(1)!"),
		"lists":               inList("[a]"),
		"literals":            inList("a!"),
		"&&":                  "<#if " + rep("true && ", times) + "true></#if>",
		"||":                  "<#if " + rep("false || ", times) + "false></#if>",
		"parts of a string":   `<#assign v = "` + rep("${1}", times) + `">`,
		"?switch":             "<#assign v = 1?switch(" + rep("2, 3, ", times) + "4)>",
		"entries of a hash":   "<#assign v = {" + rep("'a': 1, ", times) + "'b': 2}>",
		"special variables":   inList(".now"),
		"arguments of ?":      "<#list [1] as i><#assign v = i?item_cycle(" + rep("1, ", times) + "2)></#list>",
		"arguments of a call": "<#function f a...><#return 1></#function>${f(" + rep("1, ", times) + "2)}",
	} {
		t.Run(name, func(t *testing.T) {
			tpl, err := freemarker.Parse("steps", source+"${a}", freemarker.WithLimits(freemarker.Limits{Steps: times / 2, SourceBytes: 1 << 20}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = tpl.Render(context.Background(), freemarker.Map(freemarker.Entry{Key: "a", Value: freemarker.Int(1)}))
			var re *freemarker.RenderError
			if !errors.As(err, &re) || re.Kind != freemarker.KindLimit || !strings.Contains(re.Message, "steps") {
				t.Errorf("got error %v, want one of KindLimit about the steps", err)
			}
		})
	}
}

// TestRegexEndsWithTheRendering checks that a match ends when the rendering's
// time is up.
func TestRegexEndsWithTheRendering(t *testing.T) {
	const source = `<#assign s = ""?left_pad(20000, "ab")>${s?replace("(.*)(.*)(.*)(.*)(.*)x\\1", "y", "r")}`
	tpl, err := freemarker.Parse("regex", source, freemarker.WithLimits(freemarker.Limits{Time: time.Nanosecond}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tpl.Render(context.Background(), freemarker.Map())
	if err == nil || !strings.Contains(err.Error(), "the rendering takes too long") {
		t.Errorf("got error %v, want one about the time", err)
	}
	tpl, err = freemarker.Parse("regex", source)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err = tpl.Render(ctx, freemarker.Map()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want that of the context", err)
	}
}

// TestFromJSONCountsDigitsFirst checks that digits are counted before they are
// converted, because converting them takes quadratic time.
func TestFromJSONCountsDigitsFirst(t *testing.T) {
	if _, err := freemarker.FromJSON([]byte(`{"n": ` + rep("9", 10_000) + `}`)); err != nil {
		t.Error(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := freemarker.FromJSON([]byte(`{"n": ` + rep("9", 10_000_000) + `}`))
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "10000 digits") {
			t.Errorf("got error %v, want one about the digits", err)
		}
	case <-time.After(20 * time.Second): // converting them would take minutes
		t.Error("got no error about 10,000,000 digits within 20 s: were they converted before they were counted?")
	}
}
