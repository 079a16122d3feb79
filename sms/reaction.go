package sms

// A reaction is the text that a phone sends when someone reacts to a message,
// for example with a heart. Its wording depends on the phone's manufacturer and
// the owner's language.

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reaction is an emoji that someone added to a message, or removed again.
type Reaction struct {
	// Emoji is the emoji itself, such as 👍 for a like, however the phone
	// words it. It is "" for a sticker.
	Emoji string `json:"emoji"`
	// Text is the message that someone reacted to, as quoted by the phone
	// and possibly shortened, or "" if that message is not a text but, for
	// example, a picture.
	Text    string `json:"text"`
	Removed bool   `json:"removed"`
}

// The sentences that iPhones send. %s is the quoted message, and %e is an
// emoji. Languages are separated by |: English, German, French, Spanish (Spain,
// then Latin America), Italian, Dutch, Swedish, Danish, Norwegian.
var tapbacks = []struct{ emoji, added, removed string }{
	{
		"❤️", "Loved %s|%s ein Herz hinzugefügt|A ajouté un « J’adore » à %s|Le encanta %s|Le encantó %s|" +
			"Ha aggiunto un cuoricino a %s|Gaf een hartje aan %s|Gav ett hjärta till %s|Føjede et hjerte til %s|Satte et hjerte ved %s",
		"Removed a heart from %s|Herz von %s entfernt|A retiré son « J’adore » de %s|Ya no le encanta %s|" +
			"Ha rimosso il cuoricino da %s|Verwijderde een hartje van %s|Tog bort ett hjärta från %s|Fjernede et hjerte fra %s|Fjernet et hjerte fra %s",
	},
	{
		"👍", "Liked %s|Gefällt: %s|Gefällt %s|A ajouté un « J’aime » à %s|A attribué la mention « J’aime » à %s|A aimé %s|Le gusta %s|Le gustó %s|" +
			"Ha aggiunto “Mi piace” a %s|Vond %s leuk|Gillade %s|Syntes om %s|Likte %s",
		"Removed a like from %s|„Gefällt mir“ von %s entfernt|A retiré son « J’aime » de %s|Ya no le gusta %s|" +
			"Ha rimosso “Mi piace” da %s|Verwijderde een duim omhoog van %s|Tog bort ett gillande från %s|Fjernede et synes om fra %s|Liker ikke lenger %s",
	},
	{
		"👎", "Disliked %s|Gefällt nicht: %s|A ajouté un « Je n’aime pas » à %s|A attribué la mention « Je n’aime pas » à %s|No le gusta %s|No le gustó %s|" +
			"Ha aggiunto “Non mi piace” a %s|Vond %s niet leuk|Ogillade %s|Syntes ikke om %s|Mislikte %s",
		"Removed a dislike from %s|„Gefällt mir nicht“ von %s entfernt|A retiré son « Je n’aime pas » de %s|Ya no le disgusta %s|" +
			"Ha rimosso “Non mi piace” da %s|Verwijderde een duim omlaag van %s|Tog bort ett ogillande från %s|Fjernede et synes ikke om fra %s|Misliker ikke lenger %s",
	},
	{
		"😂", "Laughed at %s|%s ein Lachen hinzugefügt|A ajouté un rire à %s|Le hace gracia %s|Le dio risa %s|" +
			"Trova divertente %s|Lachte om %s|Skrattade åt %s|Grinede af %s|Lo av %s",
		"Removed a laugh from %s|Lachen von %s entfernt|A retiré son rire de %s|Ya no le hace gracia %s|" +
			"Non trova più divertente %s|Verwijderde een lach van %s|Tog bort ett skratt från %s|Fjernede et grin fra %s|Fjernet latter fra %s",
	},
	{
		"‼️", "Emphasized %s|Emphasised %s|%s ein Ausrufezeichen hinzugefügt|A ajouté des points d’exclamation à %s|Le sorprende %s|Exclamó por %s|" +
			"Ha aggiunto i punti esclamativi a %s|Benadrukte %s|Betonade %s|Føjede udråbstegn til %s|Satte utropstegn ved %s",
		"Removed an exclamation from %s|Ausrufezeichen von %s entfernt|A retiré ses points d’exclamation de %s|Ya no le sorprende %s|" +
			"Ha rimosso i punti esclamativi da %s|Verwijderde een uitroepteken van %s|Tog bort utropstecken från %s|Fjernede et udråbstegn fra %s|Fjernet et utropstegn fra %s",
	},
	{
		"❓", "Questioned %s|%s ein Fragezeichen hinzugefügt|A ajouté un point d’interrogation à %s|Duda sobre %s|Dudó sobre %s|" +
			"Ha aggiunto il punto interrogativo a %s|Zette een vraagteken bij %s|Satte ett frågetecken på %s|Føjede et spørgsmålstegn til %s|Satte spørsmålstegn ved %s",
		"Removed a question mark from %s|Fragezeichen von %s entfernt|A retiré son point d’interrogation de %s|Ya no duda sobre %s|" +
			"Ha rimosso il punto interrogativo da %s|Verwijderde een vraagteken van %s|Tog bort ett frågetecken från %s|Fjernede et spørgsmålstegn fra %s|Fjernet et spørsmålstegn fra %s",
	},
	{"", "Reacted with a sticker to %s", "Removed a sticker from %s"},
	// The sentences for any emoji, since iOS 18, and those of Google
	// Messages in English.
	{
		"%e", "Reacted %e to %s|%e to %s|Hat mit %e auf %s reagiert|A réagi avec %e à %s|Se ha reaccionado con %e a %s|Reaccionó con %e a %s|" +
			"Ha reagito con %e a %s|Reageerde met %e op %s|Reagerade med %e på %s|Reagerede med %e på %s|Reagerte med %e på %s",
		"Removed %e from %s|%e aus %s entfernt|A retiré %e de %s|Ha eliminado %e de %s|" +
			"Ha rimosso %e da %s|Verwijderde %e uit %s|Tog bort %e från %s|Fjernede %e fra %s|Fjernet %e fra %s",
	},
}

