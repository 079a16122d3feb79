package main

// The program as users run it: a process in a terminal, with children.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"temporal-twilio/test/stack"
)

// patience is the time limit of each wait in these tests.
const patience = time.Minute

// launcher is a running `local` whose children are fakes.
type launcher struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string // FAKE_DIR, with bin/ and data/
	ports  map[string]int
	reader *os.File // the read end of its stdout
	output *buffer
	copied chan struct{} // closed when the output is complete
	exited chan struct{}
}

// launch starts `local` on free ports. Each setting is FAKE_NAME=behavior, or
// a flag.
func launch(t *testing.T, settings ...string) *launcher {
	t.Helper()
	l := prepare(t, settings...)
	l.start()
	return l
}

func prepare(t *testing.T, settings ...string) *launcher {
	t.Helper()
	l := &launcher{t: t, dir: t.TempDir(), ports: freePorts(t), output: &buffer{}, copied: make(chan struct{}), exited: make(chan struct{})}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"local", "temporal", "twiliosim", "worker", "orderstatus"} {
		if err := os.Symlink(self, filepath.Join(l.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	l.cmd = exec.Command(filepath.Join(l.dir, "local"), "--bin", l.dir, "--data", filepath.Join(l.dir, "data"))
	l.cmd.Env = append(os.Environ(), "FAKE_DIR="+l.dir, "PATH="+l.dir+":"+os.Getenv("PATH"),
		"GORACE=atexit_sleep_ms=0") // otherwise, the race detector delays each exit by 1 s
	for flag, port := range l.ports {
		l.cmd.Args = append(l.cmd.Args, flag, strconv.Itoa(port))
	}
	for _, setting := range settings {
		if strings.HasPrefix(setting, "--") {
			l.cmd.Args = append(l.cmd.Args, setting)
		} else {
			l.cmd.Env = append(l.cmd.Env, setting)
		}
	}
	return l
}

func (l *launcher) start() {
	l.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		l.t.Fatal(err)
	}
	l.reader = reader
	l.cmd.Stdout, l.cmd.Stderr = writer, writer
	// As a shell does, so that a signal to the group reaches only the program
	// and its children.
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	_ = writer.Close()
	go func() {
		_, _ = io.Copy(l.output, reader)
		close(l.copied)
	}()
	go func() {
		_ = l.cmd.Wait()
		close(l.exited)
	}()
	l.t.Cleanup(func() {
		_ = syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL)
		for _, pid := range l.pids() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// waitFor polls until the condition holds.
func (l *launcher) waitFor(what string, condition func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("timed out waiting for %s (%s); the output is:\n%s", what, patience, l.output)
		}
	}
}

func (l *launcher) waitForOutput(text string) {
	l.t.Helper()
	l.waitFor(fmt.Sprintf("%q in its output", text), func() bool { return strings.Contains(l.output.String(), text) })
}

func (l *launcher) signalGroup(s syscall.Signal) {
	l.t.Helper()
	if err := syscall.Kill(-l.cmd.Process.Pid, s); err != nil {
		l.t.Fatal(err)
	}
}

// wait returns the program's exit status once it and all processes of the stack
// have ended, and all that they printed has been read.
func (l *launcher) wait() int {
	l.t.Helper()
	ended := time.After(patience)
	for _, end := range []chan struct{}{l.exited, l.copied} {
		select {
		case <-end:
		case <-ended:
			l.t.Fatalf("the program has not ended after %s; its output is:\n%s", patience, l.output)
		}
	}
	for name, pid := range l.pids() {
		l.waitFor("end of "+name, func() bool { return !alive(pid) })
	}
	return l.cmd.ProcessState.ExitCode()
}

// pids returns the process IDs of the fakes that have run.
func (l *launcher) pids() map[string]int {
	files, _ := filepath.Glob(filepath.Join(l.dir, "*"+pidSuffix))
	pids := map[string]int{}
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if pid, err := strconv.Atoi(string(text)); err == nil {
			pids[strings.TrimSuffix(filepath.Base(file), pidSuffix)] = pid
		}
	}
	return pids
}

// alive reports whether a process is running. A zombie, which has exited but
// was not waited for, is not.
func alive(pid int) bool {
	state, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	s := strings.TrimSpace(string(state))
	return s != "" && !strings.HasPrefix(s, "Z")
}

