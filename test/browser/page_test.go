package browser

// What users do on the page.

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

// start starts a local Twilio with an application, and opens its page.
func start(t *testing.T, o twiliosim.Options) (*twiliosim.Sim, *tab) {
	t.Helper()
	t.Parallel()
	application := startApplication(t)
	o.Webhook, o.Examples = application+"/twilio/sms", application+"/examples"
	sim := startTwilio(t, o)
	return sim, open(t, sim.URL)
}

func TestTextIsSentAndReplyReceived(t *testing.T) {
	sim, p := start(t, twiliosim.Options{UIURL: "http://127.0.0.1:8233"})
	p.write(phone(1, "textarea"), "Order Number 42")
	p.click(phone(1, ".send"))

	p.shows(phone(1, ".mine"), "Order Number 42")
	p.shows(phone(1, ".theirs"), "Your reference number is 42")
	p.shows(phone(1, ".mine .chip"), "Webhook 200")
	p.shows("#webhook-panel pre", "<Message>Your reference number is 42</Message>")
	p.shows("#webhook-panel summary", "+1 500 555 0009")
	p.shows("#webhook-panel dd", "Order Number 42")
	p.until("the field is empty again", `document.querySelector("textarea").value === ""`)

	sid := sim.Messages(twiliosim.Filter{From: ann})[0].SID
	href := eval[string](p, `document.querySelector(".mine a").href`)
	if want := "http://127.0.0.1:8233/namespaces/default/workflows?query=WorkflowId%20STARTS_WITH%20%22sms-" + sid + "%22"; href != want {
		t.Errorf("the link to the workflow is %s, want %s", href, want)
	}
	if eval[bool](p, `document.querySelector("article:nth-of-type(2) .message") !== null`) {
		t.Error("the other phone shows the message, too")
	}
}

func TestTextThatStartsNothingIsShown(t *testing.T) {
	_, p := start(t, twiliosim.Options{UIURL: "http://127.0.0.1:8233"})
	p.write(phone(1, "textarea"), "hello"+kb.Enter)
	p.shows(phone(1, ".mine .chip"), "Webhook 200")
	p.shows(phone(1, ".mine .outcome"), "No trigger matched")
	if eval[bool](p, `document.querySelector(".mine a.chip") !== null`) {
		t.Error("there is a link to a workflow although there is no workflow")
	}
}

func TestMessageLinksToItsWorkflow(t *testing.T) {
	sim, p := start(t, twiliosim.Options{UIURL: "http://127.0.0.1:8233/"})
	send(t, sim, ann, "from a workflow", "StatusCallback", "http://127.0.0.1:1/twilio/status?workflow=order+%22A%2F1%22#rc=0")
	send(t, sim, ann, "from elsewhere", "StatusCallback", "http://127.0.0.1:1/twilio/status?ref=1#rc=0")
	p.shows(phone(1, ".theirs"), "from elsewhere")
	p.shows(phone(1, ".theirs a.chip"), "Workflow")
	links := eval[[]string](p, `[...document.querySelectorAll(".theirs a.chip")].map((a) => new URL(a.href).pathname + " " + new URL(a.href).searchParams.get("query"))`)
	if want := `/namespaces/default/workflows WorkflowId = "order \"A/1\""`; len(links) != 1 || links[0] != want {
		t.Errorf("got the links %q, want %q", links, want)
	}
}

