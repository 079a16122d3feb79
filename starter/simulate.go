package main

// starter simulate: delivers a text to a webhook, as Twilio does.

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"temporal-twilio/internal/config"
	"temporal-twilio/twilio"
	"temporal-twilio/webhook"
)

type simulateFlags struct {
	url, signedURL, from, to, body, account, sid string
	params                                       []string
	timeout                                      time.Duration
	asJSON                                       bool
}

// simulated is the webhook's response to a text. Body is set only if Status is
// not 200.
type simulated struct {
	MessageSID string   `json:"messageSid"`
	Status     int      `json:"status"`
	Outcome    string   `json:"outcome,omitempty"`
	Workflow   string   `json:"workflowId,omitempty"`
	Replies    []string `json:"replies"`
	Body       string   `json:"body,omitempty"`
}

// String returns the response as it is printed.
func (s *simulated) String() string {
	lines := []string{fmt.Sprintf("%s: %d %s", s.MessageSID, s.Status, http.StatusText(s.Status))}
	if s.Outcome != "" {
		lines = append(lines, "outcome: "+s.Outcome)
	}
	if s.Workflow != "" {
		lines = append(lines, "workflow: "+s.Workflow)
	}
	for _, reply := range s.Replies {
		lines = append(lines, "reply: "+reply)
	}
	switch {
	case s.Status != http.StatusOK:
		lines = append(lines, s.Body)
	case len(s.Replies) == 0:
		lines = append(lines, "no reply")
	}
	return strings.Join(lines, "\n")
}

func simulateCommand() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate --from NUMBER --body TEXT",
		Short: "Deliver a text to a webhook, signed the way Twilio signs its requests",
		Long: `Deliver a text to a webhook, signed the way Twilio signs its requests, and print
the response.
The auth token must be the webhook's: TWILIO_TOKEN, TWILIO_AUTH_TOKEN or the
file TWILIO_TOKEN_FILE, by default that of the local stack. The default webhook is
the one at WEBHOOK_PUBLIC_URL, if that is on this machine, or else that of make run;
for any other, set --url. If the text bypasses a proxy, --signed-url is the address
that Twilio would call. A webhook with WEBHOOK_SHOW_OUTCOME=true, such as that of
make run, also reports the outcome of the text.

Exit status: 0 a response with status 200, 1 any other status, 2 no
response.`,
		Example: `  starter simulate --from +15005550009 --body 'Order Number 42'
  starter simulate --from +15005550009 --body hi --url http://10.0.0.5:8080/twilio/sms \
      --signed-url https://sms.example.com/twilio/sms
  starter simulate --from +15005550009 --body hi --sid SM00000000000000000000000000000001   # a redelivery`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simulate(cmd.Context(), cmd.OutOrStdout(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "", "the webhook (default: WEBHOOK_PUBLIC_URL with /twilio/sms, if on this machine, or else http://127.0.0.1:8080/twilio/sms)")
	flags.StringVar(&f.signedURL, "signed-url", "", "URL to sign, if not --url")
	flags.StringVar(&f.from, "from", "", "the sender")
	flags.StringVar(&f.to, "to", "+15005550006", "the number that the text is sent to")
	flags.StringVar(&f.body, "body", "", "the text")
	flags.StringVar(&f.account, "account", localAccount, "the account (default TWILIO_ACCOUNT, or else the local one)")
	flags.StringVar(&f.sid, "sid", "", "the message's SID (default: a new one)")
	flags.StringArrayVar(&f.params, "param", nil, "an additional parameter, name=value, such as OptOutType=STOP; may be repeated")
	flags.DurationVar(&f.timeout, "timeout", 15*time.Second, "how long to wait (default: as long as Twilio)")
	flags.BoolVar(&f.asJSON, "json", false, "print as JSON")
	for _, name := range []string{"from", "body"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}

// The account of the local stack, and its auth token.
const (
	localAccount = "AC00000000000000000000000000000001"
	localToken   = "0123456789abcdef0123456789abcdef"
)

func simulate(ctx context.Context, out io.Writer, f simulateFlags) error {
	c, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	f.account = cmp.Or(c.Account, f.account)
	f.url = cmp.Or(f.url, localWebhook(c.WebhookPublicURL))
	form, err := f.form()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("--url %q: %w", f.url, err)
	}
	token := cmp.Or(c.Token.Reveal(), localToken)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	request.Header.Set("User-Agent", "TwilioProxy/1.1")
	request.Header.Set("I-Twilio-Idempotency-Token", uuid.NewString())
	request.Header.Set(twilio.SignatureHeader, twilio.Sign(token, cmp.Or(f.signedURL, f.url), form))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("deliver to %s: %w; is the webhook, or make run, running there?", f.url, errors.Unwrap(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the response of %s: %w", f.url, err)
	}
	result := simulated{
		MessageSID: form.Get("MessageSid"), Status: response.StatusCode, Replies: []string{},
		Outcome: response.Header.Get(webhook.OutcomeHeader), Workflow: response.Header.Get(webhook.WorkflowHeader),
	}
	if result.Status != http.StatusOK {
		result.Body = strings.TrimSpace(string(body))
	} else if result.Replies, err = messages(body); err != nil {
		return fmt.Errorf("the response is not TwiML: %w\n%s", err, body)
	}
	if f.asJSON {
		err = printJSON(out, result)
	} else {
		_, err = fmt.Fprintln(out, &result)
	}
	if err == nil && result.Status != http.StatusOK {
		err = errFindings
	}
	return err
}

// localWebhook returns the webhook to deliver to by default: that of make run.
// A public webhook is never the default, because its triggers would fire.
func localWebhook(public string) string {
	base := "http://127.0.0.1:8080"
	if u, err := url.Parse(public); err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()) {
		base = strings.TrimRight(public, "/")
	}
	return base + "/twilio/sms"
}

func (f simulateFlags) form() (url.Values, error) {
	form := url.Values{
		"MessageSid": {cmp.Or(f.sid, "SM"+strings.ReplaceAll(uuid.NewString(), "-", ""))},
		"AccountSid": {f.account},
		"From":       {f.from}, "To": {f.to}, "Body": {f.body},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	form["SmsSid"], form["SmsMessageSid"] = form["MessageSid"], form["MessageSid"]
	for _, param := range f.params {
		name, value, found := strings.Cut(param, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("--param %q is not name=value", param)
		}
		form.Set(name, value)
	}
	return form, nil
}

// messages returns the texts of a TwiML document.
func messages(document []byte) ([]string, error) {
	var response struct {
		XMLName  xml.Name `xml:"Response"`
		Messages []struct {
			Text string `xml:",chardata"`
			Body string `xml:"Body"`
		} `xml:"Message"`
	}
	if err := xml.Unmarshal(document, &response); err != nil {
		return nil, err
	}
	texts := []string{} // an empty list in JSON
	for _, m := range response.Messages {
		texts = append(texts, cmp.Or(m.Body, m.Text))
	}
	return texts, nil
}
