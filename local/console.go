package main

// The console lets several writers share a terminal: it prints whole lines,
// each prefixed with its writer's name.

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// nameWidth is the length of the longest name.
const nameWidth = len("twiliosim")

// longestLine is the length in bytes at which a line without a line break is
// cut.
const longestLine = 64 << 10

// console is the user's terminal. Its methods are safe for concurrent use.
type console struct {
	terminal bool // lines can be rewritten
	color    bool
	closed   chan struct{} // closed when a write fails, because the terminal is gone

	mu    sync.Mutex
	w     io.Writer
	names int // number of children so far, which selects the next one's color
}

// newConsole returns a console that writes to w: in color if w is a terminal,
// unless NO_COLOR (no-color.org) is set or the terminal is dumb.
func newConsole(w io.Writer, getenv func(string) string) *console {
	c := &console{w: w, closed: make(chan struct{})}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		c.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0 && getenv("TERM") != "dumb"
	}
	c.color = c.terminal && getenv("NO_COLOR") == ""
	return c
}

// print writes text, which must include its line breaks.
func (c *console) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write([]byte(text))
}

// write must be called with the lock held.
func (c *console) write(b []byte) {
	if _, err := c.w.Write(b); err != nil {
		select {
		case <-c.closed:
		default:
			close(c.closed)
		}
	}
}

// lines returns a writer for one child. Its lines go to the console prefixed
// with its name, and unchanged to its log.
func (c *console) lines(name string, log io.Writer) *lineWriter {
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix := fmt.Sprintf("%-*s | ", nameWidth, name)
	if c.color {
		colors := []int{36, 35, 32, 33, 34} // cyan, magenta, green, yellow, blue
		prefix = fmt.Sprintf("\x1b[%dm%s\x1b[0m", colors[c.names%len(colors)], prefix)
	}
	c.names++
	return &lineWriter{console: c, prefix: prefix, log: log}
}

type lineWriter struct {
	console *console
	prefix  string
	log     io.Writer

	mu   sync.Mutex
	rest []byte // a line that is not complete yet
}

// Write never fails: a child must not block or die because its log cannot be
// written or its terminal is gone.
func (l *lineWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.log.Write(b)
	l.rest = append(l.rest, b...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 && len(l.rest) < longestLine {
			return len(b), nil
		}
		if end < 0 || end > longestLine {
			end = longestLine - 1
		}
		l.line(l.rest[:end+1])
		l.rest = append(l.rest[:0], l.rest[end+1:]...)
	}
}

// flush writes a last line that lacks a line break.
func (l *lineWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.line(l.rest)
		l.rest = nil
	}
}

func (l *lineWriter) line(text []byte) {
	text = bytes.TrimRight(text, "\r\n")
	l.console.print(l.prefix + string(text) + "\n")
}
