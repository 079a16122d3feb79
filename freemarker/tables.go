package freemarker

// The tables of the language, for its documentation.

import (
	"sort"
	"strings"
)

// Supported returns the names of the language's elements, sorted and in the
// legacy naming convention: directives, built-ins, special variables, settings
// and output formats.
func Supported() map[string][]string {
	names := map[string][]string{}
	add := func(group, name string) { names[group] = append(names[group], name) }
	for name, info := range tags {
		if info.conv != camelConvention {
			add("directives", name)
		}
	}
	add("directives", "ftl")
	for _, list := range builtins {
		for _, b := range list {
			if b.written == b.name {
				add("built-ins", b.name)
			}
		}
	}
	for name := range specialVariables {
		if strings.ToLower(name) == name {
			add("special variables", name)
		}
	}
	for name := range settings {
		if strings.ToLower(name) == name {
			add("settings", name)
		}
	}
	for name := range outputFormats {
		add("output formats", name)
	}
	for _, list := range names {
		sort.Strings(list)
	}
	return names
}

// Refused returns, sorted, the built-ins and directives that always fail when
// they run, because they would reach outside the template or need XML.
func Refused() []string {
	refused := []string{"#fallback", "#import", "#include", "#recurse", "#visit"}
	for _, name := range refusedBuiltins {
		refused = append(refused, "?"+name)
	}
	sort.Strings(refused)
	return refused
}

var refusedBuiltins = append([]string{"api", "new"}, nodeBuiltins...)

// nodeBuiltins work on XML nodes, which no model can contain.
var nodeBuiltins = []string{
	"ancestors", "children", "node_name", "node_namespace", "node_type", "parent", "root",
	"previous_sibling", "next_sibling",
}