// sentence is one of these sentences, split into the parts before and after the
// quoted message. In a sentence with %e, the emoji is between prefix and
// middle. Otherwise, middle is empty.
type sentence struct {
	emoji, prefix, middle, suffix string
	removed                       bool
}

var sentences = func() (all []sentence) {
	for _, t := range tapbacks {
		for i, list := range []string{t.added, t.removed} {
			for written := range strings.SplitSeq(list, "|") {
				s := sentence{emoji: t.emoji, removed: i == 1}
				s.prefix, s.suffix, _ = strings.Cut(written, "%s")
				if t.emoji == "%e" {
					s.prefix, s.middle, _ = strings.Cut(s.prefix, "%e")
				}
				all = append(all, s)
			}
		}
	}
	return all
}()

// googleReaction matches what Google Messages writes in any language: the emoji
// between zero-width spaces (zero-width non-joiners if the reaction was
// removed), and the quoted message between hair spaces.
var googleReaction = regexp.MustCompile(`^\x{200A}?[^\x{200A}-\x{200C}]*([\x{200B}\x{200C}])([^\x{200A}-\x{200C}]+)[\x{200B}\x{200C}][^\x{200A}]*\x{200A}([^\x{200A}]*)\x{200A}[^\x{200A}]*\x{200A}?\s*$`)

// spaces converts no-break spaces to ordinary ones, and removes hair spaces and
// zero-width characters.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u200a", "", "\u200b", "", "\u200c", "", "\u200e", "", "\u2060", "", "\ufeff", "")

// ParseReaction returns the reaction that a text represents, or nil. It
// recognizes the reactions of iPhones in English, German, French, Spanish,
// Italian, Dutch, Swedish, Danish and Norwegian, and those of Google Messages
// in all languages.
func ParseReaction(body string) *Reaction {
	if m := googleReaction.FindStringSubmatch(body); m != nil && isEmoji(m[2]) {
		return &Reaction{Emoji: m[2], Text: m[3], Removed: m[1] == "\u200c"}
	}
	text := strings.TrimSpace(spaces.Replace(body))
	for i := range sentences {
		if r := sentences[i].parse(text); r != nil {
			return r
		}
	}
	return nil
}

func (s *sentence) parse(text string) *Reaction {
	if len(text) < len(s.prefix)+len(s.suffix) || !strings.EqualFold(text[:len(s.prefix)], s.prefix) || !strings.HasSuffix(text, s.suffix) {
		return nil
	}
	text = text[len(s.prefix) : len(text)-len(s.suffix)]
	emoji := s.emoji
	if s.middle != "" {
		var found bool
		if emoji, text, found = strings.Cut(text, s.middle); !found || !isEmoji(emoji) {
			return nil
		}
	}
	quoted, ok := unquoted(text, s.suffix == "")
	if !ok {
		return nil
	}
	return &Reaction{Emoji: emoji, Text: quoted, Removed: s.removed}
}

// things are the names that iPhones use for messages other than texts.
var things = []string{
	"an image", "a photo", "a video", "a movie", "an attachment", "an audio message", "a sticker", "a location",
	"una imagen",
}

// unquoted removes the quotation marks from a quoted message. A quote at the
// end of a text may be cut off and lack its closing mark, unless its opening
// mark is one that people type.
func unquoted(text string, mayBeCut bool) (string, bool) {
	if slices.Contains(things, text) {
		return "", true
	}
	opening, length := utf8.DecodeRuneInString(text)
	if !strings.ContainsRune("“”„«‘「\"", opening) {
		return "", false
	}
	rest := text[length:]
	for _, closing := range []string{"”", "“", "»", "’", "」", "\""} {
		if quoted, ok := strings.CutSuffix(strings.TrimSuffix(rest, "."), closing); ok {
			return strings.TrimSpace(quoted), true
		}
	}
	return strings.TrimSpace(rest), mayBeCut && opening != '"'
}

// maxEmoji is the maximum length of an emoji, in bytes. A family takes 25, the
// flag of Scotland 28, and a couple kissing with two skin tones 35.
const maxEmoji = 40

// isEmoji reports whether a text consists of symbols, joiners and modifiers,
// with at least one symbol.
func isEmoji(text string) bool {
	if len(text) > maxEmoji {
		return false
	}
	sign := false
	for _, r := range text {
		switch {
		case r < 0x80:
			if !strings.ContainsRune("0123456789#*", r) || !strings.Contains(text, "\u20e3") {
				return false // these occur only in keycaps
			}
		case r == '‼', r == '⁉', r == '\u20e3', unicode.Is(unicode.So, r), unicode.Is(unicode.Sm, r):
			sign = true
		case !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Sk):
			return false
		}
	}
	return sign
}

// Reaction returns the reaction that the message represents, or nil.
func (m Inbound) Reaction() *Reaction { return ParseReaction(m.Body) }

// Ordinary reports whether the message is neither a keyword for Twilio nor a
// reaction, so that it may be an answer.
func (m Inbound) Ordinary() bool { return m.Event == EventReceived && m.Reaction() == nil }
