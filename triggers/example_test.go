package triggers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"temporal-twilio/sms"
	"temporal-twilio/triggers"
)

const orders = `triggers:
  - name: cancel
    pattern: '(?i)^cancel (?<orderNumber>\d+)$'
    echo: 'Order ${orderNumber} will be cancelled.'
    signal: {workflowId: 'order-${matchGroups.orderNumber}', name: cancel}
`

// load reads a trigger file, as the webhook does.
func load(text string) (*triggers.Set, error) {
	folder, err := os.MkdirTemp("", "triggers")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file := filepath.Join(folder, "orders.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return triggers.Load(file, triggers.Options{TaskQueue: "twilio"})
}

// A text matches triggers. Each match resolves to a plan: the request to
// Temporal and the reply to the sender.
func Example() {
	set, err := load(orders)
	if err != nil {
		fmt.Println(err)
		return
	}
	text := sms.Inbound{MessageSID: "SM1", From: "+15005550009", To: "+15005550006", Body: "Cancel 42"}
	for _, firing := range set.Match(context.Background(), text) {
		plan := firing.Plan()
		fmt.Println(plan.Trigger, "asks for", plan.Call.Action, plan.Call.Name, "of", plan.Call.WorkflowID)
		fmt.Println(plan.Echo)
	}
	// Output:
	// cancel asks for signal cancel of order-42
	// Order 42 will be cancelled.
}

// Loading a file reports its mistakes.
func ExampleLoad_error() {
	_, err := load("triggers:\n  - name: cancel\n    pattren: cancel\n    signal: {workflowId: orders, name: cancel}\n")
	_, mistake, _ := strings.Cut(err.Error(), "orders.yaml")
	fmt.Println(mistake)
	// Output: :3: unknown field "pattren"; did you mean "pattern"?
}
