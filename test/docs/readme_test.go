// Package docs runs the documentation: every command of the README against a
// real Temporal and a local Twilio, and every snippet as the program it is.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of the README.
type block struct {
	// section is the heading above it.
	section string
	// language is what stands behind the opening fence, such as "sh".
	language string
	// line is that of the opening fence.
	line int
	text string
}

// root is the folder of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks gives the README's blocks in their order.
func blocks(t *testing.T) []block {
	t.Helper()
	return blocksOf(t, "README.md")
}

// blocksOf gives the blocks of a document.
func blocksOf(t *testing.T, name string) (all []block) {
	t.Helper()
	var open *block
	section := ""
	for i, line := range strings.Split(read(t, name), "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case open != nil && fence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case fence:
			open = &block{section: section, language: language, line: i + 1}
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", name, open.line)
	}
	return all
}

// snippet gives the README's only block of a language.
func snippet(t *testing.T, language string) string {
	t.Helper()
	var found []string
	for _, b := range blocks(t) {
		if b.language == language {
			found = append(found, b.text)
		}
	}
	if len(found) != 1 {
		t.Fatalf("README.md has %d blocks of %s; the tests know what to do with one", len(found), language)
	}
	return found[0]
}

func TestEveryBlockOfTheReadmeIsOneThatATestRuns(t *testing.T) {
	for _, b := range blocks(t) {
		switch b.language {
		case "sh", "go", "ts", "python", "yaml":
		case "text", "json": // what the command before prints
		default:
			t.Errorf("README.md:%d: no test runs a block of %q", b.line, b.language)
		}
	}
}

// fenced is a block of code, where brackets are no links.
var fenced = regexp.MustCompile("(?ms)^```.*?^```")

// link is the target of a link or a picture in Markdown.
var link = regexp.MustCompile(`\]\(([^)]+)\)`)

func TestEveryLinkToAFileLeadsToOne(t *testing.T) {
	documents, err := filepath.Glob(filepath.Join(root(t), "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"docs", "deploy"} {
		more, err := filepath.Glob(filepath.Join(root(t), folder, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, more...)
	}
	for _, document := range documents {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(data), ""), -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", filepath.Base(document), target)
			}
		}
	}
}
