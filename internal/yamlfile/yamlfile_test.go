package yamlfile

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type content struct {
	Name  string         `yaml:"name"`
	Count int            `yaml:"count"`
	List  []string       `yaml:"list"`
	Part  *content       `yaml:"part"`
	Any   any            `yaml:"any"`
	Map   map[string]any `yaml:"map"`
}

func read(name, text string) (c content, err error) {
	f, err := Parse(name, []byte(text))
	if err == nil {
		err = f.Decode(&c)
	}
	return c, err
}

func TestYAMLIsRead(t *testing.T) {
	for text, want := range map[string]content{
		"":                                {},
		"# nothing\n":                     {},
		"name: 5\n":                       {Name: "5"},
		"{name: a, list: [b]}":            {Name: "a", List: []string{"b"}},
		"part: {part: {name: x}}":         {Part: &content{Part: &content{Name: "x"}}},
		"any: 2020-01-02\n":               {Any: "2020-01-02"},
		"any: [.inf, .NaN, 1.5, on, ~]\n": {Any: []any{".inf", ".NaN", 1.5, "on", nil}},
		"map: {1: a, true: b, ~: c}":      {Map: map[string]any{"1": "a", "true": "b", "~": "c"}},
	} {
		if got, err := read("t.yaml", text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, error %v, want %+v", text, got, err, want)
		}
	}
}

func TestFilesMayBeJSON(t *testing.T) {
	got, err := read("t.json", "{\t\"name\":\t\"\\ud83d\\ude00 \\\\ud83d\\\\ude00 \\/ \\u00e9\",\n\t\"count\": 5}")
	if want := (content{Name: "😀 \\ud83d\\ude00 / é", Count: 5}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, error %v, want %+v", got, err, want)
	}
}

func TestMistakesShowLinesButNoValues(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nnam: secret\n":                 `t.yaml:2: unknown field "nam"`,
		"name: a\nname: secret\n":                `t.yaml:2: key "name" is already defined at line 1`,
		"name: [secret]\n":                       "t.yaml:1: found a list, expected a text",
		"\ncount: secret\n":                      "t.yaml:2: found a text, expected a whole number",
		"list: secret\n":                         "t.yaml:1: found a text, expected a list",
		"part: secret\n":                         "t.yaml:1: found a text, expected a mapping",
		"- secret\n":                             "t.yaml:1: a list does not belong here",
		"name: [":                                "t.yaml:1: did not find expected node content",
		"name: x\nany: secret: x\n":              "t.yaml:2: mapping values are not allowed in this context",
		"name: x\n---\nname: secret\n":           "t.yaml:1: there is more than one document",
		"name: &a secret\nany: *a\n":             "t.yaml:2: aliases are not supported",
		"name: x\nany: *secret\n":                "t.yaml:2: aliases are not supported",
		"name: !!binary secret\n":                "t.yaml:1: tags are not supported",
		"name: !secret\n":                        "t.yaml:1: tags are not supported",
		"[secret]: x\n":                          "t.yaml:1: a key must be a string",
		"any: " + strings.Repeat("[", 100_000):   "t.yaml:1: exceeded max depth of 64",
		"any:\n" + strings.Repeat("- ", 100_000): "t.yaml:2: exceeded max depth of 64",
		"any: {" + manyKeys() + "}":              "t.yaml:1: a mapping has 1001 keys; the limit is 1000",
	} {
		_, err := read("t.yaml", text)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: got error %v\n want %q", text, err, want)
		}
	}
}

