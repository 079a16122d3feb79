package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCapsAreParsedOrRefused(t *testing.T) {
	var read Caps
	if err := read.UnmarshalText([]byte("+44=500/h, *= 5000 / d\n+7=0/m")); err != nil || !slices.Equal(read, Caps{{"+44", 500, time.Hour}, {"*", 5000, 24 * time.Hour}, {"+7", 0, time.Minute}}) {
		t.Errorf("got %v, error %v, want three caps", read, err)
	}
	for written, wrong := range map[string]string{
		"44=5/h": "such as", "+44=5": "such as", "+44=-1/h": "such as", "+44=5/w": "such as", "+44=1/h,+44=2/h": "two caps", "GB=5/h": "such as", "+44=9999999999/h": "such as",
	} {
		if err := read.UnmarshalText([]byte(written)); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got error %v, want it to contain %q", written, err, wrong)
		}
	}
}