func TestPageSetsAWebhook(t *testing.T) {
	t.Parallel()
	sim := startTwilio(t, twiliosim.Options{Numbers: []string{ours, "+18885550007"}})
	if err := sim.SetNumber(twiliosim.Number{Number: "+18885550007", Rate: 7}); err != nil {
		t.Fatal(err)
	}
	application := startApplication(t)
	p := open(t, sim.URL)
	p.shows(phone(1, ".start"), "Set one under Webhook")
	p.shows("#webhook-form", "+1 500 555 0006, +1 888 555 0007 have no webhook")
	p.shows("#webhook-panel", "as the account "+sim.Account)
	p.write("#webhook-address", "nowhere"+kb.Enter)
	p.shows("#webhook-form [role=alert]", "must begin with http")
	p.write("#webhook-address", application+"/twilio/sms"+kb.Enter)
	p.absent("#webhook-form")
	p.shows("#webhook-panel code", application+"/twilio/sms")
	if n := sim.State().Numbers[1]; n.Rate != 7 || n.Webhook != application+"/twilio/sms" {
		t.Errorf("got the settings %+v of the other number, want its rate unchanged and the webhook set", n)
	}
	p.shows(phone(1, ".example"), "Hello")
	p.write(phone(1, "textarea"), "Order Number 42"+kb.Enter)
	p.shows(phone(1, ".theirs"), "Your reference number is 42")
}

func TestExampleIsOneKeystrokeAway(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.shows(phone(1, ".start"), "Order Number 42")
	p.press(kb.Enter)
	p.shows(phone(1, ".mine"), "Order Number 42")
	p.absent(phone(1, ".start"))
	p.until("the example has disappeared", `document.querySelector("textarea").placeholder === "Text message"`)
}

func TestExampleIsOneClickAway(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.shows(phone(2, ".example"), "help me")
	p.click(phone(2, ".example"))
	p.shows(phone(2, ".theirs"), "Your reference number is 42")
}

func TestTicksFollowMessageUntilDelivered(t *testing.T) {
	sim, p := start(t, twiliosim.Options{Speed: 1})
	sim.Freeze(true)
	send(t, sim, ann, "one")
	send(t, sim, ann, "two")
	p.until("both are there", `document.querySelectorAll(".message").length === 2`)
	p.run(`document.querySelectorAll(".message").forEach((m) => { m.dataset.kept = "" })`)
	// The sender may send one message a second, so the next one waits.
	p.shows(phone(1, "li:nth-child(2) .status"), "Queued")
	if err := sim.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	p.shows(phone(1, "li:nth-child(1) .status"), "Delivered")
	p.shows(phone(1, "li:nth-child(2) .status"), "Delivered")
	// A screen reader reads out new elements in a log, so existing messages must
	// change in place.
	if n := eval[int](p, `document.querySelectorAll("[role=log] .message[data-kept]").length`); n != 2 {
		t.Errorf("%d of 2 messages changed in place, want both", n)
	}
	p.click(phone(1, "li:nth-child(2) summary"))
	for _, step := range []string{"Queued", "Sending", "Sent", "Delivered"} {
		p.shows(phone(1, "li:nth-child(2) dt"), step)
	}
}

func TestUndeliveredMessageSaysWhy(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click(phone(1, "header button[aria-pressed]"))
	p.shows(phone(1, ".notice"), "Switched off")
	send(t, sim, ann, "are you there?")
	p.shows(phone(1, ".theirs[data-status=undelivered] .trouble"), "30008")
	p.shows(phone(1, ".notice"), "30008")
	p.click("#faults-tab")
	p.shows("#faults-panel .rule", "error 30008")

	p.click(phone(1, "header button[aria-pressed=true]"))
	p.absent(phone(1, ".notice"))
	send(t, sim, ann, "and now?")
	p.shows(phone(1, ".theirs[data-status=delivered]"), "and now?")
}

func TestRuleDecidesMessageOutcomes(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.write("#rule-body", "spam")
	p.choose("#rule-status", "failed")
	p.write("#rule-code", "30007")
	p.click("#rule-form .primary")
	p.shows("#faults-panel .rule", "Failed")
	send(t, sim, ann, "this is spam")
	send(t, sim, ann, "this is not")
	p.shows(phone(1, ".theirs[data-status=failed] .trouble"), "30007")
	p.shows(phone(1, ".theirs[data-status=delivered]"), "this is not")
	p.click("#faults-panel .rule button")
	p.absent("#faults-panel .rule")
}

