package workflows_test

import (
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
	"temporal-twilio/workflows/smstest"
)

// Appointment asks a person for a time and confirms it.
func Appointment(ctx workflow.Context, phone string) (string, error) {
	asked, err := workflows.AskSms(ctx, sms.AskSmsInput{
		SmsFrom: "+15005550006", SmsTo: phone, SmsBody: "Monday at 9 or at 11?", Pattern: "9|11",
		Timeout: sms.Duration(24 * time.Hour),
	})
	if err != nil || asked.Outcome != sms.AskAnswered {
		return "no appointment", err
	}
	_, err = workflows.SendSms(ctx, sms.SendSmsInput{
		SmsFrom: "+15005550006", SmsTo: sms.To(phone), SmsBody: "See you on Monday at " + asked.Reply.Body + ".",
	})
	return "Monday at " + asked.Reply.Body, err
}

// A workflow sends and asks by calling functions. The test kit stands in for
// the phones and does not wait.
func Example() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	phones := smstest.New(env)
	phones.Reply("+15005550009", "11", time.Hour)
	env.ExecuteWorkflow(Appointment, "+15005550009")

	var appointment string
	if err := env.GetWorkflowResult(&appointment); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(appointment)
	for _, text := range phones.Texts("+15005550009") {
		fmt.Println(text.Body)
	}
	// Output:
	// Monday at 11
	// Monday at 9 or at 11?
	// See you on Monday at 11.
}
