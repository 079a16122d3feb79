package main

// worker codec runs the codec server, a separate process.

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/config"
	"temporal-twilio/internal/payload"
	"temporal-twilio/internal/telemetry"
)

func codecCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "codec",
		Short: "Decrypt payloads for Temporal's Web UI and command line",
		Long: `Serve, at CODEC_ADDR, POST /decode and /NAMESPACE/decode to Temporal's Web UI and
command line, with the keys of PAYLOAD_KEYS. Anyone with access can read every payload:
give CODEC_TOKEN only to people who may read them, and put the server behind TLS.`,
		Example: `  CODEC_ORIGINS=http://localhost:8233 PAYLOAD_KEYS=keys.json worker codec
  temporal workflow show --codec-endpoint http://localhost:8234 -w send-1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, misread := config.FromEnvironment()
			if err := config.All(misread, checkCodec(c), checkKeys(c)); err != nil {
				return err
			}
			logger, err := telemetry.NewLogger(os.Stderr, c.LogLevel, c.LogFormat)
			if err != nil {
				return err
			}
			ring, err := payload.Open(c.PayloadKeys, logger)
			if err != nil {
				return fmt.Errorf("PAYLOAD_KEYS: %w", err)
			}
			service, err := serve(logger, listening{
				name: "codec server", variable: "CODEC_ADDR", address: c.CodecAddr,
				handler: payload.Server(ring, payload.ServerOptions{Origins: c.CodecOrigins, Token: c.CodecToken.Reveal(), Encode: c.CodecEncode}),
			})
			if err != nil {
				return err
			}
			return service(cmd.Context())
		},
	}
}

// checkCodec returns an error if the configuration of the codec server is
// incomplete.
func checkCodec(c config.Config) error {
	var missing []error
	if c.PayloadKeys == "" {
		missing = append(missing, errors.New("PAYLOAD_KEYS is not set: name the key file"))
	}
	host, _, err := net.SplitHostPort(c.CodecAddr)
	if err != nil {
		missing = append(missing, fmt.Errorf("CODEC_ADDR: %w", err))
	} else if ip := net.ParseIP(host); c.CodecToken.Reveal() == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		missing = append(missing, fmt.Errorf("CODEC_TOKEN is not set: without it, a codec server may listen only on a loopback address, not at %s", c.CodecAddr))
	}
	for _, origin := range c.CodecOrigins {
		if !strings.HasPrefix(origin, "http://") && !strings.HasPrefix(origin, "https://") || strings.Count(origin, "/") != 2 {
			missing = append(missing, fmt.Errorf("CODEC_ORIGINS has %q: write an origin as browsers do, such as https://temporal.example.com", origin))
		}
	}
	return config.All(missing...)
}
