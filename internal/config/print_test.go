package config

import (
	"strings"
	"testing"
)

func TestPrintShowsSourcesButNoSecrets(t *testing.T) {
	var out strings.Builder
	err := Print(&out, map[string]string{
		"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_TOKEN_FILE": "/run/token", "ID_SECRET": "hidden-1", "SEND_RATE": " 5 ",
		"TWILIO_SUBACCOUNT_TOKENS": "AC2=hidden-2", "TEMPORAL_NAMESPACE": "sms", "TEMPORAL_API_KEY": "hidden-3", "TEMPORAL_TLS_CLIENT_KEY_DATA": "hidden-4",
		"TEMPORAL_PASSWORD": "hidden-5", "TEMPORAL_TLS_CLIENT_KEY_PATH": "/run/key", "TEMPORAL_CODEC_ENDPOINT": "https://hidden-6:hidden-7@codec.example.com",
		"WEBHOOK_PUBLIC_URL": "https://hidden-8:hidden-9@sms.example.com", "TWILIO_BASE_URL": "hidden-10@example.com",
		"PATH": "/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"TWILIO_ACCOUNT=AC1  # environment, as TWILIO_ACCOUNT_SID\n",
		"TWILIO_TOKEN=<secret>  # file /run/token, as TWILIO_TOKEN_FILE\n",
		"ID_SECRET=<secret>  # environment\n", "TWILIO_SUBACCOUNT_TOKENS=<secret>  # environment\n",
		"SEND_RATE=5  # environment\n", "SEND_CONCURRENCY=20  # default\n",
		"TEMPORAL_ADDRESS=localhost:7233  # default", "TEMPORAL_NAMESPACE=sms  # environment\n", "TEMPORAL_API_KEY=<secret>  # environment\n",
		"TEMPORAL_PASSWORD=<secret>  # environment\n", "TEMPORAL_TLS_CLIENT_KEY_PATH=/run/key  # environment\n",
		"TEMPORAL_CODEC_ENDPOINT=https://<secret>@codec.example.com  # environment\n",
		"WEBHOOK_PUBLIC_URL=https://<secret>@sms.example.com  # environment\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing from\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hidden") || strings.Contains(out.String(), "PATH=/bin") {
		t.Errorf("the output contains a secret or another program's variable:\n%s", out.String())
	}
}
