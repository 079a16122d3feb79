package activities

// Reports: a file that says what became of each recipient of a broadcast.

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
)

// BeginInput is a broadcast that is to begin.
type BeginInput struct {
	// File holds its recipients, empty if they come from elsewhere.
	File string `json:"file,omitempty"`
	// Report is the name of its report, empty for none.
	Report string `json:"report,omitempty"`
	// Broadcast tells this broadcast from all others, through all of its runs.
	Broadcast string `json:"broadcast"`
}

// ReportInput is a page of a report.
type ReportInput struct {
	// Name is the report's, without ".jsonl".
	Name string `json:"name"`
	// Broadcast is the one that the report is of.
	Broadcast string `json:"broadcast"`
	// Page counts from 0.
	Page   int           `json:"page"`
	Result SendSmsResult `json:"result"`
}

// FinishInput is a report that is complete.
type FinishInput struct {
	Name      string `json:"name"`
	Broadcast string `json:"broadcast"`
	// Pages is how many were written. A report without pages is none.
	Pages int `json:"pages"`
}

// reportName keeps a report in its folder.
var reportName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$`)

// BeginBroadcast finds out, before anybody is texted, whether the file of
// recipients can be read and the report be written. It reserves the report's
// name. It may be called again.
func (a *Activities) BeginBroadcast(_ context.Context, in BeginInput) error {
	root, err := a.files()
	if err != nil {
		return err
	}
	defer root.Close()
	if in.File != "" {
		file, _, err := openRecipients(root, in.File)
		if err != nil {
			return err
		}
		_ = file.Close() // it was only read
	}
	if in.Report == "" {
		return nil
	}
	return reserve(root, in.Report, in.Broadcast)
}

// reserve makes the folder of a report's pages, which is there as long as the
// broadcast goes on: two broadcasts never share a report.
func reserve(root *os.Root, name, broadcast string) error {
	if !reportName.MatchString(name) {
		return invalid("%q is no name for a report: it may have letters, digits and _.-", name)
	}
	err := root.Mkdir(parts(name), 0o755)
	if errors.Is(err, fs.ErrExist) {
		if owns(root, name, broadcast) {
			return nil // an earlier attempt got this far
		}
		return invalid("another broadcast writes the report %q, or was terminated while it did; give another name, or take its pages in %s away", name, parts(name))
	}
	if err != nil {
		return fmt.Errorf("reserve the report %q: %w", name, err)
	}
	// Only now nobody else can finish a report of this name.
	if _, err := root.Lstat(name + ".jsonl"); err == nil {
		if err := root.Remove(parts(name)); err != nil {
			return fmt.Errorf("give up the report %q: %w", name, err)
		}
		return invalid("there is a report %q already; give another name, or take %[1]s.jsonl away", name)
	}
	return root.WriteFile(owner(name), []byte(broadcast), 0o644)
}

// WriteReport writes a page of a report below BROADCAST_DIR: a line of JSON for
// each recipient, a message or an error. Written again, it is the same.
func (a *Activities) WriteReport(_ context.Context, in ReportInput) error {
	root, err := a.files()
	if err != nil {
		return err
	}
	defer root.Close()
	if !owns(root, in.Name, in.Broadcast) {
		return elsewhere(in.Name)
	}
	return whole(root, part(in.Name, in.Page), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		for i := range in.Result.Messages {
			if err := encoder.Encode(&in.Result.Messages[i]); err != nil {
				return err
			}
		}
		for i := range in.Result.Errors {
			if err := encoder.Encode(&in.Result.Errors[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// FinishReport joins a report's pages and gives the name of the file, none if
// there are no pages. It may be called again.
func (a *Activities) FinishReport(_ context.Context, in FinishInput) (string, error) {
	root, err := a.files()
	if err != nil {
		return "", err
	}
	defer root.Close()
	ours := owns(root, in.Name, in.Broadcast)
	if in.Pages == 0 {
		if !ours {
			return "", nil
		}
		return "", root.RemoveAll(parts(in.Name))
	}
	name := in.Name + ".jsonl"
	if _, err := root.Stat(name); err != nil {
		if !ours {
			return "", elsewhere(in.Name)
		}
		if err := join(root, name, in); err != nil {
			return "", fmt.Errorf("join the pages of the report %q: %w", in.Name, err)
		}
	} // else an earlier attempt got this far
	if ours {
		err = root.RemoveAll(parts(in.Name))
	}
	return name, err
}

// join writes the pages of a report into one file.
func join(root *os.Root, name string, in FinishInput) error {
	return whole(root, name, func(w io.Writer) error {
		for page := range in.Pages {
			file, err := root.Open(part(in.Name, page))
			if err != nil {
				return err
			}
			_, err = io.Copy(w, file)
			_ = file.Close() // it was only read
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func parts(name string) string { return name + ".parts" }

func part(name string, page int) string {
	return path.Join(parts(name), fmt.Sprintf("%06d.jsonl", page))
}

// owner is the file that names the broadcast whose report this is.
func owner(name string) string { return path.Join(parts(name), "broadcast") }

// owns reports whether a report is that of a broadcast.
func owns(root *os.Root, name, broadcast string) bool {
	if !reportName.MatchString(name) {
		return false
	}
	found, err := root.ReadFile(owner(name))
	return err == nil && string(found) == broadcast
}

func elsewhere(name string) error {
	return fmt.Errorf("the pages of the report %q are not in this worker's BROADCAST_DIR: it must be one folder for all workers of the task queue", name)
}

// whole writes a file that is there in full or not at all.
func whole(root *os.Root, name string, write func(io.Writer) error) error {
	file, err := root.Create(name + ".new")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return root.Rename(name+".new", name)
}
