package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// example is a running program from examples/.
type example struct {
	*exec.Cmd
	stdin io.Writer
	out   bytes.Buffer
}

// runExample starts a program from examples/ that ends without being stopped.
func runExample(t *testing.T, s *stack.Stack, name string, args ...string) *example {
	t.Helper()
	e := &example{Cmd: exec.CommandContext(t.Context(), stack.Build(t, "examples/"+name), args...)}
	e.Env = append(e.Environ(), s.Environment()...)
	e.Stdout = &e.out
	var err error
	if e.stdin, err = e.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	return e
}

// ends waits until the program ends, and checks the end of its output.
func (e *example) ends(t *testing.T, with string) {
	t.Helper()
	if err := e.Wait(); err != nil || !strings.HasSuffix(strings.TrimSpace(e.out.String()), with) {
		t.Errorf("got error %v and the output %q, want an output that ends with %q", err, e.out.String(), with)
	}
}

// texted waits for a text to a phone that matches a pattern, and returns the
// groups of the match.
func texted(t *testing.T, s *stack.Stack, to, pattern string) (groups []string) {
	t.Helper()
	stack.Eventually(t, "a text "+pattern+" arrives", func(context.Context) error {
		for _, m := range s.Twilio.Messages(twiliosim.Filter{To: to}) {
			if groups = regexp.MustCompile(pattern).FindStringSubmatch(m.Body); groups != nil {
				return nil
			}
		}
		return errors.New("not yet")
	})
	return groups
}

func TestExampleReminderHearsTheGuest(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	e := runExample(t, s, "reminder", "--to", phone, "--in", "1ms")
	texted(t, s, phone, `^Dear Ann, we expect you on \d+ \w+ at \d\d:\d\d\. Will you come\?`)
	if got := replies(text(t, s, "Order Number 42")); got != "Your reference number is 42" {
		t.Errorf("a text that is not an answer: got the replies %q, want the trigger's echo", got)
	}
	text(t, s, "No, sorry")
	e.ends(t, "not coming")
	texted(t, s, phone, "^Thank you for letting us know")
}

func TestExampleApprovalAsksTheNextPerson(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	first := "+15005550010"
	e := runExample(t, s, "approval", "--approvers", first+","+phone, "--timeout", "20s")
	code := texted(t, s, first, `^Refund order 42: 120 EUR\. Do you approve\? Answer "(\w\d) yes" or`)[1]
	if again := texted(t, s, phone, `"(\w\d) yes"`)[1]; again != code {
		t.Errorf("the second approver got the code %q, want the first one's, %q", again, code)
	}
	text(t, s, code+" yes")
	e.ends(t, phone+" approved. Done: Refund order 42: 120 EUR")
}

func TestExampleTwoFactorChecksTheCode(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	e := runExample(t, s, "twofactor", "--to", phone)
	code := texted(t, s, phone, `^(\d{6}) is your code`)[1]
	for _, line := range []string{"nonsense", code} {
		if _, err := io.WriteString(e.stdin, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	e.ends(t, "Wrong.\nRight.\nThe login: verified")
}
