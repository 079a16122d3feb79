package main

import "syscall"

// ownGroup gives a child a process group of its own, so that Ctrl-C reaches
// this program alone, which then stops the children in order. If this program
// is killed, Linux kills the child.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
