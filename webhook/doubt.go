package webhook

// Whether Temporal may have carried out a request that failed. It has not if
// the request was never sent or was refused. Otherwise, this is unknown.

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

type (
	doubtKey   struct{}
	requestKey struct{}
)

// watchDoubt returns a context that sets doubt if a request made with it may
// have been carried out despite its error.
func watchDoubt(ctx context.Context) (watched context.Context, doubt *atomic.Bool) {
	doubt = &atomic.Bool{}
	return context.WithValue(ctx, doubtKey{}, doubt), doubt
}

// DoubtHandler must be passed to the connection of the Temporal client that a
// [Dispatcher] uses, as grpc.WithStatsHandler(webhook.DoubtHandler{}). Without
// it, every failed request is considered not carried out. It also sees each
// attempt that the SDK itself makes.
type DoubtHandler struct{}

// TagRPC implements stats.Handler.
func (DoubtHandler) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, requestKey{}, &atomic.Bool{})
}

// HandleRPC implements stats.Handler.
func (DoubtHandler) HandleRPC(ctx context.Context, event stats.RPCStats) {
	left, _ := ctx.Value(requestKey{}).(*atomic.Bool)
	switch event := event.(type) {
	case *stats.OutHeader:
		left.Store(true)
	case *stats.End:
		if doubt, watched := ctx.Value(doubtKey{}).(*atomic.Bool); watched && left.Load() && isDoubtful(event.Error) {
			doubt.Store(true)
		}
	}
}

// isDoubtful reports whether an error leaves it unknown whether the request was
// carried out.
func isDoubtful(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown, codes.Aborted, codes.DataLoss:
		return true
	}
	return false
}

// TagConn implements stats.Handler.
func (DoubtHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (DoubtHandler) HandleConn(context.Context, stats.ConnStats) {}