func TestPhoneOptsOutAndInAgain(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.write(phone(1, "textarea"), "STOP"+kb.Enter)
	p.shows(phone(1, ".opted-out"), "Opted out of +1 500 555 0006")
	p.shows(phone(1, ".theirs"), "unsubscribed")
	p.absent(phone(2, ".opted-out"))
	if status := send(t, sim, ann, "an offer"); status != http.StatusBadRequest {
		t.Errorf("sending to a phone that opted out: got status %d, want 400", status)
	}
	p.write(phone(1, "textarea"), "Order Number 42"+kb.Enter)
	p.shows(phone(1, ".mine .outcome"), "Not echoed: the recipient has opted out")
	p.click(phone(1, ".opted-out button"))
	p.absent(phone(1, ".opted-out"))
	p.shows(phone(1, ".theirs"), "re-subscribed")
	p.write(phone(1, "textarea"), "Order Number 43"+kb.Enter)
	p.shows(phone(1, ".theirs"), "Your reference number is 43")
}

// TestLongThreadKeepsTheNewest also changes a message that is too old for the
// thread; this must not bring the message back.
func TestLongThreadKeepsTheNewest(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	send(t, sim, ann, "the very first")
	for i := range 305 {
		text(t, sim, ann, fmt.Sprintf("text %d", i))
	}
	const first, last = `document.querySelector("article .message .body")?.innerText`, `[...document.querySelectorAll("article:first-of-type .message .body")].at(-1)?.innerText`
	p.until("the newest messages are shown", first+` === "text 5" && `+last+` === "text 304"`)
	p.shows(phone(1, ".older"), "Only the newest 300 messages are shown.")
	old := sim.Messages(twiliosim.Filter{To: ann})
	if len(old) != 1 {
		t.Fatalf("got the messages %+v, want one", old)
	}
	if status := post(t, sim, "Messages/"+old[0].SID+".json", url.Values{"Body": {""}}); status != http.StatusOK {
		t.Fatalf("clearing the message's text: got status %d, want 200", status)
	}
	text(t, sim, ann, "text 305")
	p.until("the newest messages are still shown", first+` === "text 6" && `+last+` === "text 305"`)
	if shown := eval[int](p, `document.querySelectorAll("article:first-of-type .message").length`); shown != 300 {
		t.Errorf("%d messages are shown, want 300", shown)
	}
	p.until("no answered text is shown as waiting", `![...document.querySelectorAll(".chip")].some((e) => e.innerText.includes("Waiting"))`)
}

func TestCharacterForcingUCS2IsNamed(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.write(phone(1, "textarea"), "It's 42")
	p.shows(phone(1, ".size"), "GSM-7")
	p.shows(phone(1, ".size"), "7 of 160 · 1 segment")
	p.write(phone(1, "textarea"), "🙂 no: It’s 42")
	p.shows(phone(1, ".size"), "UCS-2 because of 🙂")
	p.write(phone(1, "textarea"), "[€] It’s 42")
	p.shows(phone(1, ".size .culprit"), "’")
	p.shows(phone(1, ".size"), "11 of 70 · 1 segment")
	p.click(phone(1, ".culprit"))
	if got := eval[string](p, `(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))(document.activeElement)`); got != "’" {
		t.Errorf("got the selected text %q, want ’", got)
	}
	p.write(phone(1, "textarea"), strings.Repeat("0123456789", 17))
	p.shows(phone(1, ".size"), "170 of 306 · 2 segments")
}

func TestTextIsShownAsText(t *testing.T) {
	_, p := start(t, twiliosim.Options{UIURL: "javascript:document.title='owned'//"})
	evil := `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>&amp;<b>bold</b>`
	p.write(phone(1, "textarea"), "echo "+evil+kb.Enter)
	p.shows(phone(1, ".mine .body"), "echo "+evil)
	p.shows(phone(1, ".theirs .body"), evil)
	p.shows("#webhook-panel pre", "&lt;script&gt;")
	p.shows(phone(1, ".mine .chip"), "Workflow") // its URL is not a web address, so it is not a link
	if n := eval[int](p, `document.querySelectorAll(".thread img, .thread b, .thread script, #webhook-panel b, #webhook-panel script, .thread a").length`); n != 0 {
		t.Errorf("the texts of messages were rendered as %d elements, want none", n)
	}
	if title := eval[string](p, "document.title"); title != "Local Twilio" {
		t.Errorf("a script from a message ran: the title is %q", title)
	}
}

