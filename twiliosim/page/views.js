// The tabs: which panel is shown next to the phones or, if there is only space
// for one of them, instead of the phones.

import { el } from "./dom.js";

const names = { phones: "Phones", messages: "Messages", webhook: "Webhook", debugger: "Debugger", faults: "Faults" };
const key = "view";
const narrow = matchMedia("(max-width: 899.98px)");

// Views fills the tab list. The Tab key reaches the current tab, the arrow keys
// its neighbors.
export class Views {
  constructor(list) {
    this.tabs = {};
    for (const [name, label] of Object.entries(names)) {
      const badge = el("span", { class: "badge", hidden: true });
      const tab = el("button", { type: "button", role: "tab", class: "tab", id: `${name}-tab`, "aria-controls": `${name}-panel`,
        onclick: () => this.show(name), onkeydown: (event) => this.key(event) }, label, badge);
      this.tabs[name] = { tab, badge, count: 0, keep: false };
      list.append(tab);
    }
    narrow.addEventListener("change", () => this.show(narrow.matches ? "phones" : this.name));
    const last = read();
    this.show(last in names ? last : "phones");
  }

  show(name) {
    // On a wide screen, the phones are always shown, so another panel is next
    // to them.
    this.name = name === "phones" && !narrow.matches ? "webhook" : name;
    document.body.dataset.view = this.name;
    keep(this.name);
    for (const [other, { tab }] of Object.entries(this.tabs)) {
      const chosen = other === this.name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (other !== "phones") document.getElementById(`${other}-panel`).hidden = !chosen;
    }
    this.badge(this.name, this.tabs[this.name].count, this.tabs[this.name].keep);
  }

  // toPhones brings the phones into view if they are not.
  toPhones() {
    if (narrow.matches) this.show("phones");
  }

  // badge shows a tab's count. If keep is false, the count disappears when the
  // tab is opened.
  badge(name, count, keep) {
    const entry = this.tabs[name];
    if (!keep && this.name === name) count = 0;
    Object.assign(entry, { count, keep });
    entry.badge.hidden = count === 0;
    entry.badge.textContent = count > 99 ? "99+" : String(count);
  }

  // more adds one to a badge that disappears when the tab is opened.
  more(name) {
    this.badge(name, this.tabs[name].count + 1, false);
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const order = Object.keys(this.tabs).filter((name) => name !== "phones" || narrow.matches);
    const next = order[(order.indexOf(this.name) + step + order.length) % order.length];
    this.show(next);
    this.tabs[next].tab.focus();
  }
}

// read returns the tab of the last visit, if there was one.
function read() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(name) {
  try {
    localStorage.setItem(key, name);
  } catch { /* storage is disabled: each visit begins with the first tab */ }
}
