package payload

// The codec server: payloads of other programs' users, decrypted over HTTP. The
// Web UI and the command line of Temporal ask it.

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// maxBody bounds a request, in bytes. A page of the Web UI's is a few MB.
const maxBody = 16 << 20

// ServerOptions are those of a codec server.
type ServerOptions struct {
	// Origins are the addresses of Web UIs that may ask, exactly as a browser sends
	// them: https://temporal.example.com.
	Origins []string
	// Token is what a caller proves itself with: Authorization: Bearer TOKEN. Empty:
	// everybody who reaches the server may decrypt.
	Token string
	// Encode also encrypts what a caller sends, as the command line does with
	// inputs. A caller can then forge payloads.
	Encode bool
}

// Server decrypts at POST /decode and /NAMESPACE/decode what the ring can read,
// and returns the rest as it came. Its answers hold no word about what is wrong.
func Server(ring *Ring, o ServerOptions) http.Handler {
	mux := http.NewServeMux()
	handle := func(name string, convert func(*commonpb.Payload) *commonpb.Payload) {
		for _, path := range []string{"/" + name, "/{namespace}/" + name} {
			mux.Handle(path, o.guard(func(w http.ResponseWriter, r *http.Request) { answer(w, r, convert) }))
		}
	}
	handle("decode", func(p *commonpb.Payload) *commonpb.Payload {
		decoded, err := ring.Codec().Decode([]*commonpb.Payload{p})
		if err != nil {
			return p // of another key: the rest of the page is still of use
		}
		return decoded[0]
	})
	if o.Encode {
		handle("encode", func(p *commonpb.Payload) *commonpb.Payload {
			encoded, _ := ring.Codec().Encode([]*commonpb.Payload{p}) // it never fails
			return encoded[0]
		})
	}
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}

// guard lets through who may ask. It reads nothing of the body.
func (o ServerOptions) guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); origin != "" {
			if !slices.Contains(o.Origins, origin) {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
			w.Header().Set("Access-Control-Max-Age", "600")
		}
		media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusNoContent)
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", "POST, OPTIONS")
			w.WriteHeader(http.StatusMethodNotAllowed)
		case !o.knows(r.Header.Get("Authorization")):
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
		case strings.TrimSpace(media) != "application/json": // a form needs no permission of the browser's
			w.WriteHeader(http.StatusUnsupportedMediaType)
		default:
			next(w, r)
		}
	})
}

// knows compares a caller's token in constant time.
func (o ServerOptions) knows(authorization string) bool {
	if o.Token == "" {
		return true
	}
	given, want := sha256.Sum256([]byte(authorization)), sha256.Sum256([]byte("Bearer "+o.Token))
	return subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

func answer(w http.ResponseWriter, r *http.Request, convert func(*commonpb.Payload) *commonpb.Payload) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var payloads commonpb.Payloads
	if err != nil || protojson.Unmarshal(body, &payloads) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for i, payload := range payloads.GetPayloads() {
		payloads.Payloads[i] = convert(payload)
	}
	answered, err := protojson.Marshal(&payloads)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answered) // the caller may have gone
}
