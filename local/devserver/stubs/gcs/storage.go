// Package storage stands in for the library of Google Cloud Storage, in which
// Temporal can archive histories. Every call fails.
package storage

import (
	"context"
	"errors"

	"google.golang.org/api/option"
)

// ScopeFullControl is the OAuth scope that the archiver requests.
const ScopeFullControl = "https://www.googleapis.com/auth/devstorage.full_control"

var errLeftOut = errors.New("this server cannot archive in Google's storage")

// The types to which the server's archiver refers.
type (
	Client         struct{}
	BucketHandle   struct{}
	BucketAttrs    struct{}
	ObjectHandle   struct{}
	ObjectIterator struct{}
	ObjectAttrs    struct{ Name string }
	Query          struct{ Prefix string }
	Reader         struct{}
	Writer         struct{}
)

// NewClient always fails, so none of the methods below is ever called.
func NewClient(context.Context, ...option.ClientOption) (*Client, error) { return nil, errLeftOut }

func (*Client) Bucket(string) *BucketHandle { return nil }

func (*BucketHandle) Object(string) *ObjectHandle                     { return nil }
func (*BucketHandle) Objects(context.Context, *Query) *ObjectIterator { return nil }
func (*BucketHandle) Attrs(context.Context) (*BucketAttrs, error)     { return nil, errLeftOut }

func (*ObjectHandle) NewWriter(context.Context) *Writer           { return nil }
func (*ObjectHandle) NewReader(context.Context) (*Reader, error)  { return nil, errLeftOut }
func (*ObjectHandle) Attrs(context.Context) (*ObjectAttrs, error) { return nil, errLeftOut }

func (*ObjectIterator) Next() (*ObjectAttrs, error) { return nil, errLeftOut }

func (*Reader) Read([]byte) (int, error) { return 0, errLeftOut }
func (*Reader) Close() error             { return errLeftOut }

func (*Writer) Write([]byte) (int, error)  { return 0, errLeftOut }
func (*Writer) Close() error               { return errLeftOut }
func (*Writer) CloseWithError(error) error { return errLeftOut }
