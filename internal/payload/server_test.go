package payload

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const webUI = "https://temporal.example.com"

// codecServer starts a codec server for a ring.
func codecServer(t *testing.T, ring *Ring, o ServerOptions) string {
	t.Helper()
	server := httptest.NewServer(Server(ring, o))
	t.Cleanup(server.Close)
	return server.URL
}

// asked returns a client of our server. It is the SDK's own client, which
// Temporal's command line also uses.
func asked(url, token string) converter.PayloadCodec {
	return converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: url, ModifyRequest: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}})
}

func TestCodecServerDecryptsOnlyWithToken(t *testing.T) {
	ring := open(t, keyFile(t, "one", "one"))
	plain := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"` + secret + `"`)}
	foreign := must(open(t, keyFile(t, "two", "two")).Codec().Encode([]*commonpb.Payload{plain}))(t)[0]
	written := append(must(ring.Codec().Encode([]*commonpb.Payload{plain, plain}))(t), foreign, plain)
	url := codecServer(t, ring, ServerOptions{Token: "secret"})
	for _, path := range []string{"", "/default"} {
		read := must(asked(url+path, "secret").Decode(written))(t)
		for i, want := range []*commonpb.Payload{plain, plain, foreign, plain} {
			if !proto.Equal(read[i], want) {
				t.Errorf("%s: payload %d was decoded to %v, want %v", path, i, read[i], want)
			}
		}
		if _, err := asked(url+path, "guess").Decode(written); err == nil || !strings.Contains(err.Error(), "Unauthorized") {
			t.Errorf("%s: with another token: got error %v, want Unauthorized", path, err)
		}
	}
}

func TestCodecServerEncryptsOnlyIfConfigured(t *testing.T) {
	ring := open(t, keyFile(t, "one", "one"))
	plain := []*commonpb.Payload{{Data: []byte(secret)}}
	if _, err := asked(codecServer(t, ring, ServerOptions{}), "").Encode(plain); err == nil {
		t.Error("the server encrypted although Encode is not set")
	}
	written, err := asked(codecServer(t, ring, ServerOptions{Encode: true}), "").Encode(plain)
	if err != nil || !isEncrypted(written[0]) {
		t.Errorf("with Encode: got %v, error %v, want an encrypted payload", written, err)
	}
}

func TestCodecServerRejectsOthers(t *testing.T) {
	ring := open(t, keyFile(t, "one", "one"))
	url := codecServer(t, ring, ServerOptions{Origins: []string{webUI}, Token: "secret"})
	ask := func(method, path string, headers map[string]string, body io.Reader) *http.Response {
		t.Helper()
		request := must(http.NewRequestWithContext(t.Context(), method, url+path, body))(t)
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		response := must(http.DefaultClient.Do(request))(t)
		text := must(io.ReadAll(response.Body))(t)
		_ = response.Body.Close()
		if response.StatusCode >= 400 && len(text) > 0 && response.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s: got status %d and %q, want a response that does not say what is wrong", method, path, response.StatusCode, text)
		}
		return response
	}
	jsonOf := func(more ...string) map[string]string {
		headers := map[string]string{"Content-Type": "application/json", "Authorization": "Bearer secret"}
		for i := 0; i < len(more); i += 2 {
			headers[more[i]] = more[i+1]
		}
		return headers
	}
	unread := func() io.Reader {
		return io.MultiReader(strings.NewReader(`{"payloads":`), strings.NewReader(" "), strings.NewReader("[]}"))
	}
	for name, tc := range map[string]struct {
		method, path string
		headers      map[string]string
		body         io.Reader
		status       int
	}{
		"a valid request":             {"POST", "/decode", jsonOf(), unread(), 200},
		"from the Web UI":             {"POST", "/decode", jsonOf("Origin", webUI), unread(), 200},
		"from another origin":         {"POST", "/decode", jsonOf("Origin", "https://temporal.example.com.evil.example"), unread(), 403},
		"a preflight request":         {"OPTIONS", "/decode", map[string]string{"Origin": webUI}, nil, 204},
		"another origin's preflight":  {"OPTIONS", "/decode", map[string]string{"Origin": "null"}, nil, 403},
		"without a token":             {"POST", "/decode", map[string]string{"Content-Type": "application/json"}, unread(), 401},
		"with half a token":           {"POST", "/decode", jsonOf("Authorization", "Bearer secre"), unread(), 401},
		"a form":                      {"POST", "/decode", jsonOf("Content-Type", "text/plain"), unread(), 415},
		"a look":                      {"GET", "/decode", jsonOf(), nil, 405},
		"no JSON":                     {"POST", "/decode", jsonOf(), strings.NewReader("x"), 400},
		"a body that is too large":    {"POST", "/decode", jsonOf(), strings.NewReader(strings.Repeat(" ", maxBody+1)), 413},
		"encoding":                    {"POST", "/encode", jsonOf(), unread(), 404},
		"a path with the same ending": {"POST", "/a/b/decode", jsonOf(), unread(), 404},
	} {
		t.Run(name, func(t *testing.T) {
			response := ask(tc.method, tc.path, tc.headers, tc.body)
			if response.StatusCode != tc.status {
				t.Errorf("got status %d, want %d", response.StatusCode, tc.status)
			}
			allowed := response.Header.Get("Access-Control-Allow-Origin")
			if want := tc.headers["Origin"] == webUI; (allowed == webUI) != want || allowed == "*" {
				t.Errorf("got the allowed origin %q, want only that of the Web UI", allowed)
			}
		})
	}
}
