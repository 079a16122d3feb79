package twilio

// A client accesses one Twilio account through twilio-go.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Access holds the credentials and the address of one Twilio account.
type Access struct {
	// AccountSID is the SID of the sending account, "AC" and 32 hex digits.
	AccountSID string
	// Username and Password are an API key and its secret. Optional: by
	// default, the account SID and Token.
	Username, Password string
	// Token is the account's auth token.
	Token string
	// Renewed returns the current credentials, in the same form as
	// Credentials. It is for a process whose credentials can change.
	// Optional: default [Access.Credentials].
	Renewed func() (username, password string)
	// Region and Edge determine where Twilio handles the requests, for
	// example "ie1" and "dublin". They must be set together. Optional:
	// default us1.
	Region, Edge string
	// BaseURL replaces the scheme and the host of Twilio's API, for example
	// with those of a local simulator. Optional: by default, requests go to
	// Twilio.
	BaseURL string
	// Timeout is the maximum duration of one request. Optional: default
	// [DefaultTimeout].
	Timeout time.Duration
	// Observe is called after each request, with the context that the
	// caller passed to the client. Optional.
	Observe func(context.Context, Exchange)
}

// Credentials returns the API key and its secret or, if there is no key, the
// account SID and the auth token.
func (a Access) Credentials() (username, password string) {
	if a.Username == "" {
		return a.AccountSID, a.Token
	}
	return a.Username, a.Password
}

// Exchange describes a request and its response without revealing the message.
type Exchange struct {
	Method string
	// Status is the HTTP status of the response, or 0 if there was none.
	Status int
	Took   time.Duration
	// RequestID is Twilio's ID of the request, for its support, or "" if
	// there was no response.
	RequestID string
}

// DefaultTimeout is the default of [Access.Timeout]. Even a slow create takes
// much less time, so a longer timeout would only delay the report that the
// outcome is unknown.
const DefaultTimeout = 10 * time.Second

// Client sends and looks up the messages of one account. It is safe for
// concurrent use.
type Client struct {
	access    Access
	base      *url.URL
	transport http.RoundTripper
	clock     clock
	// messages is the URL at which messages are created.
	messages *url.URL
	// current is the login used by the last request.
	current atomic.Pointer[login]
}

// login holds the credentials of a request, and the headers computed from them.
// It is immutable.
type login struct {
	username, password string
	header             http.Header
	// odd is true if the credentials contain characters that valid
	// credentials never contain.
	odd bool
}

// New validates the access and returns a client. It makes no requests.
func New(o Access) (*Client, error) {
	if o.AccountSID == "" {
		return nil, errors.New("the account SID is missing")
	}
	if _, password := o.Credentials(); password == "" {
		return nil, errors.New("the credentials are missing: provide the auth token, or an API key and its secret")
	}
	if (o.Region == "") != (o.Edge == "") {
		return nil, errors.New("region and edge must be set together: set both or neither")
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Renewed == nil {
		o.Renewed = o.Credentials
	}
	c := &Client{access: o, transport: newTransport()}
	if o.BaseURL != "" {
		base, err := url.Parse(o.BaseURL)
		if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
			return nil, fmt.Errorf("base URL %q must be an http:// or https:// URL", o.BaseURL)
		}
		c.base = base
	}
	address, err := c.handler(nil).BuildUrl(apiURL + "/2010-04-01/Accounts/" + url.PathEscape(o.AccountSID) + "/Messages.json")
	if err != nil {
		return nil, fmt.Errorf("account SID %q: %w", o.AccountSID, err)
	}
	c.messages, err = c.at(address)
	return c, err
}

// login returns the login for the next request.
func (c *Client) login() *login {
	username, password := c.access.Renewed()
	if now := c.current.Load(); now != nil && now.username == username && now.password == password {
		return now
	}
	by := http.Request{Header: make(http.Header)}
	by.SetBasicAuth(username, password)
	by.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	by.Header.Set("User-Agent", fmt.Sprintf("twilio-go/%s (%s %s) go/%s", client.LibraryVersion, runtime.GOOS, runtime.GOARCH, runtime.Version()))
	next := &login{username: username, password: password, header: by.Header, odd: !alphanumeric(username + password)}
	c.current.Store(next)
	return next
}

// alphanumeric reports whether a text consists only of ASCII letters and
// digits.
func alphanumeric(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// newTransport returns the transport for all requests of a client. It keeps
// more idle connections per host than Go's default of two, because sending at a
// high rate needs many. It uses only HTTP/1.1, where a connection carries one
// request at a time: a create that must no longer be written is stopped by
// closing its connection, and that must not affect other requests.
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

// apiURL is the base URL of Twilio's API if no region is set. All media URLs
// start with it, including those in webhook parameters.
const apiURL = "https://api.twilio.com"

// handler returns twilio-go's request handler, which adds the region and edge
// to its URLs.
func (c *Client) handler(base client.BaseClient) *client.RequestHandler {
	return &client.RequestHandler{Client: base, Region: c.access.Region, Edge: c.access.Edge}
}

// at parses a URL from twilio-go, and replaces its scheme and host with those
// of the base URL, if one is set.
func (c *Client) at(address string) (*url.URL, error) {
	at, err := url.Parse(address)
	if err == nil && c.base != nil {
		at.Scheme, at.Host = c.base.Scheme, c.base.Host
	}
	return at, err
}

// service returns twilio-go's API service for one request, and the exchange
// that makes the request.
func (c *Client) service(ctx context.Context) (*api.ApiService, *exchange) {
	x := &exchange{client: c, ctx: ctx}
	return api.NewApiService(c.handler(x)), x
}
