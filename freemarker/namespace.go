package freemarker

// namespace holds the variables that a template has assigned. The variables
// that the parser has found have a place. A missing value at that place means
// that the variable has not been assigned yet.
type namespace struct {
	placed *nameList // the names with a place; never nil, and never changed
	more   nameList  // names of additional variables, whose values come after those
	vals   []Value
	order  []int32 // places in the order of first assignment
}

// noNames is the list of a namespace without placed names.
var noNames nameList

// reset makes a namespace empty, with a place for each name in placed.
func (n *namespace) reset(placed *nameList) {
	n.placed = placed
	n.vals = append(n.vals[:0], make([]Value, len(placed.names))...)
}

// clear removes all variables. It keeps the allocated memory, unless there is
// much of it.
func (n *namespace) clear() {
	if cap(n.vals) > 64 {
		*n = namespace{placed: &noNames}
		return
	}
	clear(n.vals)
	*n = namespace{placed: &noNames, vals: n.vals[:0], order: n.order[:0]}
}

// set sets the variable at a place, or by name if the place is negative. It
// reports whether the variable is new.
func (n *namespace) set(place int32, name string, v Value) (isNew bool) {
	if place < 0 {
		if place = n.placed.find(name); place < 0 {
			place = int32(len(n.placed.names)) + n.more.add(name)
			if int(place) == len(n.vals) {
				n.vals = append(n.vals, Value{})
			}
		}
	}
	if n.vals[place].missing() {
		n.order = append(n.order, place)
		isNew = true
	}
	n.vals[place] = v
	return isNew
}

// where returns a pointer to the value of a name, or nil if there is no such
// variable.
func (n *namespace) where(name string) *Value {
	i := n.placed.find(name)
	if i < 0 {
		if i = n.more.find(name); i < 0 {
			return nil
		}
		i += int32(len(n.placed.names))
	}
	if n.vals[i].missing() {
		return nil
	}
	return &n.vals[i]
}

func (n *namespace) lookup(name string) Value {
	if v := n.where(name); v != nil {
		return *v
	}
	return Value{}
}

func (n *namespace) get(_ *env, key string) (Value, error) { return n.lookup(key), nil }

func (n *namespace) hashSize() int { return len(n.order) }

func (n *namespace) keys(*env) []Value {
	names := n.names()
	out := make([]Value, len(names))
	for i, k := range javaHashOrder(names) {
		out[i] = String(names[k])
	}
	return out
}

func (n *namespace) values(*env) ([]Value, error) {
	out := make([]Value, len(n.order))
	for i, k := range javaHashOrder(n.names()) {
		out[i] = n.vals[n.order[k]]
	}
	return out, nil
}

// names returns the names of the variables in the order of their assignment.
func (n *namespace) names() []string {
	names := make([]string, len(n.order))
	for i, place := range n.order {
		if p := int(place) - len(n.placed.names); p >= 0 {
			names[i] = n.more.names[p]
		} else {
			names[i] = n.placed.names[place]
		}
	}
	return names
}
