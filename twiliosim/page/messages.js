// The messages panel lists all messages as an inbox does, newest first. They
// can be filtered by number and text, or limited to those that failed.

import { el, icon } from "./dom.js";
import * as write from "./format.js";
import { known, on, phoneOf } from "./sim.js";

const shown = 100;
const frame = 100; // ms

const failed = ({ status }) => status === "failed" || status === "undelivered";

export class MessagesPanel {
  // reveal(message) shows a message in its phone.
  constructor(panel, reveal) {
    this.panel = panel;
    this.reveal = reveal;
    this.search = el("input", { type: "search", id: "messages-search", placeholder: "Number or text", autocomplete: "off", oninput: () => this.show() });
    this.failedOnly = el("input", { type: "checkbox", id: "messages-failed", onchange: () => this.show() });
    this.empty = el("p", { class: "blank" });
    this.list = el("ol", { class: "inbox" });
    panel.append(el("h2", {}, "Messages"),
      el("div", { class: "settings" }, el("label", { class: "unseen", for: "messages-search" }, "Search messages"), this.search,
        el("label", { class: "check" }, this.failedOnly, "Only those that failed")),
      this.empty, this.list);
    on("loaded", () => this.show());
    on("message", () => this.soon());
    new MutationObserver(() => this.show()).observe(panel, { attributeFilter: ["hidden"] });
  }

  // soon collects the messages that arrive within a frame, and shows them
  // together.
  soon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.show();
    }, frame);
  }

  show() {
    if (this.panel.hidden) return;
    const sought = this.search.value.trim().toLowerCase();
    const digits = sought.replace(/[\s().-]/g, "");
    const fits = (m) => (!this.failedOnly.checked || failed(m)) &&
      (!sought || m.body.toLowerCase().includes(sought) || (digits && `${m.from} ${m.to}`.toLowerCase().includes(digits)));
    const found = [...known.messages.values()].reverse().filter(fits);
    const focused = document.activeElement?.closest?.(".inbox button")?.dataset.sid;
    this.list.replaceChildren(...found.slice(0, shown).map((message) => row(message, this.reveal)));
    if (focused) this.list.querySelector(`[data-sid="${CSS.escape(focused)}"]`)?.focus();
    this.empty.hidden = found.length > 0;
    this.empty.textContent = known.messages.size ? "No messages match." : "No messages yet.";
  }
}

function row(m, reveal) {
  const inbound = m.direction === "inbound";
  const { word, icon: shape } = write.status(m);
  return el("li", {}, el("button", { type: "button", class: "letter", "data-sid": m.sid, "data-status": m.status, onclick: () => reveal(m) },
    el("span", { class: "head" },
      el("strong", {}, `${inbound ? "from" : "to"} ${write.phone(phoneOf(m))}`),
      el("time", { datetime: m.createdAt }, write.secondOf(m.createdAt))),
    el("span", { class: "text" }, m.body || (m.media?.length ? "Picture" : "No text")),
    el("span", { class: failed(m) ? "note badly" : "note" }, icon(shape), [word, m.errorCode, write.outcome(m.outcome ?? "")].filter(Boolean).join(" · "))));
}
