package freemarker

// Lists of unique names.

import "slices"

// nameList is a list of unique names. A long list has an index, so that a macro
// with thousands of parameters does not take quadratic time.
type nameList struct {
	names []string
	index map[string]int32
}

const manyNames = 16

// find returns the index of a name, or -1.
func (l *nameList) find(name string) int32 {
	if l.index == nil {
		return int32(slices.Index(l.names, name))
	}
	if i, ok := l.index[name]; ok {
		return i
	}
	return -1
}

// add returns the index of a name, appending it if it is new.
func (l *nameList) add(name string) int32 {
	if i := l.find(name); i >= 0 {
		return i
	}
	n := int32(len(l.names))
	l.names = append(l.names, name)
	if l.index != nil {
		l.index[name] = n
	} else if n >= manyNames {
		l.index = make(map[string]int32, 2*n)
		for i, s := range l.names {
			l.index[s] = int32(i)
		}
	}
	return n
}
