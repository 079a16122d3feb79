package twiliosim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"temporal-twilio/twiliosim"
)

// A program under test sends through Twilio's REST API; the test checks what
// arrived.
func Example() {
	sim, err := twiliosim.Start(twiliosim.Options{Speed: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()

	form := url.Values{"From": {twiliosim.DefaultNumber}, "To": {"+15551230001"}, "Body": {"Hello"}}
	request, _ := http.NewRequest(http.MethodPost, sim.URL+"/2010-04-01/Accounts/"+sim.Account+"/Messages.json", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(sim.Account, sim.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = response.Body.Close()

	for _, m := range sim.Messages(twiliosim.Filter{To: "+15551230001"}) {
		fmt.Println(response.StatusCode, m.Body, m.Segments)
	}
	// Output: 201 Hello 1
}

// A phone texts one of the numbers: the simulator calls the webhook with a
// signed request, and executes its TwiML.
func ExampleSim_Inbound() {
	webhook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response><Message>You wrote: "+r.FormValue("Body")+"</Message></Response>")
	}))
	defer webhook.Close()
	sim, err := twiliosim.Start(twiliosim.Options{Webhook: webhook.URL, Speed: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()

	result, err := sim.Inbound(context.Background(), twiliosim.Inbound{From: "+15551230001", To: twiliosim.DefaultNumber, Body: "Hi"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.WebhookStatus, result.Replies[0].Body)
	// Output: 200 You wrote: Hi
}

// The response to the next message is lost, although the message is sent.
func ExampleSim_AddFault() {
	sim, err := twiliosim.Start(twiliosim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	fault, err := sim.AddFault(twiliosim.Fault{Kind: twiliosim.FaultResponseLost, Operation: "create", Next: 1})
	fmt.Println(fault.Kind, fault.Next, err)
	// Output: response-lost 1 <nil>
}
