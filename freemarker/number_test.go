package freemarker_test

import (
	"strings"
	"testing"

	"temporal-twilio/freemarker"
)

func TestIntegersAreExactBeyond64Bits(t *testing.T) {
	model, err := freemarker.FromJSON([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	for template, want := range map[string]string{
		"<#assign a = 4611686018427387904>${a + a * 1}|${a * 4 - a}|${0 - a - a - a}": "9223372036854775808|13835058055282163712|-13835058055282163712",
		"<#assign a = 7>${(a * 2 % 5)?c}|${a - 9 % 4}|${(0 - a) % 3}|${a % (0 - 3)}":  "4|6|-1|1",
		"<#assign a = 1.5>${a + 2 * 3}|${a * 2 % 2}|${7 % a}":                         "7.5|1|0",
		"<#assign a = 2>${'x' + a * 3}|${a * 3 + 'x'}|${9 % 4294967297 * a}":          "x6|6x|18",
	} {
		parsed, err := freemarker.Parse("test", template)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsed.Render(t.Context(), model)
		if err != nil || strings.ReplaceAll(got, ",", "") != want {
			t.Errorf("%s: got %q, error %v, want %q without commas", template, got, err, want)
		}
	}
}

// TestLargestNumbersHaveNoLetters checks numbers that Apache FreeMarker never
// finishes converting.
func TestLargestNumbersHaveNoLetters(t *testing.T) {
	for _, template := range []string{"${2104533975?lower_abc}", "${2147483647?upper_abc}"} {
		parsed, err := freemarker.Parse("test", template)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsed.Render(t.Context(), freemarker.Map()); err == nil || !strings.Contains(err.Error(), "does not support numbers as large as 21") {
			t.Errorf("%s: got %q, error %v, want one that says that the number is too large", template, got, err)
		}
	}
}
