package main

import (
	"testing"
	"time"

	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestLiveWorkersAreCountedOnce(t *testing.T) {
	now := time.Now()
	poller := func(identity string, ago time.Duration) *taskqueuepb.PollerInfo {
		return &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(now.Add(-ago))}
	}
	pollers := []*taskqueuepb.PollerInfo{
		poller("1@a", 0), poller("1@b", time.Minute), // possibly still in its last poll, which can take a minute
		poller("1@a", time.Second),      // the same worker, polling for workflows
		poller("1@gone", 3*time.Minute), // no longer running, but Temporal lists it for minutes
	}
	if n := liveWorkers(pollers, now); n != 2 {
		t.Errorf("got %d workers, want 2", n)
	}
}