func TestPictureIsSentAndShown(t *testing.T) {
	t.Parallel()
	application := startApplication(t)
	sim := startTwilio(t, twiliosim.Options{Webhook: application + "/twilio/sms"})
	p := open(t, sim.URL)
	p.click(phone(1, "[aria-expanded]"))
	p.press("a picture" + kb.Enter)
	p.shows(phone(1, ".composer [role=alert]"), "must begin with http")
	p.write(phone(1, ".media input"), application+"/picture.png")
	p.write(phone(1, "textarea"), "look"+kb.Enter)
	p.until("the picture is shown", `document.querySelector(".mine .picture img")?.naturalWidth === 440`)
	if media := sim.Messages(twiliosim.Filter{From: ann})[0].Media; len(media) != 1 || media[0].ContentType != "image/png" {
		t.Errorf("the message has the media %+v, want one PNG", media)
	}
}

func TestBrokenWebhookIsListed(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.write(phone(1, "textarea"), "break"+kb.Enter)
	p.shows(phone(1, ".chip.badly"), "Webhook 500")
	p.shows("#debugger-tab .badge", "1")
	p.absent(phone(1, ".mine a"))
	p.click("#debugger-tab")
	p.shows("#debugger-panel .entry", "11200")
	p.absent("#debugger-tab .badge")
	p.click(phone(1, ".chip.badly"))
	p.shows("#webhook-panel .verdict", "500")
}

func TestNarrowScreenShowsOnePhone(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.do("make it narrow", chromedp.EmulateViewport(320, 568))
	p.until("one phone is shown", `[...document.querySelectorAll("article")].filter((a) => a.checkVisibility()).length === 1`)
	long := strings.Repeat("unbreakable", 30)
	text(t, sim, ann, "echo "+long)
	p.shows(phone(1, ".theirs"), long)
	fits := func(what string) {
		t.Helper()
		p.until("there is no horizontal scrolling in "+what, `document.scrollingElement.scrollWidth <= 320 && [...document.querySelectorAll("body *")].every((e) =>
			!e.checkVisibility() || e.closest(".unseen, .strip") || e.getBoundingClientRect().right <= 320.5)`)
	}
	fits("the phones")
	text(t, sim, bob, "Order Number 9")
	p.shows("#strip .badge", "1")
	p.click("#strip button:nth-child(2)")
	p.shows(phone(2, ".theirs"), "Your reference number is 9")
	p.absent("#strip .badge")
	p.write(phone(2, "textarea"), "It’s "+strings.Repeat("long ", 20)+kb.Enter)
	fits("the second phone")
	text(t, sim, bob, "break")
	for _, panel := range []string{"messages", "webhook", "debugger", "faults"} {
		p.click("#" + panel + "-tab")
		p.absent("article")
		p.until("the panel is shown", `document.getElementById("`+panel+`-panel").checkVisibility()`)
		fits(panel)
	}
	p.click("#phones-tab")
	p.shows(phone(2, ".mine"), "long")
}

func TestStripFollowsTheChosenPhone(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.do("make it narrow", chromedp.EmulateViewport(320, 568))
	inSight := func(what, tab string) {
		t.Helper()
		p.until(what+" is in sight", `(() => {
			const [tab, strip] = [document.querySelector("#strip `+tab+`"), document.getElementById("strip")].map((e) => e.getBoundingClientRect());
			return tab.left >= strip.left && tab.right <= strip.right;
		})()`)
	}
	for n := 3; n <= 8; n++ {
		p.run(`document.querySelector("#strip button:last-child").click()`)
		p.until("the new phone is shown", fmt.Sprintf(`document.querySelectorAll("article.phone").length === %d`, n))
	}
	inSight("the new phone", "[aria-pressed=true]")
	inSight("the button for another phone", "button:last-child")
	p.run(`document.querySelector("#strip button").click()`)
	inSight("the first phone", "[aria-pressed=true]")

	p.run(`document.getElementById("strip").scrollLeft = 120`)
	text(t, sim, bob, "Order Number 9")
	p.shows("#strip .badge", "1")
	if left := eval[float64](p, `document.getElementById("strip").scrollLeft`); left != 120 {
		t.Errorf("a message scrolled the strip from 120 to %v", left)
	}

	p.run(`document.querySelector("#strip button:nth-child(8)").click()`)
	p.do("load again", chromedp.Reload())
	p.until("the page is back", `document.querySelector("#strip button:nth-child(8)[aria-pressed=true]")`)
	inSight("the phone of the last visit", "[aria-pressed=true]")
}

