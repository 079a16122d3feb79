package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"go.temporal.io/sdk/workflow"

	"temporal-twilio/sms"
	"temporal-twilio/workflows"
)

// Verify is the name of the update that carries what the user typed. Its result
// says whether the code is correct.
const Verify = "verify"

const (
	validity = 5 * time.Minute
	maxTries = 3
)

// Login is the input of CodeWorkflow: the sender, and the phone that gets a
// code.
type Login struct {
	From  string `json:"from"`
	Phone string `json:"phone"`
}

// CodeWorkflow texts a code and returns "verified", "too many tries", "expired" or
// "not sent".
func CodeWorkflow(ctx workflow.Context, login Login) (string, error) {
	var code string
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return newCode() }).Get(&code); err != nil {
		return "", err
	}
	tries, verified := 0, false
	verify := func(_ workflow.Context, typed string) (bool, error) {
		if tries < maxTries && !verified {
			tries++
			verified = subtle.ConstantTimeCompare([]byte(typed), []byte(code)) == 1
		}
		return verified, nil
	}
	if err := workflow.SetUpdateHandler(ctx, Verify, verify); err != nil {
		return "", err
	}
	variables, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		return "", err
	}
	sent, err := workflows.SendSms(ctx, sms.SendSmsInput{
		SmsFrom: login.From, SmsTo: sms.To(login.Phone), Variables: variables,
		SmsBody:        "${code} is your code. It expires in 5 minutes. Never share it.",
		ValidityPeriod: int(validity / time.Second), // a code that arrives late would be useless
	})
	if err != nil {
		return "", err
	}
	// If it is unknown whether Twilio accepted the text, the phone may
	// still get the code.
	if len(sent.Errors) > 0 && sent.Errors[0].Code != sms.CodeOutcomeUnknown {
		return "not sent", nil
	}
	decided, err := workflow.AwaitWithTimeout(ctx, validity, func() bool { return verified || tries >= maxTries })
	switch {
	case err != nil:
		return "", err
	case verified:
		return "verified", nil
	case decided:
		return "too many tries", nil
	}
	return "expired", nil
}

// newCode returns six random digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%06d", n)
}
