// Package scaffold writes a project of workflow stubs for an application of
// Alfresco Process Automation: one workflow for each process that a trigger
// starts or a model describes.
package scaffold

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

//go:embed templates
var templates embed.FS

// App is an application, as read from its files.
type App struct {
	Processes []*Process
	// Messages are the signals and messages that triggers throw.
	Messages []*Message
	// Triggers holds the trigger files, unchanged, by name.
	Triggers map[string][]byte
}

// Process is a process of the application, which becomes a workflow.
type Process struct {
	// Key is the process definition key, and the workflow's type. Name is the
	// name in the model, if it has one.
	Key, Name string
	// Triggers lists the triggers that start it.
	Triggers []string
	Input    Payload
	// Steps lists the model's steps, in the order of its file.
	Steps []Step
}

// Message is a signal, or a message if it has a correlation key.
type Message struct {
	Name       string
	Correlated bool
	Triggers   []string
	Payload    Payload
}

// Type returns the name of the payload's type.
func (m *Message) Type() string {
	if m.Correlated {
		return ident(m.Name) + "Message"
	}
	return ident(m.Name) + "Signal"
}

// Options controls how a project is written.
type Options struct {
	// Name is the name of the Go module or the npm package.
	Name string
	// TaskQueue is the task queue of the project's worker.
	TaskQueue string
	// Library is the path of this repository, absolute or relative to the
	// project. Only Go needs it.
	Library string
	// dir is the project's directory, absolute.
	dir string
}

// TriggersDir is the directory of the trigger files within the project.
const TriggersDir = "triggers"

// TriggersDir returns the absolute path of the directory of the trigger files.
func (o Options) TriggersDir() string { return filepath.Join(o.dir, TriggersDir) }

// Languages lists the languages that a project can be written in.
var Languages = []string{"go", "typescript"}

// Write writes a project into dir, which must be empty or missing: nothing is
// overwritten.
func (a *App) Write(dir, language string, o Options) (files []string, err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty: name a new directory", dir)
	}
	if o.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	made, err := a.render(language, o)
	if err != nil {
		return nil, err
	}
	if language == "go" {
		// With this repository's go.sum, go mod tidy needs no network.
		library := o.Library
		if !filepath.IsAbs(library) {
			library = filepath.Join(o.dir, library)
		}
		if sums, err := os.ReadFile(filepath.Join(library, "go.sum")); err == nil {
			made = append(made, file{"go.sum", sums})
		}
	}
	for name, data := range a.Triggers {
		made = append(made, file{path.Join(TriggersDir, name), data})
	}
	for _, f := range made {
		target := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(target, f.data, 0o644); err != nil {
			return nil, err
		}
		files = append(files, target)
	}
	return files, nil
}

type file struct {
	name string
	data []byte
}

// render renders the files of a project. A template whose name begins with
// "process" is rendered once for each process.
func (a *App) render(language string, o Options) (files []file, err error) {
	root := "templates/" + language
	entries, err := fs.ReadDir(templates, root)
	if err != nil {
		return nil, fmt.Errorf("unknown language %q: choose one of %s", language, strings.Join(Languages, ", "))
	}
	for _, entry := range entries {
		t, err := template.New(entry.Name()).Funcs(functions).ParseFS(templates, root+"/"+entry.Name())
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.ReplaceAll(entry.Name(), "+", "/"), ".tmpl")
		pages := map[string]any{name: page{App: a, Options: o}}
		if rest, each := strings.CutPrefix(name, "process"); each {
			pages = map[string]any{}
			for _, p := range a.Processes {
				pages[fileName(p.Key)+rest] = page{App: a, Options: o, Process: p}
			}
		}
		for name, data := range pages {
			var out bytes.Buffer
			if err := t.Execute(&out, data); err != nil {
				return nil, err
			}
			text := out.Bytes()
			if strings.HasSuffix(name, ".go") {
				if text, err = format.Source(text); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
			}
			files = append(files, file{name, text})
		}
	}
	return files, nil
}

// page is the data passed to a template.
type page struct {
	*App
	Options
	Process *Process
}

var functions = template.FuncMap{
	"ident":    ident,
	"isIdent":  token.IsIdentifier,
	"names":    func(names []string) string { return comment(strings.Join(names, ", ")) },
	"comment":  comment,
	"fileOf":   fileName,
	"modpath":  modPath,
	"taggable": func(name string) bool { return taggable.MatchString(name) },
	"js": func(v any) (string, error) {
		text, err := json.Marshal(v)
		return string(text), err
	},
}

// taggable matches a name that can be written in a struct tag.
var taggable = regexp.MustCompile(`^[\pL\pN_!#$%&()*+./:;<=>?@\[\]^{|}~ -]{2,}$|^[\pL\pN_]$`)

// modPath formats a path for go.mod.
func modPath(p string) string {
	if strings.ContainsAny(p, " \t\"'`()[]{},") || strings.Contains(p, "//") {
		return strconv.Quote(p)
	}
	return p
}

// comment turns text from the application into a single line that cannot end a
// comment.
func comment(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)), " "), "*/", "* /")
}

// ident derives an exported Go identifier, which is also a TypeScript name,
// from a key: Process_order-2 becomes ProcessOrder2.
func ident(key string) string {
	var b strings.Builder
	up := true
	for _, r := range key {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = true
			continue
		case b.Len() == 0 && unicode.IsDigit(r):
			b.WriteString("X")
		}
		if up {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		up = false
	}
	if name := b.String(); token.IsExported(name) {
		return name
	}
	return "X" + b.String()
}

// fileName derives the name of a Go file from a key.
func fileName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '_'
	}, key)
	return cmp.Or(strings.Trim(name, "_"), "process") + "_workflow"
}

// check refuses an application without processes and messages, and names that
// would become the same identifier or file.
func (a *App) check() error {
	seen := map[string]string{"type TextEvent": "the text itself"}
	var errs []error
	for _, p := range a.Processes {
		for _, name := range []string{"type " + ident(p.Key), "file " + fileName(p.Key)} {
			if other, taken := seen[name]; taken {
				errs = append(errs, fmt.Errorf("processes %q and %q would both be %s: rename one", other, p.Key, name))
			}
			seen[name] = p.Key
		}
	}
	for _, m := range a.Messages {
		name := "type " + m.Type()
		if other, taken := seen[name]; taken {
			errs = append(errs, fmt.Errorf("messages %q and %q would both be %s: rename one", other, m.Name, name))
		}
		seen[name] = m.Name
	}
	if len(a.Processes)+len(a.Messages) == 0 {
		errs = append(errs, errors.New("found neither a process nor a trigger for a text that starts one or throws a signal or message"))
	}
	return errors.Join(errs...)
}
