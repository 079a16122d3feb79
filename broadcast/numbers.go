package broadcast

// The set of phone numbers in a file. A file can contain millions of numbers,
// so the set takes up most of a worker's memory.

import "hash/maphash"

// numbers is a set of integers in an open-addressing hash table. It uses 11 to
// 16 bytes per number, a third of what Go's map uses. The zero value is empty.
type numbers struct {
	// slots holds each number plus one. 0 means a free slot.
	slots []uint64
	count int
}

// seed is random, so that nobody can craft a file of numbers that collide.
var seed = maphash.MakeSeed()

// add adds a number, which must be below math.MaxUint64, and reports whether
// the set already contained it.
func (s *numbers) add(number uint64) (known bool) {
	if s.count >= len(s.slots)/4*3 {
		old := s.slots
		s.slots = make([]uint64, max(64, len(old)/2*3))
		for _, slot := range old {
			if slot != 0 {
				*s.slot(slot) = slot
			}
		}
	}
	if at := s.slot(number + 1); *at == 0 {
		*at = number + 1
		s.count++
		return false
	}
	return true
}

// slot returns the slot of a value, or the free slot where it belongs.
func (s *numbers) slot(value uint64) *uint64 {
	for at := int(maphash.Comparable(seed, value) % uint64(len(s.slots))); ; at = (at + 1) % len(s.slots) {
		if slot := &s.slots[at]; *slot == value || *slot == 0 {
			return slot
		}
	}
}
