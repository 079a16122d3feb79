package docs

// Tests of docs/twiliosim.md: its command starts a local Twilio, and its
// snippet runs within a program.

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"temporal-twilio/test/stack"
)

// aroundSnippet is the code around the page's Go snippet.
const aroundSnippet = `package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"temporal-twilio/twiliosim"
)

func main() {
	ctx := context.Background()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response><Message>Hello</Message></Response>")
	}))
	defer receiver.Close()
	SNIPPET
	if err != nil || len(result.Replies) != 1 || result.Replies[0].Body != "Hello" || len(sent) != 1 {
		log.Fatal(result, sent, err)
	}
}
`

func TestTwiliosimPageDoesWhatItSays(t *testing.T) {
	const page = "docs/twiliosim.md"
	t.Run("snippet", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "main.go")
		write(t, file, strings.Replace(aroundSnippet, "SNIPPET", snippet(t, page, "go"), 1))
		mustRun(t, root(t), "go", "run", file)
	})
	t.Run("command", func(t *testing.T) {
		t.Parallel()
		command := strings.TrimSpace(snippet(t, page, "sh"))
		flags, ok := strings.CutPrefix(command, "go run ./twiliosim/cmd/twiliosim ")
		if !ok {
			t.Fatalf("this test cannot run the command %q", command)
		}
		port := stack.FreePort(t)
		run := stack.StartProcess(t, "twiliosim", nil, stack.Build(t, "twiliosim/cmd/twiliosim"), append(strings.Fields(flags), "--addr", "127.0.0.1:"+port)...)
		stack.Eventually(t, "the local Twilio answers", func(ctx context.Context) error {
			if _, exited := run.Exited(); exited {
				t.Fatal(run.Output())
			}
			return stack.Get(ctx, "http://127.0.0.1:"+port+"/")
		})
	})
}
