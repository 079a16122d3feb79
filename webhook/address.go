package webhook

// The URL that Twilio called and signed. Behind a proxy, the request does not
// contain it.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// prefixHeader is the header in which a proxy reports the prefix that it
// removed from the path.
const prefixHeader = "X-Forwarded-Prefix"

// forwarded holds the parts of the URL that proxies report. Parts that they do
// not report are empty.
type forwarded struct{ scheme, host, port, prefix string }

// readers maps suffixes of header names to the parts of the URL that the
// headers report.
var readers = []struct {
	suffix string
	read   func(*forwarded) *string
}{
	{"host", func(f *forwarded) *string { return &f.host }},
	{"proto", func(f *forwarded) *string { return &f.scheme }},
	{"scheme", func(f *forwarded) *string { return &f.scheme }},
	{"port", func(f *forwarded) *string { return &f.port }},
	{"prefix", func(f *forwarded) *string { return &f.prefix }},
}

// reader returns a function that returns the field that the named header sets,
// or nil if the name has no known suffix.
func reader(name string) func(*forwarded) *string {
	for _, r := range readers {
		if strings.HasSuffix(strings.ToLower(name), r.suffix) {
			return r.read
		}
	}
	return nil
}

// checkForwarded returns an error if a header is unknown or if no header
// reports the host.
func checkForwarded(names []string) error {
	host := false
	for _, name := range names {
		read := reader(name)
		if read == nil && !strings.EqualFold(name, "Forwarded") {
			return fmt.Errorf("the forwarded header %q is unknown: want Forwarded, or headers that end in Host, Proto, Port or Prefix, such as X-Forwarded-Host", name)
		}
		var probe forwarded
		host = host || read == nil || read(&probe) == &probe.host
	}
	if !host {
		return errors.New("no forwarded header reports the host: add X-Forwarded-Host, Forwarded or, if the proxy preserves it, Host")
	}
	return nil
}

// address returns the URL that Twilio called. It is based on PublicURL if that
// is set, or else on the configured forwarded headers.
func (h *handler) address(r *http.Request) (string, error) {
	if h.PublicURL != "" {
		return h.PublicURL + r.URL.RequestURI(), nil
	}
	f, err := h.forwarded(r)
	if err != nil {
		return "", err
	}
	if f.scheme == "" {
		f.scheme = "https"
	}
	if f.host == "" || f.scheme != "http" && f.scheme != "https" {
		return "", fmt.Errorf("the forwarded headers (%s) do not report where the request was sent", strings.Join(h.Forwarded, ", "))
	}
	host := f.host
	if f.port != "" && (&url.URL{Host: host}).Port() == "" {
		host += ":" + f.port // verification also tries the URL without a default port
	}
	return f.scheme + "://" + host + strings.TrimRight(f.prefix, "/") + r.URL.RequestURI(), nil
}

// forwarded reads the configured headers. If there are several proxies, the
// first value of each header counts, which is that of the proxy nearest to the
// client.
func (h *handler) forwarded(r *http.Request) (f forwarded, err error) {
	for _, name := range h.Forwarded {
		read, value := reader(name), strings.Join(r.Header.Values(name), ",")
		switch {
		case strings.EqualFold(name, "Host"):
			f.host = r.Host
		case read != nil:
			first, _, _ := strings.Cut(value, ",")
			if first = strings.TrimSpace(first); first != "" {
				*read(&f) = first
			}
		default:
			if err := f.parse(value); err != nil {
				return f, err
			}
		}
	}
	f.scheme = strings.ToLower(f.scheme)
	return f, nil
}

// pair matches one name=value of a Forwarded header and the separators around
// it. The value is a token or a quoted string.
//
// Source: https://www.rfc-editor.org/rfc/rfc7239#section-4
var pair = regexp.MustCompile(`^[ \t,;]*([\w!#$%&'*+.^|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^ \t,;"]+))[ \t]*(?:[,;]+[ \t]*|$)`)

var quotedPair = regexp.MustCompile(`\\(.)`)

// parse reads host and proto from a Forwarded header, each from the first
// element that contains it. The error does not quote the header, because anyone
// may have written it.
func (f *forwarded) parse(header string) error {
	for header != "" {
		m := pair.FindStringSubmatch(header)
		if m == nil {
			return errors.New("the Forwarded header does not follow RFC 7239; a valid value is host=example.com;proto=https")
		}
		header = header[len(m[0]):]
		value := quotedPair.ReplaceAllString(m[2], "$1") + m[3]
		switch name := strings.ToLower(m[1]); {
		case name == "host" && f.host == "":
			f.host = value
		case name == "proto" && f.scheme == "":
			f.scheme = value
		}
	}
	return nil
}

// prefixIgnored reports whether a proxy reports a prefix that it removed from
// the path, but the URL that we verify does not include that prefix.
func (h *handler) prefixIgnored(r *http.Request) bool {
	removed := strings.TrimRight(r.Header.Get(prefixHeader), "/")
	if removed == "" {
		return false
	}
	if h.PublicURL != "" {
		return !strings.HasSuffix(h.PublicURL, removed)
	}
	return !slices.ContainsFunc(h.Forwarded, func(name string) bool { return strings.EqualFold(name, prefixHeader) })
}
