package twiliosim

// This file parses the TwiML in a webhook's response into the verbs of a
// messaging response.

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
)

// verb is a Message or a Redirect in a TwiML document.
type verb struct {
	redirect bool
	url      string // the target of a Redirect, or a Message's action
	method   string // for url: POST or GET

	to, from       string
	body           string
	media          []string
	statusCallback string
}

// problem is a mistake in a document, with the debugger's error code.
type problem struct {
	code   int
	detail string
}

// readAnswer parses a webhook's response into verbs. Warnings do not affect the
// verbs; if failure is not nil, there are no verbs.
func readAnswer(contentType string, body []byte) (verbs []verb, warnings []problem, failure *problem) {
	if len(body) > maxTwiML {
		return nil, nil, &problem{11750, fmt.Sprintf("the response is longer than %d bytes", maxTwiML)}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil, nil
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	switch kind {
	case "text/plain":
		return []verb{{method: "POST", body: strings.ToValidUTF8(string(body), "\ufffd")}}, nil, nil
	case "text/xml", "application/xml", "text/html":
		verbs, warnings, err := parseTwiML(body)
		if err != nil {
			return nil, nil, &problem{12100, err.Error()}
		}
		return verbs, warnings, nil
	}
	return nil, nil, &problem{12300, fmt.Sprintf("Content-Type %q: want text/xml, application/xml, text/html or text/plain", contentType)}
}

// twimlReader reads one document.
type twimlReader struct {
	decoder  *xml.Decoder
	verbs    []verb
	warnings []problem
}

// parseTwiML parses a document whose root is Response. An error means that it
// is not well-formed XML or has another root.
func parseTwiML(body []byte) ([]verb, []problem, error) {
	r := twimlReader{decoder: xml.NewDecoder(bytes.NewReader(body))}
	r.decoder.CharsetReader = latin1
	root, err := r.nextElement()
	if err != nil {
		return nil, nil, err
	}
	if root == nil {
		return nil, nil, errors.New("the document has no element")
	}
	if root.Name.Local != "Response" {
		return nil, nil, fmt.Errorf("the root element is %s, want Response", root.Name.Local)
	}
	if err := r.response(); err != nil {
		return nil, nil, err
	}
	after, err := r.nextElement()
	if err != nil {
		return nil, nil, err
	}
	if after != nil {
		return nil, nil, fmt.Errorf("the document has a second root element, %s", after.Name.Local)
	}
	return r.verbs, r.warnings, nil
}

// nextElement skips to the next start tag outside of any element; it returns
// nil at the end of the document. Text outside of any element is an error,
// since XML does not allow it.
func (r *twimlReader) nextElement() (*xml.StartElement, error) {
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.CharData:
			if len(bytes.TrimSpace(bytes.TrimPrefix(t, []byte("\ufeff")))) > 0 {
				return nil, errors.New("there is text outside of the root element")
			}
		}
	}
}

func (r *twimlReader) response() error {
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				r.warn("text in Response outside of a verb is ignored")
			}
		case xml.StartElement:
			if err := r.verb(t); err != nil {
				return err
			}
		}
	}
}

func (r *twimlReader) verb(start xml.StartElement) error {
	switch start.Name.Local {
	case "Message", "Sms":
		return r.message(start)
	case "Redirect":
		v := verb{redirect: true}
		r.attributes(start, &v, "method")
		text, err := r.text(start.Name.Local)
		v.url = text
		r.verbs = append(r.verbs, v)
		return err
	}
	r.warn("element %s is not a verb of a messaging response", start.Name.Local)
	return r.decoder.Skip()
}

func (r *twimlReader) message(start xml.StartElement) error {
	v := verb{}
	r.attributes(start, &v, "to", "from", "action", "method", "statusCallback")
	var bare, body strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			v.body = strings.TrimSpace(bare.String())
			if body.Len() > 0 {
				v.body = body.String()
			}
			r.verbs = append(r.verbs, v)
			return nil
		case xml.CharData:
			bare.Write(t)
		case xml.StartElement:
			if err := r.noun(t, &v, &body); err != nil {
				return err
			}
		}
	}
}

// noun parses a child of Message.
func (r *twimlReader) noun(start xml.StartElement, v *verb, body *strings.Builder) error {
	switch start.Name.Local {
	case "Body":
		text, err := r.text("Body")
		body.WriteString(text)
		return err
	case "Media":
		text, err := r.text("Media")
		v.media = append(v.media, text)
		return err
	}
	r.warn("element %s is not allowed in Message", start.Name.Local)
	return r.decoder.Skip()
}

// text returns an element's text, without surrounding space.
func (r *twimlReader) text(name string) (string, error) {
	var text strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return strings.TrimSpace(text.String()), nil
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			r.warn("element %s is not allowed in %s", t.Name.Local, name)
			if err := r.decoder.Skip(); err != nil {
				return "", err
			}
		}
	}
}

func (r *twimlReader) attributes(start xml.StartElement, v *verb, allowed ...string) {
	v.method = "POST"
	for _, a := range start.Attr {
		name := a.Name.Local
		if a.Name.Space == "xmlns" || name == "xmlns" || a.Name.Space == "xml" {
			continue
		}
		if !slices.Contains(allowed, name) {
			r.warn("attribute %s is not allowed in %s", name, start.Name.Local)
			continue
		}
		switch name {
		case "to":
			v.to = a.Value
		case "from":
			v.from = a.Value
		case "action":
			v.url = a.Value
		case "statusCallback":
			v.statusCallback = a.Value
		case "method":
			switch strings.ToUpper(a.Value) {
			case "GET":
				v.method = "GET"
			case "POST":
			default:
				r.warn("method %s in %s: want GET or POST", a.Value, start.Name.Local)
			}
		}
	}
}

const maxWarnings = 20

func (r *twimlReader) warn(format string, args ...any) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, problem{12200, fmt.Sprintf(format, args...)})
	}
}

// latin1 decodes ISO-8859-1 and its subset US-ASCII. It returns an error for
// any other charset.
func latin1(charset string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "us-ascii", "latin1":
	default:
		return nil, fmt.Errorf("charset %s: want UTF-8", charset)
	}
	raw, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, b := range raw {
		text.WriteRune(rune(b))
	}
	return strings.NewReader(text.String()), nil
}
