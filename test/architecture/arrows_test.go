// Package architecture checks that the project's rooms (its top-level packages)
// import only what they may. docs/architecture.md shows these imports as
// arrows.
package architecture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"
)

const module = "temporal-twilio"

// rooms maps each room to the others that its packages may import, directly or
// indirectly. A room may always import itself. The rules are those in
// .golangci.yml, which the linter depguard applies to direct imports.
var rooms = sync.OnceValue(func() map[string][]string {
	data, err := os.ReadFile("../../.golangci.yml")
	if err != nil {
		panic(err)
	}
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Allow []string `yaml:"allow"`
					} `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		panic(err)
	}
	arrows := map[string][]string{}
	for room, rule := range config.Linters.Settings.Depguard.Rules {
		arrows[room] = nil
		for _, allowed := range rule.Allow {
			arrows[room] = append(arrows[room], strings.TrimPrefix(allowed, module+"/"))
		}
	}
	all := slices.Sorted(maps.Keys(arrows))
	arrows["local"] = all
	arrows["test"] = append(all, "local")
	return arrows
})

// goPackage is what "go list -json" reports about a package.
type goPackage struct {
	ImportPath string
	// Imports holds the direct imports, and Deps also the indirect ones. The
	// imports of tests are left out, because tests may import more than their
	// room.
	Imports, Deps []string
}

func TestRoomsImportAlongTheArrows(t *testing.T) {
	packages := list(t)
	for _, p := range packages {
		for _, mistake := range mistakes(p, packages) {
			t.Error(mistake)
		}
	}
}

// Workflow authors import these packages, which therefore must not link any
// large dependency except the SDK.
func TestWorkflowAuthorsLinkOnlyTheSDK(t *testing.T) {
	packages := list(t)
	for _, author := range []string{"sms", "workflows", "workflows/smstest"} {
		p := packages[module+"/"+author]
		if p == nil {
			t.Errorf("the package %s does not exist", author)
			continue
		}
		for _, path := range append(p.Deps, p.ImportPath) {
			ours := packages[path]
			if ours == nil {
				continue // not ours: the package that imports it is checked below
			}
			for _, imported := range ours.Imports {
				host, _, _ := strings.Cut(imported, "/")
				light := packages[imported] != nil || !strings.Contains(host, ".") // ours, or the standard library
				if room(path) == "workflows" {
					light = light || host == "go.temporal.io"
				}
				if !light {
					t.Errorf("%s imports %s, which everyone who imports %s/%s would link", path, imported, module, author)
				}
			}
		}
	}
}

// mistakes describes each dependency of a package that the arrows do not allow.
func mistakes(p *goPackage, packages map[string]*goPackage) (found []string) {
	from := room(p.ImportPath)
	allowed, known := rooms()[from]
	if !known {
		return []string{fmt.Sprintf("%s is in a folder without arrows: say in .golangci.yml and in docs/architecture.md what %s/ may import", p.ImportPath, from)}
	}
	for _, reached := range p.Deps {
		if packages[reached] == nil {
			continue // not ours
		}
		to := room(reached)
		covers := func(room string) bool { return to == room || strings.HasPrefix(to, room+"/") }
		if covers(from) || slices.ContainsFunc(allowed, covers) {
			continue
		}
		found = append(found, fmt.Sprintf("%s imports %s%s, but %s", p.ImportPath, reached, through(p, reached, packages), arrow(from, to)))
	}
	return found
}

// through returns " through X", where X is the direct import by which p depends
// on reached, or "" if p imports reached itself.
func through(p *goPackage, reached string, packages map[string]*goPackage) string {
	if slices.Contains(p.Imports, reached) {
		return ""
	}
	for _, direct := range p.Imports {
		if next := packages[direct]; next != nil && slices.Contains(next.Deps, reached) {
			return " through " + direct
		}
	}
	return ""
}

// arrow states the rule that an import breaks.
func arrow(from, to string) string {
	switch {
	case to == "local" || to == "twiliosim":
		return "nothing outside local/ and test/ imports " + to + "/"
	case slices.Contains(rooms()[to], from):
		return fmt.Sprintf("the arrow runs only %s <- %s", from, to)
	}
	return fmt.Sprintf("no arrow runs %s <- %s", to, from)
}

// room returns the room of one of the module's packages: its top-level folder,
// or the part of internal/ that has its own arrows.
func room(path string) string {
	path = strings.TrimPrefix(path, module+"/")
	for name := range rooms() {
		if strings.Contains(name, "/") && (path == name || strings.HasPrefix(path, name+"/")) {
			return name // a part of internal/
		}
	}
	first, _, _ := strings.Cut(path, "/")
	return first
}

// list returns the module's packages by path.
func list(t *testing.T) map[string]*goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"/...")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("list the packages: %v\n%s", err, stderr.String())
	}
	packages := map[string]*goPackage{}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("parse the output of go list: got error %v", err)
		}
		packages[p.ImportPath] = &p
	}
}

func TestBrokenArrowIsNamed(t *testing.T) {
	packages := map[string]*goPackage{}
	for _, p := range []*goPackage{
		{ImportPath: module + "/twilio", Deps: []string{module + "/sms"}},
		{ImportPath: module + "/sms", Imports: []string{module + "/twilio"}, Deps: []string{module + "/twilio"}},
		{ImportPath: module + "/workflows", Imports: []string{module + "/activities"}, Deps: []string{module + "/activities"}},
		{ImportPath: module + "/activities"},
		{ImportPath: module + "/twiliosim", Deps: []string{"net/http"}},
		{ImportPath: module + "/webhook", Imports: []string{module + "/twiliosim"}, Deps: []string{module + "/twiliosim"}},
		{ImportPath: module + "/freemarker", Imports: []string{module + "/javaregex"}, Deps: []string{module + "/javaregex", module + "/sms"}},
		{ImportPath: module + "/javaregex", Imports: []string{module + "/sms"}, Deps: []string{module + "/sms"}},
		{ImportPath: module + "/shed"},
	} {
		packages[p.ImportPath] = p
	}
	for path, want := range map[string]string{
		"twilio":     "",
		"sms":        "temporal-twilio/sms imports temporal-twilio/twilio, but the arrow runs only sms <- twilio",
		"workflows":  "temporal-twilio/workflows imports temporal-twilio/activities, but no arrow runs activities <- workflows",
		"webhook":    "temporal-twilio/webhook imports temporal-twilio/twiliosim, but nothing outside local/ and test/ imports twiliosim/",
		"freemarker": "temporal-twilio/freemarker imports temporal-twilio/sms through temporal-twilio/javaregex, but no arrow runs sms <- freemarker",
		"shed":       "temporal-twilio/shed is in a folder without arrows: say in .golangci.yml and in docs/architecture.md what shed/ may import",
	} {
		if got := strings.Join(mistakes(packages[module+"/"+path], packages), "\n"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}
