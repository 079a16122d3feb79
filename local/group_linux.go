package main

import "syscall"

// ownGroup puts a child into its own process group, so that Ctrl-C reaches only
// this program, which then stops the children in order. If this program is
// killed, Linux kills the child.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
