package browser

// Faults that a user adds on the page.

import (
	"net/http"
	"testing"
	"time"

	"temporal-twilio/twiliosim"
)

func TestFaultTakesEffectThenRunsOut(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.choose("#fault-kind", "503")
	p.choose("#fault-operation", "create")
	p.write("[name=next]", "2")
	p.click("#fault-form .primary")
	p.shows("#faults-panel .rule", "503 Unavailable")
	p.shows("#faults-panel .rule", "next 2 times")
	p.shows("#faults-tab .badge", "1")

	if status := send(t, sim, ann, "first"); status != http.StatusServiceUnavailable {
		t.Errorf("with the fault: the first request to send got status %d, want 503", status)
	}
	p.shows("#faults-panel .rule", "next 1 time")
	if status := send(t, sim, ann, "second"); status != http.StatusServiceUnavailable {
		t.Errorf("with the fault: the second request to send got status %d, want 503", status)
	}
	p.shows("#faults-panel .rule", "used up · fired 2×")
	p.absent("#faults-tab .badge")
	if status := send(t, sim, ann, "third"); status != http.StatusCreated {
		t.Errorf("with the fault used up: a request to send got status %d, want 201", status)
	}
	p.shows(phone(1, ".theirs"), "third")
}

func TestQueueOfASenderIsFull(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.choose("#fault-kind", "queue-full")
	p.shows("#fault-text", "refused with 21611")
	p.click("#fault-form .primary")
	p.shows("#faults-panel .rule", "Queue full")
	if status := send(t, sim, ann, "an offer"); status != http.StatusTooManyRequests {
		t.Errorf("with a full queue: a request to send got status %d, want 429", status)
	}
	p.shows("#faults-panel .rule", "used up · fired 1×")
}

func TestLostResponseStillDeliversTheMessage(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.click("#fault-form .primary")
	p.shows("#faults-panel .rule", "Response lost")
	if status := send(t, sim, ann, "did you get this?"); status != 0 {
		t.Errorf("with a lost response: a request to send got status %d, want no response", status)
	}
	p.shows(phone(1, ".theirs[data-status=delivered]"), "did you get this?")
}

func TestFaultByRateIsRemoved(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.choose("#fault-kind", "webhook-late")
	p.click("#fault-form [value=rate]")
	p.write("[name=rate]", "25")
	p.write("#fault-delay", "3s")
	p.click("#fault-form .primary")
	p.shows("#faults-panel .rule", "status callbacks · 25 % of cases · for 3s")
	if faults := sim.Faults(); len(faults) != 1 || faults[0].Rate != 0.25 || time.Duration(faults[0].Delay) != 3*time.Second {
		t.Errorf("got the faults %+v, want one with rate 0.25 and a delay of 3s", faults)
	}
	p.click("#faults-panel .rule button")
	p.absent("#faults-panel .rule")
	if faults := sim.Faults(); len(faults) != 0 {
		t.Errorf("a removed fault is still active: %+v", faults)
	}
}

func TestPageAddsEveryFault(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	for _, kind := range twiliosim.FaultKinds {
		if kind == twiliosim.FaultRefuse {
			continue // fires only once: see the next test
		}
		p.choose("#fault-kind", kind)
		p.click("#fault-form .primary")
		p.until(kind+" is active", `document.querySelectorAll("#faults-panel .rule").length === 1`)
		if faults := sim.Faults(); len(faults) != 1 || faults[0].Kind != kind || faults[0].Next != 1 {
			t.Errorf("%s: got the faults %+v, want one of this kind that fires once", kind, faults)
		}
		if name := eval[string](p, `document.querySelector("#faults-panel .rule strong").innerText`); name == kind {
			t.Errorf("%s: the page shows the kind instead of a name", kind)
		}
		p.click("#faults-panel .rule button")
		p.absent("#faults-panel .rule")
	}
}

func TestPageClosesThePort(t *testing.T) {
	sim, p := start(t, twiliosim.Options{})
	p.click("#faults-tab")
	p.choose("#fault-kind", "refuse")
	p.absent("#fault-form .often")
	p.write("#fault-delay", "15s") // longer than the test's next steps take on a busy machine
	p.click("#fault-form .primary")
	p.until("the page reports it", `document.getElementById("announcer").textContent.includes("Connection refused")`)
	if status := send(t, sim, ann, "anybody there?"); status != 0 {
		t.Errorf("with the port closed: a request to send got status %d, want no response", status)
	}
	deadline := time.Now().Add(patience)
	for send(t, sim, ann, "and now?") != http.StatusCreated {
		if time.Now().After(deadline) {
			t.Fatalf("the port is still closed after %s", patience)
		}
	}
	p.shows(phone(1, ".theirs"), "and now?")
}

func TestRefusedFaultSaysWhy(t *testing.T) {
	t.Parallel()
	p := newTab(t) // the browser logs the status 400
	p.visit(startTwilio(t, twiliosim.Options{}).URL)
	p.click("#faults-tab")
	p.choose("#fault-kind", "delay")
	p.write("#fault-delay", "soon")
	p.click("#fault-form .primary")
	p.shows("#fault-form [role=alert]", "write it like 500ms, 2s or 1h30m")
}
