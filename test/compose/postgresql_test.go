//go:build compose

package compose

// PostgreSQL as in the compose file, on a separate disk that can be filled.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"temporal-twilio/test/stack"
)

// outage is how long the disk stays full.
const outage = 3 * time.Second

type postgresql struct {
	process               *stack.Process
	bin, disk, user, port string
}

// startPostgreSQL starts the service's database on a separate disk of the given
// size, or without a limit if space is empty.
func startPostgreSQL(t *testing.T, user, passwordFile, space string) *postgresql {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("PostgreSQL is not installed: run apt-get install postgresql")
	}
	p := &postgresql{bin: filepath.Dir(found[0]), disk: folder(t, nobody), user: user, port: stack.FreePort(t)}
	if space != "" {
		if err := syscall.Mount("tmpfs", p.disk, "tmpfs", 0, fmt.Sprintf("size=%s,uid=%d,gid=%d,mode=755", space, nobody, nobody)); err != nil {
			t.Fatalf("mount a disk for PostgreSQL: got error %v", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(p.disk, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
	}
	run(t, nobody, nil, found[0], "-D", p.data(), "--username="+user, "--pwfile="+passwordFile, "--auth=scram-sha-256", "--encoding=UTF8")
	p.start(t)
	return p
}

func (p *postgresql) data() string { return filepath.Join(p.disk, "data") }

func (p *postgresql) start(t *testing.T) {
	t.Helper()
	p.process = stack.StartProcess(t, "postgresql", nil, "setpriv", fmt.Sprintf("--reuid=%d", nobody), fmt.Sprintf("--regid=%d", nobody), "--clear-groups",
		filepath.Join(p.bin, "postgres"), "-D", p.data(), "-p", p.port, "-h", "127.0.0.1", "-k", p.data())
	stack.Eventually(t, "PostgreSQL answers", func(ctx context.Context) error {
		return exec.CommandContext(ctx, filepath.Join(p.bin, "pg_isready"), "--host=127.0.0.1", "--username="+p.user, "--port="+p.port).Run()
	})
}

// crash kills PostgreSQL while it is working, and restarts it.
func (p *postgresql) crash(t *testing.T) {
	t.Helper()
	_ = p.process.Signal(syscall.SIGQUIT)
	p.process.Wait(t)
	p.start(t)
}

// fillDisk leaves PostgreSQL without space for a while.
func (p *postgresql) fillDisk(t *testing.T) {
	t.Helper()
	path := filepath.Join(p.disk, "ballast")
	ballast, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	stack.Eventually(t, "PostgreSQL lacks space", func(context.Context) error {
		if _, err := io.Copy(ballast, zeros{}); !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		if out := p.process.Output(); !strings.Contains(out, "No space left on device") && !strings.Contains(out, "could not write") {
			return errors.New("PostgreSQL has not noticed yet")
		}
		return nil
	})
	time.Sleep(outage)
	if err := errors.Join(ballast.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if _, exited := p.process.Exited(); exited { // because it could not write its log
		p.start(t)
	}
}

// zeros is an endless reader of zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
