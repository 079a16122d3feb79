// Package types has the S3 types that Temporal's archiver refers to.
package types

type (
	Object       struct{ Key *string }
	CommonPrefix struct{ Prefix *string }
	NoSuchBucket struct{}
	NoSuchKey    struct{}
)

func (*NoSuchBucket) Error() string { return "no such bucket" }
func (*NoSuchKey) Error() string    { return "no such key" }
