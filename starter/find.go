package main

// starter find: shows what happened to one text, or to all texts to and from a
// phone, in order. It combines Twilio's records with what Temporal knows about
// each text.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/temporal"
	"temporal-twilio/sms"
	"temporal-twilio/twilio"
)

var (
	triggerKey = sdk.NewSearchAttributeKeyKeyword(sms.AttributeTrigger)
	outcomeKey = sdk.NewSearchAttributeKeyKeyword(sms.AttributeOutcome)
)

// maxFound limits the messages that are listed, in each direction.
const maxFound = 200

// told is one text in the output.
type told struct {
	At        time.Time `json:"at"`
	SID       string    `json:"sid"`
	Direction string    `json:"direction"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Body      string    `json:"body"`
	// Status and ErrorCode are from Twilio.
	Status    sms.Status `json:"status"`
	ErrorCode int        `json:"errorCode,omitempty"`
	// Workflow is the workflow that handles an inbound text or, if one text
	// is asked for, the one that sent it. State is the workflow's state,
	// Trigger is the first trigger that matched, and Outcome is the text's
	// outcome. They are empty if there is no such workflow.
	Workflow string      `json:"workflow,omitempty"`
	State    string      `json:"state,omitempty"`
	Trigger  string      `json:"trigger,omitempty"`
	Outcome  sms.Outcome `json:"outcome,omitempty"`
	// Reply is true for a reply of the webhook, such as an echo, which no
	// workflow sent.
	Reply bool `json:"reply,omitempty"`
}

func findCommand() *cobra.Command {
	since, account, asJSON := "24h", "", false
	cmd := &cobra.Command{
		Use:   "find NUMBER|SID",
		Short: "Show what happened to one text, or to all texts of a phone",
		Long: `List the texts to and from a phone, or the one with a MessageSid, in order,
with Twilio's status and error code, and for each inbound one the workflow that
handles it. If there is none, no trigger matches the text, or no webhook accepted
it, which Twilio's error log shows (11200). With a MessageSid, it also shows the
workflow that sent the text, if Temporal still has it. Only the newest 200 texts in
each direction are listed. It uses the same credentials as the
worker, such as TWILIO_ACCOUNT and TWILIO_TOKEN_FILE, by default those of make
run, and prints numbers and texts.

Exit status: 0 if something was found, 1 if not, 2 on any error.`,
		Example: `  starter find +15005550009 --since 10:00
  starter find SM0123456789abcdef0123456789abcdef`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := readSince(since, time.Now())
			if err != nil {
				return err
			}
			what, err := readSubject(args[0])
			if err != nil {
				return err
			}
			return find(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), what, account, from, asJSON)
		},
	}
	cmd.Flags().StringVar(&since, "since", since, "the earliest time: today, yesterday, a time of today (10:00), a date, or how long ago (90m)")
	cmd.Flags().StringVar(&account, "account", "", "the account's name in TWILIO_ACCOUNTS")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// readSince parses a time of day, a date, or a duration before now. A time of
// day is today's.
func readSince(text string, now time.Time) (time.Time, error) {
	switch text {
	case "yesterday":
		now = now.AddDate(0, 0, -1)
		text = "00:00"
	case "today":
		text = "00:00"
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	if at, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, now.Location()), nil
	}
	for _, form := range []string{time.DateOnly, "2006-01-02 15:04", time.RFC3339} {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return now, fmt.Errorf("--since is %q: want today, yesterday, a time such as 10:00, a date such as 2026-11-26, or a duration such as 90m", text)
}

// readSubject parses the argument of find: the SID of a text, or the address of
// a phone.
func readSubject(text string) (string, error) {
	if sms.IsMessageSID(text) || strings.Contains(text, ":") { // such as whatsapp:+15005550009
		return text, nil
	}
	if number := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text); numberForm.MatchString(number) {
		return number, nil
	}
	if workflowForm.MatchString(text) {
		return "", fmt.Errorf("%q is the ID of a workflow: temporal workflow show --workflow-id %[1]s, or the Web UI, shows its result with the SIDs of its texts, which find accepts", text)
	}
	return "", fmt.Errorf("%q is neither a number such as +15005550009 nor the SID of a message (SM or MM and 32 digits)", text)
}

// workflowForm matches the workflow IDs that starter creates.
var workflowForm = regexp.MustCompile(`^(send|ask|broadcast)-.`)

var numberForm = regexp.MustCompile(`^\+?[0-9]{3,15}$`)

func find(ctx context.Context, out, notes io.Writer, what, account string, since time.Time, asJSON bool) error {
	gateway, err := openGateway(account, notes)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	records, whole, err := recordsOf(ctx, gateway, what, since)
	if err != nil {
		return asking(err)
	}
	if !whole {
		fmt.Fprintf(notes, "only the newest %d texts in each direction are listed; there are older ones\n", maxFound)
	}
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	story := make([]told, len(records))
	for i := range records {
		if story[i], err = tell(ctx, c, &records[i]); err != nil {
			return failure(c, "look up the workflow of "+records[i].SID, err)
		}
	}
	if sms.IsMessageSID(what) && len(story) == 1 && story[0].Direction == "out" && !story[0].Reply {
		sender, err := senderOf(ctx, c, &records[0], notes)
		if err != nil {
			return failure(c, "look for the workflow that sent "+what, err)
		}
		if sender != nil {
			story[0].Workflow, story[0].State = sender.GetExecution().GetWorkflowId(), strings.ToLower(sender.GetStatus().String())
		}
	}
	if asJSON {
		if err := printJSON(out, story); err != nil {
			return err
		}
	} else {
		for i := range story {
			fmt.Fprintln(out, story[i].String())
		}
	}
	if len(story) == 0 {
		fmt.Fprintln(notes, "nothing found")
		return errNothingFound
	}
	return nil
}

var errNothingFound = errors.New("nothing was found")

// localTwilio is the address of the local stack's Twilio.
const localTwilio = "http://127.0.0.1:8090"

// openGateway returns a Twilio client for an account. Without any credentials,
// it uses the local stack's account, as simulate does.
func openGateway(account string, notes io.Writer) (*twilio.Client, error) {
	c, err := config.FromEnvironment()
	if err != nil {
		return nil, err
	}
	if account == "" && c.Account == "" && c.Token.Reveal() == "" && c.APIKey == "" {
		c.Account, c.Token, c.BaseURL = localAccount, config.NewSecret(localToken), cmp.Or(c.BaseURL, localTwilio)
		fmt.Fprintf(notes, "TWILIO_ACCOUNT is not set: asking the local Twilio at %s\n", c.BaseURL)
	}
	access := c.Twilio()
	if account != "" {
		named, there := c.Named[account]
		if !there {
			return nil, fmt.Errorf("--account: there is no account %q in TWILIO_ACCOUNTS", account)
		}
		access = named.Twilio()
	}
	gateway, err := twilio.New(access)
	if err != nil {
		return nil, fmt.Errorf("TWILIO_ACCOUNT, TWILIO_TOKEN: %w", err)
	}
	return gateway, nil
}

// asking adds to an error from Twilio what the user can do about it.
func asking(err error) error {
	switch sms.AsError(err).Code {
	case sms.CodeAuthentication, sms.CodePermissionDenied:
		return fmt.Errorf("ask Twilio: it refuses the credentials (%w); check TWILIO_ACCOUNT and TWILIO_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET, or the accounts file", err)
	case sms.CodeConnection:
		return fmt.Errorf("ask Twilio: it is unreachable (%w); check the network and TWILIO_BASE_URL", err)
	}
	return fmt.Errorf("ask Twilio: %w", err)
}

// recordsOf returns one message by its SID, or the messages of a phone, oldest
// first. whole is true if none was left out.
func recordsOf(ctx context.Context, gateway *twilio.Client, what string, since time.Time) (all []twilio.Record, whole bool, err error) {
	if sms.IsMessageSID(what) {
		record, err := gateway.Fetch(ctx, what)
		if e := sms.AsError(err); e != nil && e.TwilioCode == 20404 {
			return nil, true, nil
		}
		return []twilio.Record{record}, true, err
	}
	whole = true
	// Messages are dated to the second: within the same second, a text precedes
	// its answer.
	for _, query := range []twilio.Query{{From: what, Since: since, Limit: maxFound}, {To: what, Since: since, Limit: maxFound}} {
		listing, err := gateway.List(ctx, query)
		if err != nil {
			return nil, false, err
		}
		whole = whole && listing.Whole
		slices.Reverse(listing.Records)
		all = append(all, listing.Records...)
	}
	slices.SortStableFunc(all, func(a, b twilio.Record) int { return a.Created.Compare(b.Created) })
	return all, whole, nil
}

// tell describes a message, combining Twilio's record with what Temporal knows
// about it.
func tell(ctx context.Context, c *temporal.Client, r *twilio.Record) (told, error) {
	t := told{
		At: r.Created, SID: r.SID, Direction: "out", From: r.From, To: r.To, Body: r.Body, Status: r.Status, ErrorCode: r.ErrorCode,
		Reply: r.Direction == "outbound-reply",
	}
	if r.Direction != "inbound" {
		return t, nil
	}
	t.Direction = "in"
	id := sms.TextWorkflowID(r.SID)
	described, err := c.DescribeWorkflow(ctx, id, "")
	if missing := (*serviceerror.NotFound)(nil); errors.As(err, &missing) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.Workflow, t.State = id, strings.ToLower(described.Status.String())
	if trigger, there := described.TypedSearchAttributes.GetKeyword(triggerKey); there {
		t.Trigger = trigger
	}
	if outcome, there := described.TypedSearchAttributes.GetKeyword(outcomeKey); there {
		t.Outcome = sms.Outcome(outcome)
	}
	return t, nil
}

// String returns the line of output about the text.
func (t *told) String() string {
	line := fmt.Sprintf("%s  %-3s  %s -> %s  %q  %s  %s", t.At.Local().Format(time.DateTime), t.Direction, t.From, t.To, t.Body, t.Status, t.SID)
	if t.ErrorCode != 0 {
		line += "  " + twilioError(t.ErrorCode, "")
	}
	switch {
	case t.Reply:
		line += "  reply of the webhook"
	case t.Workflow == "" && t.Direction == "in":
		line += "  no workflow handles it"
	case t.Workflow != "":
		line += fmt.Sprintf("  %s%s %s", map[string]string{"out": "sent by "}[t.Direction], t.Workflow, t.State)
		if t.Trigger != "" {
			line += ", trigger " + t.Trigger
		}
		if t.Outcome != "" {
			line += ", " + string(t.Outcome)
		}
	}
	return line
}

// twilioError describes one of Twilio's error codes. The message is optional.
func twilioError(code int, message string) string {
	text := fmt.Sprintf("error %d", code)
	if message != "" {
		text += ": " + message
	}
	return text + fmt.Sprintf(" (https://www.twilio.com/docs/errors/%d)", code)
}
