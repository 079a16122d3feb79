package javaregex

// This file remembers failures: an instruction that has failed at a position
// fails there again, so a match that would take exponential time takes time
// proportional to instructions times positions. Everything else that an
// instruction's outcome depends on is part of the key.

import "slices"

// memo remembers failures for one input. It is created only after a match has
// taken many steps.
type memo struct {
	bases []uint64 // the first key of each point
	width uint64   // number of keys per position
	bits  []uint64 // one bit per key, if there are few keys
	set   []uint64 // otherwise a hash table of key+1
	used  int
	limit int         // bytes
	runs  []failedRun // one per point, for points whose failures are kept as runs
}

// failedRun holds the positions from lo to hi, at the end of a run of
// characters, at which what follows the run has failed. A run that starts at hi
// or earlier need not continue at these positions again, which makes
// consecutive runs linear in the input. The start of a run is never one of
// these positions: continuing there means that the run is empty, which may end
// a loop.
type failedRun struct{ lo, hi int32 }

func (t *memo) size() int {
	if t == nil {
		return 0
	}
	return 8 * (cap(t.bits) + cap(t.set) + cap(t.runs))
}

// newMemo returns an empty memo, or nil if there is nothing to remember or its
// keys do not fit in 63 bits.
func newMemo(m *machine) *memo {
	points := m.prog.memos
	if len(points) == 0 {
		return nil
	}
	t := &memo{width: uint64(len(m.input) + 2), limit: m.limits.Memory / 2}
	total := uint64(0)
	t.bases = make([]uint64, len(points))
	for i := range points {
		t.bases[i] = total
		size, ok := t.pointSize(&points[i])
		if total += size; !ok || total >= 1<<63 {
			return nil
		}
	}
	if bytes := total / 8; bytes <= uint64(t.limit) && bytes <= 1<<22 {
		t.bits = make([]uint64, total/64+1)
	} else {
		t.set = make([]uint64, 1<<12)
	}
	t.runs = make([]failedRun, len(points))
	for i := range t.runs {
		t.runs[i] = failedRun{-1, -1}
	}
	return t
}

// pointSize returns the number of keys of a point, or false if it is too large.
func (t *memo) pointSize(p *memoPoint) (uint64, bool) {
	size := t.width
	multiply := func(n uint64) bool {
		if size > 1<<62/n {
			return false
		}
		size *= n
		return true
	}
	ok := multiply(uint64(len(p.starts)) + 1)
	for _, c := range p.counts {
		ok = ok && multiply(uint64(c.cap)+2)
	}
	for range 2*len(p.groups) + len(p.opens) {
		ok = ok && multiply(t.width)
	}
	return size, ok
}

// key returns the key of a point at pos, including everything that it depends
// on.
func (t *memo) key(m *machine, point int32, pos int) uint64 {
	p := &m.prog.memos[point]
	key := uint64(pos)*uint64(len(p.starts)+1) + m.begunHere(p.starts, pos)
	for _, c := range p.counts {
		key = key*(uint64(c.cap)+2) + uint64(min(max(m.locals[c.local], 0), c.cap))
	}
	for _, g := range p.groups {
		key = (key*t.width+uint64(m.groups[2*g]+1))*t.width + uint64(m.groups[2*g+1]+1)
	}
	for _, local := range p.opens {
		key = key*t.width + uint64(m.locals[local]+1)
	}
	return t.bases[point] + key
}

// begunHere returns how many of the enclosing loops have started their
// iteration at pos: each is still empty, and would end its loop. An outer
// iteration never starts after an inner one.
func (m *machine) begunHere(starts []int32, pos int) uint64 {
	n := len(starts)
	for n > 0 && int(m.locals[starts[n-1]]) == pos {
		n--
	}
	m.tick -= (len(starts) - n) >> 4
	return uint64(len(starts) - n)
}

// enter returns false if the point is known to fail at pos. Otherwise, it
// pushes a frame that records the failure on backtracking.
func (t *memo) enter(m *machine, point int32, pos int) bool {
	if point < 0 {
		return true
	}
	key := t.key(m, point, pos)
	m.tick--
	if t.has(key) {
		return false
	}
	m.push(frameMark, 0, int32(uint32(key)), int32(uint32(key>>32)), 0)
	return true
}

func (t *memo) has(key uint64) bool {
	if t.bits != nil {
		return t.bits[key/64]>>(key%64)&1 != 0
	}
	_, found := t.slot(key)
	return found
}

// slot returns the index of key in the hash table, or the index at which it can
// be inserted.
func (t *memo) slot(key uint64) (int, bool) {
	mask := len(t.set) - 1
	i := int(key*0x9E3779B97F4A7C15>>20) & mask
	for t.set[i] != 0 && t.set[i] != key+1 {
		i = (i + 1) & mask
	}
	return i, t.set[i] != 0
}

// mark remembers that key fails, as long as there is memory.
func (t *memo) mark(_ *machine, key uint64) {
	if t.bits != nil {
		t.bits[key/64] |= 1 << (key % 64)
		return
	}
	if 4*t.used >= 3*len(t.set) {
		if len(t.set)*16 > t.limit {
			return
		}
		old := slices.Clone(t.set)
		t.set = make([]uint64, 2*len(old))
		for _, k := range old {
			if k != 0 {
				i, _ := t.slot(k - 1)
				t.set[i] = k
			}
		}
	}
	if i, found := t.slot(key); !found {
		t.set[i] = key + 1
		t.used++
	}
}
