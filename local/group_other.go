//go:build !linux

package main

import "syscall"

// ownGroup puts a child into its own process group, so that Ctrl-C reaches only
// this program, which then stops the children in order. If this program is
// killed, the children keep running: only Linux can prevent that.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