func (l *launcher) lastLine() string {
	lines := strings.Split(strings.TrimSpace(l.output.String()), "\n")
	return lines[len(lines)-1]
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func freePorts(t *testing.T) map[string]int {
	t.Helper()
	ports := map[string]int{}
	for _, flag := range []string{"--temporal-port", "--ui-port", "--twilio-port", "--webhook-port", "--metrics-port", "--codec-port"} {
		port, err := strconv.Atoi(stack.FreePort(t))
		if err != nil {
			t.Fatal(err)
		}
		ports[flag] = port
	}
	return ports
}

func TestCtrlCStopsChildrenInReverse(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops everything.")
	for _, name := range []string{"temporal", "twiliosim", "worker", "orders", "codec"} {
		l.waitForOutput(fmt.Sprintf("%-9s | I serve\n", name))
	}
	for _, want := range []string{
		url(l.ports["--twilio-port"], ""), url(l.ports["--ui-port"], ""), url(l.ports["--webhook-port"], "/twilio/sms"),
		"Order Number 42", "+15005550006", "starter send", "starter find",
		"     . " + filepath.Join(l.dir, "data", "env") + "\n",
	} {
		if !strings.Contains(l.output.String(), want) {
			t.Errorf("%q is missing from the banner:\n%s", want, l.output)
		}
	}
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0", status)
	}
	order, err := os.ReadFile(filepath.Join(l.dir, termFile))
	if err != nil {
		t.Fatal(err)
	}
	// "terminated" is SIGTERM: the SIGINT of Ctrl-C has not reached the
	// children.
	if want := "codec: terminated\norderstatus: terminated\nworker: terminated\ntwiliosim: terminated\ntemporal: terminated\n"; string(order) != want {
		t.Errorf("the children ended in the order\n%swant\n%s", order, want)
	}
}

func TestSIGTERMAndSIGHUPStopAll(t *testing.T) {
	// Under nohup, the programs that the tests start would also ignore SIGHUP,
	// unless this process handles the signal.
	lost := make(chan os.Signal, 1)
	signal.Notify(lost, syscall.SIGHUP)
	defer signal.Stop(lost)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		l := launch(t)
		l.waitForOutput("Ctrl-C stops everything.")
		l.signalGroup(s)
		if status := l.wait(); status != 0 {
			t.Errorf("%v: got exit status %d, want 0", s, status)
		}
	}
}

func TestCtrlCDuringStartupStopsChildren(t *testing.T) {
	l := launch(t, "FAKE_TWILIOSIM="+neverReady)
	l.waitForOutput("twiliosim | I serve")
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0:\n%s", status, l.output)
	}
	if strings.Contains(l.output.String(), "worker") {
		t.Errorf("the worker was started before the local Twilio was ready:\n%s", l.output)
	}
}

func TestChildIgnoringSIGTERMIsKilled(t *testing.T) {
	l := launch(t, "FAKE_WORKER="+ignoreTerm, "--grace=100ms")
	l.waitForOutput("Ctrl-C stops everything.")
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0", status)
	}
	l.waitForOutput("worker did not stop within 100ms")
}

func TestSecondCtrlCKillsRemainingChildren(t *testing.T) {
	l := launch(t, "FAKE_WORKER="+ignoreTerm, "--grace=1h")
	l.waitForOutput("Ctrl-C stops everything.")
	l.signalGroup(syscall.SIGINT)
	l.waitFor("SIGTERM to reach the worker", func() bool {
		_, err := os.Stat(filepath.Join(l.dir, termFile))
		return err == nil
	})
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0", status)
	}
}

func TestGrandchildrenEndWithTheirParent(t *testing.T) {
	l := launch(t, "FAKE_WORKER="+grandchild)
	l.waitForOutput("Ctrl-C stops everything.")
	if _, ok := l.pids()["grandchild"]; !ok {
		t.Fatal("the fake worker did not start a grandchild")
	}
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0", status)
	}
}

func TestLostTerminalStopsAll(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops everything.")
	_ = l.reader.Close()
	// The program notices a lost terminal only when it writes to it, so make
	// the worker print a line. The worker may be stopped before it responds.
	if response, err := http.Get(url(l.ports["--webhook-port"], printsALine)); err == nil {
		_ = response.Body.Close()
	}
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0", status)
	}
}

func TestChildDyingEarlyIsNamed(t *testing.T) {
	for _, name := range []string{"temporal", "twiliosim", "worker"} {
		l := launch(t, "FAKE_"+strings.ToUpper(name)+"="+dieEarly)
		if status := l.wait(); status != 1 {
			t.Errorf("%s: got exit status %d, want 1", name, status)
		}
		l.checkObituary(name, "exit status 3", "I cannot start")
	}
}

