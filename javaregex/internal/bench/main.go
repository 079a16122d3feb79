//go:build unix

// Bench compares the speed of this engine with that of Go's regexp and, if a
// JDK is on the PATH, of Java after its warm-up. The patterns are like those
// that people write for short messages. It must run in the module's root.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"temporal-twilio/javaregex"
)

// cases are patterns that Go's regexp also accepts, with the same meaning for
// these inputs.
var cases = []struct{ name, pattern, input string }{
	{"order number", `Order Number (?<orderNumber>.+)`, "Order Number 10045"},
	{"yes or no", `(?i)^\s*(yes|no|y|n)\b`, "Yes please"},
	{"one-time code", `(?i)\b(?:code|otp|pin)\b\D{0,20}(?<code>\d{4,8})\b`, "Your verification code is 482913. Do not share it."},
	{"appointment", `(?i)\b(?:appointment|appt)\b.*?(?<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+(?:at\s+)?(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>am|pm)?`, "Hi Anna, can I move my appointment with Dr. Weber to Thursday at 10:30 am please?"},
	{"e-mail", `(?<user>[\w.+-]+)@(?<host>[\w-]+(?:\.[\w-]+)+)`, "Please send the invoice to anna.meier+billing@example.co.uk, thank you"},
	{"amount", `\$(?<amount>\d+(?:\.\d{2})?)`, "You owe $12.50 for last month, due on Friday"},
	{"keyword", `(?i)^(?<command>track|status|cancel)\s+(?<orderId>\d{4,10})\s*$`, "STATUS 20451"},
	{"no match", `Order Number (?<orderNumber>.+)`, "Hello, where is my parcel? I have been waiting for a week now."},
	{"no match, any case", `(?i)\b(?:stop|unsubscribe|cancel)\b`, "Hello, where is my parcel? I have been waiting for a week now."},
	{"no e-mail", `(?<user>[\w.+-]+)@(?<host>[\w-]+(?:\.[\w-]+)+)`, "Hello, where is my parcel? I have been waiting for a week now."},
}

const (
	warmUp  = 600 // milliseconds of CPU time
	window  = 40
	windows = 9
)

var kept *javaregex.Match

// main measures this engine and Java in turn, in short windows, so that changes
// in the machine's speed affect both; the ratio is the median over adjacent
// windows. The column "kept" is for matches that the caller keeps, which must
// be allocated.
func main() {
	java := startJava()
	fmt.Printf("%-20s %10s %10s %8s %10s %10s %10s\n", "CPU ns", "javaregex", "Java", "ratio", "kept", "regexp", "compile")
	for _, c := range cases {
		ctx, p, re := context.Background(), must(javaregex.Compile(c.pattern)), regexp.MustCompile(c.pattern)
		find := func() { must(p.Find(ctx, c.input)) }
		java.find(c.pattern, c.input, warmUp)
		var ours, theirs, ratios []float64
		for range windows {
			a, b := java.find(c.pattern, c.input, window), cpuTime(find)
			ours, theirs, ratios = append(ours, b), append(theirs, a), append(ratios, b/a)
		}
		fmt.Printf("%-20s %10.0f %10.0f %8.2f %10.0f %10.0f %10.0f\n", c.name, median(ours), median(theirs), median(ratios),
			cpuTime(func() { kept = must(p.Find(ctx, c.input)) }),
			cpuTime(func() { re.FindStringSubmatchIndex(c.input) }),
			cpuTime(func() { must(javaregex.Compile(c.pattern)) }))
	}
	runtime.KeepAlive(kept)
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// cpuTime returns the nanoseconds of CPU time that f takes, which other load on
// the machine does not affect.
func cpuTime(f func()) float64 {
	rounds, begun, took := 0, processTime(), int64(0)
	for took < window*1e6 {
		for range 500 {
			f()
		}
		rounds += 500
		took = processTime() - begun
	}
	return float64(took) / float64(rounds)
}

func processTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// javaProcess is a Java process that searches on demand. It is nil if there is
// no JDK.
type javaProcess struct {
	in  io.Writer
	out *bufio.Scanner
}

func startJava() *javaProcess {
	if _, err := exec.LookPath("java"); err != nil {
		return nil
	}
	java := exec.Command("java", filepath.Join("javaregex", "internal", "jdk", "Bench.java"))
	java.Stderr = os.Stderr
	in, out := must(java.StdinPipe()), must(java.StdoutPipe())
	if err := java.Start(); err != nil {
		panic(err)
	}
	return &javaProcess{in, bufio.NewScanner(out)}
}

// find returns how many nanoseconds Java takes, or NaN if there is no JDK.
func (j *javaProcess) find(pattern, input string, milliseconds int) float64 {
	if j == nil {
		return math.NaN()
	}
	fmt.Fprintf(j.in, "%d\t%s\t%s\n", milliseconds, pattern, input)
	if !j.out.Scan() {
		fmt.Fprintln(os.Stderr, "Bench.java has ended: run this program in the module's root")
		os.Exit(1)
	}
	return must(strconv.ParseFloat(j.out.Text(), 64))
}
