package javaregex

// This file reads a pattern character by character. It handles quotation
// (\Q…\E), white space and comments under (?x), and the position of an error.

import (
	"fmt"
	"unicode/utf8"
)

// lexer is a cursor over a pattern. Under Comments, its methods skip white
// space and comments exactly where Java does.
type lexer struct {
	chars   []rune // with two zeros at the end
	offsets []int  // byte offset in the pattern of each character
	length  int    // length of chars without the zeros
	cursor  int
	flags   Flags
}

func newLexer(pattern string, flags Flags) *lexer {
	x := &lexer{flags: flags}
	x.chars = make([]rune, 0, len(pattern)+2)
	x.offsets = make([]int, 0, len(pattern)+2)
	for i, r := range pattern {
		x.chars = append(x.chars, r)
		x.offsets = append(x.offsets, i)
	}
	if flags&Literal == 0 {
		x.unquote()
	}
	x.length = len(x.chars)
	x.chars = append(x.chars, 0, 0)
	x.offsets = append(x.offsets, len(pattern), len(pattern))
	return x
}

// unquote replaces \Q…\E with escapes. Java does this first, even in classes
// and comments; this is the state machine of its RemoveQEQuoting.
func (x *lexer) unquote() { //nolint:cyclop // the state machine of Java's RemoveQEQuoting
	start := 0
	for start < len(x.chars)-1 && !(x.chars[start] == '\\' && x.chars[start+1] == 'Q') {
		if x.chars[start] == '\\' {
			start++
		}
		start++
	}
	if start >= len(x.chars)-1 {
		return
	}
	chars, offsets := x.chars, x.offsets
	x.chars = append([]rune(nil), chars[:start]...)
	x.offsets = append([]int(nil), offsets[:start]...)
	emit := func(at int, text ...rune) {
		for _, r := range text {
			x.chars = append(x.chars, r)
			x.offsets = append(x.offsets, offsets[at])
		}
	}
	quoted, first := true, true
	for i := start + 2; i < len(chars); i++ {
		c := chars[i]
		escape := c == '\\' && i+1 < len(chars)
		switch {
		case quoted && escape && chars[i+1] == 'E':
			quoted = false
			i++
		case quoted && first && isDigit(c):
			emit(i, '\\', 'x', '3', c) // so that the digit does not extend an escape before the \Q
		case quoted && c < utf8.RuneSelf && !isASCIILetter(c) && !isDigit(c):
			emit(i, '\\', c)
		case quoted:
			emit(i, c)
		case escape && chars[i+1] == 'Q':
			quoted, first = true, true
			i++
			continue
		case escape:
			emit(i, c)
			i++
			emit(i, chars[i])
		default:
			emit(i, c)
		}
		first = false
	}
}

// errorf returns a SyntaxError at the character before the cursor, which is the
// index that Java reports.
func (x *lexer) errorf(format string, args ...any) *SyntaxError {
	index := -1
	if at := x.cursor - 1; at >= 0 {
		index = x.offsets[min(at, x.length)]
	}
	return &SyntaxError{Index: index, Message: fmt.Sprintf(format, args...)}
}

func (x *lexer) has(flag Flags) bool { return x.flags&flag != 0 }

// char returns the character at i, 0 outside the pattern.
func (x *lexer) char(i int) rune {
	if i < 0 || i >= len(x.chars) {
		return 0
	}
	return x.chars[i]
}

func (x *lexer) atEnd() bool { return x.cursor >= x.length }

// peek returns the next character without consuming it.
func (x *lexer) peek() rune {
	c := x.char(x.cursor)
	if x.has(Comments) {
		c = x.peekPastSpace(c)
	}
	return c
}

// read consumes the next character.
func (x *lexer) read() rune {
	c := x.char(x.cursor)
	x.cursor++
	if x.has(Comments) {
		c = x.readPastSpace(c)
	}
	return c
}

// next consumes a character and returns the one after it.
func (x *lexer) next() rune {
	x.cursor++
	return x.peek()
}

// nextEscaped is like next, but does not skip white space. It returns the
// character after a backslash.
func (x *lexer) nextEscaped() rune {
	x.cursor++
	return x.char(x.cursor)
}

// skip consumes two characters and returns the second; no white space is
// skipped.
func (x *lexer) skip() rune {
	c := x.char(x.cursor + 1)
	x.cursor += 2
	return c
}

func (x *lexer) unread() { x.cursor-- }

func isPatternSpace(c rune) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// endsComment reports whether c ends a #… comment.
func (x *lexer) endsComment(c rune) bool {
	if x.has(UnixLines) {
		return c == 0 || c == '\n'
	}
	return c == 0 || lineTerminators.contains(c)
}

func (x *lexer) peekPastSpace(c rune) rune {
	for {
		for isPatternSpace(c) {
			x.cursor++
			c = x.char(x.cursor)
		}
		if c != '#' {
			return c
		}
		for !x.endsComment(c) {
			x.cursor++
			c = x.char(x.cursor)
		}
		if c == 0 || !isPatternSpace(c) {
			return c
		}
	}
}

func (x *lexer) readPastSpace(c rune) rune {
	for {
		for isPatternSpace(c) {
			c = x.char(x.cursor)
			x.cursor++
		}
		if c != '#' {
			return c
		}
		for !x.endsComment(c) {
			c = x.char(x.cursor)
			x.cursor++
		}
		if c == 0 || !isPatternSpace(c) {
			return c
		}
	}
}
