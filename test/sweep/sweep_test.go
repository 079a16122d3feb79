// Package sweep takes every path through the product with encryption on, and
// then searches everything left behind (Temporal's responses and its disk,
// logs, metrics and traces) for the numbers, texts and secrets that it used.
package sweep

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"temporal-twilio/test/stack"
)

// needles holds what must not be found, by kind.
type needles map[string]string

// forms returns the encodings in which a needle may occur.
func forms(needle string) (all []string) {
	needle = strings.TrimPrefix(needle, "+")
	all = append(all, needle, url.QueryEscape(needle))
	// A text may be part of a larger one in base64, at any offset. The first and
	// last letters depend on the bytes around it, and are left out.
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + needle))
		begin, end := (shift*8+5)/6, (shift+len(needle))*8/6
		all = append(all, encoded[begin:end])
	}
	return all
}

// in describes each needle that a text contains, with the text around it.
func (n needles) in(text string) (found []string) {
	for what, needle := range n {
		for _, form := range forms(needle) {
			if at := strings.Index(text, form); at >= 0 {
				found = append(found, fmt.Sprintf("%s: %q", what, around(text, at)))
				break
			}
		}
	}
	return found
}

func around(text string, at int) string {
	return text[max(0, at-100):min(len(text), at+100)]
}

func TestNeedlesAreFoundInAnyEncoding(t *testing.T) {
	n := needles{"a number": "+15005550101", "a text": "Guten Tag, Frau Quokka"}
	for _, needle := range n {
		for _, before := range []string{"", "a", "ab", "abc"} {
			whole := before + needle + " and more"
			for name, text := range map[string]string{
				"plain": whole, "base64": base64.StdEncoding.EncodeToString([]byte(whole)), "in an address": url.QueryEscape(whole),
			} {
				if found := n.in("x " + text + " y"); len(found) != 1 {
					t.Errorf("%s, after %q: found %q in %s, want one needle", name, before, found, text)
				}
			}
		}
	}
	if found := n.in("15005550102 Frau Wombat"); len(found) > 0 {
		t.Errorf("found %q in a text without needles, want nothing", found)
	}
}

// haystack holds everything left behind, by location.
type haystack map[string]string

func (h haystack) add(where string, message proto.Message, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	data, err := proto.Marshal(message)
	h[where] = string(data)
	return err
}

// metricsOf returns the metrics that a process serves at an address.
func metricsOf(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestEncryptionLeavesNothingPersonalBehind(t *testing.T) {
	d := begin(t)
	d.sends(t)
	d.broadcasts(t)
	d.receives(t)
	d.asks(t)
	d.waits(t)
	d.silences(t)
	d.catchesUp(t)

	h := haystack{"the worker's log": d.logs(), "its metrics": metricsOf(t, d.metrics)}
	if err := d.dump(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if len(h) < 40 {
		t.Errorf("found only %d places to search, want at least 40", len(h))
	}
	d.stack.Worker.Stop(t)
	d.stack.Temporal.Stop(t)
	d.traces(t)
	for i, request := range d.collector.Requests() {
		if err := h.add(fmt.Sprint("spans: ", i), request, nil); err != nil {
			t.Fatal(err)
		}
	}
	h["the rest of the worker's log"] = d.stack.Worker.Output()
	files, err := filepath.Glob(d.stack.Temporal.File() + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h["the disk: "+filepath.Base(file)] = string(data)
	}

	clear := needles{"what was written in clear": inClear}
	seen := map[string]bool{}
	for where, text := range h {
		for _, found := range d.needles.in(text) {
			t.Errorf("%s contains %s", where, found)
		}
		kind, _, _ := strings.Cut(where, ":")
		seen[kind] = seen[kind] || len(clear.in(text)) > 0
	}
	// The sweep proves something only if it finds what is stored unencrypted.
	for _, kind := range []string{"history", "the disk"} {
		if !seen[kind] {
			t.Errorf("the sweep does not find the unencrypted texts in %s", kind)
		}
	}
}

// start starts a workflow; if that fails, so does the test.
func start(t *testing.T, c client.Client, o client.StartWorkflowOptions, name string, input any) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), o, name, input)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// until waits until check returns true.
func until(t *testing.T, what string, check func() (bool, error)) {
	t.Helper()
	stack.Eventually(t, what, func(context.Context) error {
		done, err := check()
		if err == nil && !done {
			err = fmt.Errorf("not yet")
		}
		return err
	})
}
