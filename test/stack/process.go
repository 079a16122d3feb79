package stack

// The programs under test run as processes, as users run them.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a program that runs until it is stopped or the test ends.
type Process struct {
	name string
	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan struct{}
}

// StartProcess starts a program with variables added to the environment. If the
// test fails, it logs the program's output.
func StartProcess(t testing.TB, name string, environment []string, program string, args ...string) *Process {
	t.Helper()
	p := &Process{name: name, cmd: exec.Command(program, args...), out: &lockedBuffer{}, done: make(chan struct{})}
	p.cmd.Env = append(cleanEnvironment(), environment...)
	p.cmd.Dir = root(t)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // a killed process is not an error here
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("the output of %s:\n%s", name, p.Output())
		}
	})
	return p
}

// cleanEnvironment returns the environment without variables that would
// configure the programs under test.
func cleanEnvironment() (kept []string) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "TWILIO_") && !strings.HasPrefix(name, "TEMPORAL_") && !strings.HasPrefix(name, "WEBHOOK_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// Output returns what the process has printed so far.
func (p *Process) Output() string { return p.out.String() }

// Exited reports whether the process has exited; if it has, status is its exit
// status.
func (p *Process) Exited() (status int, exited bool) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), true
	default:
		return 0, false
	}
}

// Wait waits until the process exits, and returns its exit status.
func (p *Process) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(30 * time.Second):
		t.Fatalf("%s is still running after 30 s", p.name)
		return 0
	}
}

// Signal sends a signal to the process.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Stop terminates the process with SIGTERM, and waits until it exits.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // the process may have ended already
	p.Wait(t)
}

// Kill ends the process immediately, as a crash would.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // the process may have ended already
	<-p.done
}

// PeakMemory returns the process's peak resident memory so far, in bytes, or 0
// if the system does not report it.
func (p *Process) PeakMemory(t testing.TB) int64 { return p.memory(t, "VmHWM") }

// Memory returns the process's current resident memory, in bytes, or 0 if the
// system does not report it.
func (p *Process) Memory(t testing.TB) int64 { return p.memory(t, "VmRSS") }

func (p *Process) memory(t testing.TB, field string) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kB int64
		if n, _ := fmt.Sscanf(line, field+": %d kB", &kB); n == 1 {
			return kB << 10
		}
	}
	t.Fatalf("/proc does not have %s of %s", field, p.name)
	return 0
}

// lockedBuffer is a buffer that one goroutine may write while others read it.
type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// root returns the repository's folder.
func root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source file of this test is unknown")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// built holds the programs that this test process has built, by folder.
var built sync.Map

// Build builds one of the main packages, with the race detector if the test has
// it, and returns the program's path. The tests of all packages share the
// programs, because linking one takes longer than many tests.
func Build(t testing.TB, folder string) string {
	t.Helper()
	build, _ := built.LoadOrStore(folder, sync.OnceValues(func() (string, error) {
		dir, err := programs(root(t))
		if err != nil {
			return "", err
		}
		// Build one program at a time: if two tests want the same one, the second
		// finds it built.
		lock, err := os.Create(filepath.Join(dir, "lock"))
		if err != nil {
			return "", err
		}
		defer lock.Close()
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
			return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
		}
		program := filepath.Join(dir, filepath.Base(folder))
		args := []string{"build", "-o", program}
		if raceEnabled {
			args = append(args, "-race")
		}
		cmd := exec.Command("go", append(args, "./"+folder)...)
		cmd.Dir = root(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", &buildError{folder, string(out)}
		}
		return program, nil
	}))
	program, err := build.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// programs returns the folder to which Build writes. With an overlay, the
// programs differ from those that other tests share, so they get a new folder
// beside the test binary, which "go test" removes.
func programs(root string) (dir string, err error) {
	if strings.Contains(os.Getenv("GOFLAGS"), "-overlay") {
		tests, err := os.Executable()
		if err != nil {
			return "", err
		}
		return os.MkdirTemp(filepath.Dir(tests), "programs-")
	}
	dir = filepath.Join(root, ".local", "tests")
	if raceEnabled {
		dir += "-race"
	}
	return dir, os.MkdirAll(dir, 0o755)
}

type buildError struct{ folder, output string }

func (e *buildError) Error() string { return "build " + e.folder + ":\n" + e.output }
