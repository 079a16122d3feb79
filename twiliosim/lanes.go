package twiliosim

// A lane limits how many requests to one URL run concurrently. Each URL has its
// own lane, so a slow application does not hold up the others.

import (
	"context"
	"strings"
	"sync"
)

type lanes struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

type lane struct {
	slots chan struct{}
	users int
}

func newLanes() *lanes { return &lanes{lanes: map[string]*lane{}} }

// enter waits for a slot in the URL's lane; the query is ignored. It returns
// false if ctx ends first.
func (l *lanes) enter(ctx context.Context, target string) (release func(), ok bool) {
	key, _, _ := strings.Cut(target, "?")
	l.mu.Lock()
	ln := l.lanes[key]
	if ln == nil {
		ln = &lane{slots: make(chan struct{}, maxTogether)}
		l.lanes[key] = ln
	}
	ln.users++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if ln.users--; ln.users == 0 {
			delete(l.lanes, key)
		}
	}
	select {
	case ln.slots <- struct{}{}:
		return func() { <-ln.slots; leave() }, true
	case <-ctx.Done():
		leave()
		return nil, false
	}
}
