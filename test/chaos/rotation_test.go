package chaos

// The payload key is changed, in the documented order, while workers are
// killed. Sends, questions and replies must go on.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protojson"

	"temporal-twilio/internal/payload"
	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

const (
	// The load of each wave: the number of lists, of recipients per list, and of
	// questions.
	waveLists, waveRecipients, waveQuestions = 3, 40, 3
	// asked is the number of the first phone that is asked a question; recipients
	// of lists have lower ones.
	asked = 900
)

// rotation is a stack in which each process has its own copy of the key file.
type rotation struct {
	*stack.Stack
	// keys is the key file that the test changes, and caller is the callers' copy
	// of it.
	keys, caller stack.KeyFile
	client       client.Client
	workers      []*keyed
	webhook      *keyed
	// ended holds the processes that were killed.
	ended []*keyed

	sends     errgroup.Group
	reports   []*list
	questions []*question
	// answered is the number of questions whose results have been checked.
	answered int
}

// keyed is a process with its own copy of the key file.
type keyed struct {
	*stack.Process
	keys    stack.KeyFile
	metrics string
}

type question struct {
	phone, answer string
	run           client.WorkflowRun
}

func (r *rotation) start(t *testing.T, half string) *keyed {
	e := &keyed{keys: r.keys.Copy(t), metrics: "127.0.0.1:" + stack.FreePort(t)}
	environment := append(slices.Clone(r.Environment()), e.keys.Environment(), "METRICS_ADDR="+e.metrics)
	e.Process = stack.StartProcess(t, half, environment, stack.Build(t, "worker"), "--only", half)
	return e
}

// kill kills a worker and starts another.
func (r *rotation) kill(t *testing.T, which int) {
	r.workers[which].Kill()
	r.ended = append(r.ended, r.workers[which])
	r.workers[which] = r.start(t, "worker")
}

// running returns the running processes.
func (r *rotation) running() []*keyed { return append(slices.Clone(r.workers), r.webhook) }

