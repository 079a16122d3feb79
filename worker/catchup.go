package main

// The catch-up: a schedule, and a worker that publishes missed messages.

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

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
	"temporal-twilio/workflows"
)

const (
	// catchUpSchedule is the schedule's ID. All webhooks share it.
	catchUpSchedule = "sms-catch-up"
	// catchUpLimit bounds what one catch-up lists.
	catchUpLimit = 10_000
)

// newCatchUp gives a service that catches up every CATCH_UP, and at once.
func newCatchUp(c config.Config, temporalClient *temporal.Client, live *triggers.Live, dispatcher *triggers.Dispatcher, logger *slog.Logger) (func(context.Context) error, error) {
	gateways, err := receiving(c)
	if err != nil {
		return nil, fmt.Errorf("CATCH_UP: %w", err)
	}
	catchUp := &triggers.CatchUp{
		Received: func(ctx context.Context, since time.Time) ([]sms.Inbound, error) {
			var all []sms.Inbound
			for account, gateway := range gateways {
				messages, err := received(ctx, gateway, account, since)
				if err != nil {
					return nil, err
				}
				all = append(all, messages...)
			}
			return all, nil
		},
		Triggers: live.Set,
		Publish:  dispatcher.Publish,
		Asked:    dispatcher.Asked,
		Logger:   logger,
	}
	build := func() worker.Worker {
		w := worker.New(temporalClient.Client, workflows.CatchUpTaskQueue, worker.Options{
			WorkerStopTimeout: stopTimeout, DisableRegistrationAliasing: true, MaxConcurrentActivityExecutionSize: 1,
		})
		w.RegisterWorkflowWithOptions(workflows.CatchUpSmsWorkflow, workflow.RegisterOptions{Name: workflows.CatchUpSmsWorkflowName})
		w.RegisterActivityWithOptions(catchUp.CatchUpSms, activity.RegisterOptions{Name: workflows.CatchUpSmsName})
		return w
	}
	return func(ctx context.Context) error {
		w, err := startWorker(ctx, build, temporalClient, logger)
		if err != nil || w == nil {
			return err
		}
		defer w.Stop()
		if err := schedule(ctx, c, temporalClient); err != nil && ctx.Err() == nil {
			return fmt.Errorf("CATCH_UP: %w", err)
		}
		logger.Info("catching up", "schedule", catchUpSchedule, "every", c.CatchUp, "window", c.CatchUpWindow)
		<-ctx.Done()
		return nil
	}, nil
}

// schedule makes the schedule, or brings it up to date, and catches up at once.
func schedule(ctx context.Context, c config.Config, temporalClient *temporal.Client) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: c.CatchUp}}}
	action := &client.ScheduleWorkflowAction{
		ID: catchUpSchedule, Workflow: workflows.CatchUpSmsWorkflowName, TaskQueue: workflows.CatchUpTaskQueue,
		Args:          []any{workflows.CatchUpSmsInput{Window: workflows.Duration(c.CatchUpWindow)}},
		StaticSummary: "Publish messages that were missed",
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

// receiving gives the accounts whose messages are caught up on, by their SIDs:
// that of the environment and those of the accounts file.
func receiving(c config.Config) (map[string]*twilio.Client, error) {
	gateway, err := twilio.New(c.Twilio())
	if err != nil {
		return nil, err
	}
	gateways := map[string]*twilio.Client{c.Account: gateway}
	named, err := c.NamedAccounts()
	if err != nil {
		return nil, err
	}
	for name, account := range named {
		if gateways[account.Account], err = twilio.New(account.Twilio()); err != nil {
			return nil, fmt.Errorf("account %q: %w", name, err)
		}
	}
	return gateways, nil
}

// received lists the messages that the account received. Twilio's listing has
// neither media nor what else its webhook tells.
func received(ctx context.Context, gateway *twilio.Client, account string, since time.Time) ([]sms.Inbound, error) {
	records, failed := gateway.List(ctx, twilio.Query{Since: since, Limit: catchUpLimit})
	if failed != nil {
		return nil, fmt.Errorf("%s: %s", failed.Code, failed.Message)
	}
	var messages []sms.Inbound
	for _, record := range records {
		if record.Direction != "inbound" || record.Created.Before(since) {
			continue
		}
		messages = append(messages, sms.Inbound{
			MessageSID: record.SID, AccountSID: account, From: record.From, To: record.To, Body: record.Body,
			MessagingServiceSID: record.MessagingServiceSID, ReceivedAt: record.Created,
		})
	}
	return messages, nil
}
