// Package version says which version of the project a program is.
package version

import "runtime/debug"

// release is set by make release.
var release string

// String returns the version: of a release its tag, such as v1.2.3; otherwise that
// of the commit and its time, with +dirty if files were changed since, or
// "(devel)" if Go was told not to look.
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
