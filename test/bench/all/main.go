// Command all runs the short benchmarks one after another, prints a table, and
// writes docs/benchmarks.md. It needs Java for the engines' rows and npm for
// those of Node-RED; a row that it cannot measure says why.
//
//	go run ./test/bench/all
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"temporal-twilio/test/bench/table"
)

var (
	turns = flag.Int("turns", 5, "how many turns each side gets")
	turn  = flag.Duration("turn", time.Second, "how long a turn is")
	page  = flag.String("page", filepath.Join("docs", "benchmarks.md"), "the page to write")
)

// parts lists the parts of our own benchmarks, in the order of the page.
var parts = []string{"A text out", "A text in", "What it costs", "Size", "Options: on compared with off"}

func main() {
	flag.Parse()
	log.SetFlags(0)
	began, busy := time.Now(), busy()
	rows, failed := measure()
	var text bytes.Buffer
	heading(&text, began, busy, failed)
	table.Write(&text, rows)
	fmt.Println(text.String())
	if err := os.WriteFile(*page, text.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("wrote %s after %s", *page, time.Since(began).Round(time.Second))
	if len(failed) > 0 {
		log.Fatalf("some benchmarks failed: %s", strings.Join(failed, ", "))
	}
}

// measure runs all benchmarks, and returns their rows and the names of those
// that failed.
func measure() (rows []table.Row, failed []string) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "rows")
	_, err = run(9*time.Minute, "go", "test", "./test/bench", "-count=1", "-short", "-v", "-timeout=9m",
		"-run=^(TestOutbound|TestProcessor|TestInbound|TestUnwanted|TestTriggers|TestFootprint|TestOptions|TestCosts|TestInboundCosts)$",
		"-rows="+file, "-turns="+strconv.Itoa(*turns), "-turn="+turn.String(), "-node-red="+installNodeRed())
	if err != nil {
		failed = append(failed, "the product's own benchmarks")
	}
	if rows, err = table.Read(file); err != nil {
		failed = append(failed, "the file of rows ("+err.Error()+")")
	}
	slices.SortStableFunc(rows, func(a, b table.Row) int { return slices.Index(parts, a.Part) - slices.Index(parts, b.Part) })
	for _, engine := range []struct {
		name string
		args []string
		read func(line string) []table.Row
	}{
		{"FreeMarker", []string{"test", "-count=1", "-tags=java", "./freemarker", "-run=TestSpeedAgainstJava", "-v"}, templateRows},
		{"Java's regular expressions", []string{"run", "./javaregex/internal/bench"}, patternRows},
	} {
		said, err := run(4*time.Minute, "go", engine.args...)
		found := len(rows)
		for line := range strings.Lines(said) {
			rows = append(rows, engine.read(line)...)
		}
		if found == len(rows) {
			rows = append(rows, table.Row{Part: engine.name, Name: "all", Beside: "Java", Missing: "Java is not installed, or its benchmark failed"})
		}
		if _, missing := exec.LookPath("java"); err != nil && missing == nil {
			failed = append(failed, engine.name)
		}
	}
	return rows, failed
}

// run runs a program, prints its output, and returns what it wrote to standard
// output.
func run(patience time.Duration, name string, args ...string) (said string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log.Printf("%s %s", name, strings.Join(args, " "))
	var out strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stderr, &out), os.Stderr
	err = cmd.Run()
	return out.String(), err
}

// installNodeRed returns the path of Node-RED, which it installs on first use.
// The path is empty if that fails.
func installNodeRed() string {
	dir, err := filepath.Abs(filepath.Join(".local", "node-red"))
	if err != nil {
		return ""
	}
	program := filepath.Join(dir, "node_modules", ".bin", "node-red")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return ""
	}
	if _, err := run(2*time.Minute, "npm", "install", "--no-audit", "--no-fund", "--omit=optional", "--prefix", dir, "node-red@4"); err != nil {
		log.Printf("cannot install Node-RED, so its rows are left out: %v", err)
		return ""
	}
	return program
}

// templateLine matches a line of the template benchmark, such as "hello 100 200
// 2.0x 3 100 500 5.0x 20".
var templateLine = regexp.MustCompile(`^(\S.*?)\s+(\d+)\s+(\d+)\s+([\d.]+)x\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)x\s+(\d+)`)

func templateRows(line string) []table.Row {
	m := templateLine.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	row := func(name, ratio, ours, theirs string, atLeast float64) table.Row {
		return table.Row{
			Why:  "the engine interprets a tree, whereas Java compiles the hot loop",
			Part: "FreeMarker", Name: m[1] + ", " + name, Beside: "Java", Unit: "× the speed", Median: parsed(ratio), AtLeast: atLeast,
			Note: ours + "/s and " + theirs + "/s",
		}
	}
	return []table.Row{row("parsed before", m[4], m[3], m[2], 1), row("parsed and rendered", m[8], m[7], m[6], 5)}
}

// patternLine matches a line of the regular expression benchmark, such as
// "order number 80 100 0.80 90 300 2000".
var patternLine = regexp.MustCompile(`^(\S.*?)\s+(\d+)\s+(\d+|NaN)\s+([\d.]+|NaN)\s+(\d+)\s+(\d+)\s+(\d+)\s*$`)

func patternRows(line string) []table.Row {
	m := patternLine.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	row := table.Row{
		Part: "Java's regular expressions", Name: m[1], Beside: "Java, warm", Unit: "× the time", AtMost: 1,
		Why:  "the text is so short that the fixed costs of a match dominate",
		Note: fmt.Sprintf("%s ns and %s ns; Go's regexp %s ns", m[2], m[3], m[6]),
	}
	if m[4] == "NaN" {
		row.Missing, row.Note = "no Java here", ""
	} else {
		row.Median = parsed(m[4])
	}
	return []table.Row{row}
}

// parsed parses a number from a matched line, and exits the program if that
// fails.
func parsed(text string) float64 {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		log.Fatal(err)
	}
	return number
}

// heading writes the page's introduction, which describes the machine.
func heading(w io.Writer, began time.Time, busy string, failed []string) {
	fmt.Fprintf(w, `# Benchmarks

`+"`make bench`"+` wrote this page, and regenerates it on your machine in about ten minutes. The two sides of a comparison
take turns, and each ratio is the median of the ratios of neighboring turns: absolute figures depend on the machine, ratios
less so. An aim is what we want to reach; the page says where it is missed, where only the median meets it (a turn misses it
by more than 5%%), and where turns differ too much to tell. In the last column, our figure comes first.

%s, on %s with %d cores, %s/%s, %s, %s. %sTurns each: %d.
`, began.UTC().Format("2006-01-02"), processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version("java", "--version"), busy, *turns)
	if len(failed) > 0 {
		fmt.Fprintf(w, "\n**Not all of it could be measured: %s failed.**\n", strings.Join(failed, ", "))
	}
}

// processor returns the model of the machine's processor.
func processor() string {
	about, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "a machine"
	}
	for line := range strings.Lines(string(about)) {
		if name, model, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return "a machine"
}

// busy returns a note if the machine is busy with other work.
func busy() string {
	about, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(about), " ")
	if n, err := strconv.ParseFloat(load, 64); err == nil && n > float64(runtime.NumCPU()) {
		return fmt.Sprintf("**The machine was busy with other work** (load %s at the start). ", load)
	}
	return ""
}

// version returns the first line of a program's version output.
func version(name string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	said, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "without " + name
	}
	line, _, _ := strings.Cut(string(said), "\n")
	return strings.TrimSpace(line)
}
