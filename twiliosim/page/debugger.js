// The panel of the debugger: errors and warnings as Twilio's own lists them.

import { el, link } from "./dom.js";
import * as write from "./format.js";
import { known, on } from "./sim.js";

const shown = 100;

export class DebuggerPanel {
  constructor(panel, views) {
    this.views = views;
    this.list = el("ol", { class: "cards" });
    this.empty = el("p", { class: "blank" }, "No errors, no warnings. What goes wrong between the local Twilio and your application is listed here.");
    panel.append(el("h2", {}, "Debugger"), this.empty, this.list);
    on("loaded", () => this.show());
    on("entry", () => {
      this.show();
      views.more("debugger");
    });
  }

  show() {
    this.list.replaceChildren(...known.entries.slice(0, shown).map(card));
    this.empty.hidden = known.entries.length > 0;
  }
}

function card(entry) {
  return el("li", { class: "card entry", "data-level": entry.level },
    el("p", { class: "head" },
      el("span", { class: `verdict ${entry.level === "error" ? "badly" : "warned"}` }, entry.level === "error" ? "Error" : "Warning"),
      link(entry.moreInfo, { class: "what" }, String(entry.code)),
      el("time", { datetime: entry.at }, write.secondOf(entry.at))),
    el("p", { class: "what" }, entry.message),
    entry.detail ? el("p", { class: "note" }, entry.detail) : null,
    entry.url ? el("p", { class: "note" }, el("code", {}, entry.url)) : null,
    entry.messageSid ? el("p", { class: "note" }, el("code", {}, entry.messageSid)) : null);
}
