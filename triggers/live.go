package triggers

// Live: the triggers in force, which follow their files.

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// WatchInterval is how often files are looked at. Looking is portable, and
// sees also what mounted configuration does to its links.
const WatchInterval = 2 * time.Second

// Live holds the triggers in force. A message is held against one set from
// start to end, whatever happens to the files. It is safe for concurrent use.
type Live struct {
	path    string
	options Options
	set     atomic.Pointer[Set]
	// state is what the files looked like when they were last read.
	state string
}

// Open loads the triggers at a path, as [Load] does.
func Open(path string, o Options) (*Live, error) {
	l := &Live{path: path, options: o, state: state(path)}
	set, err := Load(path, o)
	if err != nil {
		return nil, err
	}
	l.set.Store(set)
	return l, nil
}

// Set is the triggers in force now.
func (l *Live) Set() *Set { return l.set.Load() }

// Watch follows the files until the context ends. It reports each change: the
// new set, or why the old one stays in force.
func (l *Live) Watch(ctx context.Context, every time.Duration, report func(*Set, error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if now := state(l.path); now != l.state {
				l.state = now
				report(l.reload())
			}
		}
	}
}

func (l *Live) reload() (*Set, error) {
	set, err := Load(l.path, l.options)
	if err != nil {
		return l.Set(), err
	}
	l.set.Store(set)
	return set, nil
}

// state tells one state of the files from another.
func state(path string) string {
	names, err := files(path)
	if err != nil {
		return err.Error()
	}
	var all strings.Builder
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			fmt.Fprintln(&all, name, err)
			continue
		}
		fmt.Fprintln(&all, name, info.Size(), info.ModTime().UnixNano())
	}
	return all.String()
}
