package main

// Child processes are started one after the other, watched, and stopped in
// reverse order.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// worker is the name of the only child that is restarted if it is killed.
const worker = "worker"

// child is a program that runs for as long as the stack does.
type child struct {
	name string
	path string
	args []string
	env  []string
	// ready returns nil if the child can be used. It is called repeatedly until
	// then.
	ready func(context.Context) error
}

// process is a child that has been started.
type process struct {
	child
	cmd    *exec.Cmd
	log    string        // path of the file with its output
	exited chan struct{} // closed when it has exited and its output is written
}

// family is the children that have been started, in the order of their start.
type family struct {
	out       *console
	settings  settings
	hurry     context.Context // cancelled when the user does not want to wait for the grace period
	processes []*process
}

// start starts a child and waits until it is ready.
func (f *family) start(ctx context.Context, c child) error {
	p, err := f.spawn(c, os.O_TRUNC)
	if err != nil {
		return err
	}
	f.processes = append(f.processes, p)
	return f.untilReady(ctx, p)
}

// spawn starts a child. logMode is os.O_TRUNC to replace its log, or os.O_APPEND.
func (f *family) spawn(c child, logMode int) (*process, error) {
	p := &process{
		child:  c,
		log:    filepath.Join(f.settings.data, "logs", c.name+".log"),
		exited: make(chan struct{}),
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|logMode, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s: open its log: %w", c.name, err)
	}
	output := f.out.lines(c.name, log)

	p.cmd = exec.Command(c.path, c.args...)
	p.cmd.Env = c.env
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.SysProcAttr = ownGroup()
	// A grandchild that keeps the output open must not block Wait.
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(startError(c, err), log.Close())
	}
	go func() {
		_ = p.cmd.Wait() // the outcome is in ProcessState
		output.flush()
		_ = log.Close()
		close(p.exited)
	}()
	return p, nil
}

func startError(c child, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %s does not exist: run make build", c.name, c.path)
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

func (f *family) untilReady(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, f.settings.ready)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	var last error
	for {
		attempt, cancelAttempt := context.WithTimeout(ctx, 5*time.Second)
		err := p.ready(attempt)
		cancelAttempt()
		if err == nil {
			return f.dead()
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-again.C:
			if err := f.dead(); err != nil {
				return err
			}
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%s is not ready after %s (%w); its output is in %s", p.name, f.settings.ready, last, p.log)
			}
			return ctx.Err()
		}
	}
}

// dead returns an error that names a child that has exited, or nil if all are
// running.
func (f *family) dead() error {
	for _, p := range f.processes {
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended unexpectedly (%s); its output is in %s", p.name, p.cmd.ProcessState, p.log)
		default:
		}
	}
	return nil
}

// watch returns nil when the context ends or the terminal is gone, and an error
// that names the child if one exits. A worker that was killed is restarted.
func (f *family) watch(ctx context.Context) error {
	someone := make(chan int, 1)
	wait := func(place int) {
		p := f.processes[place]
		go func() {
			<-p.exited
			select {
			case someone <- place:
			case <-ctx.Done():
			}
		}()
	}
	for place := range f.processes {
		wait(place)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.out.closed:
			return nil
		case place := <-someone:
			if ctx.Err() != nil || !f.processes[place].killed() {
				return f.dead()
			}
			if err := f.revive(place); err != nil {
				return err
			}
			wait(place)
		}
	}
}

// killed reports whether the process is the worker and was killed by a signal,
// for example by a user who wants to see what happens. It is false for the
// other children, because restarting them would lose data or hide a fault.
func (p *process) killed() bool {
	status, known := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return p.name == worker && known && status.Signaled()
}

// revive restarts the child at the given place. Its log is continued.
func (f *family) revive(place int) error {
	was := f.processes[place]
	f.out.print(fmt.Sprintf("%s has died (%s): restarting it\n", was.name, was.cmd.ProcessState))
	p, err := f.spawn(was.child, os.O_APPEND)
	if err != nil {
		return err
	}
	f.processes[place] = p
	return nil
}

// stop stops the children, the last one first.
func (f *family) stop() {
	for _, p := range slices.Backward(f.processes) {
		f.stopOne(p)
	}
	if len(f.processes) > 0 {
		f.out.print("everything has stopped\n")
	}
}

// stopOne asks the child to exit and kills it after the grace period, along
// with whatever is left in its process group.
func (f *family) stopOne(p *process) {
	group := -p.cmd.Process.Pid
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(f.settings.grace):
		f.out.print(fmt.Sprintf("%s did not stop within %s: killing it\n", p.name, f.settings.grace))
	case <-f.hurry.Done():
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.exited
}
