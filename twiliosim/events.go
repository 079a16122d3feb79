package twiliosim

// Events record what happened, in order, for the page and for tests. The newest
// are kept, so that a reader that lost its connection can catch up.

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The types of events.
const (
	eventMessageCreated = "message.created"
	eventMessageUpdated = "message.updated"
	eventMessageDeleted = "message.deleted"
	eventWebhook        = "webhook.answered"
	eventDebugger       = "debugger.entry"
	eventOptOut         = "optout.changed"
	eventFaults         = "faults.changed"
	eventOutcomes       = "outcomes.changed"
	eventState          = "state.changed"
	eventApplication    = "application.changed"
	eventReset          = "reset"
	// eventGap means that events were missed: reload the state.
	eventGap = "gap"
)

const keptEvents = 2048

type event struct {
	kind string
	data any
}

// events is a ring buffer that readers follow at their own pace. A slow reader
// never blocks the simulator: it misses events, and is told that it has.
type events struct {
	mu    sync.Mutex
	epoch string // differs between runs, to recognize a Last-Event-ID of an earlier run
	ring  [keptEvents]event
	next  uint64 // serial number of the next event, from 1
	more  chan struct{}
	// followers is the number of connections that follow the events.
	followers atomic.Int32
}

func newEvents() *events {
	return &events{epoch: newSID("")[:8], next: 1, more: make(chan struct{})}
}

func (e *events) publish(kind string, data any) {
	e.mu.Lock()
	e.ring[e.next%keptEvents] = event{kind, data}
	e.next++
	close(e.more)
	e.more = make(chan struct{})
	e.mu.Unlock()
}

// read returns the events after serial number last, the serial number of the
// first of them, whether some events before it were lost, and a channel that is
// closed when more arrive.
func (e *events) read(last uint64) (got []event, from uint64, gap bool, more <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	from = last + 1
	if from+keptEvents <= e.next {
		from, gap = e.next-keptEvents+1, true
	}
	for n := from; n < e.next && len(got) < 256; n++ {
		got = append(got, e.ring[n%keptEvents])
	}
	return got, from, gap, e.more
}

func (e *events) last() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.next - 1
}

func (e *events) id(n uint64) string { return e.epoch + "-" + strconv.FormatUint(n, 10) }

// start parses a Last-Event-ID. It returns the serial number after which to
// continue, and whether events may have been missed, because the ID is not from
// this run.
func (e *events) start(lastID string) (last uint64, gap bool) {
	if lastID == "" {
		return e.last(), false
	}
	epoch, number, _ := strings.Cut(lastID, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || epoch != e.epoch || n > e.last() {
		return e.last(), true
	}
	return n, false
}

// serve streams events until the client leaves or done is closed. A connection
// starts at its Last-Event-ID (header, or lastEventId in the query), or now.
func (e *events) serve(w http.ResponseWriter, r *http.Request, done <-chan struct{}) {
	e.followers.Add(1)
	defer e.followers.Add(-1)
	out := http.NewResponseController(w)
	lastID := r.Header.Get("Last-Event-ID")
	if lastID == "" {
		lastID = r.URL.Query().Get("lastEventId")
	}
	last, gap := e.start(lastID)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	fmt.Fprintf(w, "retry: 1000\n\n")
	if gap {
		e.write(w, last, eventGap, struct{}{})
	}
	_ = out.Flush()
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		got, from, lost, more := e.read(last)
		if lost {
			e.write(w, from-1, eventGap, struct{}{})
		}
		for i, ev := range got {
			e.write(w, from+uint64(i), ev.kind, ev.data)
		}
		last = from + uint64(len(got)) - 1
		if len(got) > 0 {
			if out.Flush() != nil {
				return
			}
			continue
		}
		select {
		case <-more:
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
			_ = out.Flush()
		case <-r.Context().Done():
			return
		case <-done:
			return
		}
	}
}

func (e *events) write(w http.ResponseWriter, n uint64, kind string, data any) {
	text, err := encode(data)
	if err != nil {
		text, _ = encode(map[string]string{"error": err.Error()})
	}
	fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", e.id(n), kind, text)
}
