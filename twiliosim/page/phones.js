// The phones side by side. This module remembers between visits which phones
// exist, and decides which one is shown if there is space for only one.

import { el, icon, keepFocus } from "./dom.js";
import * as write from "./format.js";
import { Phone } from "./phone.js";
import { known, on, phoneOf, oursOf } from "./sim.js";

const key = "phones";
const most = 12;
const mostUnasked = 4; // phones that are opened automatically
const mostContacts = 8;
const frame = 16; // ms

// Phones fills the row of phones, and the strip above it, which links to each
// phone if there is no space for all.
export class Phones {
  constructor(row, strip, showCall) {
    Object.assign(this, { row, strip, showCall });
    this.phones = [];
    this.selected = 0;
    this.contacts = new Map(); // numbers without a phone, with their number of messages
    this.away = new Set(); // numbers whose phone was closed
    this.batch = new Map(); // messages to be shown, by SID
    this.contactList = el("datalist", { id: "contacts" });
    this.addCard = el("div", { class: "add" });
    row.append(this.addCard, this.contactList);
    new ResizeObserver(() => this.fit()).observe(row);
    on("loaded", () => this.loaded());
    on("state", () => this.phones.forEach((phone) => phone.showState()));
    on("message", ({ message, fresh }) => this.take(message, fresh));
    on("call", (call) => this.phones.forEach((phone) => phone.called(call.messageSid)));
  }

  loaded() {
    if (!this.phones.length) {
      const stored = read();
      for (const phone of stored.phones) this.open(phone);
      this.show(Math.min(stored.selected, this.phones.length - 1));
      if (matchMedia("(min-width: 900px)").matches) this.phones[this.selected].composer.focus();
      // On a first visit, each number that was texted before the page was
      // opened has a phone.
      if (stored === first) {
        const numbers = [...new Set([...known.messages.values()].reverse().map(phoneOf))].filter((number) => !this.phones.some((phone) => phone.number === number));
        for (const number of numbers.slice(0, mostUnasked - this.phones.length)) this.open({ number });
      }
    }
    this.meetAll();
    this.phones.forEach((phone) => phone.load());
    this.showStrip();
    this.showOthers();
  }

  // open puts a phone at the end of the row.
  open({ number, to }) {
    const phone = new Phone({ number, to }, {
      changed: () => this.changed(),
      close: () => this.close(phone),
      showCall: this.showCall,
      flush: () => this.flush(),
    });
    // A later visit begins with the phone that was used last.
    phone.node.addEventListener("focusin", () => this.use(this.phones.indexOf(phone)));
    this.phones.push(phone);
    this.contacts.delete(number);
    this.row.insertBefore(phone.node, this.addCard);
    return phone;
  }

  // add opens a new phone that the user asked for, loads and shows it, and moves
  // the focus there.
  add(number = this.freeNumber()) {
    if (this.phones.length >= most) return;
    const phone = this.open({ number, to: this.phones.at(-1)?.to });
    phone.load();
    this.show(this.phones.length - 1);
    this.changed();
    phone.composer.focus();
  }

  close(phone) {
    const place = this.phones.indexOf(phone);
    this.away.add(phone.number);
    this.phones.splice(place, 1);
    phone.node.remove();
    if (!this.phones.length) this.add();
    this.select(Math.max(0, Math.min(this.selected, this.phones.length - 1)));
    this.changed();
    this.phones[Math.max(0, place - 1)].composer.focus();
  }

  select(place) {
    this.selected = place;
    this.phones.forEach((phone, i) => phone.node.classList.toggle("selected", i === place));
    if (this.phones[place]) {
      this.phones[place].unread = 0;
      this.phones[place].toEnd();
    }
    this.showStrip();
  }

