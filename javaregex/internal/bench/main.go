//go:build unix

// Bench prints how long patterns of the kind that people write for short messages take here, in
// Go's regexp and, if a JDK is on the PATH, in Java once it is warm. Run it from the module's
// root.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"temporal-twilio/javaregex"
)

// cases are patterns that Go's regexp takes as well, and means the same on these inputs.
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

func main() {
	java := warmJava()
	fmt.Printf("%-20s %10s %10s %10s %12s %10s\n", "CPU ns", "javaregex", "regexp", "Java", "compile", "allocs")
	for i, c := range cases {
		ctx, p, re := context.Background(), must(javaregex.Compile(c.pattern)), regexp.MustCompile(c.pattern)
		ours := cpuTime(func() { must(p.Find(ctx, c.input)) })
		theirs := cpuTime(func() { re.FindStringSubmatchIndex(c.input) })
		compile := cpuTime(func() { must(javaregex.Compile(c.pattern)) })
		allocs := testing.AllocsPerRun(100, func() { must(p.Find(ctx, c.input)) })
		fmt.Printf("%-20s %10d %10d %10s %12d %10.0f\n", c.name, ours, theirs, java[i], compile, allocs)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// cpuTime is the nanoseconds that f takes at best: of the processor, not of the clock, so that a
// busy machine does not show.
func cpuTime(f func()) int64 {
	best := int64(1) << 62
	for range 5 {
		rounds := int64(0)
		begun := processTime()
		for processTime()-begun < 40e6 {
			for range 500 {
				f()
			}
			rounds += 500
		}
		best = min(best, (processTime()-begun)/rounds)
	}
	return best
}

func processTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// warmJava returns Java's times, or dashes without a JDK.
func warmJava() []string {
	times := make([]string, len(cases))
	for i := range times {
		times[i] = "-"
	}
	source := filepath.Join("javaregex", "internal", "jdk", "Bench.java")
	if _, err := exec.LookPath("java"); err != nil {
		return times
	}
	var requests strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&requests, "%s\t%s\n", c.pattern, c.input)
	}
	java := exec.Command("java", source)
	java.Stdin = strings.NewReader(requests.String())
	java.Stderr = os.Stderr
	out, err := java.Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "java %s: %v (run from the module's root)\n", source, err)
		return times
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for i := 0; i < len(times) && lines.Scan(); i++ {
		times[i] = lines.Text()
	}
	return times
}
