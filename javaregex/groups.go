package javaregex

// This file returns all groups of a match together.

import "strconv"

// Groups returns the text of every group under its number, from "1" on, and the
// text of a named group also under its name. The text of a group that did not
// participate is nil.
func (m *Match) Groups() map[string]*string {
	groups := make(map[string]*string, m.GroupCount()+len(m.pattern.prog.names))
	for i := 1; i <= m.GroupCount(); i++ {
		var value *string
		if text, ok := m.Group(i); ok {
			value = &text
		}
		groups[strconv.Itoa(i)] = value
	}
	for name, group := range m.pattern.prog.names {
		groups[name] = groups[strconv.Itoa(group)]
	}
	return groups
}
