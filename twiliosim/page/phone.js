// One phone: its number, whom it texts, its thread, and the text being written.

import { el, icon, announce } from "./dom.js";
import * as write from "./format.js";
import { Composer } from "./composer.js";
import { MessageView } from "./message.js";
import { ask, known, optOutOf } from "./sim.js";

const longestThread = 300; // messages that a phone shows
const mostExamples = 3;
const greeting = "Hello"; // if the application suggests no text

const examples = () => (known.examples.length ? known.examples.slice(0, mostExamples) : [greeting]);

let serial = 0;

// Phone shows one number's conversations. The options are functions: changed(),
// which it calls when its number or the number that it texts changes; close();
// showCall(sid); and flush(), which immediately shows messages that have
// arrived.
export class Phone {
  constructor({ number, to }, options) {
    this.number = number;
    this.to = to;
    this.options = options;
    this.views = new Map(); // SID to MessageView
    this.unread = 0;
    this.build();
    this.showState();
  }

  build() {
    const id = `phone-${++serial}`;
    this.badge = el("span", { class: "face", "aria-hidden": "true" });
    this.numberInput = el("input", { id: `${id}-number`, class: "number", type: "tel", list: "contacts", autocomplete: "off", spellcheck: "false",
      onchange: () => this.renumber(), onfocus: () => this.numberInput.select(),
      onkeydown: (event) => { if (event.key === "Enter") this.renumber(); } });
    this.numberError = el("p", { class: "error", role: "alert" });
    this.toSelect = el("select", { id: `${id}-to`, onchange: () => this.retarget() });
    this.reach = el("button", { type: "button", class: "quiet icon-only", onclick: () => this.toggleReach() }, icon("power"));
    this.notice = el("div", { class: "notices" });
    this.list = el("ol", { class: "messages" });
    this.older = el("p", { class: "older", hidden: true }, `Only the newest ${longestThread} messages are shown.`);
    this.thread = el("div", { class: "thread", role: "log", tabindex: "0" }, this.older, this.list);
    // A picture that loads late must not push the end of the thread out of view.
    this.thread.addEventListener("scroll", () => { this.atEnd = this.isAtEnd(); });
    this.thread.addEventListener("load", () => { if (this.atEnd) this.toEnd(); }, true);
    // Nor must a notice that appears above it, or a text below it that grows by
    // a line.
    new ResizeObserver(() => { if (this.atEnd) this.toEnd(); }).observe(this.thread);
    this.atEnd = true;
    this.start = el("div", { class: "start" });
    this.composer = new Composer({
      send: (body, media) => this.send(body, media),
      example: () => (this.views.size === 0 ? examples()[0] : null),
    });
    this.node = el("article", { class: "phone", id, "aria-labelledby": `${id}-label` },
      el("header", {}, this.badge,
        el("div", { class: "who" },
          el("label", { class: "unseen", id: `${id}-label`, for: `${id}-number` }, "Phone number"), this.numberInput,
          el("p", { class: "to" }, el("label", { for: `${id}-to` }, "texts"), this.toSelect)),
        this.reach,
        el("button", { type: "button", class: "quiet icon-only", "aria-label": "Remove this phone", title: "Remove this phone", onclick: () => this.options.close() }, icon("close"))),
      this.numberError, this.notice,
      el("div", { class: "screen" }, this.start, this.thread),
      this.composer.node);
  }

  // showState shows the current numbers, opt-outs and rules of the local
  // Twilio.
  showState() {
    const { numbers } = known.state;
    if (!numbers.some((n) => n.number === this.to)) this.to = (numbers.find((n) => n.number === "+15005550006") ?? numbers[0])?.number ?? "";
    const listed = numbers.map((n) => n.number).join();
    if (listed !== this.listed) {
      this.listed = listed;
      this.toSelect.replaceChildren(...numbers.map((n) => el("option", { value: n.number }, write.phone(n.number))));
    }
    this.toSelect.value = this.to;
    if (document.activeElement !== this.numberInput) this.numberInput.value = write.phone(this.number);
    this.badge.textContent = this.number.slice(-3);
    this.badge.dataset.hue = String(Number(this.number.slice(-2)) % 6);
    this.thread.setAttribute("aria-label", `Conversation with ${write.phone(this.number)}`);
    this.composer.name(this.number, this.to);
    this.showNotices();
    this.showStart();
    for (const view of this.views.values()) view.showCallOf();
  }

  showNotices() {
    const off = this.offRule();
    this.reach.setAttribute("aria-pressed", String(Boolean(off)));
    this.reach.setAttribute("aria-label", "Switched off: messages to it are not delivered");
    this.reach.title = off ? "Switch the phone on" : "Switch the phone off";
    const parts = [];
    if (optOutOf(this.number, this.to)) {
      parts.push(el("p", { class: "notice opted-out" }, el("span", {}, el("strong", {}, "Opted out"), " of ", el("span", { class: "whole" }, write.phone(this.to)), ". Sending to it fails with 21610."),
        el("button", { type: "button", onclick: () => this.send("START", []).catch((e) => announce(e.message)) }, "Text START")));
    }
    if (off) parts.push(el("p", { class: "notice" }, el("span", {}, el("strong", {}, "Switched off."), ` Messages end as undelivered, ${off.errorCode}.`)));
    const key = parts.map((part) => part.textContent).join();
    if (key === this.noticed) return;
    this.noticed = key;
    this.notice.replaceChildren(...parts);
  }

