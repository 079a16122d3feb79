package main

// The catch-up consists of a schedule and a worker that publishes missed texts.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdktemporal "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
	"temporal-twilio/workflows"
)

// catchUpSchedule is the ID of the schedule, which all webhooks share.
const catchUpSchedule = "sms-catch-up"

// newCatchUp returns a service that catches up immediately and then once per
// CATCH_UP.
func newCatchUp(c *config.Live, temporalClient *temporal.Client, live *triggers.Live, dispatcher *webhook.Dispatcher, ours *metrics.Metrics, logger *slog.Logger) (func(context.Context) error, error) {
	gateways, err := receiving(c, ours)
	if err != nil {
		return nil, fmt.Errorf("CATCH_UP: %w", err)
	}
	catchUp := &webhook.CatchUp{
		Received: func(ctx context.Context, since, until time.Time) (all []webhook.Logged, err error) {
			for account, gateway := range gateways {
				messages, failed := received(ctx, gateway, account, since, until)
				all, err = append(all, messages...), errors.Join(err, failed)
			}
			return all, err
		},
		Media: func(ctx context.Context, message sms.Inbound) ([]sms.Media, error) {
			return gateways[message.AccountSID].Media(ctx, message.MessageSID)
		},
		Triggers:  live.Set,
		Receive:   dispatcher.Receive,
		Silencer:  dispatcher,
		Retention: temporalClient.Retention,
		Metrics:   ours,
		Settle:    c.CatchUpAfter,
		Logger:    logger,
	}
	build := func() worker.Worker {
		w := worker.New(temporalClient.Client, sms.CatchUpTaskQueue, worker.Options{
			WorkerStopTimeout: stopTimeout, DisableRegistrationAliasing: true, MaxConcurrentActivityExecutionSize: 1, DeploymentOptions: temporalClient.Deployment,
			MaxHeartbeatThrottleInterval: webhook.CatchUpBeat,
		})
		w.RegisterWorkflowWithOptions(workflows.CatchUpSmsWorkflow, workflow.RegisterOptions{Name: sms.CatchUpSmsWorkflowName})
		w.RegisterActivityWithOptions(catchUp.CatchUpSms, activity.RegisterOptions{Name: sms.CatchUpSmsName})
		return w
	}
	return func(ctx context.Context) error {
		w := startWorker(ctx, build, temporalClient, func(ctx context.Context) error { return temporalAnswers(ctx, temporalClient) }, logger)
		if w == nil {
			return nil
		}
		defer w.Stop()
		insist(ctx, logger, "create the schedule of the catch-up", func(ctx context.Context) error {
			return schedule(ctx, c.Config, temporalClient)
		})
		ours.CaughtUp(time.Now()) // the catch-up counts as late only if it makes no progress from now on
		logger.Info("catching up", "schedule", catchUpSchedule, "every", c.CatchUp)
		<-ctx.Done()
		return nil
	}, nil
}

// insist calls do until it succeeds or ctx ends, and logs each failure. The
// webhook works without the catch-up, so a failure stops nothing else.
func insist(ctx context.Context, logger *slog.Logger, what string, do func(context.Context) error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := do(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		logger.Error("could not "+what+"; trying again", "schedule", catchUpSchedule, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// catchesUp returns a function that reports whether this webhook or another
// catches up on missed texts. This webhook's schedule may not exist yet.
func catchesUp(c config.Config, temporalClient *temporal.Client) func(context.Context) (bool, error) {
	if c.CatchUp > 0 {
		return func(context.Context) (bool, error) { return true, nil }
	}
	return func(ctx context.Context) (bool, error) { return scheduled(ctx, temporalClient) }
}

func scheduled(ctx context.Context, temporalClient *temporal.Client) (bool, error) {
	_, err := temporalClient.ScheduleClient().GetHandle(ctx, catchUpSchedule).Describe(ctx)
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
		return false, nil
	}
	return err == nil, err
}

// unschedule deletes the schedule, and with it the time up to which texts have
// been caught up on.
func unschedule(ctx context.Context, temporalClient *temporal.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := temporalClient.ScheduleClient().GetHandle(ctx, catchUpSchedule).Delete(ctx)
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
		return nil
	}
	return err
}

// schedule creates or updates the schedule and starts a catch-up.
func schedule(ctx context.Context, c config.Config, temporalClient *temporal.Client) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: c.CatchUp}}}
	action := &client.ScheduleWorkflowAction{
		ID: catchUpSchedule, Workflow: sms.CatchUpSmsWorkflowName, TaskQueue: sms.CatchUpTaskQueue,
		Args:          []any{sms.CatchUpSmsInput{}},
		StaticSummary: "Publish texts that were missed",
	}
	_, err := temporalClient.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: catchUpSchedule, Spec: spec, Action: action, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, TriggerImmediately: true,
	})
	if !errors.Is(err, sdktemporal.ErrScheduleAlreadyRunning) {
		return err
	}
	handle := temporalClient.ScheduleClient().GetHandle(ctx, catchUpSchedule)
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		now := in.Description.Schedule
		now.Spec, now.Action = &spec, action
		return &client.ScheduleUpdate{Schedule: &now}, nil
	}})
	if err != nil {
		return err
	}
	return handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
}

// receiving returns a client for each account whose webhook requests are
// accepted, by account SID. The catch-up covers the messages of all these
// accounts.
func receiving(c *config.Live, ours *metrics.Metrics) (map[string]*twilio.Client, error) {
	gateway, err := openTwilio(c.Twilio(), ours)
	if err != nil {
		return nil, err
	}
	gateways := map[string]*twilio.Client{c.Account: gateway}
	for name, account := range c.Named {
		if gateways[account.Account], err = openTwilio(c.NamedTwilio(name), ours); err != nil {
			return nil, fmt.Errorf("account %q: %w", name, err)
		}
	}
	for account := range c.Subaccounts.Reveal() {
		if gateways[account] != nil {
			continue
		}
		if gateways[account], err = openTwilio(c.Subaccount(account), ours); err != nil {
			return nil, fmt.Errorf("TWILIO_SUBACCOUNT_TOKENS: account %s: %w", account, err)
		}
	}
	return gateways, nil
}

// received lists the texts that the account received in an interval, oldest
// first. Twilio's log contains neither media nor the webhook's other
// parameters.
func received(ctx context.Context, gateway *twilio.Client, account string, since, until time.Time) ([]webhook.Logged, error) {
	records, err := gateway.Received(ctx, since, until)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w: %s", account, err, sms.AsError(err).Message)
	}
	texts := make([]webhook.Logged, len(records))
	for i, record := range records {
		texts[i] = webhook.Logged{NumMedia: record.NumMedia, Inbound: sms.Inbound{
			MessageSID: record.SID, AccountSID: account, From: record.From, To: record.To, Body: record.Body,
			MessagingServiceSID: record.MessagingServiceSID, ReceivedAt: record.Created,
		}}
	}
	return texts, nil
}
