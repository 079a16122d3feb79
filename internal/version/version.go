// Package version reports the version of the project from which a program was
// built.
package version

import "runtime/debug"

// release is set by make release.
var release string

// String returns the version. For a release, it is the tag, such as v1.2.3.
// Otherwise, it is the commit and its time, followed by +dirty if files have
// been changed since, or "(devel)" if the program was built without recording
// them.
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
