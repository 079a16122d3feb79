package main

// The webhook consists of its handler, its listener, and its triggers, which
// are reloaded when their files change.

import (
	"context"
	"log/slog"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/telemetry"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/triggers"
	"temporal-twilio/webhook"
)

// triggerOptions returns the options for reading trigger files.
func triggerOptions(c config.Config) triggers.Options {
	return triggers.Options{
		TaskQueue: c.TriggersTaskQueue, BusinessKeyAttribute: c.TriggersBusinessKey, IDSecret: []byte(c.IDSecret.Reveal()),
	}
}

// newWebhook returns a service that receives messages.
func newWebhook(c *config.Live, temporalClient *temporal.Client, state *health, ours *metrics.Metrics, traces *telemetry.Traces, logger *slog.Logger) (func(context.Context) error, error) {
	live, err := triggers.Open(c.Triggers, triggerOptions(c.Config))
	if err != nil {
		return nil, err
	}
	unsigned := c.WebhookSignature == "off"
	if unsigned {
		logger.Warn("webhook signatures are not verified: anyone can publish events; for development only")
	}
	dispatcher := &webhook.Dispatcher{
		Client: temporalClient, IDSecret: idSecret(c.Config),
		Attributes: func(ctx context.Context) webhook.Attributes { return temporalClient.SearchAttributes(ctx) },
		CatchesUp:  catchesUp(c.Config, temporalClient),
	}
	handler, err := webhook.Handler(webhook.Options{
		PublicURL: c.WebhookPublicURL,
		Forwarded: c.WebhookForwarded,
		Tokens:    c.WebhookTokens,
		Unsigned:  unsigned,
		Triggers:  live.Set,
		Receive:   dispatcher.Receive,
		Status:    dispatcher.Status,
		Silencer:  dispatcher,
		Metrics:   ours,

		StatusSecret:   idSecret(c.Config),
		OwnNumbers:     c.WebhookOwnNumbers.All,
		NumberAccounts: c.WebhookOwnNumbers.Accounts,

		Ready:       state.ready,
		Paused:      state.pausing.paused,
		ShowOutcome: c.WebhookShowOutcome,
		Logger:      logger,
	})
	if err != nil {
		return nil, err
	}
	secure, err := webhookTLS(c.Config, ours, logger)
	if err != nil {
		return nil, err
	}
	tell(logger, ours, live.Set(), nil)
	listen, err := serve(logger, listening{
		name: "webhook", variable: "WEBHOOK_ADDR", address: c.WebhookAddr, handler: traces.Webhook(webhook.SmsPath, handler), tls: secure, drain: c.WebhookDrain,
	})
	if err != nil {
		return nil, err
	}
	catchUp, err := whetherToCatchUp(c, temporalClient, live, dispatcher, ours, logger)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return listen(ctx) })
		if catchUp != nil {
			group.Go(func() error { return catchUp(ctx) })
		}
		group.Go(func() error {
			live.Watch(ctx, triggers.WatchInterval, func(set *triggers.Set, err error) {
				ours.TriggersReloaded(err)
				tell(logger, ours, set, err)
			})
			return nil
		})
		return group.Wait()
	}, nil
}

// whetherToCatchUp returns the catch-up service, or nil if CATCH_UP is not set.
func whetherToCatchUp(c *config.Live, temporalClient *temporal.Client, live *triggers.Live, dispatcher *webhook.Dispatcher, ours *metrics.Metrics, logger *slog.Logger) (func(context.Context) error, error) {
	switch {
	case c.CatchUp > 0:
		return newCatchUp(c, temporalClient, live, dispatcher, ours, logger)
	case c.CatchUpOff:
		return func(ctx context.Context) error {
			insist(ctx, logger, "delete the schedule of the catch-up, because CATCH_UP is 0s", func(ctx context.Context) error {
				return unschedule(ctx, temporalClient)
			})
			return nil
		}, nil
	}
	return nil, nil
}

// namespaceAnswers returns an error unless our namespace exists. It may be
// missing even if Temporal answers.
func namespaceAnswers(ctx context.Context, temporalClient *temporal.Client) error {
	_, err := temporalClient.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: temporalClient.Namespace})
	return err
}

// tell logs how many triggers now apply, the warnings about them, and how each
// was interpreted. If err is not nil, it logs that the old triggers still
// apply.
func tell(logger *slog.Logger, ours *metrics.Metrics, set *triggers.Set, err error) {
	if err != nil {
		logger.Error("the changed triggers have mistakes, so the old ones still apply", "triggers", set.Len(), "error", err)
		return
	}
	ours.Triggers(set.Names())
	logger.Info("triggers loaded", "triggers", set.Len())
	for _, warning := range set.Warnings() {
		logger.Warn("trigger file", "file", warning.File, "line", warning.Line, "trigger", warning.Trigger, "warning", warning.Message)
	}
	for _, line := range set.Report() {
		logger.Info("trigger read", "trigger", line.Trigger, "file", line.File, "as", line.As)
	}
}
