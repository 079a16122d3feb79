// The debugger panel: errors and warnings as Twilio's own debugger lists them.

import { el, link, keepFocus } from "./dom.js";
import * as write from "./format.js";
import { known, on, phoneOf } from "./sim.js";

const shown = 100;

export class DebuggerPanel {
  // reveal(message) shows a message in its phone.
  constructor(panel, views, reveal) {
    this.views = views;
    this.reveal = reveal;
    this.list = el("ol", { class: "cards" });
    this.empty = el("p", { class: "blank" }, "No errors, no warnings. What goes wrong between the local Twilio and your application is listed here.");
    panel.append(el("h2", {}, "Debugger"), this.empty, this.list);
    on("loaded", () => this.show());
    on("entry", (entry) => {
      this.list.prepend(card(entry, this.reveal));
      while (this.list.children.length > shown) this.list.lastElementChild.remove();
      this.empty.hidden = true;
      views.more("debugger");
    });
  }

  show() {
    keepFocus(this.list, () => this.list.replaceChildren(...known.entries.slice(0, shown).map((entry) => card(entry, this.reveal))));
    this.empty.hidden = known.entries.length > 0;
  }
}

function card(entry, reveal) {
  const message = known.messages.get(entry.messageSid);
  return el("li", { class: "card entry", "data-level": entry.level },
    el("p", { class: "head" },
      el("span", { class: `verdict ${entry.level === "error" ? "badly" : "warned"}` }, entry.level === "error" ? "Error" : "Warning"),
      link(entry.moreInfo, { class: "what" }, String(entry.code)),
      el("time", { datetime: entry.at }, write.secondOf(entry.at))),
    el("p", { class: "what" }, entry.message),
    entry.detail ? el("p", { class: "note" }, entry.detail) : null,
    entry.url ? el("p", { class: "note" }, el("code", {}, entry.url)) : null,
    message ? el("p", {}, el("button", { type: "button", class: "chip", onclick: () => reveal(message) },
      `Message ${message.direction === "inbound" ? "from" : "to"} ${write.phone(phoneOf(message))}`)) : null,
    entry.messageSid ? el("p", { class: "note" }, el("code", {}, entry.messageSid)) : null);
}