func TestPhonesSurviveVisitsAndResets(t *testing.T) {
	sim, p := start(t, twiliosim.Options{Numbers: []string{ours, "+18885550007"}})
	p.click(".add-phone")
	p.write(phone(3, ".number"), "555"+kb.Enter)
	p.shows(phone(3, "[role=alert]"), "+15551230001")
	p.write(phone(3, ".number"), "+1 (555) 123-0042"+kb.Enter)
	p.choose(phone(3, "select"), "+18885550007")
	p.write(phone(3, "textarea"), "hello"+kb.Enter)
	p.shows(phone(3, ".mine"), "hello")
	p.shows(phone(3, ".mine summary"), "to +1 888 555 0007")
	p.click(phone(1, "[title='Remove this phone']"))
	p.until("two phones are left", `document.querySelectorAll("article").length === 2`)

	p.visit(sim.URL)
	p.shows(phone(2, ".mine"), "hello")
	if got := eval[[]string](p, `[...document.querySelectorAll("article .number, article select")].map((e) => e.value)`); strings.Join(got, " ") != "+1 500 555 0010 +15005550006 +1 555 123 0042 +18885550007" {
		t.Errorf("the second visit shows the phones %q, want those of the first", got)
	}
	if sent := sim.Messages(twiliosim.Filter{From: "+15551230042"}); len(sent) != 1 || sent[0].To != "+18885550007" {
		t.Errorf("got the messages %+v, want one to +18885550007", sent)
	}

	p.click("#reset-button")
	p.click("#reset .danger")
	p.absent(".message")
	p.shows(phone(2, ".start"), "Order Number 42")
}

func TestPageSurvivesARestart(t *testing.T) {
	t.Parallel()
	webhook := startApplication(t) + "/twilio/sms"
	address := "127.0.0.1:" + stack.FreePort(t)
	first, err := twiliosim.Start(twiliosim.Options{Webhook: webhook, Speed: 1e6, Addr: address})
	if err != nil {
		t.Fatal(err)
	}
	p := newTab(t) // the page will log that the connection was lost
	p.visit(first.URL)
	p.write(phone(1, "textarea"), "before"+kb.Enter)
	p.shows(phone(1, ".mine"), "before")
	p.write(phone(1, "textarea"), "a draft")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	p.shows("#connection", "Reconnecting")
	p.press(kb.Enter)
	p.shows(phone(1, ".composer [role=alert]"), "does not respond")
	p.until("the draft is kept", `document.querySelector("textarea").value === "a draft"`)

	startTwilio(t, twiliosim.Options{Webhook: webhook, Addr: address})
	p.shows("#connection", "Live")
	p.absent(".message")
	p.press(kb.Enter)
	p.shows(phone(1, ".mine"), "a draft")
}

