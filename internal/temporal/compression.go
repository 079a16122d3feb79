package temporal

// Requests that fit into a packet are sent uncompressed. By default, the SDK
// compresses every request. For a small request, compression takes longer than
// all other work on it, and does not save a packet.

import (
	"context"
	"path"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
)

// onePacket is the size, in bytes, up to which a request fits into one packet.
const onePacket = 1300

// plainIfSmall sends small requests uncompressed. Because Temporal compresses a
// response only if the request was compressed, requests with potentially large
// responses are still compressed.
func plainIfSmall(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if message, ok := req.(proto.Message); ok && !mayReturnMuch(path.Base(method)) && proto.Size(message) <= onePacket {
		opts = append(slices.Clip(opts), grpc.UseCompressor(encoding.Identity))
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// mayReturnMuch reports whether a method's responses may be large.
func mayReturnMuch(name string) bool {
	return slices.ContainsFunc([]string{"Poll", "Get", "List", "Query", "Scan", "Update", "Respond"}, func(kind string) bool { return strings.HasPrefix(name, kind) })
}
