package browser

// Accessibility: the page can be used with a screen reader and without a mouse.

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"temporal-twilio/twiliosim"
)

func TestEverythingWorksByKeyboard(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	tabTo := func(what, expression string) {
		t.Helper()
		for range 40 {
			if eval[bool](p, "Boolean("+expression+")") {
				return
			}
			p.press(kb.Tab)
		}
		t.Fatalf("Tab does not reach %s", what)
	}
	focused := `document.activeElement`
	p.press("Order Number 7" + kb.Enter)
	p.shows(phone(1, ".theirs"), "Your reference number is 7")
	p.press(kb.ArrowUp)
	p.until("the last text is in the field again", focused+`.value === "Order Number 7"`)
	p.press(kb.Backspace + "8" + kb.Enter)
	p.shows(phone(1, ".theirs"), "Your reference number is 8")

	tabTo("the second phone's number", focused+`.matches("article:nth-of-type(2) .number")`)
	if outline := eval[string](p, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the outline of the focused element is %s, want solid", outline)
	}
	p.press("+44 7700 900123" + kb.Enter)
	p.until("the number is accepted", `document.querySelector("article:nth-of-type(2) .number").value === "+447700900123"`)
	tabTo("the second phone's text field", focused+`.matches("article:nth-of-type(2) textarea")`)
	p.press("line one")
	p.do("press Shift+Enter", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift)))
	p.press("line two" + kb.Enter)
	p.shows(phone(2, ".mine"), "line one\nline two")
	if got := sim.Messages(twiliosim.Filter{From: "+447700900123"}); len(got) != 1 {
		t.Errorf("the other number sent %d messages, want 1", len(got))
	}

	tabTo("another phone", focused+`.matches(".add-phone")`)
	p.press(kb.Enter)
	p.until("the new phone's text field has the focus", focused+`.matches("article:nth-of-type(3) textarea")`)
	tabTo("the tabs", focused+`.getAttribute("role") === "tab"`)
	p.press(kb.ArrowRight + kb.ArrowRight)
	p.shows("#faults-panel h2", "Make things go wrong")
	tabTo("the button that adds a fault", focused+`.matches("#fault-form .primary")`)
	p.press(kb.Enter)
	p.shows("#faults-panel .rule", "Response lost")
}

func TestAxeFindsNothingAtPhoneWidth(t *testing.T) {
	sim, p := start(t, twiliosim.Options{UIURL: "http://127.0.0.1:8233"})
	text(t, sim, ann, "Order Number 42")
	text(t, sim, ann, "break")
	p.do("make it narrow", chromedp.EmulateViewport(360, 720))
	for _, view := range []string{"phones", "messages", "webhook", "debugger", "faults"} {
		p.click("#" + view + "-tab")
		p.until("nothing moves", `document.getAnimations().length === 0`)
		for _, fault := range violations(p) {
			t.Errorf("%s: %s", view, fault)
		}
	}
}

func TestControlsAreNamedAndTextReadable(t *testing.T) {
	sim, p := start(t, twiliosim.Options{UIURL: "http://127.0.0.1:8233"})
	text(t, sim, ann, "Order Number 42")
	text(t, sim, ann, "break")
	text(t, sim, bob, "STOP")
	p.click(phone(1, "header button[aria-pressed]"))
	p.shows(phone(1, ".notice"), "Switched off")
	send(t, sim, ann, "are you there?")
	p.shows(phone(1, ".trouble"), "30008")
	p.write(phone(1, "textarea"), "It’s 42")
	p.shows(phone(1, ".size"), "UCS-2")
	for _, theme := range []string{"light", "dark"} {
		p.run(`document.documentElement.dataset.theme = ` + js(theme))
		for _, view := range []string{"messages", "webhook", "debugger", "faults"} {
			p.click("#" + view + "-tab")
			p.until("nothing moves", `document.getAnimations().length === 0`)
			for _, fault := range append(eval[[]string](p, unreadable), violations(p)...) {
				t.Errorf("%s, %s: %s", theme, view, fault)
			}
		}
	}
}

// unreadable lists controls that a screen reader cannot name, and text whose
// contrast is below the 4.5 that WCAG 2.2 requires.
const unreadable = `(() => {
	const found = [];
	const seen = [...document.body.querySelectorAll("*")].filter((e) => e.checkVisibility() && !e.closest(".unseen"));
	for (const e of seen.filter((e) => e.matches("button, input, select, textarea, a"))) {
		const name = e.getAttribute("aria-label") || [...e.labels ?? []].map((l) => l.textContent).join() || (e.matches("button, a") && e.textContent);
		if (!name || !name.trim()) found.push("no name: " + e.outerHTML.slice(0, 120));
	}
	const rgba = (color) => {
		const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
		return color.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
	};
	const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
	const ground = (e) => {
		if (!e) return [255, 255, 255];
		const color = rgba(getComputedStyle(e).backgroundColor);
		return color[3] === 1 ? color.slice(0, 3) : over(color, ground(e.parentElement));
	};
	const light = (color) => {
		const [r, g, b] = color.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	for (const e of seen.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !e.closest("option, select"))) {
		const below = ground(e);
		const [a, b] = [light(over(rgba(getComputedStyle(e).color), below)), light(below)];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) found.push("contrast " + contrast.toFixed(2) + ": " + e.outerHTML.slice(0, 120));
	}
	return found;
})()`
