package browser

// The local Twilio of a test, and the application that it calls.

import (
	"context"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"temporal-twilio/twilio"
	"temporal-twilio/twiliosim"
)

const (
	ours = twiliosim.DefaultNumber
	ann  = "+15005550009"
	bob  = "+15005550010"
)

// startTwilio starts a local Twilio that delivers messages immediately.
func startTwilio(t testing.TB, o twiliosim.Options) *twiliosim.Sim {
	t.Helper()
	if o.Speed == 0 {
		o.Speed = 1e6
	}
	sim, err := twiliosim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Errorf("close the local Twilio: got error %v", err)
		}
	})
	return sim
}

// startApplication starts a webhook that verifies signatures and calls answer.
func startApplication(t testing.TB) string {
	t.Helper()
	var server *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("POST /twilio/sms", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || !twilio.Verify(twiliosim.DefaultToken, server.URL+r.URL.Path, r.PostForm, r.Header.Get(twilio.SignatureHeader)) {
			http.Error(w, "the signature is not valid", http.StatusForbidden)
			return
		}
		answer(w, r.PostForm)
	})
	mux.HandleFunc("GET /examples", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `["Order Number 42", "help me"]`)
	})
	mux.HandleFunc("GET /picture.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		if err := png.Encode(w, picture()); err != nil {
			t.Errorf("serve the picture: got error %v", err)
		}
	})
	server = httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// answer is the application: it replies to orders, repeats a text that begins
// with "echo ", and fails on demand. Its headers report the outcome of the
// text.
func answer(w http.ResponseWriter, text url.Values) {
	reply, body := "", text.Get("Body")
	if order, ok := strings.CutPrefix(body, "Order Number "); ok {
		reply = "Your reference number is " + order
	} else if echo, ok := strings.CutPrefix(body, "echo "); ok {
		reply = echo
	} else if body == "break" {
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set(twiliosim.OutcomeHeader, "no trigger")
	if reply != "" {
		w.Header().Set(twiliosim.OutcomeHeader, "accepted")
		w.Header().Set(twiliosim.WorkflowHeader, "sms-"+text.Get("MessageSid"))
	}
	if reply == "" {
		_, _ = io.WriteString(w, "<Response/>")
		return
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(reply)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Response><Message>%s</Message></Response>`, escaped.String())
}

// text texts our number from a phone without using the page.
func text(t testing.TB, sim *twiliosim.Sim, from, body string, media ...twiliosim.Media) twiliosim.InboundResult {
	t.Helper()
	result, err := sim.Inbound(context.Background(), twiliosim.Inbound{From: from, To: ours, Body: body, Media: media})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// send sends a message through the REST API. more holds additional parameters,
// each a name followed by a value. It returns the status of the response, or 0
// if there was none.
func send(t testing.TB, sim *twiliosim.Sim, to, body string, more ...string) int {
	t.Helper()
	form := url.Values{"To": {to}, "From": {ours}, "Body": {body}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return post(t, sim, "Messages.json", form)
}

// post sends a form to a resource of the account through the REST API. It
// returns the status of the response, or 0 if there was none.
func post(t testing.TB, sim *twiliosim.Sim, resource string, form url.Values) int {
	t.Helper()
	path := sim.URL + "/2010-04-01/Accounts/" + sim.Account + "/" + resource
	request, err := http.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(sim.Account, sim.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// picture returns the image of a picture message: a small landscape.
func picture() image.Image {
	const width, height = 440, 280
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			band := y / 47
			c := color.RGBA{uint8(250 - 9*band), uint8(218 - 9*band), uint8(176 + 7*band), 255}
			if dx, dy := x-310, y-90; dx*dx+dy*dy < 38*38 {
				c = color.RGBA{255, 244, 214, 255}
			}
			if float64(y) > 190+24*math.Sin(float64(x)/62) {
				c = color.RGBA{120, 158, 142, 255}
			}
			if float64(y) > 226+18*math.Sin(float64(x)/48+2) {
				c = color.RGBA{64, 110, 94, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}
