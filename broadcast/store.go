package broadcast

// The store from which recipient files are read and to which reports are
// written.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// in Open
	"gocloud.dev/gcerrors"
)

// Store holds files by name. A name may contain slashes but never leads out of
// the store. If a file is missing, or the worker lacks permission to read it,
// the error is a refusal.
type Store interface {
	// open opens a file for reading at a byte offset. version changes
	// whenever the file's content does.
	open(ctx context.Context, name string, offset int64) (file io.ReadCloser, version string, err error)
	// reserve creates a small file and reports true, or reports false if
	// the file already exists.
	reserve(ctx context.Context, name, text string) (reserved bool, err error)
	// write writes a file atomically.
	write(ctx context.Context, name string, write func(io.Writer) error) error
	exists(ctx context.Context, name string) (bool, error)
	// remove removes a file or an empty directory, if it exists.
	remove(ctx context.Context, name string) error
}

// refusal is an error that no retry can fix.
type refusal struct{ error }

// Open opens the store at a URL. file:///a/folder is a directory, which must be
// the same for all workers. s3://bucket or s3://bucket/folder is a bucket in S3
// or a compatible service. Its parameters, such as region, endpoint and
// use_path_style, are those of https://pkg.go.dev/gocloud.dev/blob/s3blob, and
// its credentials come from the default sources of the AWS SDK. Other schemes
// work if the program imports their drivers.
func Open(ctx context.Context, address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address is not a URL; write it like file:///srv/broadcasts or s3://bucket?region=eu-central-1")
	}
	switch {
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && path.IsAbs(u.Path):
		return OpenFolder(filepath.FromSlash(u.Path))
	case u.Scheme == "" && path.IsAbs(address):
		return nil, fmt.Errorf("a folder must be a URL: file://%s", address)
	case u.Scheme == "file":
		return nil, errors.New("a folder needs three slashes and its absolute path, like file:///srv/broadcasts")
	case !blob.DefaultURLMux().ValidBucketScheme(u.Scheme):
		return nil, unknownScheme(u.Scheme)
	}
	prefix := strings.Trim(u.Path, "/")
	u.Path = ""
	opened, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("open %s://%s: %w", u.Scheme, u.Host, err)
	}
	if prefix != "" {
		opened = blob.PrefixedBucket(opened, prefix+"/")
	}
	return bucket{opened}, nil
}

// unknownScheme returns the error for a store that this program has no driver
// for. It says what to do instead.
func unknownScheme(scheme string) error {
	driver := map[string]string{"gs": "gcsblob", "azblob": "azureblob"}[scheme]
	if driver == "" {
		return fmt.Errorf("%q is not a supported store; use file:// for a folder or s3:// for a bucket", scheme)
	}
	help := "copy worker/, and import _ \"gocloud.dev/blob/" + driver + "\" in its main.go"
	if scheme == "gs" {
		help = "use Google's S3 endpoint with an HMAC key, s3://bucket?endpoint=https://storage.googleapis.com&region=auto, or " + help
	}
	return fmt.Errorf("this build has no %s:// driver (it would add 20 MB): %s", scheme, help)
}

// notAName returns the error for a path that leads out of the store, such as a
// path on the caller's own machine.
func notAName(name string) error {
	return refusal{fmt.Errorf("%q is not the name of a file in BROADCAST_STORE: copy the file there, and give its name without the store's folder", name)}
}

// folder is a store on disk. Neither ".." nor a link in a name can lead out of
// it.
type folder struct{ root *os.Root }

// OpenFolder opens a directory as a store.
func OpenFolder(dir string) (Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the broadcasts folder: %w", err)
	}
	return folder{root}, nil
}

func (f folder) open(_ context.Context, name string, offset int64) (io.ReadCloser, string, error) {
	if !filepath.IsLocal(name) {
		return nil, "", notAName(name)
	}
	file, err := f.root.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", refusal{fmt.Errorf("%q is not in BROADCAST_STORE, the folder %s", name, f.root.Name())}
	case errors.Is(err, fs.ErrPermission):
		return nil, "", refusal{err}
	case err != nil:
		return nil, "", err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = refusal{fmt.Errorf("%s is a folder", name)}
	}
	if err == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		_ = file.Close() // opened only for reading
		return nil, "", err
	}
	return file, version(info.Size(), info.ModTime().UnixNano()), nil
}

func (f folder) reserve(ctx context.Context, name, text string) (bool, error) {
	if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return false, err
	}
	// The file gets its name only when it is complete. If it were created
	// under that name, a crash could leave it empty, and no broadcast could
	// reserve it again.
	draft := name + "." + uuid.NewString()
	defer func() { _ = f.root.Remove(draft) }()
	if err := f.write(ctx, draft, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}); err != nil {
		return false, err
	}
	err := f.root.Link(draft, name)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

func (f folder) write(_ context.Context, name string, write func(io.Writer) error) error {
	file, err := f.root.Create(name + ".new")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return f.root.Rename(name+".new", name)
}

func (f folder) exists(_ context.Context, name string) (bool, error) {
	_, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (f folder) remove(_ context.Context, name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// bucket is a store in a bucket of an object storage service.
type bucket struct{ *blob.Bucket }

func (b bucket) open(ctx context.Context, name string, offset int64) (io.ReadCloser, string, error) {
	if !filepath.IsLocal(name) {
		return nil, "", notAName(name)
	}
	if offset > 0 {
		// S3 refuses an empty range, but the file may end at this
		// offset.
		if about, err := b.Attributes(ctx, name); err == nil && about.Size <= offset {
			return io.NopCloser(strings.NewReader("")), version(about.Size, about.ModTime.UnixNano()), nil
		}
	}
	reader, err := b.NewRangeReader(ctx, name, offset, -1, nil)
	if err != nil {
		switch gcerrors.Code(err) {
		case gcerrors.NotFound:
			err = refusal{fmt.Errorf("%q is not in BROADCAST_STORE", name)}
		case gcerrors.PermissionDenied:
			err = refusal{err}
		}
		return nil, "", err
	}
	return reader, version(reader.Size(), reader.ModTime().UnixNano()), nil
}

func version(size, modified int64) string { return fmt.Sprintf("%d-%d", size, modified) }

func (b bucket) reserve(ctx context.Context, name, text string) (bool, error) {
	err := b.WriteAll(ctx, name, []byte(text), &blob.WriterOptions{IfNotExist: true})
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return false, nil
	}
	return err == nil, err
}

// write relies on objects becoming visible only when their writer is closed.
func (b bucket) write(ctx context.Context, name string, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := b.NewWriter(ctx, name, nil)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		cancel() // otherwise, closing would create an incomplete object
		_ = w.Close()
		return err
	}
	return w.Close()
}

func (b bucket) exists(ctx context.Context, name string) (bool, error) { return b.Exists(ctx, name) }

func (b bucket) remove(ctx context.Context, name string) error {
	if err := b.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}
