package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// broadcastBench notes who is texted. Its source has a number of recipients.
type broadcastBench struct {
	*testsuite.TestWorkflowEnvironment
	texted []string
	keys   []string
}

func newBroadcastBench(recipients int) *broadcastBench {
	b := &broadcastBench{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()}
	Register(b)
	b.RegisterActivityWithOptions(func(in activities.SendSmsInput) (result activities.SendSmsResult, _ error) {
		if in.SmsBody == "broken" {
			return activities.SendSmsResult{Errors: []sms.Error{{Code: sms.TemplateSyntax}}}, nil
		}
		b.keys = append(b.keys, in.IdempotencyKey)
		for _, r := range in.SmsTo {
			b.texted = append(b.texted, r.To)
			result.Messages = append(result.Messages, sms.Message{To: r.To})
		}
		return result, nil
	}, activity.RegisterOptions{Name: activities.SendSmsName})
	b.RegisterActivityWithOptions(func(in activities.PageInput) (page activities.Page, err error) {
		if string(in.Input) != `{"segment":"all"}` {
			return page, fmt.Errorf("the source got input %s", in.Input)
		}
		from := 0
		if in.Cursor != "" {
			if from, err = strconv.Atoi(in.Cursor); err != nil {
				return page, err
			}
		}
		for i := from; i < min(from+in.Limit, recipients); i++ {
			page.Recipients = append(page.Recipients, activities.Recipient{To: fmt.Sprintf("+1555%07d", i)})
		}
		if from+in.Limit < recipients {
			page.Next = strconv.Itoa(from + in.Limit)
		}
		return page, nil
	}, activity.RegisterOptions{Name: "Customers"})
	return b
}

func fromSource() BroadcastSmsInput {
	return BroadcastSmsInput{
		SendSmsInput: activities.SendSmsInput{SmsFrom: "+15005550006", SmsBody: "Hi"}, PageSize: 10,
		Source: &Source{Activity: "Customers", TaskQueue: "customers", Input: json.RawMessage(`{"segment":"all"}`)},
	}
}

func TestABroadcastGetsItsRecipientsFromAnActivity(t *testing.T) {
	b := newBroadcastBench(35)
	b.ExecuteWorkflow(BroadcastSmsWorkflowName, fromSource())
	var progress BroadcastProgress
	if err := b.GetWorkflowResult(&progress); err != nil {
		t.Fatal(err)
	}
	if progress.Sent != 35 || progress.Pages != 4 || progress.State != "done" || len(b.texted) != 35 || b.texted[34] != "+15550000034" {
		t.Errorf("%+v, texted %d", progress, len(b.texted))
	}
}

func TestEachPageOfAKeyedBroadcastHasAKeyOfItsOwn(t *testing.T) {
	b := newBroadcastBench(35)
	input := fromSource()
	input.IdempotencyKey = "spring"
	b.ExecuteWorkflow(BroadcastSmsWorkflowName, input)
	if err := b.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(b.keys)
	if keys := slices.Compact(b.keys); len(keys) != 4 || slices.Contains(keys, "") || slices.Contains(keys, "spring") {
		t.Errorf("four pages have the keys %q", keys)
	}
}

func TestABroadcastGoesOnInANewRunWhereTheLastOneEnded(t *testing.T) {
	list := make([]string, 35)
	for i := range list {
		list[i] = fmt.Sprintf("+1555%07d", i)
	}
	inList := fromSource()
	inList.Source, inList.SmsTo = nil, activities.To(list...)
	for name, input := range map[string]BroadcastSmsInput{"a source": fromSource(), "a list": inList} {
		var texted []string
		for run := 0; ; run++ {
			b := newBroadcastBench(35)
			b.SetContinueAsNewSuggested(true)
			b.ExecuteWorkflow(BroadcastSmsWorkflowName, input)
			texted = append(texted, b.texted...)
			var next *workflow.ContinueAsNewError
			if !errors.As(b.GetWorkflowError(), &next) {
				var progress BroadcastProgress
				if err := b.GetWorkflowResult(&progress); err != nil || progress.Sent != 35 || progress.Pages != 4 || run != 3 {
					t.Errorf("%s: run %d ended with %+v, %v", name, run, progress, err)
				}
				break
			}
			input = BroadcastSmsInput{}
			if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
				t.Fatal(err)
			}
		}
		if len(texted) != 35 || texted[0] != list[0] || texted[34] != list[34] {
			t.Errorf("%s: texted %v", name, texted)
		}
	}
}

func TestABroadcastThatCannotBeginSaysSo(t *testing.T) {
	broken, two, none, huge, wordy := fromSource(), fromSource(), fromSource(), fromSource(), fromSource()
	wordy.IdempotencyKey = strings.Repeat("k", maxKey+1)
	broken.SmsBody = "broken"
	two.File = "x.csv"
	none.Source = nil
	huge.PageSize = maxPageSize + 1
	for name, input := range map[string]BroadcastSmsInput{
		"a broken template": broken, "two lists": two, "no list": none, "pages that are too large": huge, "a key that is too long": wordy,
	} {
		b := newBroadcastBench(35)
		b.ExecuteWorkflow(BroadcastSmsWorkflowName, input)
		if err := b.GetWorkflowError(); err == nil || len(b.texted) > 0 {
			t.Errorf("%s: texted %d, error %v", name, len(b.texted), err)
		}
	}
}
