package freemarker_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"temporal-twilio/freemarker"
)

func Example() {
	t, err := freemarker.Parse("order", `Hi ${customer.name}, your order of `+
		`<#list items as i>${i.qty} ${i.name}<#sep>, </#list> comes to ${total?string("0.00")}.`)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := freemarker.FromJSON([]byte(`{
		"customer": {"name": "Anna"},
		"items": [{"qty": 2, "name": "cables"}, {"qty": 1, "name": "case"}],
		"total": 34.5
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := t.Render(context.Background(), model)
	fmt.Println(text, err)
	// Output: Hi Anna, your order of 2 cables, 1 case comes to 34.50. <nil>
}

func ExampleParse_error() {
	_, err := freemarker.Parse("broken", "Hello,\n${name")
	if pe, ok := errors.AsType[*freemarker.ParseError](err); ok {
		fmt.Println(pe.Line, pe.Column)
	}
	// Output: 2 6
}

func ExampleRenderError() {
	t, _ := freemarker.Parse("greeting", "Hello ${customer.name}!")
	model := freemarker.Map(freemarker.Entry{Key: "customer", Value: freemarker.Map()})
	_, err := t.Render(context.Background(), model)
	if re, ok := errors.AsType[*freemarker.RenderError](err); ok {
		fmt.Println(re.Kind, re.Name, re.Line, re.Column)
	}
	// Output: missing customer.name 1 9
}

func ExampleWithLocale() {
	t, _ := freemarker.Parse("sum", `${amount} ${day?date.iso?string("d MMMM")}`, freemarker.WithLocale("de"))
	model, _ := freemarker.FromJSON([]byte(`{"amount": 1234.5, "day": "2024-03-08"}`))
	text, _ := t.Render(context.Background(), model)
	fmt.Println(text)
	// Output: 1.234,5 8 März
}

func ExampleTemplate_RenderAt() {
	t, _ := freemarker.Parse("day", `${.now?string("d MMMM yyyy")}`)
	text, _ := t.RenderAt(context.Background(), freemarker.Map(), time.Unix(1_700_000_000, 0))
	fmt.Println(text)
	// Output: 14 November 2023
}

func ExampleWithLimits() {
	t, _ := freemarker.Parse("endless", `<#attempt><#list 1.. as i></#list><#recover>caught</#attempt>`,
		freemarker.WithLimits(freemarker.Limits{Steps: 100_000}))
	_, err := t.Render(context.Background(), freemarker.Map())
	if re, ok := errors.AsType[*freemarker.RenderError](err); ok {
		fmt.Println(re.Kind)
	}
	// Output: limit
}