  // show selects a phone and scrolls it into view.
  show(place) {
    this.select(place);
    this.phones[place]?.node.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  // use selects the phone that has received the focus, without scrolling its
  // thread.
  use(place) {
    if (place < 0 || place === this.selected) return;
    this.selected = place;
    this.phones.forEach((phone, i) => phone.node.classList.toggle("selected", i === place));
    keep(this.phones, place);
    this.showStrip();
  }

  changed() {
    keep(this.phones, this.selected);
    this.showStrip();
    this.showOthers();
  }

  // take collects the messages that arrive within a frame, so that only the
  // latest state of each is shown, and each thread is laid out once.
  take(message, fresh) {
    if (!this.batch.size) setTimeout(() => this.flush(), frame);
    const { sid } = message;
    this.batch.set(sid, { message, fresh: fresh || Boolean(this.batch.get(sid)?.fresh) });
  }

  flush() {
    const batch = [...this.batch.values()];
    this.batch.clear();
    for (const { message, fresh } of batch) if (fresh) this.meet(message);
    for (const phone of this.phones) phone.take(batch);
    if (batch.some(({ fresh }) => fresh)) this.showStrip();
  }

  // meetAll counts the messages of each number that has no phone, the number
  // with the newest message first.
  meetAll() {
    this.contacts.clear();
    for (const message of [...known.messages.values()].reverse()) {
      const number = phoneOf(message);
      if (this.phones.some((phone) => phone.number === number)) continue;
      if (this.contacts.size < mostContacts || this.contacts.has(number)) this.contacts.set(number, (this.contacts.get(number) ?? 0) + 1);
    }
  }

  // reveal shows a message, in a phone that is opened if necessary.
  reveal(message) {
    const number = phoneOf(message);
    let place = this.phones.findIndex((phone) => phone.number === number);
    if (place < 0) {
      if (this.phones.length >= most) this.close(this.phones[0]);
      this.open({ number, to: oursOf(message) });
      place = this.phones.length - 1;
      this.changed();
    }
    const phone = this.phones[place];
    this.show(place);
    phone.load().then(() => phone.reveal(message.sid));
  }

  // fit shows the strip unless all phones and the card next to them are in
  // view.
  fit() {
    const hidden = this.phones.length < Number(getComputedStyle(this.row).getPropertyValue("--columns"));
    if (hidden === this.strip.hidden) return;
    this.strip.hidden = hidden;
    this.scrollStrip();
  }

  // meet opens a phone for a number that has none, or offers to open one.
  meet(message) {
    const [number, to] = [phoneOf(message), oursOf(message)];
    if (this.phones.some((phone) => phone.number === number)) return;
    if (this.phones.length < mostUnasked && !this.away.has(number)) {
      this.open({ number, to }).load();
      this.changed();
    } else if (this.contacts.size < mostContacts || this.contacts.has(number)) {
      this.contacts.set(number, (this.contacts.get(number) ?? 0) + 1);
      this.showOthers();
    }
  }

  freeNumber() {
    const taken = new Set(this.phones.map((phone) => phone.number));
    for (let n = 1; ; n++) {
      const number = `+1555123${String(n).padStart(4, "0")}`;
      if (!taken.has(number)) return number;
    }
  }

  // showOthers offers another phone, and the numbers that have messages but no phone.
  showOthers() {
    const numbers = [...this.contacts.keys()];
    this.contactList.replaceChildren(...[...new Set([...numbers, this.freeNumber()])].map((number) => el("option", { value: number })));
    const full = this.phones.length >= most;
    keepFocus(this.addCard, () => this.addCard.replaceChildren(
      el("button", { type: "button", class: "add-phone", disabled: full, onclick: () => this.add() }, icon("add"), full ? `At most ${most} phones` : "Another phone"),
      ...(numbers.length ? [el("p", { id: "others" }, "Messages for others"), el("ul", { "aria-labelledby": "others" },
        ...numbers.map((number) => el("li", {}, el("button", { type: "button", disabled: full, onclick: () => this.add(number) },
          write.phone(number), el("span", { class: "badge" }, String(this.contacts.get(number)))))))] : [])));
  }

  showStrip() {
    const focused = this.strip.contains(document.activeElement);
    this.strip.replaceChildren(
      ...this.phones.map((phone, i) => el("button", { type: "button", class: "tab", "aria-pressed": String(i === this.selected), "aria-label": `${write.phone(phone.number)}${phone.unread ? `, ${phone.unread} new` : ""}`, onclick: () => { this.show(i); this.changed(); } },
        `…${phone.number.slice(-4)}`, phone.unread ? el("span", { class: "badge" }, String(phone.unread)) : null)),
      el("button", { type: "button", class: "tab", "aria-label": "Another phone", disabled: this.phones.length >= most, onclick: () => this.add() }, icon("add")));
    if (focused) this.strip.children[this.selected].focus({ preventScroll: true });
    this.fit();
    if (this.leadsTo !== this.phones[this.selected]) this.scrollStrip();
  }

  // scrollStrip scrolls the selected phone's tab and those next to it into
  // view. It is not called for every message, because the user may be
  // scrolling.
  scrollStrip() {
    if (this.strip.hidden) return;
    this.leadsTo = this.phones[this.selected];
    const tabs = this.strip.children;
    const edge = this.strip.getBoundingClientRect();
    const before = edge.left - tabs[Math.max(0, this.selected - 1)].getBoundingClientRect().left;
    const after = tabs[this.selected + 1].getBoundingClientRect().right - edge.right;
    if (before > 0) this.strip.scrollLeft -= before + 3;
    else if (after > 0) this.strip.scrollLeft += after + 3;
  }
}

const first = { phones: [{ number: "+15005550009" }, { number: "+15005550010" }], selected: 0 };

// read returns the phones of the last visit. It does not trust the stored
// value, which may be anything.
function read() {
  try {
    const { phones, selected } = JSON.parse(localStorage.getItem(key));
    const good = phones.filter(({ number, to }) => write.readPhone(number) === number && (to === undefined || typeof to === "string")).slice(0, most);
    return good.length ? { phones: good, selected: Number.isInteger(selected) && selected >= 0 ? selected : 0 } : first;
  } catch {
    return first;
  }
}

function keep(phones, selected) {
  try {
    localStorage.setItem(key, JSON.stringify({ phones: phones.map(({ number, to }) => ({ number, to })), selected }));
  } catch { /* storage is disabled: forget the phones when the page closes */ }
}
