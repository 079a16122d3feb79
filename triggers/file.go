package triggers

// Reads trigger files, one or all of a directory. Reading is strict, and errors
// name the file and line.

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"temporal-twilio/internal/yamlfile"
	"temporal-twilio/sms"
)

const (
	// maxFile limits the size of a trigger file. A thousand triggers take about
	// 500 kB.
	maxFile = 1 << 20
	// maxFiles limits the number of files in a directory, and maxTotal their
	// total size.
	maxFiles = 1000
	maxTotal = 16 << 20
)

// Options controls how trigger files are read.
type Options struct {
	// TaskQueue is the task queue of workflows whose trigger names none.
	// Alfresco's triggers never do. Optional: default "twilio", where no worker
	// runs Alfresco's processes, so files that start one are refused.
	TaskQueue string
	// BusinessKeyAttribute names a search attribute of type Keyword for the
	// business keys of Alfresco's processes. Optional: default none, because
	// Temporal refuses a start with an attribute that the namespace does not
	// have.
	BusinessKeyAttribute string
	// IDSecret is used to derive the pseudonyms ${conversation}, ${fromId} and
	// ${toId}. Optional: without it, triggers that use them are refused.
	IDSecret []byte
}

// DefaultTaskQueue is the task queue of workflows whose trigger names none.
const DefaultTaskQueue = "twilio"

// Load reads a trigger file, or all of a directory: *.yaml, *.yml and *.json,
// sorted by name. All mistakes are reported, each as "file:line: what is wrong
// and what to change".
func Load(path string, o Options) (*Set, error) { return look(path).parse(o) }

// snapshot holds the contents of the files at a path at one time.
type snapshot struct {
	files []fileText
	// err says why the files could not be read.
	err error
	// sum is a hash of the files and the error.
	sum [sha256.Size]byte
}

type fileText struct {
	name string
	text []byte
}

// look takes a snapshot of the files at a path.
func look(path string) (s snapshot) {
	s.files, s.err = readFiles(path)
	sum := sha256.New()
	fmt.Fprintf(sum, "%v\n", s.err)
	for _, f := range s.files {
		fmt.Fprintf(sum, "%q %d\n%s", f.name, len(f.text), f.text)
	}
	sum.Sum(s.sum[:0])
	return s
}

func (s snapshot) parse(o Options) (*Set, error) {
	if s.err != nil {
		return nil, s.err
	}
	c := newChecker(o)
	for _, f := range s.files {
		c.read(f.name, f.text)
	}
	return c.finish()
}

func readFiles(path string) ([]fileText, error) {
	names, err := fileNames(path)
	if err != nil {
		return nil, fmt.Errorf("read the triggers: %w", err)
	}
	all := make([]fileText, 0, len(names))
	total := 0
	for _, name := range names {
		text, err := readFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the triggers: %w", err)
		}
		if total += len(text); total > maxTotal {
			return nil, fmt.Errorf("read the triggers: %s: the files have more than %d bytes in total", path, maxTotal)
		}
		all = append(all, fileText{name, text})
	}
	return all, nil
}

// fileNames lists the trigger files at a path.
func fileNames(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			continue
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no trigger files; put *.yaml or *.json there", path)
	}
	if len(names) > maxFiles {
		return nil, fmt.Errorf("%s: %d files are too many; the limit is %d", path, len(names), maxFiles)
	}
	return names, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: too large for a trigger file; the limit is %d bytes", path, maxFile)
	}
	return text, err
}

// checker compiles triggers and collects mistakes with their lines.
type checker struct {
	options Options
	// The current file, and how a field of trigger i is found in it.
	name string
	text []byte
	file *yamlfile.File
	path func(i int, field string) []any

	set *Set
	// places maps trigger names to where they were first defined.
	places   map[string]string
	mistakes []error
}

func newChecker(o Options) *checker {
	if o.TaskQueue == "" {
		o.TaskQueue = DefaultTaskQueue
	}
	return &checker{options: o, set: &Set{}, places: map[string]string{}}
}

