package main

// The two halves of the process, which are started and stopped together.

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"temporal-twilio/activities"
	"temporal-twilio/broadcast"
	"temporal-twilio/internal/config"
	"temporal-twilio/internal/metrics"
	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/telemetry"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
	"temporal-twilio/workflows"
)

// stopTimeout is how long work in progress may take after the process is asked
// to stop.
const stopTimeout = 30 * time.Second

// run runs the parts until the context ends or one of them fails. It reports
// any mistake in the configuration before it starts anything.
func run(ctx context.Context, c config.Config, p parts) error {
	logger, err := telemetry.NewLogger(os.Stderr, c.LogLevel, c.LogFormat)
	if err != nil {
		return err
	}
	for _, warning := range c.Warnings {
		logger.Warn(warning)
	}
	live, err := config.Follow(config.Environment(), logger)
	if err != nil {
		return err
	}
	measured, err := telemetry.NewMetrics()
	if err != nil {
		return err
	}
	traces, err := telemetry.OpenTraces(ctx, os.Getenv, logger)
	if err != nil {
		return err
	}
	defer traces.Close()
	ring, err := payload.Open(c.PayloadKeys, logger)
	if err != nil {
		return fmt.Errorf("PAYLOAD_KEYS: %w", err)
	}
	if err := ring.Measure(measured.Meter); err != nil {
		return err
	}
	temporalClient, err := temporal.NewClient(logger, measured.Meter, ring, traces.Interceptors(), grpc.WithStatsHandler(webhook.DoubtHandler{}), grpc.WithChainUnaryInterceptor(activities.KeepRequestIDs, activities.NoticeResets))
	if err != nil {
		return err
	}
	defer temporalClient.Close()

	measureFiles(measured.Ours, live, temporalClient)
	measured.Ours.AttributesMissing(func() int { return len(temporalClient.MissingAttributes(ctx)) })

	var services []func(context.Context) error
	state := newHealth(ctx, temporalClient)
	state.pausing = &pausing{ask: temporalClient.Paused, ours: measured.Ours, logger: logger}
	services = append(services, state.pausing.watch, live.Watch)
	if p.worker {
		w, err := newWorker(ctx, live, temporalClient, state, measured.Ours, logger)
		if err != nil {
			return err
		}
		services = append(services, w)
	}
	if p.webhook {
		w, err := newWebhook(live, temporalClient, state, measured.Ours, traces, logger)
		if err != nil {
			return err
		}
		services = append(services, w)
	}
	if c.MetricsAddr != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", measured.Handler)
		webhook.Probes(mux, state.readyToWork(p))
		service, err := serve(logger, listening{name: "metrics", variable: "METRICS_ADDR", address: c.MetricsAddr, handler: mux})
		if err != nil {
			return err
		}
		services = append(services, service)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		group.Go(func() error { return service(ctx) })
	}
	return group.Wait()
}

// measureFiles adds metrics for whether the credential files can be read, and
// for when the Temporal client certificate expires.
func measureFiles(ours *metrics.Metrics, live *config.Live, temporalClient *temporal.Client) {
	ours.File(config.Credentials, live.Err)
	for what, broken := range temporalClient.Files {
		ours.File(what, broken)
	}
	if at := temporalClient.CertificateExpires; at != nil {
		ours.Expiry("Temporal client certificate", at)
	}
}

// newWorker returns a service that polls the task queue.
func newWorker(ctx context.Context, c *config.Live, temporalClient *temporal.Client, state *health, ours *metrics.Metrics, logger *slog.Logger) (func(context.Context) error, error) {
	accounts, err := openAccounts(c, ours)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		state.pausing.paces = append(state.pausing.paces, account.Pace)
	}
	store, err := openStore(ctx, c.Config)
	if err != nil {
		return nil, err
	}
	fatal := make(chan error, 1)
	build := func() worker.Worker {
		w := worker.New(temporalClient.Client, sms.TaskQueue, worker.Options{
			WorkerStopTimeout:           stopTimeout,
			DisableRegistrationAliasing: true,
			DeploymentOptions:           temporalClient.Deployment,
			OnFatalError:                func(err error) { fatal <- err },
		})
		workflows.Register(w)
		w.RegisterNexusService(newNexusService([]byte(c.IDSecret.Reveal())))
		sending := &activities.Activities{
			Accounts: accounts,
			Renderer: activities.NewFreeMarker(c.TemplateLocale, c.TemplateTimeZone),
			// Twilio may still carry out a request for a while
			// after we have given up on it.
			Settle:   c.Timeout + c.Timeout/2,
			Patience: c.Patience,
			IDSecret: idSecret(c.Config),
			// The auth token must not replace ID_SECRET here,
			// because each rotation would change the workflow IDs
			// of keyed sends.
			KeySecret: []byte(c.IDSecret.Reveal()),

			DefaultRegion: c.DefaultRegion,
			RecordFirst:   c.RecordFirst,
			Reports:       store != nil,
		}
		if c.WebhookPublicURL != "" {
			sending.StatusCallback = strings.TrimRight(c.WebhookPublicURL, "/") + webhook.StatusPath
		}
		sending.Register(w)
		(&broadcast.Files{Store: store, Party: sending.Party}).Register(w)
		return w
	}
	return func(ctx context.Context) error {
		probing, done := context.WithCancel(ctx)
		defer done()
		go state.refused.probe(probing, accounts, logger)
		w := startWorker(ctx, build, temporalClient, state.pausing.look, logger)
		if w == nil {
			return nil
		}
		defer w.Stop()
		go share(probing, temporalClient, accounts, logger)
		if err := temporalClient.EnsureSearchAttributes(ctx); err != nil {
			logger.Warn("could not add the search attributes, so workflows cannot be found by what they catch or by their text", "error", err)
		}
		state.polls.Store(true)
		logger.Info("worker started", "taskQueue", sms.TaskQueue, "namespace", temporalClient.Namespace)
		select {
		case <-ctx.Done():
			return nil
		case err := <-fatal:
			return fmt.Errorf("the worker cannot continue: %w", err)
		}
	}, nil
}

