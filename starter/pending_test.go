package main

import (
	"errors"
	"fmt"
	"testing"

	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

func TestPlainlyNamesTheInnermostCause(t *testing.T) {
	dialing := errors.New(`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:7233: connect: connection refused"`)
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("start: %w", dialing), "dial tcp 127.0.0.1:7233: connect: connection refused"},
		{fmt.Errorf("a: %w", errors.New("b")), "b"},
		{sdk.NewNonRetryableApplicationError("TEMPLATE_SYNTAX_ERROR", "", nil), "TEMPLATE_SYNTAX_ERROR"},
		{sdk.NewNonRetryableApplicationError("X", "", nil, sms.Error{Code: "X", Message: "line 1: ${ is not closed"}), "X: line 1: ${ is not closed"},
	} {
		if got := plainly(tc.err); got != tc.want {
			t.Errorf("plainly(%v) = %q, want %q", tc.err, got, tc.want)
		}
	}
}
