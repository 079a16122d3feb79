package twilio

// The client: one account's access to Twilio, using twilio-go.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Access says how to reach one Twilio account.
type Access struct {
	// AccountSID is the account that sends, "AC" and 32 hex digits.
	AccountSID string
	// Username and Password are an API key and its secret. Optional: default
	// the account SID and Token.
	Username, Password string
	// Token is the account's auth token.
	Token string
	// Region and Edge choose where Twilio handles the requests, such as "ie1"
	// and "dublin". Optional, but only together: default us1.
	Region, Edge string
	// BaseURL sends every request to another host, such as a local Twilio.
	// Optional: default Twilio's own.
	BaseURL string
	// Timeout bounds one request. Optional: default 10 s.
	Timeout time.Duration
	// Observe is called after each request, with the context of the call. Optional.
	Observe func(context.Context, Exchange)
}

// Exchange describes a request and its response without revealing the message.
type Exchange struct {
	Method string
	// Status is the HTTP status of the response, 0 if there was none.
	Status int
	Took   time.Duration
	// RequestID is Twilio's ID of the request, for its support; empty if there was
	// no response.
	RequestID string
}

// DefaultTimeout bounds one request to Twilio. Even slow creates take much
// less; a longer wait would only delay the report that the outcome is unknown.
const DefaultTimeout = 10 * time.Second

// Client sends and looks up the messages of one account. It is safe for
// concurrent use.
type Client struct {
	access    Access
	base      *url.URL
	transport http.RoundTripper
	clock     clock
}

// New validates the access and returns a client. It makes no request.
func New(o Access) (*Client, error) {
	if o.AccountSID == "" {
		return nil, errors.New("there is no account SID")
	}
	if o.Username == "" {
		o.Username, o.Password = o.AccountSID, o.Token
	}
	if o.Password == "" {
		return nil, errors.New("there are no credentials: provide the auth token, or an API key and its secret")
	}
	if (o.Region == "") != (o.Edge == "") {
		return nil, errors.New("region and edge must be set together: set both or neither")
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	c := &Client{access: o, transport: newTransport()}
	if o.BaseURL != "" {
		base, err := url.Parse(o.BaseURL)
		if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
			return nil, fmt.Errorf("base URL %q is not an http or https URL", o.BaseURL)
		}
		c.base = base
	}
	return c, nil
}

// newTransport returns the transport of all calls, which reuses connections.
// Go's default is two idle connections per host; a list is sent over as many as
// its sender's rate requires. It uses HTTP/1.1, where a connection carries one
// request at a time: to prevent a create that must no longer be written, its
// connection is closed, which affects no other request.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:              protocols,
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 16,
	}
}

// service returns twilio-go's message service for one call, and the exchange
// that observes it. twilio-go takes no context and drops the headers of errors,
// so both are handled by a RoundTripper that is created for the call.
func (c *Client) service(ctx context.Context) (*api.ApiService, *exchange) {
	x := &exchange{ctx: ctx, base: c.base, transport: c.transport, clock: &c.clock, observe: c.access.Observe}
	base := &client.Client{
		Credentials: client.NewCredentials(c.access.Username, c.access.Password),
		HTTPClient: &http.Client{
			Transport:     x,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	base.SetAccountSid(c.access.AccountSID)
	handler := client.NewRequestHandler(base)
	handler.Region, handler.Edge = c.access.Region, c.access.Edge
	return api.NewApiService(handler), x
}
