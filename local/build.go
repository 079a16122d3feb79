package main

// This file builds the embedded Temporal. The first time, this compiles about
// 1100 packages, so it shows its progress.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const embeddedSource = "local/devserver"

// The build flags of the embedded server. Its tests use the same -trimpath,
// tags and CGO_ENABLED (see the Makefile); with other flags, Go would compile
// all of its packages again. The tags leave out what only a cluster needs, a
// quarter of the packages: a Kubernetes client (release), and gRPC's service
// discovery for Google's storage (disable_grpc_modules). The stubs that its
// go.mod names save a quarter of the remaining compile time.
var (
	buildFlags = []string{"-trimpath", "-tags=release,disable_grpc_modules", "-ldflags=-s -w"}
	buildEnv   = []string{"CGO_ENABLED=0"}
)

// buildEmbedded returns the path of the embedded server's binary, and builds it
// first if it is missing or older than its sources.
func buildEmbedded(ctx context.Context, bin string, out *console) (string, error) {
	binary := filepath.Join(bin, "temporal-devserver")
	fresh, err := newerThanSources(binary, embeddedSource)
	if err != nil || fresh {
		return binary, err
	}
	out.print("building the embedded Temporal server\n")
	start := time.Now()
	if err := build(ctx, embeddedSource, binary, out); err != nil {
		return "", err
	}
	out.print(fmt.Sprintf("built the embedded Temporal server in %s\n", time.Since(start).Round(time.Second)))
	return binary, nil
}

// newerThanSources reports whether binary is newer than every source file in
// dir and the folders in it.
func newerThanSources(binary, dir string) (bool, error) {
	info, err := os.Stat(binary)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	newer := true
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(entry.Name(), "_test.go") {
			return err
		}
		source, err := entry.Info()
		if err == nil && source.ModTime().After(info.ModTime()) {
			newer = false
			return filepath.SkipAll
		}
		return err
	})
	return newer, err
}

// build compiles the main package in dir and shows its progress.
func build(ctx context.Context, dir, binary string, out *console) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	total, err := packagesToBuild(ctx, dir, out)
	if err != nil {
		return err
	}
	if text := outlook(total); text != "" {
		out.print(text + "\n")
	}
	// Build next to the destination and rename, so that a process that starts
	// or builds the server at the same time always finds a complete binary.
	temporary, err := os.MkdirTemp(filepath.Dir(binary), ".build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	made := filepath.Join(temporary, filepath.Base(binary))

	bar := &progress{out: out, what: "packages", total: total, began: time.Now()}
	args := append(append([]string{"build", "-v", "-o", made}, buildFlags...), ".")
	if err := goCommand(ctx, dir, io.Discard, bar, args...); err != nil {
		return err
	}
	return os.Rename(made, binary)
}

// outlook returns a line that says how long it takes to compile that many
// packages, or "" if that is too short to mention. The estimate scales a
// measurement of the whole embedded server on two processors.
func outlook(packages int) string {
	const all, takes = 1100, 3 * time.Minute
	minutes := int((takes * time.Duration(packages) / all).Round(time.Minute) / time.Minute)
	if minutes == 0 {
		return ""
	}
	return fmt.Sprintf("  %d packages to compile, which takes about %d min", packages, minutes)
}

// packagesToBuild counts the packages in dir's build that Go has not compiled
// yet. It downloads missing modules first.
func packagesToBuild(ctx context.Context, dir string, out *console) (int, error) {
	var list bytes.Buffer
	bar := &progress{out: out, what: "modules fetched"}
	args := append(append([]string{"list", "-deps"}, buildFlags...), "-f", "{{.StaleReason}}", ".")
	if err := goCommand(ctx, dir, &list, bar, args...); err != nil {
		return 0, err
	}
	total := 0
	for line := range strings.Lines(list.String()) {
		if line != "\n" && !strings.Contains(line, "available in build cache") {
			total++
		}
	}
	return total, nil
}

// goCommand runs the go command in dir. Each line that it writes to standard
// error advances the progress bar; lines that the bar does not recognize become
// part of the error.
func goCommand(ctx context.Context, dir string, stdout io.Writer, bar *progress, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), buildEnv...)
	cmd.Stdout = stdout
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	var rest []string
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !bar.line(lines.Text()) {
			rest = append(rest, lines.Text())
		}
	}
	bar.finish()
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, strings.Join(rest, "\n"))
	}
	return nil
}

// progress shows a count: on a terminal, in a single line that is rewritten;
// elsewhere, as one line per tenth of the total.
type progress struct {
	out   *console
	what  string
	total int // 0 if unknown
	done  int
	shown int       // tenths
	began time.Time // zero: do not estimate the time left
}

// line handles a line of the go command's output and reports whether it was a
// step: a module downloaded or a package compiled.
func (p *progress) line(text string) bool {
	isPackage := text != "" && !strings.ContainsAny(text, " \t#:")
	if !isPackage && !strings.HasPrefix(text, "go: downloading ") {
		return false
	}
	if !isPackage && p.total > 0 {
		return true // a late download of a module; the total counts only packages
	}
	p.done++
	p.show()
	return true
}

func (p *progress) show() {
	if p.out.terminal {
		p.out.print("\r\x1b[K  " + p.text())
		return
	}
	if p.total == 0 {
		return
	}
	if tenths := p.done * 10 / p.total; tenths > p.shown {
		p.shown = tenths
		p.out.print("  " + p.text() + "\n")
	}
}

func (p *progress) text() string {
	if p.total == 0 {
		return fmt.Sprintf("%d %s", p.done, p.what)
	}
	done := min(p.done, p.total) // Go may compile two variants of a package
	text := fmt.Sprintf("%d of %d %s (%d%%)", done, p.total, p.what, done*100/p.total)
	if !p.began.IsZero() && done*10 >= p.total && done < p.total {
		text += ", " + left(remaining(done, p.total, time.Since(p.began)))
	}
	return text
}

// remaining estimates how long the other packages will take. Packages that many
// others import come first and are small: in measurements, half of the time had
// passed when 83% of the packages were done, and 80% of it when 96% were.
// The share of the time that is left is therefore about the square root of the
// share of the packages that are left.
func remaining(done, total int, passed time.Duration) time.Duration {
	share := math.Sqrt(float64(total-done) / float64(total))
	return time.Duration(float64(passed) * share / (1 - share))
}

// left describes the remaining time in whole minutes, since it is an estimate.
func left(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute left"
	}
	return fmt.Sprintf("about %d min left", int(d.Round(time.Minute)/time.Minute))
}

// finish ends a line that is still being rewritten.
func (p *progress) finish() {
	if p.out.terminal && p.done > 0 {
		p.out.print("\n")
	}
}
