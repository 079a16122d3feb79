package triggers

// Live holds the current triggers, and follows their files.

import (
	"context"
	"crypto/sha256"
	"sync/atomic"
	"time"
)

// WatchInterval is how often files are read. Polling is portable, and also
// notices when the symbolic links of a mounted configuration are swapped.
const WatchInterval = time.Second

// Live holds the current triggers. A message is matched against a single set
// throughout, whatever happens to the files. It is safe for concurrent use.
type Live struct {
	path    string
	options Options
	set     atomic.Pointer[Set]
	// seen is the last snapshot; tried is the last one that was loaded or
	// refused.
	seen, tried [sha256.Size]byte
}

// Open loads the triggers at a path, as [Load] does.
func Open(path string, o Options) (*Live, error) {
	l := &Live{path: path, options: o}
	if _, err := l.put(look(path)); err != nil {
		return nil, err
	}
	return l, nil
}

// Set returns the current triggers.
func (l *Live) Set() *Set { return l.set.Load() }

// Watch follows the files until the context ends. It reports each change: the
// new set, or why the old one is kept. A change counts only if two consecutive
// reads agree, so that a file that is still being copied or replaced is not
// loaded.
func (l *Live) Watch(ctx context.Context, every time.Duration, report func(*Set, error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if changed, set, err := l.turn(); changed {
				report(set, err)
			}
		}
	}
}

// turn reads the files once, and loads them if the previous read agrees.
func (l *Live) turn() (changed bool, set *Set, err error) {
	now := look(l.path)
	if changed = now.sum == l.seen && now.sum != l.tried; changed {
		set, err = l.put(now)
	}
	l.seen = now.sum
	return changed, set, err
}

// put makes the triggers in files the current ones, unless the files have
// mistakes.
func (l *Live) put(files snapshot) (*Set, error) {
	l.tried = files.sum
	set, err := files.parse(l.options)
	if err != nil {
		return l.Set(), err
	}
	l.set.Store(set)
	return set, nil
}
