// Package browser tests the web page of the local Twilio in Chromium, with clicks
// and key presses. Without Chromium, the tests fail rather than leave the page
// untested.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a condition may take to become true. The page needs
// milliseconds; a busy machine needs more.
const patience = 2 * time.Minute

// chromium is the only browser of this test binary; each test has its own tab
// and storage.
var chromium struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.close != nil {
		chromium.close()
	}
	os.Exit(code)
}

func startChromium() {
	profile, err := os.MkdirTemp("", "temporal-twilio-browser-")
	if err != nil {
		chromium.err = err
		return
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(),
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(profile),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"), chromedp.Env("TZ=UTC"),
		chromedp.WSURLReadTimeout(2*time.Minute), // the first start on a small machine is slow
	)
	chromium.close = func() {
		endAllocator()
		_ = os.RemoveAll(profile)
	}
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		chromium.err = fmt.Errorf("Chromium cannot be started: %w; install it (Debian: apt-get install chromium)", err)
		return
	}
	chromium.ctx = ctx
	end := chromium.close
	chromium.close = func() {
		_ = chromedp.Cancel(ctx) // if the browser never started, there is nothing to wait for
		end()
	}
}

// tab is a page in the browser.
type tab struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// open opens a page in a new tab of 1280 by 800 pixels. If the page logs an
// error or a warning, the test fails at its end.
func open(t testing.TB, url string) *tab {
	t.Helper()
	p := newTab(t)
	p.Cleanup(func() {
		for _, problem := range p.logged() {
			t.Errorf("the page logged: %s", problem)
		}
	})
	p.visit(url)
	return p
}

// newTab returns an empty tab. Errors that its page logs do not fail the test.
func newTab(t testing.TB) *tab {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	ctx, closeTab := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	p := &tab{TB: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatalf("open a tab: got error %v", err)
	}
	p.do("set the tab up", command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}), chromedp.EmulateViewport(1280, 800))
	return p
}

// visit loads a page and waits until it is connected.
func (p *tab) visit(url string) {
	p.Helper()
	p.do("load "+url, chromedp.Navigate(url))
	p.until("the page is connected", `document.getElementById("connection").dataset.connection === "live"`)
}

func (p *tab) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			problem = "console." + string(e.Type)
			for _, arg := range e.Args {
				problem += " " + string(arg.Value) + arg.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			problem = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

func (p *tab) logged() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.problems...)
}

// do runs actions, and fails the test if they take longer than patience.
func (p *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.Fatalf("%s: %v", what, err)
	}
}

// command wraps a command of the browser's protocol as an action.
func command[P any](c cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

// eval returns the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return value
}

// run runs statements in the page.
func (p *tab) run(statements string) {
	p.Helper()
	eval[chromedp.Void](p, statements)
}

// until waits until an expression is true in the page.
func (p *tab) until(what, expression string) {
	p.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](p, "Boolean("+expression+")") {
		if time.Now().After(deadline) {
			p.Fatalf("timed out waiting until %s; the page shows:\n%s", what, eval[string](p, "document.body.innerText"))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// shows waits until an element that the selector finds shows the text.
func (p *tab) shows(selector, text string) {
	p.Helper()
	p.until(fmt.Sprintf("%s shows %q", selector, text),
		fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility() && e.innerText.includes(%s))`, js(selector), js(text)))
}

// absent waits until no visible element matches the selector.
func (p *tab) absent(selector string) {
	p.Helper()
	p.until("there is no "+selector, fmt.Sprintf(`![...document.querySelectorAll(%s)].some((e) => e.checkVisibility())`, js(selector)))
}

// click clicks with the mouse.
func (p *tab) click(selector string) {
	p.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// write focuses a field, clears it and types a text.
func (p *tab) write(selector, text string) {
	p.Helper()
	p.do("focus "+selector, chromedp.Focus(chromedp.CSS(selector)))
	p.run(`document.activeElement.select()`)
	p.press(kb.Backspace + text)
}

// press presses keys, one after another, wherever the focus is.
func (p *tab) press(keys string) {
	p.Helper()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// choose selects an option of a select element, and dispatches the events that
// the browser dispatches when a user selects it.
func (p *tab) choose(selector, value string) {
	p.Helper()
	p.run(fmt.Sprintf(`{
		const select = document.querySelector(%s);
		select.value = %s;
		if (select.selectedIndex < 0) throw new Error("there is no such option");
		select.dispatchEvent(new Event("input", { bubbles: true }));
		select.dispatchEvent(new Event("change", { bubbles: true }));
	}`, js(selector), js(value)))
}

// js formats a string as a JavaScript literal.
func js(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can always be encoded
	}
	return string(encoded)
}

// phone returns the selector of the nth phone from the left, counting from 1.
// If within is given, it selects a descendant of that phone instead.
func phone(n int, within ...string) string {
	return strings.Join(append([]string{fmt.Sprintf("article.phone:nth-of-type(%d)", n)}, within...), " ")
}
