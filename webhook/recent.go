package webhook

// What a webhook remembers about recent texts, in bounded memory.

// remembered is the maximum number of keys in each of the two generations of a
// [recent].
const remembered = 20_000

// recent holds the values of the latest keys in two generations. The older
// generation is dropped as a whole, which bounds memory and keeps what is
// recent. The zero value is empty. It is not safe for concurrent use.
type recent[K comparable, V any] struct{ latest, older map[K]V }

func (r *recent[K, V]) get(key K) (value V, found bool) {
	if value, found = r.latest[key]; !found {
		value, found = r.older[key]
	}
	return value, found
}

func (r *recent[K, V]) put(key K, value V) {
	if _, there := r.latest[key]; r.latest == nil || !there && len(r.latest) >= remembered {
		r.latest, r.older = map[K]V{}, r.latest
	}
	r.latest[key] = value
}