func TestChildDyingLaterIsNamed(t *testing.T) {
	for name, port := range map[string]string{"temporal": "--ui-port", "twiliosim": "--twilio-port", "worker": "--webhook-port"} {
		l := launch(t)
		l.waitForOutput("Ctrl-C stops everything.")
		l.waitForOutput(fmt.Sprintf("%-9s | I serve\n", name))
		if response, err := http.Get(url(l.ports[port], diesWith4)); err == nil {
			_ = response.Body.Close()
			t.Fatalf("%s is still alive", name)
		}
		if status := l.wait(); status != 1 {
			t.Errorf("%s: got exit status %d, want 1", name, status)
		}
		l.checkObituary(name, "exit status 4", "I serve")
	}
}

func TestKilledWorkerIsStartedAgain(t *testing.T) {
	l := launch(t)
	l.waitForOutput("Ctrl-C stops everything.")
	for range 2 {
		first := l.pids()["worker"]
		if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		l.waitFor("new worker", func() bool { now := l.pids()["worker"]; return now != 0 && now != first })
	}
	l.waitForOutput("worker has died (signal: killed): restarting it")
	l.signalGroup(syscall.SIGINT)
	if status := l.wait(); status != 0 {
		t.Errorf("got exit status %d, want 0; the output is\n%s", status, l.output)
	}
}

// checkObituary checks that the last line says which process died, how, and
// where its log is, and that the log ends with lastWords.
func (l *launcher) checkObituary(name, how, lastWords string) {
	l.t.Helper()
	log := filepath.Join(l.dir, "data", "logs", name+".log")
	l.waitForOutput("local: ")
	line := l.lastLine()
	for _, want := range []string{"local: " + name + " ", how, log} {
		if !strings.Contains(line, want) {
			l.t.Errorf("%q is missing from the last line: %s", want, line)
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		l.t.Fatal(err)
	}
	if !strings.HasSuffix(string(text), lastWords+"\n") {
		l.t.Errorf("%s contains %q, want %q as the last line", log, text, lastWords)
	}
}

func TestChildNeverReadyIsNamed(t *testing.T) {
	l := launch(t, "FAKE_TEMPORAL="+neverReady, "--ready-timeout=100ms")
	if status := l.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	if said := l.output.String(); !strings.Contains(said, "local: temporal is not ready after 100ms") || !strings.Contains(said, "temporal.log") {
		t.Errorf("the output does not name the program and its log: %s", said)
	}
}

func TestFailedCheckOfChildIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		checks := 0
		f := &family{settings: settings{ready: time.Second}}
		err := f.untilReady(t.Context(), &process{child: child{name: worker, ready: func(context.Context) error {
			checks++
			return errors.New("GET /readyz: 503")
		}}})
		if err == nil || !strings.Contains(err.Error(), "worker is not ready after 1s (GET /readyz: 503)") || checks < 10 {
			t.Errorf("got error %v after %d checks, want one with the last failed check, after at least 10", err, checks)
		}
	})
}

func TestMissingBinaryIsNamedWithRemedy(t *testing.T) {
	l := launch(t, "--bin="+t.TempDir())
	if status := l.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	l.waitForOutput("local: twiliosim")
	if !strings.Contains(l.lastLine(), "run make build") {
		t.Errorf("the last line does not say to run make build: %s", l.lastLine())
	}
}

func TestPortsInUseAreFoundFirst(t *testing.T) {
	flags := map[string]string{
		"--temporal-port": "Temporal", "--ui-port": "Temporal's Web UI", "--twilio-port": "the local Twilio",
		"--webhook-port": "the webhook", "--metrics-port": "the worker's metrics", "--codec-port": "the codec server",
	}
	taken := map[string]string{}
	for flag := range flags {
		holder, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = holder.Close() }()
		taken[flag] = strconv.Itoa(holder.Addr().(*net.TCPAddr).Port)
	}
	for _, test := range [][]string{{"--webhook-port"}, {"--temporal-port", "--ui-port", "--twilio-port", "--webhook-port", "--metrics-port", "--codec-port"}} {
		var settings []string
		for _, flag := range test {
			settings = append(settings, flag+"="+taken[flag])
		}
		l := launch(t, settings...)
		if status := l.wait(); status != 1 {
			t.Errorf("got exit status %d, want 1", status)
		}
		l.waitForOutput("\n")
		got := l.output.String()
		for _, flag := range test {
			variable := "LOCAL_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_"))
			for _, want := range []string{taken[flag] + " (" + flags[flag] + ")", "is make run running already?", variable + "="} {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing from: %s", want, got)
				}
			}
		}
		if strings.Count(got, "\n") != 1 {
			t.Errorf("want one line of output, got: %s", got)
		}
		if started := l.pids(); len(started) != 0 {
			t.Errorf("the children %v were started although ports are in use", started)
		}
	}
}