func TestUncalledWebhookIsShown(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	if _, err := sim.AddFault(twiliosim.Fault{Kind: twiliosim.FaultWebhookLost, Operation: "inbound", Next: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.AddFault(twiliosim.Fault{Kind: twiliosim.FaultWebhookLate, Operation: "inbound", Delay: twiliosim.Duration(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	p.press("lost" + kb.Enter)
	p.shows(phone(1, ".mine .chip.badly"), "fault webhook-lost")
	p.press("late" + kb.Enter)
	p.shows(phone(1, ".mine .chip"), "Waiting for your webhook")
	if err := sim.Advance(2 * time.Hour); err != nil {
		t.Fatal(err)
	}
	p.shows(phone(1, ".mine .chip.well"), "Webhook 200")
}

func TestClockIsAdvanced(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	before := sim.Now()
	p.click("#clock-button")
	p.click("#clock .steps button:nth-child(2)")
	p.shows("#clock-button", "+1h")
	p.write("#clock-by", "90m"+kb.Enter)
	p.shows("#clock-button", "+2h 30m")
	if ahead := sim.Now().Sub(before); ahead < 150*time.Minute || ahead > 3*time.Hour {
		t.Errorf("the clock is %v ahead, want 2h30m", ahead)
	}
}

func TestMessagesToUnopenedNumbersAreShown(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	for _, number := range []string{"+15551230011", "+15551230012", "+15551230013"} {
		send(t, sim, number, "hello "+number)
	}
	p.shows(phone(3, ".theirs"), "hello +15551230011")
	p.shows(phone(4, ".theirs"), "hello +15551230012")
	p.shows("#others + ul button", "+1 555 123 0013")
	p.click("#others + ul button")
	p.shows(phone(5, ".theirs"), "hello +15551230013")
	// If the row is too narrow to show all phones, the strip scrolls to each of
	// them.
	for n, number := range []string{"0009", "0010", "0011", "0012", "0013"} {
		p.click(fmt.Sprintf("#strip button:nth-child(%d)", n+1))
		p.until("the phone "+number+" is in sight", fmt.Sprintf(`(() => {
			const phone = document.querySelector(%s).getBoundingClientRect(), row = document.getElementById("phones").getBoundingClientRect();
			return phone.left >= row.left && phone.right <= row.right + 1;
		})()`, js(phone(n+1))))
	}
	// A later visit offers the number again, even if it has no messages.
	p.run(`localStorage.clear()`)
	p.visit(sim.URL)
	p.shows(phone(3, ".theirs"), "hello +15551230013")
	p.shows("#others + ul button", "+1 555 123 0011")
}

func TestNumbersAreShownInFull(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.click(".add-phone")
	for _, width := range []int64{1920, 1360, 1280, 320} {
		p.do("set the size", chromedp.EmulateViewport(width, 800))
		for _, cut := range eval[[]string](p, `[...document.querySelectorAll("article .number")].filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth).map((e) => e.value)`) {
			t.Errorf("at a width of %d pixels, the number %s is cut off", width, cut)
		}
	}
}

// TestNoPhoneIsCut checks the row of phones at each width: a phone, like the
// card beside it, is either entirely visible or not at all.
func TestNoPhoneIsCut(t *testing.T) {
	_, p := start(t, twiliosim.Options{})
	p.write(phone(2, "textarea"), "STOP"+kb.Enter)
	p.shows(phone(2, ".opted-out"), "Opted out")
	for phones := 2; phones <= 5; phones++ {
		for _, width := range []int64{1920, 1360, 1280, 1000, 390} {
			p.do("set the size", chromedp.EmulateViewport(width, 800))
			p.until("nothing moves", `document.getAnimations().length === 0`)
			if width < 900 {
				p.click("#phones-tab")
			}
			for _, cut := range eval[[]string](p, cutInRow) {
				t.Errorf("%d phones at a width of %d pixels: %s", phones, width, cut)
			}
		}
		p.do("set the size", chromedp.EmulateViewport(1280, 800))
		p.click("#strip button:last-child")
		p.until("there is another phone", fmt.Sprintf(`document.querySelectorAll("article").length === %d`, phones+1))
	}
}

// cutInRow lists phones that are only partly visible in their row, numbers that
// are clipped or wrapped, and tabs that overflow their bar.
const cutInRow = `(() => {
	const found = [];
	const row = document.getElementById("phones").getBoundingClientRect();
	const seen = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
	for (const e of seen("article, .add-phone")) {
		const { left, right } = e.getBoundingClientRect();
		const inside = left >= row.left && right <= row.right + 1;
		if (!inside && right > row.left + 1 && left < row.right - 1) found.push("cut: " + (e.querySelector(".number")?.value ?? e.textContent));
	}
	for (const e of seen("article .number")) if (e.scrollWidth > e.clientWidth) found.push("cut: " + e.value);
	for (const e of seen(".whole")) if (e.getClientRects().length > 1) found.push("in two lines: " + e.textContent);
	const bar = document.querySelector(".views").getBoundingClientRect();
	for (const e of seen(".views .tab, .views .badge")) if (e.getBoundingClientRect().right > bar.right + 0.5) found.push("beyond its bar: " + e.textContent);
	const [strip] = seen(".strip");
	if (strip && innerWidth >= 900) {
		const { top, bottom } = strip.getBoundingClientRect();
		if (Math.abs(top - bar.top) > 0.5 || Math.abs(bottom - bar.bottom) > 0.5) found.push("the strip and the tabs differ: " + [top, bottom, bar.top, bar.bottom]);
	}
	return found;
})()`

func TestVisitBeginsWhereLastOneEnded(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click(".add-phone")
	p.until("the third phone has the focus", `document.activeElement.matches("article:nth-of-type(3) textarea")`)
	p.click("#strip button:nth-child(1)")
	p.click(phone(2, "textarea"))
	p.click("#messages-tab")
	p.visit(sim.URL)
	p.until("the second phone has the focus", `document.activeElement.matches("article:nth-of-type(2) textarea")`)
	p.until("all messages are listed", `document.getElementById("messages-panel").checkVisibility()`)
	p.click("#strip button:nth-child(3)")
	p.visit(sim.URL)
	p.until("the third phone has the focus and is in sight", `(() => {
		const { left, right } = document.activeElement.getBoundingClientRect(), row = document.getElementById("phones").getBoundingClientRect();
		return document.activeElement.matches("article:nth-of-type(3) textarea") && left >= row.left && right <= row.right;
	})()`)
}

func TestFocusSurvivesWhatHappensElsewhere(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	text(t, sim, ann, "break")
	for _, control := range []string{phone(1, ".mine button.chip"), ".entry button.chip", "#webhook-panel summary"} {
		switch {
		case strings.Contains(control, "entry"):
			p.click("#debugger-tab")
		case strings.Contains(control, "webhook"):
			p.click("#webhook-tab")
		}
		p.shows(control, "")
		p.run(fmt.Sprintf(`document.querySelector(%s).focus()`, js(control)))
		p.run(`document.activeElement.dataset.mark = ""`)
		text(t, sim, bob, "break") // adds a message, a webhook call and a debugger entry
		if _, err := sim.AddFault(twiliosim.Fault{Kind: "delay"}); err != nil {
			t.Fatal(err)
		}
		p.until("the fault is counted", `document.querySelector("#faults-tab .badge").checkVisibility()`)
		p.until("the focus is still on "+control, `"mark" in document.activeElement.dataset`)
		sim.ClearFaults()
		p.absent("#faults-tab .badge")
	}
}

func TestNoticeLeavesLastMessageInSight(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	for n := range 9 {
		text(t, sim, ann, fmt.Sprintf("Order Number %d", n))
	}
	p.shows(phone(1, ".theirs:last-child"), "Your reference number is 8")
	p.click(phone(1, "header button[aria-pressed]"))
	p.shows(phone(1, ".notice"), "Switched off")
	p.until("the last message is in sight", `(() => {
		const last = document.querySelector("article .message:last-child").getBoundingClientRect(), thread = document.querySelector("article .thread").getBoundingClientRect();
		return last.bottom <= thread.bottom;
	})()`)
}

func TestMessagesAreSearched(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	if _, err := sim.AddOutcome(twiliosim.Outcome{Body: "parcel", Status: "undelivered"}); err != nil {
		t.Fatal(err)
	}
	send(t, sim, "+15551230077", "your parcel is here")
	send(t, sim, bob, "good morning")
	text(t, sim, bob, "thanks")
	p.click("#messages-tab")
	rows := func(want int) {
		t.Helper()
		p.until(fmt.Sprintf("%d messages are listed", want), fmt.Sprintf(`document.querySelectorAll(".letter").length === %d`, want))
	}
	rows(3)
	p.shows(".letter", "No trigger matched")
	p.write("#messages-search", "123 00 77")
	rows(1)
	p.write("#messages-search", "MORNING")
	rows(1)
	p.write("#messages-search", "")
	p.press(kb.Backspace)
	rows(3)
	p.click("#messages-failed")
	rows(1)
	p.shows(".letter", "30008")
	p.click(".letter")
	p.until("the message is shown in its phone", `document.activeElement.closest("article")?.querySelector(".number").value === "+1 555 123 0077"`)
}

func TestCallsAndProblemsNameThePhone(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	if _, err := sim.AddOutcome(twiliosim.Outcome{To: bob, Status: "undelivered"}); err != nil {
		t.Fatal(err)
	}
	send(t, sim, bob, "hello", "StatusCallback", "http://127.0.0.1:1/twilio/status#rc=0")
	p.shows("#webhook-panel summary", "undelivered → …0010")
	p.click("#webhook-panel summary")
	p.shows("#webhook-panel dd", "+1 500 555 0010")
	for _, width := range []int64{1280, 390} {
		p.do("set the size", chromedp.EmulateViewport(width, 800))
		if width < 900 {
			p.click("#webhook-tab")
		}
		if broken := eval[int](p, `[...document.querySelectorAll("#webhook-panel summary")].filter((e) => e.clientHeight > 48).length`); broken > 0 {
			t.Errorf("at a width of %d pixels, %d callbacks take more than one line, want none", width, broken)
		}
	}
	p.do("set the size", chromedp.EmulateViewport(1280, 800))
	text(t, sim, bob, "break")
	p.click("#debugger-tab")
	p.shows(".entry", "Message from +1 500 555 0010")
	p.click(".entry .chip")
	p.until("the message is shown in its phone", `document.activeElement.closest("article")?.querySelector(".number").value === "+1 500 555 0010"`)
}

func TestFloodOfMessagesIsFollowed(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	for n := range 1500 {
		send(t, sim, ann, fmt.Sprintf("message %d", n))
		send(t, sim, fmt.Sprintf("+1555777%04d", n), "to somebody else")
	}
	p.shows(phone(1, ".theirs:last-child[data-status=delivered]"), "message 1499")
	if n := eval[int](p, `document.querySelectorAll("article:nth-of-type(1) .message").length`); n != 300 {
		t.Errorf("the thread holds %d messages, want the newest 300", n)
	}
	if n := eval[int](p, `document.querySelectorAll("article").length`); n != 4 {
		t.Errorf("got %d phones, want 4: 2 more than at the start", n)
	}
}

func TestThemeIsChosenAndKept(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	ground := `getComputedStyle(document.body).backgroundColor`
	light := eval[string](p, ground)
	p.click("#theme-button")
	dark := eval[string](p, ground)
	if light == dark {
		t.Errorf("both themes have the background %s, want different ones", light)
	}
	p.visit(sim.URL)
	if again := eval[string](p, ground); again != dark {
		t.Errorf("on the next visit, the background is %s, want %s", again, dark)
	}
}

func TestScriptsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	sim := startTwilio(t, twiliosim.Options{})
	response, err := http.Get(sim.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	p := newTab(t)
	p.visit(sim.URL)
	for _, attempt := range []string{
		`document.body.innerHTML = "<b>bold</b>"`,
		`document.body.append(Object.assign(document.createElement("script"), { textContent: "document.title = 'owned'" }))`,
	} {
		if refused := eval[bool](p, `(() => { try { `+attempt+`; return false } catch { return true } })()`); !refused {
			t.Errorf("the browser allows %s, want it refused by the policy", attempt)
		}
	}
	if title := eval[string](p, "document.title"); title != "Local Twilio" {
		t.Errorf("an inline script ran: the title is %q", title)
	}
}
