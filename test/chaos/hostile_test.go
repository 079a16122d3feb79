package chaos

// Requests that a webhook on the internet gets from senders other than Twilio.

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"temporal-twilio/test/stack"
	"temporal-twilio/twilio"
)

const (
	// slowClients is how many clients each hold a connection open and send almost
	// nothing.
	slowClients = 200
	// malformed and fuzzed limit the number of requests in a flood of each kind,
	// and floodTime limits how long a flood takes.
	malformed, fuzzed, floodTime = 500, 1000, 10 * time.Second
)

// dial connects to a webhook. Reads and writes fail after stack.Patience.
func dial(v *victim) (net.Conn, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(stack.Patience))
	}
	return conn, err
}

// loris makes many clients send their requests a byte at a time, while the
// webhook must still respond to others. Like the other floods, it returns the
// number of requests.
func loris(t *testing.T, v *victim, random *rand.Rand) int {
	t.Helper()
	v.ready(t)
	whole := "POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nBody="
	var clients []net.Conn
	for range slowClients {
		conn, err := dial(v)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer conn.Close()
		clients = append(clients, conn)
		if _, err := io.WriteString(conn, whole[:random.IntN(len(whole))]); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		time.Sleep(between(random, 0.1, 0.5))
		for _, conn := range clients {
			_, _ = io.WriteString(conn, "a") // fails if the webhook has closed the connection
		}
		if err := stack.Get(t.Context(), v.url+"/healthz"); err != nil {
			t.Errorf("with %d slow clients: got error %v", len(clients), err)
		}
	}
	return len(clients)
}

// flood sends requests that do not come from Twilio, many of which are not even
// HTTP. The webhook must refuse them without an internal error.
func flood(t *testing.T, v *victim, random *rand.Rand) int {
	t.Helper()
	v.ready(t)
	var clients errgroup.Group
	clients.SetLimit(8)
	sent := 0
	for began := time.Now(); sent < malformed && time.Since(began) < floodTime; sent++ {
		text := malform(random)
		clients.Go(func() error {
			status, err := raw(v, text)
			if err == nil && (status < 400 || status == http.StatusInternalServerError) {
				t.Errorf("%.200q: got status %d, want a refusal", text, status)
			}
			return nil // bytes that are not a request get no response
		})
	}
	_ = clients.Wait()
	v.ready(t)
	return sent
}

// raw sends bytes to a webhook and returns the status of its response.
func raw(v *victim, text string) (int, error) {
	conn, err := dial(v)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		return 0, err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// malform returns a request that must be refused.
func malform(random *rand.Rand) string {
	form := url.Values{"MessageSid": {fmt.Sprintf("SM%032x", random.Uint64())}, "AccountSid": {stack.Account}, "From": {"+15005550001"}, "To": {stack.Number}, "Body": {"start 0"}}.Encode()
	head := "POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	noise := noise(random, 200)
	switch random.IntN(8) {
	case 0:
		return noise
	case 1: // a request that ends before its body does
		return head + "Content-Length: 100000\r\n\r\n" + noise
	case 2: // a request with a header that is too large
		return head + "X-Noise: " + strings.Repeat("x", 40<<10) + "\r\n\r\n"
	case 3:
		return head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + noise
	case 4: // unsigned
		return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(form), form)
	case 5: // signed with another token
		signature := twilio.Sign("another token", "http://x/twilio/sms", url.Values{})
		return head + fmt.Sprintf("%s: %s\r\nContent-Length: %d\r\n\r\n%s", twilio.SignatureHeader, signature, len(form), form)
	case 6:
		body := "%zz&;=" + noise
		return head + fmt.Sprintf("%s: x\r\nContent-Length: %d\r\n\r\n%s", twilio.SignatureHeader, len(body), body)
	default: // a request with a body that is too large
		body := "Body=" + strings.Repeat("x", 1<<20)
		return head + fmt.Sprintf("%s: x\r\nContent-Length: %d\r\n\r\n%s", twilio.SignatureHeader, len(body), body)
	}
}

// fuzz sends signed texts with arbitrary fields. Each must get a response, and
// none may cause an internal error.
func fuzz(t *testing.T, v *victim, random *rand.Rand) int {
	t.Helper()
	v.ready(t)
	client := &http.Client{Timeout: stack.Patience}
	defer client.CloseIdleConnections()
	var clients errgroup.Group
	clients.SetLimit(4)
	sent := 0
	for began := time.Now(); sent < fuzzed && time.Since(began) < floodTime; sent++ {
		form := fuzzedForm(random)
		clients.Go(func() error {
			address := v.url + "/twilio/sms"
			request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
			if err != nil {
				return err
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set(twilio.SignatureHeader, twilio.Sign(stack.Token, address, form))
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				return err
			}
			if s := response.StatusCode; s != http.StatusOK && s != http.StatusServiceUnavailable && (s < 400 || s > 499) {
				return fmt.Errorf("%q: got status %d, want 200, 503 or a refusal", form, s)
			}
			return nil
		})
	}
	if err := clients.Wait(); err != nil {
		t.Error(err)
	}
	return sent
}

// fuzzedForm returns a text with arbitrary fields that fires no trigger.
func fuzzedForm(random *rand.Rand) url.Values {
	form := url.Values{
		"MessageSid": {fmt.Sprintf("SM%016x%016x", random.Uint64()|1<<63, random.Uint64())}, "AccountSid": {stack.Account},
		"From": {fmt.Sprintf("+1501%07d", random.IntN(1e7))}, "To": {stack.Number}, "Body": {noise(random, 300)}, "NumMedia": {"0"},
	}
	for _, name := range []string{
		"MessageSid", "AccountSid", "From", "To", "NumMedia", "NumSegments", "MediaUrl0", "MediaContentType0", "OptOutType", "MessagingServiceSid",
		"FromCountry", "ProfileName", "WaId", "ButtonPayload", "Latitude", "ReferralBody", noise(random, 20),
	} {
		if random.IntN(12) == 0 {
			form.Set(name, noise(random, 60))
		}
		if random.IntN(40) == 0 {
			form.Del(name)
		}
	}
	return form
}

// noise returns a random string, up to the given length, of characters that
// programs tend to mishandle.
func noise(random *rand.Rand, most int) string {
	pieces := []string{"\x00", "\xff", "\xed\xa0\x80", "\r\n", "${", "}", "\u202e", "\u200b", "\ufeff", "😀", "é", "\"", "<", "&", "%", "+", "-", "0", "9", "(a+)+$", "NaN", "null", " "}
	var text strings.Builder
	for range random.IntN(most) {
		text.WriteString(pieces[random.IntN(len(pieces))])
	}
	return text.String()
}
