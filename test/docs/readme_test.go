// Package docs runs the documentation: every command of the README and of the
// pages against a real Temporal and a local Twilio, and every snippet as a
// program.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pages lists the pages whose commands run one after another in one stack.
var pages = []string{"README.md", "docs/languages.md", "docs/cli.md", "docs/production.md"}

// otherPages maps each page that does not run in the common stack to the test
// that runs its blocks, or to "" if it has none.
var otherPages = map[string]string{
	"docs/sending.md":       "TestSendingPageDoesWhatItSays",
	"docs/triggers.md":      "TestTriggersPageDoesWhatItSays",
	"docs/architecture.md":  "",
	"docs/benchmarks.md":    "",
	"docs/scaling.md":       "",
	"docs/configuration.md": "TestConfigurationFileIsReadAsShown",
	"docs/freemarker.md":    "",
	"docs/runbook.md":       "",
	"docs/inspect.md":       "TestInspectPageAnswersItsQuestions",
	"docs/privacy.md":       "",
	"docs/nexus.md":         "TestNexusPageDoesWhatItSays",
	"docs/go.md":            "TestGoPageCompilesInAnotherModule",
	"docs/migrating.md":     "TestMigratingPageCommandsWork",
	"docs/twiliosim.md":     "TestTwiliosimPageDoesWhatItSays",
}

// maxReadme limits the README's length, in lines, so that it can be read in one
// go.
const maxReadme = 150

// block is a fenced block of a page.
type block struct {
	page string
	// section is the heading above it.
	section string
	// language is what follows the opening fence, for example "sh".
	language string
	// line is the line number of the opening fence.
	line int
	text string
}

// root returns the repository's folder.
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

// at returns the block's position, for failure messages.
func (b block) at() string { return b.page + ":" + strconv.Itoa(b.line) }

// blocks returns the blocks of all pages in order.
func blocks(t *testing.T) (all []block) {
	t.Helper()
	for _, page := range pages {
		all = append(all, blocksOf(t, page)...)
	}
	return all
}

// blocksOf returns the blocks of a page.
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
			open = &block{page: name, section: section, language: language, line: i + 1}
		case strings.HasPrefix(line, "#"):
			section = strings.TrimLeft(line, "# ")
		}
	}
	if open != nil {
		t.Fatalf("%s: the block is not closed", open.at())
	}
	return all
}

// snippet returns a page's only block of a language.
func snippet(t *testing.T, page, language string) string {
	t.Helper()
	var found []string
	for _, b := range blocksOf(t, page) {
		if b.language == language {
			found = append(found, b.text)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks of %s, want 1", page, len(found), language)
	}
	return found[0]
}

// ran lists, for each page, the languages whose blocks a test runs as programs.
var ran = map[string][]string{
	"README.md":         {"go", "yaml"},
	"docs/languages.md": {"go", "ts", "python"},
}

func TestBlocksAreAllRunByTests(t *testing.T) {
	for _, b := range blocks(t) {
		switch {
		case b.language == "sh":
		case b.language == "text", b.language == "json": // what the previous command prints
		case slices.Contains(ran[b.page], b.language):
		default:
			t.Errorf("%s: no test runs a block of %q", b.at(), b.language)
		}
	}
	for page, test := range otherPages {
		if all := blocksOf(t, page); test == "" && len(all) > 0 {
			t.Errorf("%s: no test runs this block", all[0].at())
		}
	}
}

func TestPagesAreAllTested(t *testing.T) {
	written, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range written {
		page := "docs/" + filepath.Base(file)
		if _, known := otherPages[page]; !known && !slices.Contains(pages, page) {
			t.Errorf("no test runs the blocks of %s: add it to pages or otherPages", page)
		}
	}
}

func TestReadmeIsShort(t *testing.T) {
	if lines := strings.Count(read(t, "README.md"), "\n"); lines > maxReadme {
		t.Errorf("README.md has %d lines, want at most %d: move what only some readers need to docs/", lines, maxReadme)
	}
}

// fenced matches a block of code, where brackets do not make links.
var fenced = regexp.MustCompile("(?ms)^```.*?^```")

// link matches the target of a link or a picture in Markdown.
var link = regexp.MustCompile(`\]\(([^)]+)\)`)

func TestFileLinksLeadToFiles(t *testing.T) {
	documents, err := filepath.Glob(filepath.Join(root(t), "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"docs", "deploy", "examples", "examples/*"} {
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
				t.Errorf("%s links to %s, which does not exist", document, target)
			}
		}
	}
}
