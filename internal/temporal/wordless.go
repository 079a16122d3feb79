package temporal

// The SDK's logs omit the texts of errors, because those of an activity may
// quote its input, such as the name of a recipient file. Temporal stores the
// texts in failures, which are encrypted.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"go.temporal.io/api/serviceerror"
	sdk "go.temporal.io/sdk/temporal"

	"temporal-twilio/sms"
)

// wordless is a log handler that replaces each error with its kind, as returned
// by kind.
type wordless struct{ slog.Handler }

func (w wordless) Handle(ctx context.Context, line slog.Record) error {
	shown := slog.NewRecord(line.Time, line.Level, line.Message, line.PC)
	line.Attrs(func(a slog.Attr) bool {
		if err, is := a.Value.Any().(error); is {
			a.Value = slog.StringValue(kind(err))
		}
		shown.AddAttrs(a)
		return true
	})
	return w.Handler.Handle(ctx, shown)
}

func (w wordless) WithAttrs(attrs []slog.Attr) slog.Handler {
	return wordless{w.Handler.WithAttrs(attrs)}
}

func (w wordless) WithGroup(name string) slog.Handler {
	return wordless{w.Handler.WithGroup(name)}
}

// kind describes an error without quoting a caller's data: by the type of an
// application failure, the text of a context's or an operating system's error,
// or else the Go type. An UnreadableError and Temporal's own errors keep their
// text, which may contain workflow IDs but no other data of a caller. The text
// of errors that wrap them is omitted.
func kind(err error) string {
	var (
		failure    *sdk.ApplicationError
		unreadable *sms.UnreadableError
		system     syscall.Errno
		server     serviceerror.ServiceError
	)
	switch {
	case errors.As(err, &unreadable):
		return unreadable.Error()
	case errors.As(err, &failure):
		return failure.Type()
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded.Error()
	case errors.As(err, &server):
		return server.Status().Message()
	case errors.As(err, &system):
		return fmt.Sprintf("%T: %s", err, system)
	}
	return fmt.Sprintf("%T", err)
}
