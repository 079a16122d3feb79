//go:build compose && workers

package compose

// How much faster 2 and 4 workers send than one, with Temporal on PostgreSQL.
// "make bench-workers" runs it, and writes the table of docs/scaling.md.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

var (
	rounds = flag.Int("rounds", 5, "how many turns each number of workers gets")
	turn   = flag.Duration("turn", 8*time.Second, "how long a turn is")
	page   = flag.String("page", "", "the page whose table is written")
)

// crews lists the numbers of workers to compare. sizes lists the lengths of
// lists, and atOnce how many workflows run concurrently for each length.
var (
	crews  = []int{1, 2, 4}
	sizes  = []int{1, 100}
	atOnce = map[int]int{1: 50, 100: 8}
)

func TestWorkersBesideEachOther(t *testing.T) {
	busy, _ := os.ReadFile("/proc/loadavg") // without a readable load, the table shows none
	address, _ := startTemporal(t, services(t), "")
	twilio, err := twiliosim.Start(twiliosim.Options{Account: stack.Account, Token: stack.Token, Numbers: []string{stack.Number}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = twilio.Close() })
	_, slow := twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(50 * time.Millisecond)})
	if err := errors.Join(slow, twilio.SetSpeed(1e6)); err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(client.Options{HostPort: address})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	environment := []string{"TEMPORAL_ADDRESS=" + address, "TWILIO_ACCOUNT=" + stack.Account, "TWILIO_TOKEN=" + stack.Token, "TWILIO_BASE_URL=" + twilio.URL, "METRICS_ADDR="}
	rates := map[[2]int][]float64{} // recipients per second, by number of workers and list size
	for range *rounds {
		for _, workers := range crews {
			crew := startCrew(t, environment, workers)
			for _, size := range sizes {
				rates[[2]int{workers, size}] = append(rates[[2]int{workers, size}], sent(t, c, size))
			}
			for _, worker := range crew {
				worker.Stop(t)
			}
		}
	}
	text := tabled(rates, string(busy))
	t.Log(text)
	if *page != "" {
		writeTable(t, *page, text)
	}
}

// startCrew starts the given number of workers, and waits until all of them
// poll.
func startCrew(t *testing.T, environment []string, workers int) (crew []*stack.Process) {
	t.Helper()
	for range workers {
		crew = append(crew, stack.StartProcess(t, "worker", environment, stack.Build(t, "worker"), "--only", "worker"))
	}
	stack.Eventually(t, "all workers poll", func(context.Context) error {
		for _, worker := range crew {
			if !strings.Contains(worker.Output(), "worker started") {
				return errors.New("a worker does not poll yet")
			}
		}
		return nil
	})
	return crew
}

// sent returns how many recipients per second are texted by workflows with
// lists of the given size.
func sent(t *testing.T, c client.Client, size int) float64 {
	t.Helper()
	to := make([]string, size)
	for i := range to {
		to[i] = fmt.Sprintf("+1500%07d", 1000+i)
	}
	var (
		group sync.WaitGroup
		done  atomic.Int64
	)
	began := time.Now()
	for range atOnce[size] {
		group.Go(func() {
			for time.Since(began) < *turn {
				run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: uuid.NewString(), TaskQueue: sms.TaskQueue}, sms.SendSmsWorkflowName,
					sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Hello"})
				var result sms.SendSmsWorkflowResult
				if err == nil {
					err = run.Get(t.Context(), &result)
				}
				if err != nil || len(result.Messages) != size {
					t.Errorf("%d of %d recipients were texted, want all; got error %v", len(result.Messages), size, err)
					return
				}
				done.Add(int64(size))
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// tabled returns the table in Markdown. A ratio is the median over the rounds,
// followed by the lowest and the highest ratio.
func tabled(rates map[[2]int][]float64, busy string) string {
	var text strings.Builder
	load, _, _ := strings.Cut(busy, " ")
	fmt.Fprintf(&text, "%s, %d cores for everything, PostgreSQL and Temporal included; load %s at the start; %d turns of %s each.\n\n",
		time.Now().Format(time.DateOnly), runtime.NumCPU(), load, *rounds, *turn)
	text.WriteString("| recipients of a workflow, workflows at a time | 1 worker | 2 workers | 4 workers |\n|---|---|---|---|\n")
	for _, size := range sizes {
		one := rates[[2]int{1, size}]
		fmt.Fprintf(&text, "| %d, %d | %.0f recipients/s, %.0f to %.0f |", size, atOnce[size], median(one), slices.Min(one), slices.Max(one))
		for _, workers := range crews[1:] {
			var ratios []float64
			for i, rate := range rates[[2]int{workers, size}] {
				ratios = append(ratios, rate/one[i])
			}
			fmt.Fprintf(&text, " %.2f ×, %.2f to %.2f |", median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func median(figures []float64) float64 { return slices.Sorted(slices.Values(figures))[len(figures)/2] }

// between matches the table on a page, together with the markers around it.
var between = regexp.MustCompile(`(?s)(<!-- make bench-workers writes from here -->\n).*(<!-- to here -->)`)

func writeTable(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err == nil && !between.Match(before) {
		err = errors.New("the page lacks the markers around the table")
	}
	if err == nil {
		err = os.WriteFile(path, between.ReplaceAll(before, []byte("${1}"+text+"${2}")), 0o644)
	}
	if err != nil {
		t.Fatalf("update the table in %s: got error %v", path, err)
	}
}