func TestSecondStackNeedsOtherData(t *testing.T) {
	first := launch(t)
	first.waitForOutput("Ctrl-C stops everything.")
	data := filepath.Join(first.dir, "data")
	second := launch(t, "--data="+data)
	if status := second.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	if want := "local: another make run is using " + data + ". To run a second one next to it: LOCAL_DATA=" + data + "/2 make run\n"; second.output.String() != want {
		t.Errorf("got %s, want %s", second.output, want)
	}
	if started := second.pids(); len(started) != 0 {
		t.Errorf("the children %v were started although another make run uses the directory", started)
	}

	port := first.ports["--webhook-port"]
	third := launch(t, "--data="+data, "--webhook-port="+strconv.Itoa(port))
	third.wait()
	if want := fmt.Sprintf(", and port %d (the webhook) is in use. To run a second one next to it: LOCAL_DATA=%s/2 LOCAL_WEBHOOK_PORT=", port, data); !strings.Contains(third.output.String(), want) {
		t.Errorf("got %s, want %s", third.output, want)
	}

	beside := launch(t, "--data="+data+"/2")
	beside.waitForOutput("Ctrl-C stops everything.")
	if other := anotherData(data); other != data+"/3" {
		t.Errorf("anotherData returned %s while %s/2 is used, want %s/3", other, data, data)
	}
	for _, l := range []*launcher{beside, first} {
		l.signalGroup(syscall.SIGINT)
		l.wait()
	}
	if release, err := claim(data); err != nil {
		t.Errorf("claim returned the error %v although no make run uses the directory", err)
	} else {
		release()
	}
}

func TestTriggersFromEnvironmentAreUsed(t *testing.T) {
	for given, want := range map[string]string{"": "local.yaml", "LOCAL_TRIGGERS=other.yaml": "other.yaml"} {
		env := map[string]string{"TRIGGERS": "local.yaml"}
		if name, value, ok := strings.Cut(given, "="); ok {
			env[name] = value
		}
		var s settings
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.StringVar(&s.triggers, "triggers", "default.yaml", "")
		err := flagsFromEnvironment(flags, func(name string) (string, bool) { value, ok := env[name]; return value, ok })
		if err != nil || s.triggers != want {
			t.Errorf("with %q: got the triggers %s (%v), want %s", given, s.triggers, err, want)
		}
	}
}

func TestPathsAreRelativeToWorkingDirectory(t *testing.T) {
	l := prepare(t)
	repository, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	l.cmd.Dir = filepath.Join(repository, "local", "devserver")
	data, err := filepath.Rel(l.cmd.Dir, filepath.Join(l.dir, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	l.cmd.Args = append(l.cmd.Args, "--data", data)
	l.start()
	l.waitForOutput("Ctrl-C stops everything.")
	if _, err := os.Stat(filepath.Join(l.dir, "elsewhere", "logs", "worker.log")); err != nil {
		t.Error(err)
	}
	l.signalGroup(syscall.SIGINT)
	l.wait()
}

func TestMistakesInEnvironmentStartNothing(t *testing.T) {
	for given, want := range map[string]string{
		"LOCAL_READY_TIMEOUT=soon": "want a duration",
		"LOCAL_UI_PORT=x":          "want a whole number",
		"LOCAL_UI_PORT=70000":      "want a number from 1 to 65535",
		"LOCAL_WEBHOK_PORT=8081":   "LOCAL_WEBHOK_PORT is not read by this program; did you mean LOCAL_WEBHOOK_PORT?",
		"TRIGGERS=/nowhere.yaml":   "no triggers at /nowhere.yaml",
	} {
		l := prepare(t, given)
		if name, _, _ := strings.Cut(given, "="); name == "LOCAL_UI_PORT" {
			at := slices.Index(l.cmd.Args, "--ui-port")
			l.cmd.Args = slices.Delete(l.cmd.Args, at, at+2)
		}
		l.start()
		if status := l.wait(); status != 1 {
			t.Errorf("%s: got exit status %d, want 1", given, status)
		}
		l.waitForOutput(want)
		if started := l.pids(); len(started) != 0 {
			t.Errorf("%s: the children %v were started although the setting is invalid", given, started)
		}
	}
}