func (c *checker) finish() (*Set, error) {
	if len(c.mistakes) == 0 && len(c.set.triggers)+len(c.set.keywords) == 0 {
		for _, skipped := range c.set.warnings {
			c.mistakes = append(c.mistakes, errors.New(skipped.String()))
		}
	}
	if len(c.mistakes) > 0 {
		return nil, errors.Join(c.mistakes...)
	}
	return c.set, nil
}

// read compiles the triggers of a file, in our format or Alfresco's.
func (c *checker) read(name string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if filepath.Ext(name) == ".json" {
		if err := checkJSON(name, data); err != nil {
			c.mistakes = append(c.mistakes, err)
			return
		}
	}
	file, err := yamlfile.Parse(name, data)
	if err != nil {
		c.mistakes = append(c.mistakes, err)
		return
	}
	c.name, c.text, c.file = name, data, file
	if isAlfresco(data) {
		c.path = alfrescoPath
		c.readAlfresco(data)
		return
	}
	c.path = ownPath
	var content struct {
		// Schema is read only by editors.
		Schema   string                  `yaml:"$schema"`
		Keywords map[string]sms.Keywords `yaml:"keywords"`
		Triggers []fileTrigger           `yaml:"triggers"`
	}
	if err := file.Decode(&content); err != nil {
		c.mistakes = append(c.mistakes, err)
		return
	}
	c.keywords(content.Keywords)
	if len(content.Triggers)+len(content.Keywords) == 0 {
		c.mistakes = append(c.mistakes, fmt.Errorf("%s:1: no triggers; start with \"triggers:\" and list them below it", name))
	}
	for i := range content.Triggers {
		c.compile(i, &content.Triggers[i])
	}
}

// keywords adds, for each number, the keywords that Twilio handles itself.
func (c *checker) keywords(written map[string]sms.Keywords) {
	for _, key := range slices.Sorted(maps.Keys(written)) {
		line := c.file.Line("keywords", key)
		number, ok := sms.ParseSender(key)
		_, taken := c.set.keywords[number]
		switch {
		case !ok:
			c.mistakes = append(c.mistakes, fmt.Errorf("%s:%d: keywords: the key is not a valid number; write it as '+15005550006' or '12345'", c.name, line))
		case taken:
			c.mistakes = append(c.mistakes, fmt.Errorf("%s:%d: keywords: this number's keywords are defined twice; combine them", c.name, line))
		}
		if c.set.keywords == nil {
			c.set.keywords = map[string]sms.Keywords{}
		}
		c.set.keywords[number] = written[key]
	}
}

// checkJSON returns an error with a line number if the data is not valid JSON.
func checkJSON(name string, data []byte) error {
	var whatever json.RawMessage
	err := json.Unmarshal(data, &whatever)
	if wrong := (*json.SyntaxError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%s:%d: not JSON: %w", name, 1+bytes.Count(data[:wrong.Offset], []byte("\n")), err)
	}
	return err
}

// ownPath returns the path of a field such as "start.id" of trigger i.
func ownPath(i int, field string) []any {
	path := []any{"triggers", i}
	for name := range strings.SplitSeq(field, ".") {
		path = append(path, name)
	}
	return path
}

// at adds a mistake at a field of trigger i, such as "pattern".
func (c *checker) at(i int, field, format string, args ...any) {
	c.mistakes = append(c.mistakes, fmt.Errorf("%s:%d: %s", c.name, c.line(i, field), fmt.Sprintf(format, args...)))
}

// maxWarnings limits the number of warnings across all files. Each one is
// logged and compared with all earlier ones, which is slow for large numbers,
// and nobody would read more than that.
const maxWarnings = 500

// warn adds a warning: something that the author should know, but that is not a
// mistake.
func (c *checker) warn(line int, trigger, format string, args ...any) {
	if f := (Finding{c.name, line, trigger, fmt.Sprintf(format, args...)}); len(c.set.warnings) < maxWarnings && !slices.Contains(c.set.warnings, f) {
		c.set.warnings = append(c.set.warnings, f)
	}
}

// line returns the line of a field, or of its parent if the field is absent.
func (c *checker) line(i int, field string) int { return c.file.Line(c.path(i, field)...) }
