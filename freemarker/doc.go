// Package freemarker renders Apache FreeMarker templates: the language of
// version 2.3.31 with its default settings, output for output and error for
// error. A template is parsed once and rendered any number of times, by any
// number of goroutines:
//
//	t, err := freemarker.Parse("greeting", "Hello ${name}!")
//	if err != nil {
//		return err // a *ParseError with line and column
//	}
//	model, err := freemarker.FromJSON([]byte(`{"name": "Anna"}`))
//	if err != nil {
//		return err
//	}
//	text, err := t.Render(ctx, model) // a *RenderError with its kind and place
//
// # The model
//
// A model is a [Map] of values: strings, numbers, booleans, lists and maps.
// [FromJSON] creates one from a JSON object. It keeps the order of keys, and
// distinguishes numbers as Java does: 5 is an integer, 5.0 a double. JSON has
// no dates; a template converts strings to dates, as in ${due?date.iso}.
//
// # Missing values
//
// Using a variable that does not exist is an error of [KindMissing], with the
// variable's path in Name, unless the template handles it: ${name!"guest"},
// <#if name??>, ${(customer.name)!}.
//
// # Safety
//
// Templates may come from untrusted authors. Everything is bounded by [Limits]:
// the length and nesting of the source, the depth of calls, steps, time,
// output, and the size of every intermediate string, list and number. When the
// context ends, the rendering ends, too. Both cases are errors of [KindLimit],
// which a template cannot catch. A template can only access its model: ?new,
// ?api, #include and #import always fail. Render returns the complete text or
// none; errors contain no values of the model.
//
// # What is not supported
//
// XML nodes, Java objects, custom formats and loading other templates. They
// fail at run time, as they do in Java if the data that they need is missing.
//
// # Layout
//
// The lexer (lexer*.go) and the parser (parser*.go) build the tree (nodes.go),
// from which strip.go removes superfluous white space. The tree is executed
// (eval.go, exec*.go, call.go) in an environment (env.go) with the variables
// that it assigns (namespace.go). The built-ins are in builtins_*.go, numbers
// in number.go, their text in numfmt.go and text.go.
package freemarker

//go:generate go run ./internal/docs ../docs/freemarker.md
