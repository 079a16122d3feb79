package main

// The rates apply to all workers together, so each worker gets an equal share.

import (
	"context"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"

	"temporal-twilio/activities"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
)

const (
	// countEvery is how often the workers are counted. After a worker starts,
	// all workers together may exceed the rates for this long.
	countEvery = 5 * time.Second
	// polledWithin is how recently a worker must have polled to count as live.
	// It is longer than a poll, which lasts up to a minute. After a worker
	// stops, the others keep their smaller share for this long.
	polledWithin = 75 * time.Second
)

// share divides the accounts' rates, if any, among the workers that poll our
// task queue, until the context ends. If Temporal does not answer, the last
// count applies.
func share(ctx context.Context, temporalClient *temporal.Client, accounts map[string]activities.Account, logger *slog.Logger) {
	var paces []*activities.Pace
	for _, account := range accounts {
		if account.Pace.Limited() {
			paces = append(paces, account.Pace)
		}
	}
	if len(paces) == 0 {
		return
	}
	ticker := time.NewTicker(countEvery)
	defer ticker.Stop()
	last := 1
	for {
		if workers, err := countWorkers(ctx, temporalClient); err == nil && workers != last {
			for _, pace := range paces {
				pace.Share(workers)
			}
			logger.Info("the rates are shared", "workers", workers)
			last = workers
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// countWorkers counts the distinct identities of the workers that poll our task
// queue. Even a worker whose activity slots are all in use polls for workflows.
func countWorkers(ctx context.Context, temporalClient *temporal.Client) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, countEvery)
	defer cancel()
	var pollers []*taskqueuepb.PollerInfo
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY, enumspb.TASK_QUEUE_TYPE_WORKFLOW} {
		found, err := temporalClient.DescribeTaskQueue(ctx, sms.TaskQueue, kind)
		if err != nil {
			return 0, err
		}
		pollers = append(pollers, found.GetPollers()...)
	}
	return liveWorkers(pollers, time.Now()), nil
}

func liveWorkers(pollers []*taskqueuepb.PollerInfo, now time.Time) int {
	live := make(map[string]bool)
	for _, poller := range pollers {
		if now.Sub(poller.GetLastAccessTime().AsTime()) < polledWithin {
			live[poller.GetIdentity()] = true
		}
	}
	return len(live)
}