// openStore opens the store of broadcasts, or returns nil if none is
// configured.
func openStore(ctx context.Context, c config.Config) (store broadcast.Store, err error) {
	switch {
	case c.BroadcastDir != "":
		if store, err = broadcast.OpenFolder(c.BroadcastDir); err != nil {
			return nil, fmt.Errorf("BROADCAST_DIR: %w", err)
		}
	case c.BroadcastStore != "":
		if store, err = broadcast.Open(ctx, c.BroadcastStore); err != nil {
			return nil, fmt.Errorf("BROADCAST_STORE: %w", err)
		}
	}
	return store, nil
}

// openAccounts returns the accounts by the names that callers use. "" is the
// account in the environment.
func openAccounts(c *config.Live, ours *metrics.Metrics) (map[string]activities.Account, error) {
	gateway, err := openTwilio(c.Twilio(), ours)
	if err != nil {
		return nil, err
	}
	metered := ours.Account("")
	accounts := map[string]activities.Account{"": {
		SID: c.Account, Region: c.Twilio().Region, Gateway: gateway, Pace: newPace(c.Config, c.Concurrency, c.Rate, c.AccountRate), Caps: newCaps(c.Account, c.Caps, metered), Metrics: metered,
	}}
	for name, account := range c.Named {
		gateway, err := openTwilio(c.NamedTwilio(name), ours)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", name, err)
		}
		metered := ours.Account(name)
		accounts[name] = activities.Account{
			SID: account.Account, Region: account.Region, Gateway: gateway, Pace: newPace(c.Config, account.Concurrency, account.Rate, account.AccountRate), Caps: newCaps(account.Account, account.Caps, metered), Metrics: metered,
		}
	}
	return accounts, nil
}

// openTwilio returns a client whose requests are traced and counted in the
// metrics.
func openTwilio(access twilio.Access, ours *metrics.Metrics) (*twilio.Client, error) {
	access.Observe = func(ctx context.Context, e twilio.Exchange) {
		ours.TwilioRequest(e.Method, e.Status, e.Took)
		telemetry.TwilioRequest(ctx, e.Method, e.Status, e.Took, e.RequestID)
	}
	return twilio.New(access)
}

func newPace(c config.Config, concurrency int, perSender, perAccount float64) *activities.Pace {
	return activities.NewPace(activities.Limits{
		Concurrency: concurrency, PerSender: perSender, PerAccount: perAccount, Segments: c.RateUnit == "segments",
	})
}

// newCaps returns an account's caps and creates their metric series.
func newCaps(account string, caps config.Caps, metered *metrics.Account) *activities.Caps {
	all := make([]activities.Cap, len(caps))
	for i, one := range caps {
		all[i] = activities.Cap(one)
		metered.Cap(one.Prefix)
	}
	return activities.NewCaps(account, all)
}

// idSecret returns ID_SECRET or, if it is not set, the auth token, which
// changes with each rotation.
func idSecret(c config.Config) []byte {
	if secret := c.IDSecret.Reveal(); secret != "" {
		return []byte(secret)
	}
	return []byte(c.Token.Reveal())
}

// startWorker starts a worker as soon as Temporal answers and ask returns no
// error. It returns nil if the context ends first.
func startWorker(ctx context.Context, build func() worker.Worker, temporalClient *temporal.Client, ask func(context.Context) error, logger *slog.Logger) worker.Worker {
	wait := time.Second
	for {
		err := ask(ctx)
		if err == nil {
			w := build()
			if err = w.Start(); err == nil {
				return w
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		logger.Warn("Temporal does not answer yet; trying again", "address", temporalClient.Address, "wait", wait, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, 15*time.Second)
	}
}

func temporalAnswers(ctx context.Context, temporalClient *temporal.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := temporalClient.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
