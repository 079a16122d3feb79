package bench

// The CPU time of a list in the process that sends it, compared with a bare
// HTTP client. Unlike throughput, it depends neither on the machine's other
// load nor on the cost of Temporal and the local Twilio.

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
	"temporal-twilio/test/bench/table"
	"temporal-twilio/test/cputime"
	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
)

// startTwilio starts a local Twilio in a separate process.
func startTwilio(t *testing.T) string {
	t.Helper()
	address := "127.0.0.1:" + stack.FreePort(t)
	stack.StartProcess(t, "twiliosim", nil, stack.Build(t, "twiliosim/cmd/twiliosim"),
		"--addr", address, "--account", stack.Account, "--token", stack.Token, "--number", stack.Number, "--speed", "1000000", "--concurrency", "-1")
	base := "http://" + address
	stack.Eventually(t, "the local Twilio is ready", func(ctx context.Context) error { return stack.Get(ctx, base+"/") })
	return base
}

func TestProcessor(t *testing.T) {
	besideOthers(t)
	base := startTwilio(t)
	gateway, err := twilio.New(twilio.Access{AccountSID: stack.Account, Token: stack.Token, BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	sending := &activities.Activities{
		Accounts: map[string]activities.Account{"": {Gateway: gateway, Pace: activities.NewPace(activities.Limits{Concurrency: atOnce})}},
		Renderer: activities.NewFreeMarker("", ""),
		Record: func(_ context.Context, details any) error {
			_, err := converter.GetDefaultDataConverter().ToPayloads(details)
			return err
		},
	}
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	sending.Register(env)
	env.RegisterActivity(&bare{base, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}})
	for _, n := range []int{100, 1000, 5000} {
		in := listOf(n)
		ours := func() {
			value, err := env.ExecuteActivity(sms.SendSmsName, in)
			var result sms.SendSmsResult
			if err == nil {
				err = value.Get(&result)
			}
			if err != nil || len(result.Messages) != n {
				t.Fatalf("%d of %d recipients were texted, want all; got error %v", len(result.Messages), n, err)
			}
		}
		theirs := func() {
			value, err := env.ExecuteActivity("PoolBare", in)
			var created []sms.Message
			if err == nil {
				err = value.Get(&created)
			}
			if err != nil || len(created) != n {
				t.Fatalf("%d of %d recipients were texted, want all; got error %v", len(created), n, err)
			}
		}
		ours()
		theirs()
		var ratios []float64
		var last [2]float64
		for range *turns {
			last[0], last[1] = perRecipient(t, n, ours), perRecipient(t, n, theirs)
			ratios = append(ratios, last[0]/last[1])
		}
		keep(t, table.Of(table.Row{
			Part: outboundPart, Name: fmt.Sprintf("SendSms to %d recipients, without Temporal", n), Beside: "a bare HTTP client", Unit: "× the processor time",
			Note: fmt.Sprintf("last turn: %.0f µs and %.0f µs a recipient", last[0], last[1]),
		}, ratios))
	}
}

// perRecipient returns a list's CPU time per recipient, in microseconds.
func perRecipient(t *testing.T, n int, send func()) float64 {
	t.Helper()
	rounds := max(1, 2000/n)
	before := cputime.Used()
	for range rounds {
		send()
	}
	return float64((cputime.Used() - before).Nanoseconds()) / 1000 / float64(rounds*n)
}
