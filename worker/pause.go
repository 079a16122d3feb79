package main

// The pause of all sending, as known to this process.

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"temporal-twilio/activities"
	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/temporal"
)

// pauseEvery is how often Temporal is asked whether all sending is paused.
const pauseEvery = 5 * time.Second

// pausing keeps track of whether all sending is paused.
type pausing struct {
	// ask returns the pause, or nil if there is none.
	ask    func(context.Context) (*temporal.Pause, error)
	ours   *metrics.Metrics
	logger *slog.Logger
	// paces are held while sending is paused.
	paces []*activities.Pace
	// is holds the pause that Temporal last reported, or nil if there was
	// none.
	is atomic.Pointer[temporal.Pause]
	// mu prevents an older answer from replacing a newer one.
	mu sync.Mutex
}

// paused reports whether sending was paused when Temporal last answered, and
// the reason.
func (p *pausing) paused() (why string, paused bool) {
	if pause := p.is.Load(); pause != nil {
		return pause.Why, true
	}
	return "", false
}

// look asks Temporal whether sending is paused. If Temporal does not answer,
// its last answer still counts.
func (p *pausing) look(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, pauseEvery)
	defer cancel()
	pause, err := p.ask(ctx)
	if err != nil {
		return err
	}
	is := pause != nil
	for _, pace := range p.paces {
		pace.Hold(is)
	}
	p.ours.SendingPaused(is)
	switch was := p.is.Swap(pause) != nil; {
	case is && !was: // the reason is not logged, because it is free text
		p.logger.Warn("all sending is paused: sends wait until someone runs starter resume-all", "since", pause.Since)
	case was && !is:
		p.logger.Info("sending is no longer paused")
	}
	return nil
}

// watch asks Temporal every pauseEvery until the context ends.
func (p *pausing) watch(ctx context.Context) error {
	ticker := time.NewTicker(pauseEvery)
	defer ticker.Stop()
	for {
		_ = p.look(ctx) // readiness reports whether Temporal answers
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
