package browser

// The whole product: a text on the page, the worker and its webhook as a
// process, and a real Temporal.

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// TestPageSaysThatSendingIsPaused pauses and resumes sending while the page is
// open.
func TestPageSaysThatSendingIsPaused(t *testing.T) {
	t.Parallel()
	product := stack.Start(t, stack.Options{Environment: []string{"WEBHOOK_SHOW_OUTCOME=true"}})
	sim := startTwilio(t, twiliosim.Options{
		Account: stack.Account, Token: stack.Token, Numbers: []string{stack.Number},
		Webhook: product.Webhook + "/twilio/sms", Examples: product.Webhook + "/examples",
	})
	p := open(t, sim.URL)
	p.absent("#pause")
	starter := func(args ...string) {
		t.Helper()
		if process := stack.StartProcess(t, "starter", product.Environment(), stack.Build(t, "starter"), args...); process.Wait(t) != 0 {
			t.Fatalf("starter %v failed:\n%s", args, process.Output())
		}
	}
	starter("pause-all", "--why", "<b>wrong price</b>")
	p.shows("#pause", "All sending is paused: <b>wrong price</b>.")
	p.write(phone(1, "textarea"), "Order Number 42"+kb.Enter)
	p.shows(phone(1, ".mine .outcome"), "Not echoed: all sending is paused")
	for _, width := range []int64{1280, 390} {
		p.do("set the size", chromedp.EmulateViewport(width, 800))
		p.until("nothing moves", `document.getAnimations().length === 0`)
		p.until("the phones are below the notice", `document.getElementById("pause").getBoundingClientRect().bottom <= document.querySelector("main").querySelector(".phones-area, .inspector").getBoundingClientRect().top + 8`)
		for _, fault := range violations(p) {
			t.Errorf("at a width of %d pixels: %s", width, fault)
		}
	}
	starter("resume-all")
	p.absent("#pause")
}

func TestTextFromPageStartsAWorkflow(t *testing.T) {
	t.Parallel()
	product := stack.Start(t, stack.Options{Environment: []string{"WEBHOOK_SHOW_OUTCOME=true"}})
	// The local Twilio is configured with a Web UI's address, as in "make run".
	sim := startTwilio(t, twiliosim.Options{
		Account: stack.Account, Token: stack.Token, Numbers: []string{stack.Number},
		Webhook: product.Webhook + "/twilio/sms", UIURL: "http://127.0.0.1:8233", Examples: product.Webhook + "/examples",
	})
	p := open(t, sim.URL)
	p.press("Order Number 42" + kb.Enter)
	p.shows(phone(1, ".theirs"), "Your reference number is 42")
	p.shows(phone(1, ".theirs[data-status=delivered]"), "Your reference number is 42")
	p.shows(phone(1, ".mine a"), "Workflow")
	p.press("hello" + kb.Enter)
	p.shows(phone(1, ".mine .outcome"), "No trigger matched")

	link, err := url.Parse(eval[string](p, `document.querySelector(".mine a").href`))
	if err != nil {
		t.Fatal(err)
	}
	if link.Host != "127.0.0.1:8233" || link.Path != "/namespaces/default/workflows" {
		t.Errorf("the link leads to %s, want the workflows in the Web UI", link)
	}
	sid := sim.Messages(twiliosim.Filter{Direction: "inbound"})[1].SID
	stack.Eventually(t, "the link's query finds the workflow", func(ctx context.Context) error {
		found, err := product.Temporal.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: link.Query().Get("query")})
		if err != nil {
			return err
		}
		if len(found.Executions) != 1 {
			return fmt.Errorf("the query finds %d workflows, want 1", len(found.Executions))
		}
		execution := found.Executions[0]
		if id := execution.Execution.WorkflowId; !strings.HasPrefix(id, "sms-"+sid) || execution.Type.Name != "OrderStatusWorkflow" {
			t.Errorf("the query finds the workflow %s of type %s, want the OrderStatusWorkflow of the text %s", id, execution.Type.Name, sid)
		}
		return nil
	})
}
