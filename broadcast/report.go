package broadcast

// A report is a file with the outcome for each recipient of a broadcast.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"

	"temporal-twilio/sms"
)

// reportName matches valid report names, none of which can lead out of the
// store.
var reportName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$`)

// BeginBroadcast checks, before anyone is texted, that the recipient file can
// be read to its end and that the report can be written. It reserves the
// report's name. It is safe to repeat.
func (f *Files) BeginBroadcast(ctx context.Context, in sms.BeginInput) (found sms.BeginResult, err error) {
	if in.File != "" {
		if found, err = f.scan(ctx, sms.PageInput{File: in.File, DefaultRegion: in.DefaultRegion}); err != nil {
			return found, err
		}
	}
	if in.Report == "" {
		return found, nil
	}
	store, err := f.store()
	if err != nil {
		return found, err
	}
	if !reportName.MatchString(in.Report) {
		return found, refuse("invalid report name %q: use letters, digits and _.-", in.Report)
	}
	if in.DryRun {
		return found, vacant(ctx, store, in.Report)
	}
	return found, reserve(ctx, store, in.Report, in.Broadcast)
}

// reserve creates the file that identifies the owner of a report. The file
// exists for as long as the broadcast runs, so that two broadcasts never share
// a report.
func reserve(ctx context.Context, store Store, name, broadcast string) error {
	reserved, err := store.reserve(ctx, ownerFile(name), broadcast)
	if err != nil {
		return fmt.Errorf("reserve the report %q: %w", name, err)
	}
	if !reserved {
		ours, err := owns(ctx, store, name, broadcast)
		if err != nil || ours { // an earlier attempt reserved it
			return err
		}
		return refuse("another broadcast is writing the report %q, or was terminated while writing it; choose another name, or remove its pages in %s", name, parts(name))
	}
	// Only now is it certain that no other broadcast can finish a report
	// with this name.
	if err := vacant(ctx, store, name); err != nil {
		release(ctx, store, name, 0)
		return err
	}
	return nil
}

// vacant returns an error if a report with this name exists.
func vacant(ctx context.Context, store Store, name string) error {
	there, err := store.exists(ctx, name+".jsonl")
	if err != nil {
		return fmt.Errorf("check for the report %q: %w", name, err)
	}
	if there {
		return refuse("the report %q already exists; choose another name, or remove %[1]s.jsonl", name)
	}
	return nil
}

// WriteReport writes a page of a report: a line of JSON for each recipient,
// with a message or an error. It is safe to repeat.
func (f *Files) WriteReport(ctx context.Context, in sms.ReportInput) error {
	store, err := f.store()
	if err != nil {
		return err
	}
	if err := mustOwn(ctx, store, in.Name, in.Broadcast); err != nil {
		return err
	}
	return store.write(ctx, part(in.Name, in.Page), func(w io.Writer) error {
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

// FinishReport joins the pages of a report and returns the name of the file, or
// "" if no page was written. It is safe to repeat.
func (f *Files) FinishReport(ctx context.Context, in sms.FinishInput) (string, error) {
	store, err := f.store()
	if err != nil {
		return "", err
	}
	ours, err := owns(ctx, store, in.Name, in.Broadcast)
	if err != nil {
		return "", err
	}
	name := in.Name + ".jsonl"
	if in.Pages <= len(in.Missing) {
		name = ""
	} else if there, err := store.exists(ctx, name); err != nil {
		return "", err
	} else if !there { // otherwise, an earlier attempt has joined them
		if !ours {
			return "", elsewhere(in.Name)
		}
		if err := join(ctx, store, name, in); err != nil {
			return "", fmt.Errorf("join the pages of the report %q: %w", in.Name, err)
		}
	}
	if ours {
		release(ctx, store, in.Name, in.Pages)
	}
	return name, nil
}

// join writes the pages of a report into one file.
func join(ctx context.Context, store Store, name string, in sms.FinishInput) error {
	return store.write(ctx, name, func(w io.Writer) error {
		for page := range in.Pages {
			alive(ctx)
			if slices.Contains(in.Missing, page) {
				continue // a late attempt may have written it after all
			}
			file, _, err := store.open(ctx, part(in.Name, page), 0)
			if err != nil {
				return err
			}
			_, err = io.Copy(w, file)
			_ = file.Close() // opened only for reading
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// release removes the pages of a report, and then the file that identifies its
// owner. A file that cannot be removed merely prevents another report with the
// same name.
func release(ctx context.Context, store Store, name string, pages int) {
	for page := range pages {
		alive(ctx)
		_ = store.remove(ctx, part(name, page))
	}
	_ = store.remove(ctx, ownerFile(name))
	_ = store.remove(ctx, parts(name)) // the directory, if it is empty
}

func parts(name string) string { return name + ".parts" }

func part(name string, page int) string {
	return path.Join(parts(name), fmt.Sprintf("%06d.jsonl", page))
}

// ownerFile returns the name of the file that records which broadcast owns a
// report.
func ownerFile(name string) string { return path.Join(parts(name), "broadcast") }

// owns reports whether a broadcast owns a report.
func owns(ctx context.Context, store Store, name, broadcast string) (bool, error) {
	if !reportName.MatchString(name) {
		return false, nil
	}
	there, err := store.exists(ctx, ownerFile(name))
	if err != nil || !there {
		return false, err
	}
	file, _, err := store.open(ctx, ownerFile(name), 0)
	if err != nil {
		return false, err
	}
	defer file.Close()
	found, err := io.ReadAll(io.LimitReader(file, 1<<10))
	return string(found) == broadcast, err
}

func mustOwn(ctx context.Context, store Store, name, broadcast string) error {
	ours, err := owns(ctx, store, name, broadcast)
	if err == nil && !ours {
		err = elsewhere(name)
	}
	return err
}

func elsewhere(name string) error {
	return fmt.Errorf("the pages of the report %q are not in this worker's BROADCAST_STORE: all workers of the task queue need the same store", name)
}
