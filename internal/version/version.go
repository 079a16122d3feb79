// Package version says which version of the project a program is.
package version

import "runtime/debug"

// String is the version of the module: a tag, or the commit and its time, with
// +dirty if files were changed since; "(devel)" if Go was told not to look.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
