package smstest_test

import (
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
	"temporal-twilio/workflows/smstest"
)

// Remind texts a phone and returns the error code if the text was not sent.
func Remind(ctx workflow.Context, phone string) (string, error) {
	result, err := workflows.SendSms(ctx, sms.SendSmsInput{SmsFrom: "+15005550006", SmsTo: sms.To(phone), SmsBody: "Your table is ready."})
	if err != nil {
		return "", err
	}
	if len(result.Errors) > 0 {
		return "not texted: " + string(result.Errors[0].Code), nil
	}
	return "texted", nil
}

// A phone that has opted out refuses every text.
func ExamplePhones_Refuse() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	phones := smstest.New(env)
	phones.Refuse("+15005550009", sms.CodeOptedOut)
	env.ExecuteWorkflow(Remind, "+15005550009")

	var said string
	if err := env.GetWorkflowResult(&said); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(said)
	fmt.Println(len(phones.Texts("")), "texts")
	// Output:
	// not texted: RECIPIENT_OPTED_OUT
	// 0 texts
}
