// Package version reports which version of the project a program was built
// from.
package version

import "runtime/debug"

// release is set by make release.
var release string

// String returns the version: for a release its tag, such as v1.2.3; otherwise
// the commit and its time, with +dirty if files were changed since, or
// "(devel)" if Go was told not to record them.
func String() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
