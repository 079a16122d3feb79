package main

import (
	"syscall"
	"testing"
)

func TestChildrenDieWithAKilledLauncher(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops everything.")
	l.waitForOutput("orders    | I serve")
	if len(l.pids()) != 5 {
		t.Fatalf("got the children %v, want five", l.pids())
	}
	if err := syscall.Kill(l.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.wait()
}
