package temporal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/temporal"
)

func TestLogQuotesNoCaller(t *testing.T) {
	for want, err := range map[string]error{
		"context canceled":            fmt.Errorf("send to +15005550009: %w", context.Canceled),
		"context deadline exceeded":   fmt.Errorf("send to +15005550009: %w", context.DeadlineExceeded),
		"activity not found":          fmt.Errorf("send to +15005550009: %w", serviceerror.NewNotFound("activity not found")),
		"SmsNotSent":                  sdk.NewApplicationError("+15005550009 was not texted", "SmsNotSent"),
		"no space left on device":     fmt.Errorf("report of +15005550009: %w", syscall.ENOSPC),
		"error=*errors.errorString\n": errors.New("+15005550009"),
	} {
		var log bytes.Buffer
		slog.New(wordless{slog.NewTextHandler(&log, nil)}).Error("it failed", "error", err)
		if line := log.String(); !strings.Contains(line, want) || strings.Contains(line, "5550009") {
			t.Errorf("error %v: got the log line %q, want %q in it, and no number", err, line, want)
		}
	}
}
