package main

// worker doctor checks the configuration, Temporal, Twilio and the webhook, as
// far as possible from this machine. It prints a line for each check, including
// what to do if the check fails.

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/triggers"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
)

// The statuses of findings.
const (
	statusOK      = "ok"
	statusWarning = "warning"
	statusFailed  = "failed"
)

const (
	// leastRetention is how long a namespace must keep closed workflows, and
	// goodRetention is how long it should. A repeated text is recognized only
	// during that time.
	leastRetention = 24 * time.Hour
	goodRetention  = 30 * 24 * time.Hour
	// soon is how long before its expiry a credential should be renewed.
	soon = 14 * 24 * time.Hour
	// checkTimeout limits one request to Temporal or the webhook.
	checkTimeout = 10 * time.Second
)

// finding is one line of the doctor's output.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Says   string `json:"says"`
	// Do is what to do about the finding, or "" if nothing is wrong.
	Do string `json:"do,omitempty"`
}

// doctor collects findings.
type doctor struct {
	config   config.Config
	findings []finding
	// startedOn holds the triggers that start workflows, by task queue.
	startedOn map[string][]*triggers.Trigger
}

func doctorCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the configuration, Temporal, Twilio and the webhook",
		Long: `Check, with the worker's configuration, the triggers, Temporal and its namespace, the
search attributes, the workers, the accounts at Twilio, the webhooks of their numbers,
the path from the public URL to the webhook, and what expires. The worker and the
webhook should be running. Nothing is changed, and no text is sent. One request has an
invalid signature on purpose, so the webhook logs that it refused a request.

Exit status: 0 if no check failed, otherwise 1.`,
		Example: `  worker doctor --config worker.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := diagnose(cmd.Context())
			if err := report(cmd.OutOrStdout(), findings, asJSON); err != nil {
				return err
			}
			failed := 0
			for _, f := range findings {
				if f.Status == statusFailed {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d checks failed", failed, len(findings))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as a JSON array")
	return cmd
}

// report prints findings.
func report(w io.Writer, findings []finding, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(findings)
	}
	for _, f := range findings {
		line := fmt.Sprintf("%-7s  %s: %s", f.Status, f.Check, f.Says)
		if f.Do != "" {
			line += "; " + f.Do
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// diagnose runs all checks that the configuration allows.
func diagnose(ctx context.Context) []finding {
	c, misread := config.FromEnvironment()
	d := &doctor{config: c}
	mistakes := config.Mistakes(nil)
	if err := config.All(misread, c.Check(true, c.Triggers != ""), checkKeys(c)); errors.As(err, &mistakes) {
		for _, mistake := range mistakes {
			d.failed("configuration", mistake.Error(), "worker --help describes each variable")
		}
		return d.findings
	}
	d.ok("configuration", "it can be read")
	d.triggers(ctx)
	for _, warning := range c.Warnings {
		d.warning("configuration", warning, "unset it or correct its name")
	}
	ring, err := payload.Open(c.PayloadKeys, slog.New(slog.DiscardHandler))
	if err != nil {
		d.failed("keys", err.Error(), "worker keys list shows the file")
		return d.findings
	}
	d.keys(ring)
	if temporalClient, err := temporal.NewClient(slog.New(slog.DiscardHandler), nil, ring, nil); err != nil {
		d.failed("Temporal", err.Error(), "correct the TEMPORAL_… variables")
	} else {
		defer temporalClient.Close()
		d.temporal(ctx, temporalClient)
	}
	d.accounts(ctx)
	if c.Triggers != "" && c.WebhookPublicURL != "" && c.WebhookSignature == "on" {
		d.signatures(ctx)
	}
	d.expiries()
	return d.findings
}

func (d *doctor) ok(check, says string) {
	d.findings = append(d.findings, finding{check, statusOK, says, ""})
}

func (d *doctor) warning(check, says, do string) {
	d.findings = append(d.findings, finding{check, statusWarning, says, do})
}

func (d *doctor) failed(check, says, do string) {
	d.findings = append(d.findings, finding{check, statusFailed, says, do})
}

// keys checks whether payloads are encrypted, and with which key.
func (d *doctor) keys(ring *payload.Ring) {
	switch has := ring.Inventory(); {
	case has.Current != "":
		d.ok("keys", fmt.Sprintf("payloads are encrypted with key %s (keys in the file: %d)", has.Current, len(has.Known)))
	case len(has.Known) > 0:
		d.warning("keys", "no key is current: payloads are stored unencrypted", "run worker keys use ID once every process has the file")
	}
}

// temporal checks the server and the settings of the namespace.
func (d *doctor) temporal(ctx context.Context, c *temporal.Client) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
	if v := judge(err); v.err != nil {
		d.failed("Temporal", fmt.Sprintf("%s at %s, namespace %s", v.err, c.Address, c.Namespace), "check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, and the TLS or API key variables")
		return
	}
	d.ok("Temporal", fmt.Sprintf("%s answers and has the namespace %s", c.Address, c.Namespace))
	days := func(t time.Duration) string { return fmt.Sprintf("%g days", t.Hours()/24) }
	keep := described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	longer := "temporal operator namespace update --namespace " + c.Namespace + " --retention 720h"
	switch says := "closed workflows are kept for " + days(keep); {
	case keep < leastRetention:
		d.failed("retention", says+"; at least "+days(leastRetention)+" are needed to recognize a repeated text", longer)
	case keep < goodRetention:
		d.warning("retention", says+"; idempotency keys and texts are forgotten after that", longer)
	default:
		d.ok("retention", says)
	}
	d.pause(ctx, c)
	if missing := c.MissingAttributes(ctx); len(missing) > 0 {
		for _, name := range missing {
			d.warning("search attributes", "the namespace lacks "+name, "start a worker that may add it, or run: "+c.AttributeCommand(name))
		}
	} else {
		d.ok("search attributes", "the namespace has all of them")
	}
	queues := []string{sms.TaskQueue}
	if d.config.CatchUp > 0 {
		queues = append(queues, sms.CatchUpTaskQueue)
	}
	for _, queue := range queues {
		d.pollers(ctx, c, queue)
	}
	d.startedWorkflows(ctx, c)
}

// pause checks whether all sending is paused.
func (d *doctor) pause(ctx context.Context, c *temporal.Client) {
	const check = "all sending"
	switch pause, err := c.Paused(ctx); {
	case err != nil:
		d.failed(check, "Temporal does not report whether it is paused", "check the permissions of the API key")
	case pause != nil:
		d.warning(check, fmt.Sprintf("it has been paused since %s: %s", pause.Since.UTC().Format(time.RFC3339), cmp.Or(pause.Why, "the reason cannot be read here")), "run starter resume-all once the reason no longer applies")
	default:
		d.ok(check, "it is not paused")
	}
}

// accounts checks the credentials of each account and the webhooks of its
// numbers.
func (d *doctor) accounts(ctx context.Context) {
	accesses := map[string]twilio.Access{"": d.config.Twilio()}
	for name, account := range d.config.Named {
		accesses[name] = account.Twilio()
	}
	for name, access := range accesses {
		check := strings.TrimSpace("Twilio account " + name)
		gateway, err := twilio.New(access)
		if err != nil {
			d.failed(check, err.Error(), "set TWILIO_ACCOUNT and TWILIO_TOKEN, or correct the accounts file")
			continue
		}
		if err := sms.AsError(gateway.Probe(ctx)); err != nil {
			d.refusal(check, err)
			continue
		}
		d.ok(check, "Twilio accepts the credentials")
		if d.config.Triggers != "" && d.config.WebhookPublicURL != "" {
			d.numbers(ctx, check, gateway)
		}
	}
}

// refusal reports that Twilio did not accept an account or did not answer.
func (d *doctor) refusal(check string, err *sms.Error) {
	says := string(err.Code)
	if err.TwilioCode != 0 {
		says += fmt.Sprintf(" (error %d)", err.TwilioCode)
	}
	switch err.Code {
	case sms.CodeConnection:
		d.failed(check, "Twilio is unreachable: "+says, "check the network, the proxy and TWILIO_BASE_URL")
	case sms.CodeRateLimited:
		d.warning(check, "Twilio limits our requests: "+says, "try again later")
	default:
		d.failed(check, "Twilio does not accept it: "+says, "check the account SID and the token or API key, and whether the account is active")
	}
}

// numbers checks whether the account's numbers deliver their texts to our
// webhook.
func (d *doctor) numbers(ctx context.Context, check string, gateway *twilio.Client) {
	ours := strings.TrimRight(d.config.WebhookPublicURL, "/") + webhook.SmsPath
	shown := config.WithoutLogin(ours)
	do := "set \"A message comes in\" in Twilio's console to the webhook " + shown + "#rc=2&rp=5xx, POST"
	numbers, err := gateway.Numbers(ctx)
	if err != nil {
		d.warning(check, "Twilio does not list its numbers: "+err.Error(), "check in Twilio's console whether they call "+shown)
		return
	}
	found := false
	for _, n := range numbers {
		called, _, _ := strings.Cut(n.SmsURL, "#")
		own := d.config.WebhookOwnNumbers.Has(n.Number)
		number := "number " + n.Number
		switch {
		case n.SmsApplicationSID != "" && (own || called == ours):
			d.failed(number, "a TwiML application receives its texts instead of the webhook", do)
		case called == ours && n.SmsMethod != http.MethodPost:
			d.warning(number, "it calls the webhook with "+n.SmsMethod+", which puts numbers and texts into the logs of proxies", "choose POST in Twilio's console")
		case called == ours:
			d.ok(number, "it calls the webhook")
		case own && called == "":
			d.failed(number, "it calls no webhook", do)
		case own:
			d.failed(number, "it calls "+config.WithoutLogin(called), do)
		}
		found = found || own || called == ours
	}
	if !found {
		d.failed(check, fmt.Sprintf("none of its %d numbers calls the webhook", len(numbers)), do)
	}
}

// signatures sends a signed status callback for a nonexistent message to the
// public URL, as Twilio would. The webhook must acknowledge it and refuse one
// with a wrong signature.
func (d *doctor) signatures(ctx context.Context) {
	const check = "signature round trip"
	address := strings.TrimRight(d.config.WebhookPublicURL, "/") + webhook.StatusPath
	shown := config.WithoutLogin(address)
	status, expires, err := d.callBack(ctx, address, d.config.Token.Reveal())
	switch {
	case err != nil:
		d.failed(check, shown+" cannot be reached from here: "+cause(err), "check WEBHOOK_PUBLIC_URL, the proxy, and whether the webhook runs")
		return
	case status == http.StatusForbidden:
		d.failed(check, "the webhook refuses our signature", "the webhook's WEBHOOK_PUBLIC_URL and TWILIO_TOKEN must be the same as here; its log says what differs")
		return
	case status != http.StatusNoContent:
		d.failed(check, fmt.Sprintf("%s responds with status %d instead of 204", shown, status), "check that our webhook runs there, and that the proxy preserves the path")
		return
	}
	if !expires.IsZero() {
		d.expires("certificate of "+shown, expires)
	}
	if status, _, err = d.callBack(ctx, address, "another"); err == nil && status == http.StatusForbidden {
		d.ok(check, "the webhook accepts what Twilio signs and refuses everything else")
		return
	}
	d.failed(check, fmt.Sprintf("a request with a wrong signature gets status %d instead of 403", status), "set WEBHOOK_SIGNATURE=on on the webhook")
}

// callBack posts a status callback signed with a token. It returns the status
// of the response and the expiry of the certificate.
func (d *doctor) callBack(ctx context.Context, address, token string) (status int, expires time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	form := url.Values{
		"MessageSid": {"SM" + strings.Repeat("0", 32)}, "MessageStatus": {string(sms.StatusSent)}, "AccountSid": {d.config.Account},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, expires, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(token, address, form))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, expires, err
	}
	defer response.Body.Close()
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		expires = response.TLS.PeerCertificates[0].NotAfter
	}
	return response.StatusCode, expires, nil
}

// cause returns the error of a request without the request's URL.
func cause(err error) string {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err.Error()
}

// expiries checks when the certificates in files expire.
func (d *doctor) expiries() {
	for _, pair := range [][3]string{
		{"WEBHOOK_TLS_CERT", d.config.WebhookTLSCert, d.config.WebhookTLSKey},
		{"TEMPORAL_TLS_CLIENT_CERT_PATH", os.Getenv("TEMPORAL_TLS_CLIENT_CERT_PATH"), os.Getenv("TEMPORAL_TLS_CLIENT_KEY_PATH")},
	} {
		if pair[1] == "" {
			continue
		}
		at := time.Time{}
		if read, err := tls.LoadX509KeyPair(pair[1], pair[2]); err == nil {
			at = read.Leaf.NotAfter
		}
		d.expires(pair[0], at)
	}
}

// expires adds a finding about when something expires.
func (d *doctor) expires(what string, at time.Time) {
	left := time.Until(at).Round(time.Hour)
	switch day := at.UTC().Format(time.DateOnly); {
	case at.IsZero():
		d.failed(what, "it cannot be read", "check the file and its key")
	case left <= 0:
		d.failed(what, "it expired on "+day, "renew it")
	case left < soon:
		d.warning(what, "it expires on "+day, "renew it")
	default:
		d.ok(what, "it expires on "+day)
	}
}