func TestNumbersStayAsWritten(t *testing.T) {
	type content struct {
		V Value            `yaml:"v"`
		M map[string]Value `yaml:"m"`
	}
	for text, want := range map[string]string{
		"9007199254740993": `9007199254740993`, "12345678901234567890": `12345678901234567890`, "-0": `-0`, "1.10": `1.10`, "1e400": `1e400`,
		strings.Repeat("9", 50) + ".5": strings.Repeat("9", 50) + ".5",
		// A value that has no equivalent in JSON is kept as its text.
		"01234": `"01234"`, "+15005550009": `"+15005550009"`, "0x10": `"0x10"`, "1_000": `"1_000"`, ".5": `".5"`, "08": `"08"`, ".inf": `".inf"`,
		"'5'": `"5"`, "true": `true`, "False": `false`, "~": `null`, "yes": `"yes"`, "[1, {a: 0777, b: [~]}]": `[1,{"a":"0777","b":[null]}]`, "R&D": `"R\u0026D"`,
	} {
		f, err := Parse("t.yaml", []byte("v: "+text+"\nm: {k: "+text+"}\n"))
		var c content
		if err == nil {
			err = f.Decode(&c)
		}
		if err != nil {
			t.Errorf("%s: got error %v", text, err)
			continue
		}
		for _, v := range []Value{c.V, c.M["k"]} {
			if got, err := json.Marshal(v); err != nil || string(got) != want {
				t.Errorf("%s = %s, %v; want %s", text, got, err, want)
			}
		}
	}
	if _, err := read("t.yaml", "any: {a: {k: 1, k: 2}}\n"); err == nil || !strings.Contains(err.Error(), `t.yaml:1: key "k"`) {
		t.Errorf("a duplicate key inside a value: got error %v, want one for key k", err)
	}
}

func TestLooseNumbersAreFound(t *testing.T) {
	f, err := Parse("t.yaml", []byte("a:\n  - zip: 01234\n    to: [+15005550009, '+15005550009', 5]\n  - 0x10\nb: 007\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Loose("a"), []Loose{{2, "zip"}, {3, "to"}, {4, ""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := f.Loose("nothing"); got != nil {
		t.Errorf("got %v for a missing key, want nil", got)
	}
}

func TestMisspelledKeysGetSuggestions(t *testing.T) {
	for text, want := range map[string]string{
		"nmae: a\n":                        `t.yaml:1: unknown field "nmae"; did you mean "name"?`,
		"part: {part: {cuont: 1}}":         `unknown field "cuont"; did you mean "count"?`,
		"lst: []":                          `did you mean "list"?`,
		"something: 1":                     `unknown field "something"`,
		strings.Repeat("name", 99) + ": 1": `unknown field "namename`,
	} {
		if _, err := read("t.yaml", text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(want, "mean") != strings.Contains(err.Error(), "mean") {
			t.Errorf("%.40s: got error %v, want %s", text, err, want)
		}
	}
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"ehco", "echo", 1}, {"ecoh", "echo", 1}, {"eco", "echo", 1}, {"echoo", "echo", 1}, {"acho", "echo", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}} {
		if got := Distance(tc.a, tc.b); got != tc.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func manyKeys() string {
	var keys strings.Builder
	for i := range maxKeys + 1 {
		keys.WriteString(strings.Repeat("k", i+1) + ": 1, ")
	}
	return keys.String()
}

func TestLinesPointToParts(t *testing.T) {
	f, err := Parse("t.yaml", []byte("name: a\nlist:\n  - x\n  - y\npart:\n\n  part: {name: b}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, path := range map[int][]any{
		1: {},
		3: {"list", 0},
		4: {"list", 1},
		7: {"part", "part", "name", "nothing"},
	} {
		if got := f.Line(path...); got != want {
			t.Errorf("%v: got line %d, want %d", path, got, want)
		}
	}
	if got := f.Line("list", 7); got != 3 {
		t.Errorf("a missing part: got line %d, want 3", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"name: [a, {b: c}]\n", "{\"a\": \"\\ud83d\\ude00\"}", "a: &x !t b\n? c\n: *x\n", "--- |\n x\n...\n---\n", "any: 2020-01-02\n<<: {a: 1}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"t.yaml", "t.json"} {
			if _, err := read(name, text); err != nil && !strings.HasPrefix(err.Error(), name+":") {
				t.Errorf("got error %v, want one that begins with the name of the file", err)
			}
		}
	})
}
