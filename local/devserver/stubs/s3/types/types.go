// Package types has the types of S3 to which Temporal's archiver refers.
package types

type (
	Object       struct{ Key *string }
	CommonPrefix struct{ Prefix *string }
	NoSuchBucket struct{}
	NoSuchKey    struct{}
)

func (*NoSuchBucket) Error() string { return "no such bucket" }
func (*NoSuchKey) Error() string    { return "no such key" }
