package main

// Checks whether Twilio accepts the credentials of each account, at startup and
// then repeatedly until it does.

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// recheck is the time until an account is checked again if Twilio refused it or
// did not answer.
const recheck = 30 * time.Second

// refusals holds the accounts that Twilio refuses. The zero value holds none.
type refusals struct {
	mu    sync.Mutex
	names map[string]sms.Code
}

// err returns an error that names a refused account, or nil if no account is
// refused.
func (r *refusals) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, code := range r.names {
		return fmt.Errorf("%s is refused by Twilio: %s", inWords(name), code)
	}
	return nil
}

// inWords describes an account for error messages.
func inWords(account string) string {
	if account == "" {
		return "the account of TWILIO_ACCOUNT"
	}
	return fmt.Sprintf("the account %q of TWILIO_ACCOUNTS", account)
}

func (r *refusals) set(name string, code sms.Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names = make(map[string]sms.Code)
	}
	if r.names[name] = code; code == "" {
		delete(r.names, name)
	}
}

// probe checks each account until Twilio accepts it.
func (r *refusals) probe(ctx context.Context, accounts map[string]activities.Account, logger *slog.Logger) {
	var probing sync.WaitGroup
	for name, account := range accounts {
		gateway, ok := account.Gateway.(interface {
			Probe(ctx context.Context) error
		})
		if !ok {
			continue
		}
		probing.Go(func() {
			for {
				err := sms.AsError(gateway.Probe(ctx))
				switch {
				case ctx.Err() != nil:
					return
				case err == nil:
					r.set(name, "")
					account.Metrics.Refused(false)
					logger.Info("Twilio accepts the account", "account", name)
					return
				case err.Scope == sms.ScopeAccount && !err.Retryable:
					r.set(name, err.Code)
					account.Metrics.Refused(true)
					logger.Error("Twilio refuses the account: check TWILIO_ACCOUNT and TWILIO_TOKEN, or the accounts file", "account", name, "code", err.Code, "twilioCode", err.TwilioCode, "httpStatus", err.HTTPStatus)
				default:
					logger.Warn("cannot tell whether Twilio accepts the account; trying again", "account", name, "code", err.Code, "httpStatus", err.HTTPStatus)
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(recheck):
				}
			}
		})
	}
	probing.Wait()
}
