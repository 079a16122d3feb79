//go:build !linux

package main

import "syscall"

// ownGroup gives a child a process group of its own, so that Ctrl-C reaches
// this program alone, which then stops the children in order. If this program
// is killed outright, the children stay: only Linux has a remedy for that.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
