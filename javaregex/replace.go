package javaregex

// This file replaces matches as java.util.regex.Matcher does, and splits text
// at them as String.split does.

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ReplacementError says why a replacement is not valid in Java.
type ReplacementError struct {
	// Index is the byte offset of the mistake in the replacement.
	Index   int
	Message string
	// Group is the number of the group that the replacement refers to but the
	// pattern does not have, or 0 for any other mistake.
	Group int
}

func (e *ReplacementError) Error() string {
	return fmt.Sprintf("javaregex: replacement: %s at index %d", e.Message, e.Index)
}

// ReplaceAll returns input with every match replaced, as Matcher.replaceAll
// does. In the replacement, $1 and ${name} refer to groups ("" for one that did
// not participate), and a backslash escapes the next character. The error is a
// *ReplacementError (as in Java, only if there is a match to replace), a
// *BudgetError, or the context's.
func (p *Pattern) ReplaceAll(ctx context.Context, input, replacement string) (string, error) {
	return p.replace(ctx, input, replacement, true)
}

// ReplaceFirst is like ReplaceAll, but replaces only the first match.
func (p *Pattern) ReplaceFirst(ctx context.Context, input, replacement string) (string, error) {
	return p.replace(ctx, input, replacement, false)
}

func (p *Pattern) replace(ctx context.Context, input, replacement string, all bool) (string, error) {
	out, found, err := p.AppendReplaced(ctx, nil, input, replacement, all)
	switch {
	case err != nil:
		return "", err
	case !found:
		return input, nil
	}
	return string(out), nil
}

// AppendReplaced appends to dst what ReplaceAll returns, or ReplaceFirst if all
// is not set. If there is no match, it appends nothing and returns false. After
// an error, the appended bytes are meaningless.
func (p *Pattern) AppendReplaced(ctx context.Context, dst []byte, input, replacement string, all bool) ([]byte, bool, error) {
	plain := strings.IndexByte(replacement, '$') < 0 && strings.IndexByte(replacement, '\\') < 0
	if plain && p.prog.single != nil && len(input) <= min(p.limits.Input, p.limits.Steps) {
		return p.replaceSingle(ctx, dst, input, replacement, all)
	}
	var (
		space  workspace
		groups [10]int32
		m      machine
		parts  []replacementPart
		end    int
		base   = len(dst)
		found  = false
		room   = func(n int) bool { return len(dst)-base+n <= p.limits.Output }
	)
	m.stack, m.barriers, m.locals, m.groups = space.stack[:], space.barriers[:], space.locals[:], groups[:]
	if err := m.begin(ctx, p, input); err != nil {
		return dst, false, err
	}
	for start, last := 0, 0; start <= len(input); {
		hit, err := p.next(ctx, &m, start, last)
		if err != nil {
			return dst, false, err
		}
		if !hit {
			break
		}
		if !found && !plain {
			if parts, err = p.parseReplacement(replacement); err != nil {
				return dst, false, err
			}
		}
		found = true
		dst = append(dst, input[end:m.groups[0]]...)
		end = int(m.groups[1])
		if plain {
			if !room(len(replacement)) {
				return dst, false, &BudgetError{BudgetOutput, p.limits.Output}
			}
			dst = append(dst, replacement...)
		}
		for _, part := range parts {
			text := part.of(input, m.groups)
			if !room(len(text)) {
				return dst, false, &BudgetError{BudgetOutput, p.limits.Output}
			}
			dst = append(dst, text...)
		}
		if !all {
			break
		}
		start, last = m.after()
	}
	if !found {
		return dst, false, nil
	}
	if !room(len(input) - end) {
		return dst, false, &BudgetError{BudgetOutput, p.limits.Output}
	}
	return append(dst, input[end:]...), true, nil
}

// replaceSingle implements AppendReplaced without a machine, for a pattern that
// matches a single character of a class, and a replacement without groups.
func (p *Pattern) replaceSingle(ctx context.Context, dst []byte, input, replacement string, all bool) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return dst, false, err
	}
	class, base, end := p.prog.single, len(dst), 0
	for i := 0; i < len(input); {
		width, in := 1, false
		if b := input[i]; b < utf8.RuneSelf {
			in = class.ascii[b]
		} else {
			var r rune
			r, width = utf8.DecodeRuneInString(input[i:])
			in = class.contains(r)
		}
		if !in {
			i += width
			continue
		}
		dst = append(dst, input[end:i]...)
		if len(dst)-base+len(replacement) > p.limits.Output {
			return dst, false, &BudgetError{BudgetOutput, p.limits.Output}
		}
		dst = append(dst, replacement...)
		i += width
		if end = i; !all {
			break
		}
	}
	if end == 0 {
		return dst, false, nil
	}
	if len(dst)-base+len(input)-end > p.limits.Output {
		return dst, false, &BudgetError{BudgetOutput, p.limits.Output}
	}
	return append(dst, input[end:]...), true, nil
}

