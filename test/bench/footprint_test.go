package bench

// The worker's footprint, compared with Node-RED: how soon it is ready, how much
// memory it needs, and how large it is.

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/bench/table"
	"temporal-twilio/test/stack"
)

const footprintPart = "Size"

// idle is how long a process is left idle before its memory is read.
const idle = 2 * time.Second

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// releaseBuild builds the worker and the starter without debug information, as
// in the image.
func releaseBuild(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", dir+"/", "./worker", "./starter")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return dir
}

// goRoot returns where Go is installed.
func goRoot(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(root))
}

func size(t *testing.T, paths ...string) (bytes int64) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	return bytes
}

func TestFootprint(t *testing.T) {
	besideOthers(t)
	dir := releaseBuild(t)
	worker, starter := filepath.Join(dir, "worker"), filepath.Join(dir, "starter")
	zones := filepath.Join(goRoot(t), "lib", "time", "zoneinfo.zip")
	keep(t, table.Row{Part: footprintPart, Name: "the worker's program", Unit: "MB", Median: megabytes(size(t, worker))})
	keep(t, table.Row{Part: footprintPart, Name: "the image: worker, starter, time zones", Unit: "MB", Median: megabytes(size(t, worker, starter, zones)), Note: "uncompressed, without 0.2 MB of certificates"})

	s := stack.Start(t, stack.Options{NoWorker: true, Environment: []string{"LOG_LEVEL=error"}})
	var ready, idleRSS []float64
	for range *turns {
		began := time.Now()
		s.Worker = stack.StartProcess(t, "worker", s.Environment(), worker)
		stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error { return stack.Get(ctx, s.Webhook+"/readyz") })
		ready = append(ready, time.Since(began).Seconds())
		time.Sleep(idle)
		idleRSS = append(idleRSS, megabytes(s.Worker.Memory(t)))
		if len(ready) < *turns {
			s.Worker.Stop(t)
		}
	}
	keep(t, table.Of(table.Row{Part: footprintPart, Name: "from start to ready", Unit: "s", AtMost: 0.3, Note: "Temporal runs already"}, ready))
	keep(t, table.Of(table.Row{Part: footprintPart, Name: "memory when idle", Unit: "MB", AtMost: 40, Why: "libphonenumber, the schemas of gRPC and the AWS SDK are linked in"}, idleRSS))
	load(t, s)
	keep(t, table.Row{Part: footprintPart, Name: "most memory under load", Unit: "MB", Median: megabytes(s.Worker.PeakMemory(t)), AtMost: 100, Note: "texts, 32 at a time, and a list of 5,000", Why: "the list, its records and its report are in memory at the same time"})
	footprintOfNodeRed(t)
}

// load makes a worker receive texts and send to a list.
func load(t *testing.T, s *stack.Stack) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	take(t, 32, func(ctx context.Context, _ int) error { return deliver(ctx, c, s.Webhook, "nothing") })
	if err := s.Twilio.SetSpeed(1e6); err != nil {
		t.Fatal(err)
	}
	handle, err := s.Temporal.Client.ExecuteActivity(t.Context(), client.StartActivityOptions{
		ID: uuid.NewString(), TaskQueue: sms.TaskQueue, StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: 30 * time.Second,
	}, sms.SendSmsName, listOf(5000))
	if err == nil {
		err = handle.Get(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func footprintOfNodeRed(t *testing.T) {
	t.Helper()
	if *nodeRed == "" {
		keep(t, table.Row{Part: footprintPart, Name: "Node-RED 4: start to ready, memory", Missing: "npm could not install node-red@4 here"})
		return
	}
	base, p, took := startNodeRed(t)
	time.Sleep(idle)
	keep(t, table.Row{Part: footprintPart, Name: "Node-RED 4: from start to ready", Unit: "s", Median: took.Seconds()})
	keep(t, table.Row{Part: footprintPart, Name: "Node-RED 4: memory when idle", Unit: "MB", Median: megabytes(p.Memory(t))})
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	take(t, 32, func(ctx context.Context, _ int) error { return deliver(ctx, c, base, "nothing") })
	keep(t, table.Row{Part: footprintPart, Name: "Node-RED 4: most memory under load", Unit: "MB", Median: megabytes(p.PeakMemory(t)), Note: "texts, 32 at a time"})
}
