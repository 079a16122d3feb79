package activities

// Reports: a file that says what became of each recipient of a broadcast.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
)

// ReportInput is a page of a report.
type ReportInput struct {
	// Name is the report's, without ".jsonl".
	Name string `json:"name"`
	// Page counts from 0.
	Page   int           `json:"page"`
	Result SendSmsResult `json:"result"`
}

// reportName keeps a report in its folder.
var reportName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$`)

// WriteReport writes a page of a report below BROADCAST_DIR: a line of JSON for
// each recipient, a message or an error. Written again, it is the same.
func (a *Activities) WriteReport(_ context.Context, in ReportInput) error {
	if !reportName.MatchString(in.Name) {
		return invalid("%q is no name for a report", in.Name)
	}
	root, err := a.files()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(parts(in.Name), 0o755); err != nil {
		return err
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

// FinishInput is a report that is complete.
type FinishInput struct {
	Name  string `json:"name"`
	Pages int    `json:"pages"`
}

// FinishReport joins a report's pages and gives the name of the file. It may be
// called again.
func (a *Activities) FinishReport(_ context.Context, in FinishInput) (string, error) {
	if !reportName.MatchString(in.Name) {
		return "", invalid("%q is no name for a report", in.Name)
	}
	root, err := a.files()
	if err != nil {
		return "", err
	}
	defer root.Close()
	name := in.Name + ".jsonl"
	if _, err := root.Stat(parts(in.Name)); err != nil {
		if _, err := root.Stat(name); err == nil {
			return name, nil // an earlier attempt got this far
		}
	}
	err = whole(root, name, func(w io.Writer) error {
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
	if err != nil {
		return "", err
	}
	return name, root.RemoveAll(parts(in.Name))
}

func parts(name string) string { return name + ".parts" }

func part(name string, page int) string {
	return path.Join(parts(name), fmt.Sprintf("%06d.jsonl", page))
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
