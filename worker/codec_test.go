package main

import (
	"maps"
	"strings"
	"testing"

	"temporal-twilio/internal/config"
)

func TestCodecServerRequiresProtection(t *testing.T) {
	for name, tc := range map[string]struct {
		environment map[string]string
		want        string
	}{
		"at a loopback address":         {map[string]string{}, ""},
		"at localhost":                  {map[string]string{"CODEC_ADDR": "localhost:8234"}, ""},
		"with a token":                  {map[string]string{"CODEC_ADDR": "0.0.0.0:8234", "CODEC_TOKEN": "secret"}, ""},
		"at all addresses":              {map[string]string{"CODEC_ADDR": "0.0.0.0:8234"}, "CODEC_TOKEN is not set"},
		"at a name":                     {map[string]string{"CODEC_ADDR": "codec.internal:8234"}, "CODEC_TOKEN is not set"},
		"at no host":                    {map[string]string{"CODEC_ADDR": ":8234"}, "CODEC_TOKEN is not set"},
		"without keys":                  {map[string]string{"PAYLOAD_KEYS": ""}, "PAYLOAD_KEYS is not set"},
		"for every origin":              {map[string]string{"CODEC_ORIGINS": "*"}, `CODEC_ORIGINS has "*"`},
		"for an origin with a path":     {map[string]string{"CODEC_ORIGINS": "https://a.example/ui"}, "CODEC_ORIGINS has"},
		"for two origins, one of which": {map[string]string{"CODEC_ORIGINS": "https://a.example,a.example"}, `has "a.example"`},
	} {
		t.Run(name, func(t *testing.T) {
			environment := map[string]string{"PAYLOAD_KEYS": "keys.json"}
			maps.Copy(environment, tc.environment)
			c, err := config.Read(environment)
			if err != nil {
				t.Fatal(err)
			}
			err = checkCodec(c)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got error %v, want it to contain %q", err, tc.want)
			}
		})
	}
}
