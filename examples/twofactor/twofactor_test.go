package main

import (
	"encoding/json"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"temporal-twilio/sms"
	"temporal-twilio/workflows/smstest"
)

func TestCodeIsVerified(t *testing.T) {
	const phone, right = "+15005550009", "right"
	for name, tc := range map[string]struct {
		typed []string
		after time.Duration
		code  sms.Code
		want  string
	}{
		"the right code":          {[]string{right}, time.Minute, "", "verified"},
		"the third try":           {[]string{"000", "", right}, time.Minute, "", "verified"},
		"the fourth try":          {[]string{"000", "", "1", right}, time.Minute, "", "too many tries"},
		"no code":                 {nil, 0, "", "expired"},
		"a code after its expiry": {[]string{right}, validity + time.Second, "", "expired"},
		"a phone opted out":       {nil, 0, sms.CodeOptedOut, "not sent"},
		"an unknown outcome":      {[]string{right}, time.Minute, sms.CodeOutcomeUnknown, "verified"},
	} {
		t.Run(name, func(t *testing.T) {
			env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
			phones := smstest.New(env)
			if tc.code != "" {
				phones.Refuse(phone, tc.code)
			}
			env.RegisterDelayedCallback(func() {
				for _, typed := range tc.typed {
					if typed == right {
						typed = texted(t, phones.Texts(phone)[0])
					}
					env.UpdateWorkflowNoRejection(Verify, "", t, typed)
				}
			}, tc.after)
			env.ExecuteWorkflow(CodeWorkflow, Login{From: "+15005550006", Phone: phone})
			var got string
			if err := env.GetWorkflowResult(&got); err != nil || got != tc.want {
				t.Errorf("got %q, error %v; want %q", got, err, tc.want)
			}
		})
	}
}

// texted returns the code in a text.
func texted(t *testing.T, text smstest.Text) string {
	t.Helper()
	var variables struct{ Code string }
	if err := json.Unmarshal(text.Variables, &variables); err != nil || len(variables.Code) != 6 {
		t.Errorf("got variables %s, error %v; want a code of 6 digits", text.Variables, err)
	}
	return variables.Code
}