// replacementPart is a piece of a replacement: a group, or text if group is -1.
type replacementPart struct {
	group int
	text  string
}

// of returns the text of a part in a match with these groups.
func (part replacementPart) of(input string, groups []int32) string {
	g := part.group
	switch {
	case g < 0:
		return part.text
	case groups[2*g] < 0:
		return ""
	}
	return input[groups[2*g]:groups[2*g+1]]
}

// parseReplacement parses a replacement. It returns at least one part, so that
// nil means "not parsed".
func (p *Pattern) parseReplacement(s string) ([]replacementPart, error) {
	var (
		parts []replacementPart
		text  strings.Builder
	)
	for i := 0; i < len(s); {
		switch s[i] {
		case '\\':
			if i+1 == len(s) {
				return nil, &ReplacementError{Index: i, Message: `ends in a lone backslash: write \\ for a backslash`}
			}
			_, n := utf8.DecodeRuneInString(s[i+1:])
			text.WriteString(s[i+1 : i+1+n])
			i += 1 + n
		case '$':
			group, n, err := p.groupReference(s, i)
			if err != nil {
				return nil, err
			}
			parts = append(parts, replacementPart{-1, text.String()}, replacementPart{group, ""})
			text.Reset()
			i += n
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	return append(parts, replacementPart{-1, text.String()}), nil
}

// groupReference parses the $1 or ${name} at s[i:]; it returns the group and
// the length. Like Java, it takes as many digits of $12 as form the number of
// an existing group.
func (p *Pattern) groupReference(s string, i int) (group, length int, err error) {
	rest := s[i+1:]
	switch {
	case rest == "":
		return 0, 0, &ReplacementError{Index: i, Message: `ends in a lone $: write \$ for a dollar sign`}
	case rest[0] == '{':
		name := rest[1:]
		n := 0
		for n < len(name) && (isASCIILetter(rune(name[n])) || n > 0 && isDigit(rune(name[n]))) {
			n++
		}
		if n == 0 || n == len(name) || name[n] != '}' {
			return 0, 0, &ReplacementError{Index: i, Message: "${ needs a group name, which consists of letters and digits, and a }"}
		}
		group, ok := p.prog.names[name[:n]]
		if !ok {
			return 0, 0, &ReplacementError{Index: i, Message: fmt.Sprintf("there is no group named %q", name[:n])}
		}
		return group, n + 3, nil
	case !isDigit(rune(rest[0])):
		return 0, 0, &ReplacementError{Index: i, Message: `$ needs a group, as in $1 or ${name}: write \$ for a dollar sign`}
	}
	group, length = int(rest[0]-'0'), 2
	if group > p.GroupCount() {
		return 0, 0, &ReplacementError{Index: i, Message: fmt.Sprintf("there is no group %d", group), Group: group}
	}
	for _, c := range rest[1:] {
		if !isDigit(c) || group*10+int(c-'0') > p.GroupCount() {
			break
		}
		group = group*10 + int(c-'0')
		length++
	}
	return group, length, nil
}

// Split splits input at the matches, as String.split does. A limit above 0 is
// the maximum number of pieces, 0 drops trailing empty pieces, and a limit
// below 0 keeps them. An empty match at the start does not produce an empty
// first piece. Without a match, the input is the only piece.
func (p *Pattern) Split(ctx context.Context, input string, limit int) ([]string, error) {
	var (
		space  workspace
		groups [10]int32
		m      machine
		pieces []string
		cut    int // where the last piece ended
	)
	m.stack, m.barriers, m.locals, m.groups = space.stack[:], space.barriers[:], space.locals[:], groups[:]
	if err := m.begin(ctx, p, input); err != nil {
		return nil, err
	}
	for start, last := 0, 0; start <= len(input); start, last = m.after() {
		found, err := p.next(ctx, &m, start, last)
		if err != nil {
			return nil, err
		}
		if !found || limit > 0 && len(pieces) == limit-1 {
			break
		}
		if m.groups[1] == 0 {
			continue
		}
		if len(pieces)*16 > p.limits.Output {
			return nil, &BudgetError{BudgetOutput, p.limits.Output}
		}
		pieces = append(pieces, input[cut:m.groups[0]])
		cut = int(m.groups[1])
	}
	if cut == 0 {
		return []string{input}, nil
	}
	pieces = append(pieces, input[cut:])
	for limit == 0 && len(pieces) > 0 && pieces[len(pieces)-1] == "" {
		pieces = pieces[:len(pieces)-1]
	}
	return pieces, nil
}

func isDigit(c rune) bool       { return '0' <= c && c <= '9' }
func isASCIILetter(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
