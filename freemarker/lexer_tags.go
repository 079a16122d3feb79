package freemarker

// This file contains the part of the lexer that recognizes tags.

import "strings"

// tag reads a token that starts with < or [ in text.
func (lx *lexer) tag(rest string) token {
	if len(rest) == 1 {
		return lx.take(tText, 1)
	}
	switch c := rest[1]; {
	case c == '@':
		return lx.unifiedCall()
	case c == '/' && len(rest) > 2 && rest[2] == '@':
		return lx.unifiedCallEnd(rest)
	case c == '#' && strings.HasPrefix(rest[2:], "--"):
		t := lx.take(tTerseComment, 4)
		lx.unparsedTag = "-->"
		return lx.accept(t, anyConvention, stUnparsed)
	case c == '#', c == '/', isLetter(c) && rest[0] == '<':
		return lx.directive(rest)
	}
	return lx.take(tText, 1)
}

// directive reads a start tag, an end tag, or text that only resembles a tag.
func (lx *lexer) directive(rest string) token {
	i, isEnd, strict := 1, false, false
	if rest[i] == '/' {
		isEnd = true
		i++
	}
	if i < len(rest) && rest[i] == '#' {
		strict = true
		i++
	}
	if !strict && rest[0] == '[' {
		return lx.take(tText, 1)
	}
	name := i
	for i < len(rest) && (isLetter(rest[i]) || rest[i] == '_') {
		i++
	}
	if i == name {
		return lx.take(tText, 1)
	}
	if strict && !isEnd && rest[name:i] == "ftl" {
		if t, ok := lx.header(rest, i); ok {
			return t
		}
	}
	if t, ok := lx.knownTag(rest, name, i, isEnd); ok {
		return t
	}
	if !strict {
		return lx.take(tText, 1)
	}
	return lx.unknownDirective(rest[:i], rest[name:i])
}

// knownTag reads the tag of the directive named rest[name:i]. It returns false
// if there is no such directive, or if what follows the name does not fit.
func (lx *lexer) knownTag(rest string, name, i int, isEnd bool) (token, bool) {
	info, known := tags[rest[name:i]]
	switch {
	case !known:
		return token{}, false
	case !isEnd:
		return lx.startTag(rest, i, info)
	}
	n := closeTag(rest, i, false)
	if n == 0 || info.end == 0 {
		return token{}, false
	}
	return lx.accept(lx.take(info.end, n), info.conv, stText), true
}

// startTag reads a start tag whose name ends at i. It returns false if what
// follows the name does not fit.
func (lx *lexer) startTag(rest string, i int, info tagInfo) (token, bool) {
	switch info.shape {
	case shapeClose, shapeLoose, shapeBoth:
		n := closeTag(rest, i, info.shape != shapeClose)
		if n == 0 {
			break
		}
		k := info.kind
		if info.shape == shapeBoth {
			k = info.loose
		}
		t := lx.take(k, n)
		switch k {
		case tSep: // the reference recognizes this tag in any syntax
			return t, true
		case tComment:
			lx.unparsedTag = "comment"
			return lx.accept(t, info.conv, stUnparsed), true
		case tNoParse:
			lx.unparsedTag = "noparse"
			if info.conv == camelConvention {
				lx.unparsedTag = "noParse"
			}
			return lx.accept(t, info.conv, stUnparsed), true
		}
		return lx.accept(t, info.conv, stText), true
	case shapeItems:
		j := i
		for j < len(rest) && isBlank(rest[j]) {
			j++
		}
		if j > i && strings.HasPrefix(rest[j:], "as") && j+2 < len(rest) && isBlank(rest[j+2]) {
			return lx.accept(lx.take(info.kind, j+3), info.conv, stExpr), true
		}
		return token{}, false
	}
	if (info.shape == shapeBlank || info.shape == shapeBoth) && i < len(rest) && isBlank(rest[i]) {
		return lx.accept(lx.take(info.kind, i+1), info.conv, stExpr), true
	}
	return token{}, false
}

// closeTag returns where a tag without parameters ends, or 0 if i is not at its
// end.
func closeTag(s string, i int, loose bool) int {
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	if loose && i < len(s) && s[i] == '/' {
		i++
	}
	if i < len(s) && (s[i] == '>' || s[i] == ']') {
		return i + 1
	}
	return 0
}

// accept decides whether t is a tag in the syntax of this template. If it is,
// accept sets the lexer's state to then; otherwise, it turns t into text.
func (lx *lexer) accept(t token, conv convention, then lexState) token {
	image := lx.src[t.start:t.end]
	strict := len(image) > 2 && (image[1] == '#' || image[2] == '#')
	if (image[0] == '[') != lx.square || !strict && (!lx.lenient || conv == camelConvention) {
		t.kind = tText
		return t
	}
	if lx.lenient {
		lx.checkConvention(t, conv)
		lx.state = then
		return t
	}
	lx.tagsSeen = true
	if last := image[len(image)-1]; last == ']' && !lx.square || last == '>' && lx.square {
		lx.fail(t.line, t.col, "the tag must not end with \""+string(last)+"\"")
	}
	lx.checkConvention(t, conv)
	lx.state = then
	return t
}

func (lx *lexer) header(rest string, i int) (token, bool) {
	if i >= len(rest) {
		return token{}, false
	}
	n, trivial := i+1, true
	switch {
	case isBlank(rest[i]):
		trivial = false
	case rest[i] == '/' && i+1 < len(rest) && (rest[i+1] == '>' || rest[i+1] == ']'):
		n++
	case rest[i] != '>' && rest[i] != ']':
		return token{}, false
	}
	k := tFTLHeader
	if trivial {
		k = tTrivialFTLHeader
	}
	t := lx.take(k, n)
	if !lx.tagsSeen {
		lx.square = rest[0] == '['
		lx.tagsSeen = true
	}
	switch {
	case (rest[0] == '[') != lx.square:
		t.kind = tText
	case trivial:
		lx.eatNewline()
	default:
		lx.state = stExpr
		lx.inHeader = true
	}
	return t, true
}

func (lx *lexer) unknownDirective(image, name string) token {
	t := lx.take(tUnknownDirective, len(image))
	if (image[0] == '[') != lx.square {
		t.kind = tText
		return t
	}
	if lx.lenient {
		return t
	}
	if _, known := tags[name]; known || name == "ftl" {
		lx.fail(t.line, t.col+1, "#"+name+" is a directive, but this tag is malformed")
	}
	lx.fail(t.line, t.col+1, "unknown directive: #"+name)
	return t
}

func (lx *lexer) unifiedCall() token {
	t := lx.take(tUnifiedCall, 2)
	if (lx.src[t.start] == '[') != lx.square {
		t.kind = tText
		return t
	}
	lx.tagsSeen = true
	lx.state = stNoSpace
	return t
}

func (lx *lexer) unifiedCallEnd(rest string) token {
	i := 3
	if n, _ := idLength(rest[i:]); n > 0 {
		i += n
		for i+1 < len(rest) && rest[i] == '.' {
			n, _ := idLength(rest[i+1:])
			if n == 0 {
				break
			}
			i += 1 + n
		}
	}
	n := closeTag(rest, i, false)
	if n == 0 {
		return lx.take(tText, 1)
	}
	t := lx.take(tUnifiedCallEnd, n)
	if (rest[0] == '[') != lx.square {
		t.kind = tText
	}
	return t
}
