package yamlfile

// Suggestions for misspelled names.

import (
	"fmt"
	"reflect"
	"strings"
)

// DidYouMean returns `; did you mean "echo"?` with the known name most similar
// to name, or "" if none is similar.
func DidYouMean(name string, known []string) string {
	nearest, least := "", 3
	if len(name) < 4 {
		least = 2
	}
	for _, one := range known {
		if len(name) > maxName {
			break
		}
		if d := Distance(strings.ToLower(name), strings.ToLower(one)); d < least {
			nearest, least = one, d
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", nearest)
}

// maxName limits the length of compared names.
const maxName = 100

// Distance returns how many edits turn b into a. An edit changes, adds or
// removes one letter, or swaps two adjacent ones.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// fields lists the keys of each struct that a type contains, by the name of the
// struct.
func fields(t reflect.Type, into map[string][]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		fields(t.Elem(), into)
	case reflect.Struct:
		if _, seen := into[t.String()]; seen {
			return
		}
		into[t.String()] = []string{}
		for field := range t.Fields() {
			key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			fields(field.Type, into)
			if options == "inline" {
				into[t.String()] = append(into[t.String()], into[field.Type.String()]...)
			} else if key != "" {
				into[t.String()] = append(into[t.String()], key)
			}
		}
	}
}
