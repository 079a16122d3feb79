package main

import (
	"syscall"
	"testing"
)

func TestChildrenDieWithALauncherThatIsKilled(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops all of it.")
	if len(l.pids()) != 3 {
		t.Fatalf("children: %v, want three", l.pids())
	}
	if err := syscall.Kill(l.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.wait()
}
