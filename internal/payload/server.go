package payload

// The codec server decrypts payloads over HTTP, for Temporal's Web UI and
// command line.

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

// maxBody limits a request, in bytes. A page of the Web UI takes a few MB.
const maxBody = 16 << 20

// ServerOptions configures a codec server.
type ServerOptions struct {
	// Origins are the origins of Web UIs that may call the server, exactly
	// as browsers send them, such as https://temporal.example.com.
	Origins []string
	// Token authenticates callers, who send Authorization: Bearer TOKEN. If
	// it is "", everyone who can reach the server may decrypt.
	Token string
	// Encode also encrypts what callers send, which the command line needs
	// for inputs. Callers can then forge payloads.
	Encode bool
}

// Server decrypts what the ring can read, at POST /decode and POST
// /NAMESPACE/decode, and returns everything else unchanged. Its responses do
// not say why a request failed.
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
			return p // return it unchanged, because the rest of the page is still useful
		}
		return decoded[0]
	})
	if o.Encode {
		handle("encode", func(p *commonpb.Payload) *commonpb.Payload {
			encoded, _ := ring.Codec().Encode([]*commonpb.Payload{p}) // never fails
			return encoded[0]
		})
	}
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}

// guard rejects unauthorized callers without reading the body.
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
		case strings.TrimSpace(media) != "application/json": // browsers send forms without a preflight request
			w.WriteHeader(http.StatusUnsupportedMediaType)
		default:
			next(w, r)
		}
	})
}

// knows reports whether a caller has sent the token. It compares in constant
// time.
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
	_, _ = w.Write(answered) // the caller may be gone
}