  // showStart invites the user to send a first text.
  showStart() {
    this.start.hidden = this.views.size > 0;
    if (this.start.hidden) {
      this.start.replaceChildren();
      return;
    }
    const webhook = known.state.numbers.find((n) => n.number === this.to)?.webhook;
    this.start.replaceChildren(
      el("h2", {}, `Text ${write.phone(this.to)}`),
      el("p", {}, webhook ? "Your webhook receives it with a signature like Twilio’s. Its reply appears here." : "It has no webhook yet, so there will be no reply. Set one under Webhook."),
      ...examples().map((text) => el("button", { type: "button", class: "example", onclick: () => { this.composer.put(text); this.composer.node.requestSubmit(); this.composer.focus(); } },
        el("span", {}, text), icon("send"))),
      el("p", { class: "hint" }, "or just press ", el("kbd", {}, "Enter")));
  }

  // load shows the number's newest messages, and removes those that no longer
  // exist.
  async load() {
    const number = this.number;
    const before = [...this.views];
    let messages;
    try {
      ({ messages } = await ask("GET", `/sim/messages?limit=${longestThread}&phone=${encodeURIComponent(number)}`));
    } catch {
      return; // the connection is lost; everything is loaded again after reconnecting
    }
    if (number !== this.number) return;
    this.older.hidden = messages.length < longestThread;
    const there = new Set(messages.map((m) => m.sid));
    for (const [sid, view] of before) if (!there.has(sid)) this.drop(sid, view);
    for (const message of messages.reverse()) this.put(message);
    this.showStart();
    this.composer.name(this.number, this.to);
    this.toEnd();
  }

  isAtEnd() {
    return this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 80;
  }

  toEnd() {
    this.thread.scrollTop = this.thread.scrollHeight;
    this.atEnd = true;
  }

  // take shows messages of this phone that are new or have changed.
  take(batch) {
    const own = batch.filter(({ message }) => message.from === this.number || message.to === this.number);
    if (!own.length) return;
    const wasEmpty = this.views.size === 0;
    const follow = this.isAtEnd() || own.some(({ message, fresh }) => fresh && message.direction === "inbound");
    for (const { message, fresh } of own) this.put(message, fresh);
    if (wasEmpty) {
      this.showStart();
      this.composer.name(this.number, this.to);
    }
    if (follow) this.toEnd();
    if (this.node.offsetParent === null) this.unread += own.filter(({ message, fresh }) => fresh && message.direction !== "inbound").length;
  }

  put(message, fresh = false) {
    const shown = this.views.get(message.sid);
    if (shown) {
      shown.update(message);
      return;
    }
    const view = new MessageView(message, { phone: this.number, fresh, showCall: this.options.showCall });
    this.views.set(message.sid, view);
    view.node.dataset.at = write.instant(message.createdAt);
    let before = this.list.lastElementChild;
    while (before && before.dataset.at > view.node.dataset.at) before = before.previousElementSibling;
    if (before) before.after(view.node);
    else this.list.prepend(view.node);
    // Remove the oldest message of the thread. It may be the new one, if an old message has only now been sent.
    if (this.views.size > longestThread) {
      this.older.hidden = false;
      const sid = this.list.firstElementChild.id.slice("message-".length);
      this.drop(sid, this.views.get(sid));
    }
  }

  drop(sid, view) {
    view.node.remove();
    this.views.delete(sid);
  }

  // reveal scrolls to a message if the thread still contains it.
  reveal(sid) {
    const view = this.views.get(sid);
    if (!view) return;
    view.node.scrollIntoView({ block: "center" });
    view.open();
  }

  // called shows the webhook's response to one of the messages.
  called(messageSid) {
    this.views.get(messageSid)?.showCallOf();
  }

  async send(body, media) {
    const text = { from: this.number, to: this.to, body };
    if (media.length) text.media = media;
    const { messageSid, webhookStatus, error } = await ask("POST", "/sim/inbound", text);
    this.options.flush();
    this.views.get(messageSid)?.answered(webhookStatus === 0 ? error : "");
  }

  // renumber switches to the number that was typed, if it is valid.
  renumber() {
    const number = write.readPhone(this.numberInput.value);
    this.numberError.textContent = number ? "" : "Enter a number like +15551230001: plus, country code, number.";
    this.numberInput.setAttribute("aria-invalid", String(!number));
    if (!number) return;
    this.numberInput.value = write.phone(number);
    if (number === this.number) return;
    this.number = number;
    this.older.hidden = true;
    for (const [sid, view] of this.views) this.drop(sid, view);
    this.showState();
    this.options.changed();
    this.load();
  }

  retarget() {
    this.to = this.toSelect.value;
    this.showState();
    this.options.changed();
  }

  // offRule returns the outcome rule that switches this phone off, if it is
  // off.
  offRule() {
    return known.state.outcomes.find((o) => o.to === this.number && o.status === "undelivered" && !o.body && !o.from && !o.next && !o.rate);
  }

  async toggleReach() {
    const off = this.offRule();
    try {
      if (off) await ask("DELETE", `/sim/outcomes/${off.id}`);
      else await ask("POST", "/sim/outcomes", { to: this.number, status: "undelivered" });
    } catch (error) {
      announce(error.message);
    }
  }
}
