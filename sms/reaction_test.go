package sms

import (
	"strings"
	"testing"
	"time"

	"temporal-twilio/test/cputime"
)

func TestReactionsAreRecognized(t *testing.T) {
	for body, want := range map[string]Reaction{
		"Liked “Order 5 is ready”":                               {"👍", "Order 5 is ready", false},
		"Loved “line 1\nline 2”":                                 {"❤️", "line 1\nline 2", false},
		"Disliked \"Order 5\"":                                   {"👎", "Order 5", false},
		"Laughed at “he said “no””":                              {"😂", "he said “no”", false},
		"Emphasised “Yes or no?”":                                {"‼️", "Yes or no?", false},
		"Questioned “Yes or no?”":                                {"❓", "Yes or no?", false},
		"Liked “This is a long text that was cut":                {"👍", "This is a long text that was cut", false},
		"Loved an image":                                         {"❤️", "", false},
		"Removed a like from “Order 5”":                          {"👍", "Order 5", true},
		"Removed an exclamation from “Order 5”":                  {"‼️", "Order 5", true},
		"Reacted 👍🏽 to “Order 5”":                                {"👍🏽", "Order 5", false},
		"Removed 😍 from “Order 5”":                               {"😍", "Order 5", true},
		"Reacted 1️⃣ to “Order 5”":                               {"1️⃣", "Order 5", false},
		"Reacted with a sticker to “Order 5”":                    {"", "Order 5", false},
		"👍 to “Order 5”":                                         {"👍", "Order 5", false},
		"\u200a\u200b👍\u200b to “\u200aOrder 5\u200a”\u200a":     {"👍", "Order 5", false},
		"\u200aRemoved \u200c👍\u200c from “\u200aA\u200a”\u200a": {"👍", "A", true},
		"\u200aОтреагировал \u200b👨‍👩‍👧‍👦\u200b на «\u200aA\u200a»\u200a": {"👨‍👩‍👧‍👦", "A", false},
		"„Bis morgen“ ein Herz hinzugefügt":                               {"❤️", "Bis morgen", false},
		"Gefällt: „Bis morgen“":                                           {"👍", "Bis morgen", false},
		"„Gefällt mir“ von „Bis morgen“ entfernt":                         {"👍", "Bis morgen", true},
		"Hat mit 🔥 auf „Bis morgen“ reagiert":                             {"🔥", "Bis morgen", false},
		"A ajouté un «\u00a0J’adore\u00a0» à «\u00a0À demain\u202f».":     {"❤️", "À demain", false},
		"a retiré son « J’aime » de « À demain »":                         {"👍", "À demain", true},
		"A réagi avec 😂 à « À demain »":                                   {"😂", "À demain", false},
		"Le encantó “hola”":                                               {"❤️", "hola", false},
		"No le gusta “hola”":                                              {"👎", "hola", false},
		"Reaccionó con 🫡 a “hola”":                                        {"🫡", "hola", false},
		"Ha aggiunto “Mi piace” a “ciao”":                                 {"👍", "ciao", false},
		"Vond “hoi” niet leuk":                                            {"👎", "hoi", false},
		"Tog bort ett hjärta från ”hej”":                                  {"❤️", "hej", true},
	} {
		got := ParseReaction(body)
		if got == nil || *got != want {
			t.Errorf("ParseReaction(%q) = %+v, want %+v", body, got, want)
		}
		if (Inbound{Event: EventReceived, Body: body}).Ordinary() {
			t.Errorf("Ordinary = true for the reaction %q", body)
		}
	}
}

func TestReactionLookalikesAreOrdinaryTexts(t *testing.T) {
	for _, body := range []string{
		"", "👍", "Liked", "Liked it", "Liked the food", "Loved every minute of it", "He said “no” again", "“quote only”", "Go to “the door”",
		"Reacted badly to “penicillin”", "Removed a wart from “my dog”", "5 to “Ann”", "ok to “Ann”", "Liked \"the food", "Yes", "Order Number 42",
		"Gefällt mir", "Le gusta el pan", strings.Repeat("👍", 20) + " to “x”",
	} {
		if r := ParseReaction(body); r != nil {
			t.Errorf("ParseReaction(%q) = %+v, want nil", body, r)
		}
		if !(Inbound{Event: EventReceived, Body: body}).Ordinary() {
			t.Errorf("Ordinary = false for %q", body)
		}
	}
	if (Inbound{Event: EventOptOut, Body: "STOP"}).Ordinary() {
		t.Error("Ordinary = true for STOP, want false")
	}
}

func TestReactionsAreRecognizedInEveryLanguage(t *testing.T) {
	for _, tapback := range tapbacks {
		for removed, list := range map[bool]string{false: tapback.added, true: tapback.removed} {
			for sentence := range strings.SplitSeq(list, "|") {
				body := strings.NewReplacer("%s", "“Order 5”", "%e", "🔥").Replace(sentence)
				want := Reaction{strings.Replace(tapback.emoji, "%e", "🔥", 1), "Order 5", removed}
				if got := ParseReaction(body); got == nil || *got != want {
					t.Errorf("ParseReaction(%q) = %+v, want %+v", body, got, want)
				}
			}
		}
	}
}

func FuzzParseReaction(f *testing.F) {
	f.Add("Liked “x”")
	f.Add("\u200a\u200b👍\u200b to “\u200aOrder 5\u200a”\u200a")
	f.Fuzz(func(t *testing.T, body string) {
		if r := ParseReaction(body); r != nil && (len(r.Text) > len(body) || len(r.Emoji) > maxEmoji) {
			t.Errorf("ParseReaction(%q) = %+v, want no text longer than the input and no emoji of more than 40 bytes", body, r)
		}
	})
}

func BenchmarkParseReaction(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseReaction("Order Number 42 please, and bring it to the “back door” by noon")
	}
}

func TestHugeEmojiIsRejectedQuickly(t *testing.T) {
	began := cputime.Used()
	if r := ParseReaction(strings.Repeat("1", 1<<20) + "\u20e3 to “Order 5”"); r != nil {
		t.Errorf("got reaction %.20q, want none", r.Emoji)
	}
	if took := cputime.Used() - began; took > 10*time.Second { // if each digit caused a scan of the rest, parsing would take a minute
		t.Errorf("parsing took %s, want at most 10s", took)
	}
}
