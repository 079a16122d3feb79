package webhook

// Sent: whether a request has left for Temporal. One that has not was surely not
// carried out; one that has may have been, whatever the error says.

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

type sentKey struct{}

// watchSent returns a context whose requests set sent once they leave.
func watchSent(ctx context.Context) (watched context.Context, sent *atomic.Bool) {
	sent = &atomic.Bool{}
	return context.WithValue(ctx, sentKey{}, sent), sent
}

// SentHandler must be given to the connection of the Temporal client that a
// [Dispatcher] uses, as grpc.WithStatsHandler(webhook.SentHandler{}). Without
// it every failed request counts as one that never left.
type SentHandler struct{}

// HandleRPC implements stats.Handler.
func (SentHandler) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if _, left := event.(*stats.OutHeader); left {
		if sent, watched := ctx.Value(sentKey{}).(*atomic.Bool); watched {
			sent.Store(true)
		}
	}
}

// TagRPC implements stats.Handler.
func (SentHandler) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn implements stats.Handler.
func (SentHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (SentHandler) HandleConn(context.Context, stats.ConnStats) {}
