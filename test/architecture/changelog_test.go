package architecture

// The structure of CHANGELOG.md, which a merge can easily break.

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var changes = regexp.MustCompile(`(?m)^### (.+)$`)

func TestChangelogNamesEachChangeOnce(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range strings.Split(string(data), "\n## ")[1:] {
		version, _, _ := strings.Cut(release, "\n")
		var sections []string
		for _, heading := range changes.FindAllStringSubmatch(release, -1) {
			sections = append(sections, heading[1])
		}
		order := []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
		sorted := slices.DeleteFunc(slices.Clone(order), func(name string) bool { return !slices.Contains(sections, name) })
		if !slices.Equal(sections, sorted) {
			t.Errorf("%s has the sections %q, want each once, in the order %q", version, sections, sorted)
		}
		seen := map[string]bool{}
		for line, next := range pairs(strings.Split(release, "\n")) {
			if line != "" && isTitle(next) || isTitle(line) && next != "" {
				t.Errorf("%s: there must be an empty line between %q and %q", version, line, next)
			}
			if strings.HasPrefix(line, "- ") && seen[line] {
				t.Errorf("%s: the entry appears twice: %s", version, line)
			}
			seen[line] = true
		}
	}
}

// isTitle reports whether a line is a heading, or names the subject of the
// entries below it.
func isTitle(line string) bool {
	return strings.HasPrefix(line, "#") || strings.HasSuffix(line, ":") && !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, " ")
}

// pairs yields each line with the one after it.
func pairs(lines []string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for i := 0; i+1 < len(lines); i++ {
			if !yield(lines[i], lines[i+1]) {
				return
			}
		}
	}
}
