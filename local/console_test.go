package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func noEnv(string) string { return "" }

func TestLinesOfSeveralChildrenStayWhole(t *testing.T) {
	var out, log bytes.Buffer
	c := newConsole(&out, noEnv)
	worker, twilio := c.lines("worker", &log), c.lines("twiliosim", &bytes.Buffer{})
	write := func(w *lineWriter, text string) {
		t.Helper()
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("Write returned %d and error %v, want the length of its argument and nil", n, err)
		}
	}
	write(worker, "one\r\ntw")
	write(twilio, "un\n")
	write(worker, "o\n\nend")
	worker.flush()
	want := "worker    | one\ntwiliosim | un\nworker    | two\nworker    | \nworker    | end\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if want := "one\r\ntwo\n\nend"; log.String() != want {
		t.Errorf("got the log %q, want %q", log.String(), want)
	}
}

func TestEndlessLineIsCut(t *testing.T) {
	var out bytes.Buffer
	w := newConsole(&out, noEnv).lines("worker", &bytes.Buffer{})
	if _, err := w.Write([]byte(strings.Repeat("x", 3*longestLine))); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 3 || len(w.rest) != 0 {
		t.Errorf("got %d lines and %d bytes of an incomplete one, want 3 and 0", lines, len(w.rest))
	}
}

func TestColorNeedsTerminal(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out, noEnv)
	if c.color || c.terminal {
		t.Error("a buffer is treated as a terminal")
	}
	// The null device is a character device, as a terminal is.
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for env, want := range map[string]bool{"": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		name, value, _ := strings.Cut(env, "=")
		got := newConsole(null, func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}).color
		if got != want {
			t.Errorf("with %q in the environment: got color %v, want %v", env, got, want)
		}
	}
	c.color = true
	if _, err := c.lines("worker", &bytes.Buffer{}).Write([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[36mworker    | \x1b[0mone\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestBrokenTerminalBlocksNoChild(t *testing.T) {
	c := newConsole(brokenWriter{}, noEnv)
	w := c.lines("worker", brokenWriter{})
	for range 2 {
		if n, err := w.Write([]byte("one\n")); n != 4 || err != nil {
			t.Fatalf("Write returned %d and error %v, want the length of its argument and nil", n, err)
		}
	}
	select {
	case <-c.closed:
	default:
		t.Error("after a failed write, the console's channel closed is still open")
	}
}