// wave asks questions and starts sends, and returns when they are in progress.
func (r *rotation) wave(t *testing.T, number int) {
	t.Helper()
	for i := range waveQuestions {
		q := &question{phone: recipient(number, asked+i), answer: fmt.Sprintf("yes %d.%d", number, i)}
		var err error
		q.run, err = r.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("question-%d-%d", number, i), TaskQueue: sms.TaskQueue},
			sms.AskSmsWorkflowName, sms.AskSmsInput{SmsFrom: stack.Number, SmsTo: q.phone, SmsBody: "Shall we come?", Timeout: sms.Duration(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		r.questions = append(r.questions, q)
	}
	// Let the questions arrive before a worker is killed: Temporal takes half a
	// minute to notice that a worker is dead.
	stack.Eventually(t, "the questions have arrived", func(context.Context) error {
		texts := r.texts()
		for _, q := range r.questions[number*waveQuestions:] {
			if len(texts[q.phone]) == 0 {
				return errors.New("not yet")
			}
		}
		return nil
	})
	for i := range waveLists {
		l := &list{number: number*waveLists + i, id: fmt.Sprintf("wave-%d-%d", number, i), body: fmt.Sprintf("%s%d.%d", mark, number, i)}
		for place := range waveRecipients {
			l.to = append(l.to, recipient(l.number, place))
		}
		r.reports = append(r.reports, l)
		r.sends.Go(func() error {
			l.send(t.Context(), r.client)
			return l.err
		})
	}
	stack.Eventually(t, "the wave is under way", func(context.Context) error {
		under, texted := r.texts(), 0
		for _, l := range r.reports[len(r.reports)-waveLists:] {
			for _, to := range l.to {
				texted += len(under[to])
			}
		}
		if texted < waveRecipients/2 {
			return fmt.Errorf("%d recipients have been texted", texted)
		}
		return nil
	})
}

// reply makes the phones that were asked in a wave reply. If the webhook does
// not accept a delivery, as may happen on a busy machine, it repeats the
// delivery, as Twilio would.
func (r *rotation) reply(t *testing.T, wave int) {
	t.Helper()
	for _, q := range r.questions[wave*waveQuestions : (wave+1)*waveQuestions] {
		text := twiliosim.Inbound{From: q.phone, To: stack.Number, Body: q.answer}
		stack.Eventually(t, "the reply is accepted", func(ctx context.Context) error {
			result, err := r.Twilio.Inbound(ctx, text)
			if err == nil && result.WebhookStatus != http.StatusOK {
				err = fmt.Errorf("answered %d", result.WebhookStatus)
			}
			if result.MessageSID != "" {
				text.MessageSID = result.MessageSID
			}
			return err
		})
	}
}

// makeCurrent makes the given key the one to encrypt with, once each process
// has it.
func (r *rotation) makeCurrent(t *testing.T, id string) {
	t.Helper()
	args := []string{"keys", "use", id, "--file", r.keys.Path}
	for _, e := range r.running() {
		args = append(args, "--metrics", "http://"+e.metrics+"/metrics")
	}
	stack.Eventually(t, "all processes have the new key", func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, stack.Build(t, "worker"), args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}

// encryptsWith waits until a process encrypts with a key.
func (e *keyed) encryptsWith(t *testing.T, id string) {
	t.Helper()
	stack.Eventually(t, "the key is current", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.metrics+"/metrics", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if has, err := payload.ReadInventory(response.Body); err != nil || has.Current != id {
			return fmt.Errorf("the process encrypts with %q: %w", has.Current, err)
		}
		return nil
	})
}

// done waits until all sends and questions have ended.
func (r *rotation) done(t *testing.T) {
	t.Helper()
	if err := r.sends.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, q := range r.questions[r.answered:] {
		var result sms.AskSmsResult
		if err := q.run.Get(ctx, &result); err != nil {
			t.Fatalf("%s: got error %v", q.run.GetID(), err)
		}
		if result.Outcome != sms.AskAnswered || result.Reply == nil || result.Reply.Body != q.answer {
			t.Errorf("%s: got %+v, want the answer %q; a signal was dropped", q.run.GetID(), result, q.answer)
		}
	}
	r.answered = len(r.questions)
}

// texts returns the messages that the local Twilio sent, by recipient.
func (r *rotation) texts() map[string][]twiliosim.Message {
	all := map[string][]twiliosim.Message{}
	for _, m := range r.Twilio.Messages(twiliosim.Filter{Direction: "outbound", Limit: 1 << 20}) {
		all[m.To] = append(all[m.To], m)
	}
	return all
}

// judge compares the reports with the local Twilio's messages, and fails the
// test if a process ever lacked a key.
func (r *rotation) judge(t *testing.T) {
	t.Helper()
	texts := r.texts()
	for _, l := range r.reports {
		reported := map[string]string{}
		for _, m := range l.result.Messages {
			reported[m.To] = m.SID
		}
		for _, to := range l.to {
			if len(texts[to]) != 1 || reported[to] != texts[to][0].SID {
				t.Errorf("%s: a recipient was texted %d times, want once, and reported with SID %q, want that of the text", l.id, len(texts[to]), reported[to])
			}
		}
	}
	for _, q := range r.questions {
		if len(texts[q.phone]) != 1 {
			t.Errorf("%s: the phone got %d questions, want 1", q.run.GetID(), len(texts[q.phone]))
		}
	}
	for _, e := range append(r.running(), r.ended...) {
		for _, complaint := range []string{"a payload cannot be read", "Corrupted signal"} {
			if strings.Contains(e.Output(), complaint) {
				t.Errorf("a process logged %q:\n%s", complaint, e.Output())
			}
		}
	}
}

// encryptedWith matches the base64-encoded ID of a payload's key in the JSON of
// a history.
var encryptedWith = regexp.MustCompile(`"encryption-key-id": *"([^"]*)"`)

// keyIDs returns the keys that a workflow's history was encrypted with.
func (r *rotation) keyIDs(t *testing.T, workflow string) (ids []string) {
	t.Helper()
	history := r.Temporal.Client.GetWorkflowHistory(t.Context(), workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range encryptedWith.FindAllStringSubmatch(protojson.Format(event), -1) {
			id, err := base64.StdEncoding.DecodeString(found[1])
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(ids, string(id)) {
				ids = append(ids, string(id))
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func TestKeyRotationLosesNothing(t *testing.T) {
	t.Parallel()
	r := &rotation{keys: stack.NewKeyFile(t, "old", "old"), Stack: stack.Start(t, stack.Options{NoWorker: true, Environment: []string{
		"TWILIO_TIMEOUT=1s", "SEND_CONCURRENCY=4", "TWILIO_LISTING_PATIENCE=3s",
	}})}
	if err := r.Twilio.SetSpeed(1000); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(50 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	r.caller = r.keys.Copy(t)
	r.client = r.Temporal.Protected(t, r.caller)
	r.workers, r.webhook = []*keyed{r.start(t, "worker"), r.start(t, "worker")}, r.start(t, "webhook")
	stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error { return stack.Get(ctx, r.Webhook+"/readyz") })

	r.wave(t, 0)
	first := r.questions[0].run.GetID()
	r.kill(t, 0)
	r.keys.Change(t, payload.Add, "new")
	r.keys.CopyTo(t, r.webhook.keys)
	r.keys.CopyTo(t, r.workers[1].keys)
	r.wave(t, 1)
	r.kill(t, 1)
	r.keys.CopyTo(t, r.workers[0].keys)
	r.keys.CopyTo(t, r.caller)

	r.makeCurrent(t, "new")
	r.keys.CopyTo(t, r.webhook.keys)
	r.webhook.encryptsWith(t, "new")
	r.reply(t, 1) // the webhook encrypts with the new key, the workers still with the old one
	r.wave(t, 2)
	r.kill(t, 0)
	r.keys.CopyTo(t, r.workers[1].keys)
	r.keys.CopyTo(t, r.caller)
	r.workers[1].encryptsWith(t, "new")
	r.reply(t, 0)
	r.wave(t, 3)
	r.kill(t, 1)
	r.reply(t, 2)
	r.reply(t, 3)
	r.done(t)
	if ids := r.keyIDs(t, first); !slices.Equal(ids, []string{"new", "old"}) {
		t.Errorf("the first question's history is encrypted with the keys %v, want both", ids)
	}

	r.keys.Change(t, payload.Remove, "old") // as operators may do once the retention period has passed
	for _, e := range r.running() {
		r.keys.CopyTo(t, e.keys)
	}
	r.keys.CopyTo(t, r.caller)
	r.wave(t, 4)
	r.kill(t, 0)
	r.reply(t, 4)
	r.done(t)
	r.judge(t)
}
