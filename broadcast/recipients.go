package broadcast

// Reads recipients from a file page by page, and finds duplicates in files and
// lists.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"temporal-twilio/sms"
)

// Files implements the activities of broadcasts.
type Files struct {
	// Store holds the files. Optional: without a store, only broadcasts
	// with neither a file nor a report can run.
	Store Store
	// Party parses an address as SendSms does, and returns the same string
	// for all spellings of a recipient. It returns false if the address is
	// invalid.
	Party func(address, region string) (string, bool)

	mu sync.Mutex
	// readings holds the positions from which this worker can continue
	// reading a file, most recent last.
	readings []*reading
}

// Register registers the activities on a worker.
func (f *Files) Register(r worker.ActivityRegistry) {
	for name, function := range map[string]any{
		sms.BeginBroadcastName: f.BeginBroadcast,
		sms.ReadRecipientsName: f.ReadRecipients,
		sms.FindRepeatedName:   f.FindRepeated,
		sms.WriteReportName:    f.WriteReport,
		sms.FinishReportName:   f.FinishReport,
	} {
		r.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

const (
	// maxPageBytes limits a page of a file. Encoded as JSON, it may be six
	// times as long, and Temporal accepts 2 MB.
	maxPageBytes = 256 << 10
	// maxReadings is the maximum number of readings that a worker keeps. If
	// it reads more files concurrently, a page may require reading its file
	// from the start.
	maxReadings = 8
	// maxDistinct is how many recipients a file or a list may contain. A
	// worker needs up to 16 bytes of memory for each.
	maxDistinct = 5_000_000
	// beat is how many records are read between two heartbeats.
	beat = 10_000
)

// reading is a position in a file, with the recipients up to that position.
type reading struct {
	file, region, version string
	// size is the size of the file when the broadcast began, or 0 if it is
	// unknown.
	size int64

	position
	layout
	known addresses
}

// ReadRecipients reads a page of a file. If the file's name ends in .jsonl,
// each line is a recipient in the form of smsTo. Any other file is CSV with a
// header: the column "to" contains the numbers, and the other columns contain
// variables. Invalid records are reported in the page's Errors. A recipient
// that appears several times is returned only once.
func (f *Files) ReadRecipients(ctx context.Context, in sms.PageInput) (page sms.Page, err error) {
	at, r, closer, err := f.resume(ctx, in)
	if err != nil {
		return page, err
	}
	defer closer.Close()
	for size := 0; len(page.Recipients)+len(page.Errors) < in.Limit && size < maxPageBytes; {
		if ctx.Err() != nil {
			return page, ctx.Err()
		}
		recipient, line, known, err := f.next(at, r, true)
		bad, isBad := errors.AsType[badRecord](err)
		switch {
		case errors.Is(err, io.EOF):
			return page, nil
		case isBad:
			page.Errors = append(page.Errors, sms.Error{Code: sms.CodeInvalidInput, Message: fmt.Sprintf("%s of the file %v", lines(line, r.line-1), bad)})
		case err != nil:
			return page, err
		case !known:
			page.Recipients = append(page.Recipients, recipient)
			size += len(recipient.To) + len(recipient.Variables)
		}
	}
	at.position = r.position
	page.Next = at.cursor().String()
	f.keep(at)
	return page, nil
}

// lines describes the lines of a record.
func lines(first, last int) string {
	if last > first {
		return fmt.Sprintf("the record on lines %d to %d", first, last)
	}
	return fmt.Sprintf("line %d", first)
}

// next returns the recipient of the next record that is not blank, the number
// of the record's first line, and whether the recipient is already known. For a
// record that is not in the file's encoding, the error is a badRecord.
func (f *Files) next(at *reading, r *records, wanted bool) (recipient sms.Recipient, line int, known bool, err error) {
	for {
		line = r.line
		recipient, err = r.next(wanted)
		switch other, foreign := errors.AsType[foreignRecord](err); {
		case errors.Is(err, errBlank):
			continue
		case foreign:
			return recipient, line, false, badRecord(other)
		case err != nil:
			return recipient, line, false, err
		case r.cut && at.size > 0 && r.offset > at.size:
			return recipient, line, false, badRecord("was added after the broadcast began and has no line break at its end: it may be incomplete")
		}
		known, err = at.known.add(recipient.To, at.region, f.Party)
		return recipient, line, known, err
	}
}

// cursor is a position in a file, in the form that pages use: the offset, a
// checksum of the text before it, and the size of the file when the broadcast
// began. Older workers wrote cursors without the last part, or without the last
// two parts. The missing parts are empty.
type cursor struct{ offset, sum, size string }

func (c cursor) String() string { return c.offset + "-" + c.sum + "-" + c.size }

func parseCursor(text string) (c cursor) {
	c.offset, text, _ = strings.Cut(text, "-")
	c.sum, c.size, _ = strings.Cut(text, "-")
	return c
}

// cursor returns the cursor of a reading.
func (at *reading) cursor() cursor {
	return cursor{strconv.FormatInt(at.offset, 10), strconv.FormatUint(at.sum, 16), strconv.FormatInt(at.size, 10)}
}

// resume opens a file at the input's cursor. It returns an error if the text
// before the cursor has changed.
func (f *Files) resume(ctx context.Context, in sms.PageInput) (*reading, *records, io.Closer, error) {
	offset, size, began := int64(0), int64(0), parseCursor(in.Cursor)
	if in.Cursor != "" {
		var err error
		if offset, err = strconv.ParseInt(began.offset, 10, 64); err != nil || offset < 0 {
			return nil, nil, nil, refuse("%q is not a cursor of a file", in.Cursor)
		}
		size, _ = strconv.ParseInt(began.size, 10, 64) // 0 if an older worker wrote none
	}
	if at := f.kept(in); at != nil {
		file, version, err := f.open(ctx, in.File, at.offset)
		if err != nil {
			return nil, nil, nil, err
		}
		if version == at.version {
			return at, resumeRecords(file, at.position, at.layout), file, nil
		}
		_ = file.Close() // opened only for reading
	}
	at, r, file, err := f.begin(ctx, in)
	if err != nil {
		return nil, nil, nil, err
	}
	at.size = size
	if err := f.advance(ctx, at, r, offset); err != nil {
		_ = file.Close() // opened only for reading
		return nil, nil, nil, err
	}
	if at.position = r.position; offset > 0 && !at.isAt(began) {
		_ = file.Close() // opened only for reading
		return nil, nil, nil, refuse("the recipient file was changed before byte %d, which the broadcast has already reached; start another broadcast with the remaining recipients", offset)
	}
	return at, r, file, nil
}

// isAt reports whether a reading is at a cursor.
func (at *reading) isAt(c cursor) bool {
	here := at.cursor()
	return here.offset == c.offset && (here.sum == c.sum || c.sum == "")
}

// begin opens a file and reads what precedes the recipients, such as a header.
func (f *Files) begin(ctx context.Context, in sms.PageInput) (*reading, *records, io.Closer, error) {
	file, version, err := f.open(ctx, in.File, 0)
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := newRecords(file, path.Ext(in.File) != ".jsonl")
	if err != nil {
		_ = file.Close() // opened only for reading
		return nil, nil, nil, err
	}
	at := &reading{file: in.File, region: in.DefaultRegion, version: version, position: r.position, layout: r.layout}
	return at, r, file, nil
}

// advance reads records up to an offset, and adds their recipients to those
// that are known.
func (f *Files) advance(ctx context.Context, at *reading, r *records, offset int64) error {
	for n := 0; r.offset < offset; n++ {
		if n%beat == 0 {
			alive(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, _, _, err := f.next(at, r, false)
		if _, bad := errors.AsType[badRecord](err); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil && !bad {
			return err
		}
	}
	return nil
}

// scan reads the whole file and counts its records. If any record is not in a
// supported encoding, the whole file is refused before anyone is texted.
func (f *Files) scan(ctx context.Context, in sms.PageInput) (found sms.BeginResult, err error) {
	at, r, file, err := f.begin(ctx, in)
	if err != nil {
		return found, err
	}
	defer file.Close()
	for n := 0; ; n++ {
		if n%beat == 0 {
			alive(ctx)
		}
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		line := r.line
		recipient, err := r.next(false)
		repeated := false
		if err == nil {
			repeated, err = at.known.add(recipient.To, at.region, f.Party)
		}
		_, isBad := errors.AsType[badRecord](err)
		other, isForeign := errors.AsType[foreignRecord](err)
		switch {
		case errors.Is(err, io.EOF):
			found.Cursor = cursor{offset: "0", size: strconv.FormatInt(r.offset, 10)}.String()
			return found, nil
		case errors.Is(err, errBlank):
		case isForeign:
			return found, refuse("the recipient file cannot be read: line %d %v", line, other)
		case err != nil && !isBad:
			return found, err
		case repeated:
			found.Repeated++
		default:
			found.Total++
		}
	}
}

// open opens a file at an offset.
func (f *Files) open(ctx context.Context, name string, offset int64) (io.ReadCloser, string, error) {
	store, err := f.store()
	if err != nil {
		return nil, "", err
	}
	file, version, err := store.open(ctx, name, offset)
	switch {
	case errors.As(err, new(refusal)):
		return nil, "", refuse("the recipient file cannot be opened: %v", err)
	case err != nil: // an unreachable store may become reachable again
		return nil, "", fmt.Errorf("open the recipient file: %w", err)
	}
	return file, version, nil
}

// kept removes and returns the reading that ended at a cursor, or nil if there
// is none. The caller is then its only user.
func (f *Files) kept(in sms.PageInput) *reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, at := range f.readings {
		if at.file == in.File && at.region == in.DefaultRegion && at.cursor().String() == in.Cursor {
			f.readings = slices.Delete(f.readings, i, i+1)
			return at
		}
	}
	return nil
}

// keep stores a reading for the next page.
func (f *Files) keep(at *reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readings = append(f.readings, at)
	if len(f.readings) > maxReadings {
		f.readings = slices.Delete(f.readings, 0, 1)
	}
}

// FindRepeated returns the indexes of the recipients that also appear earlier
// in their list, even if they are written differently. It is a local activity
// because the worker's settings determine how numbers are parsed, and because
// parsing would take too long in a workflow.
func (f *Files) FindRepeated(_ context.Context, in sms.RepeatedInput) (repeated []int, _ error) {
	var known addresses
	for place := range in.Recipients {
		again, err := known.add(in.Recipients[place].To, in.DefaultRegion, f.Party)
		if err != nil {
			return nil, err
		}
		if again {
			repeated = append(repeated, place)
		}
	}
	return repeated, nil
}

// addresses is a set of addresses. A file can contain millions, so phone
// numbers are stored as integers.
type addresses struct {
	numbers numbers
	others  map[string]struct{}
}

// add adds an address to the set, and reports whether the set already contained
// it. Invalid addresses are never added, because SendSms has to report each of
// them.
func (set *addresses) add(address, region string, read func(string, string) (string, bool)) (known bool, err error) {
	if set.numbers.count+len(set.others) > maxDistinct {
		return false, refuse("there are more than %d recipients; split the list", maxDistinct)
	}
	to, ok := read(address, region)
	if !ok {
		return false, nil
	}
	if digits, isNumber := strings.CutPrefix(to, "+"); isNumber {
		if number, err := strconv.ParseUint(digits, 10, 63); err == nil {
			return set.numbers.add(number), nil
		}
	}
	if set.others == nil {
		set.others = make(map[string]struct{})
	}
	_, known = set.others[to]
	set.others[to] = struct{}{}
	return known, nil
}

// alive records a heartbeat.
func alive(ctx context.Context) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx)
	}
}

func (f *Files) store() (Store, error) {
	if f.Store == nil {
		return nil, refuse("this worker has no store for recipient files and reports: set BROADCAST_STORE")
	}
	return f.Store, nil
}

// refuse returns a non-retryable error for a broadcast that cannot start or
// continue.
func refuse(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(sms.CodeInvalidInput), nil)
}
