package activities

import (
	"slices"
	"testing"

	"temporal-twilio/sms"
)

func TestReplyFindsBothKeepers(t *testing.T) {
	secret := []byte("secret")
	const ours, service = "whatsapp:+15005550006", "MG00000000000000000000000000000001"
	asked := func(by, phone string) string { return sms.QuestionsID(secret, by, phone) }
	// A Mexican phone may reply from the other form of its number.
	text := sms.Inbound{To: ours, From: "whatsapp:+5215512345678", MessagingServiceSID: service}
	if want := []string{asked(ours, "whatsapp:+525512345678"), asked(service, "whatsapp:+525512345678")}; !slices.Equal(sms.KeeperIDs(secret, text), want) {
		t.Errorf("got %q, want %q", sms.KeeperIDs(secret, text), want)
	}
	text.MessagingServiceSID = ""
	if got := sms.KeeperIDs(secret, text); len(got) != 1 || got[0] == asked(ours, "+525512345678") {
		t.Errorf("without a service: KeeperIDs = %q, want one ID, different from the one for SMS", got)
	}
}
