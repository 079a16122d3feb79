package triggers

// Live holds the triggers in force, and follows their files.

import (
	"context"
	"crypto/sha256"
	"sync/atomic"
	"time"
)

// WatchInterval is how often files are read. Polling is portable, and also
// notices when the links of mounted configuration are swapped.
const WatchInterval = time.Second

// Live holds the triggers in force. A message is matched against a single set
// throughout, whatever happens to the files. It is safe for concurrent use.
type Live struct {
	path    string
	options Options
	set     atomic.Pointer[Set]
	// seen is the snapshot of the last look; tried is the one that was last put
	// in force or refused.
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

// Set returns the triggers that are in force.
func (l *Live) Set() *Set { return l.set.Load() }

// Watch follows the files until the context ends. It reports each change: the
// new set, or why the old one stays in force. A change counts once two
// consecutive reads agree: a file that is being copied, or replaced, must not
// come into force.
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

// turn reads the files once, and puts them in force if the previous read
// agrees.
func (l *Live) turn() (changed bool, set *Set, err error) {
	now := look(l.path)
	if changed = now.sum == l.seen && now.sum != l.tried; changed {
		set, err = l.put(now)
	}
	l.seen = now.sum
	return changed, set, err
}

// put puts files in force, unless they have mistakes.
func (l *Live) put(files snapshot) (*Set, error) {
	l.tried = files.sum
	set, err := files.parse(l.options)
	if err != nil {
		return l.Set(), err
	}
	l.set.Store(set)
	return set, nil
}
