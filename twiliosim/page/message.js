// One message in a thread: its text, its status and, if it was sent to one of
// our numbers, the application's response and the workflows that it started.

import { el, icon, link, isWeb } from "./dom.js";
import * as write from "./format.js";
import { known, callOf, workflowsOf } from "./sim.js";

// MessageView shows a message. Its parts change in place, so that a screen
// reader announces new messages but not each of their steps.
export class MessageView {
  // phone is the number whose thread shows the message; fresh is true if the
  // message has just been created; showCall(sid) shows the webhook's response.
  constructor(message, { phone, fresh, showCall }) {
    this.mine = message.direction === "inbound";
    this.bubble = el("div", { class: "bubble" });
    this.summary = el("summary", {});
    this.life = el("div", { class: "life" });
    this.behind = el("p", { class: "behind" });
    this.trouble = el("p", { class: "trouble" });
    this.details = el("details", {}, this.summary, this.life);
    this.node = el("li", { class: `message ${this.mine ? "mine" : "theirs"}`, id: `message-${message.sid}` },
      el("span", { class: "unseen" }, this.mine ? `${write.phone(phone)} wrote:` : `${write.phone(message.from) || "Twilio"} wrote:`),
      this.bubble, this.trouble, this.details, this.behind);
    this.showCall = showCall;
    this.waiting = fresh;
    this.set(message);
  }

  // open shows the message's history, and moves the focus there.
  open() {
    this.details.open = true;
    this.summary.focus({ preventScroll: true });
  }

  // update shows a newer state of the message, and ignores an older one.
  update(message) {
    const old = this.message;
    if (message.history.length < old.history.length || write.instant(message.updatedAt) < write.instant(old.updatedAt)) return;
    this.set(message);
  }

  set(message) {
    this.message = message;
    this.node.dataset.status = message.status;
    this.node.classList.toggle("deleted", Boolean(message.deleted));
    const said = JSON.stringify([message.body, message.media]);
    if (said !== this.said) {
      this.said = said;
      this.bubble.replaceChildren(...content(message));
    }
    this.showStatus();
    this.showLife();
    this.showCallOf();
  }

  showStatus() {
    const m = this.message;
    const { word, icon: shape } = write.status(m);
    const failed = m.status === "failed" || m.status === "undelivered";
    this.trouble.replaceChildren(...(failed ? [icon("failed"), el("span", {}, `${word}. `, ...reason(m))] : []));
    const parts = [el("time", { datetime: m.createdAt, title: write.momentOf(m.createdAt) }, write.minuteOf(m.createdAt))];
    if (!this.mine && !failed) parts.push(el("span", { class: "status" }, icon(shape), word));
    const ours = this.mine ? m.to : m.from;
    const { numbers } = known.state;
    if (ours && (numbers.length > 1 || numbers[0].number !== ours)) parts.push(el("span", {}, `${this.mine ? "to" : "from"} ${write.phone(ours)}`));
    if (m.status === "scheduled" && m.sendAt) parts.push(el("span", {}, `for ${write.momentOf(m.sendAt)}`));
    if (m.segments > 1) parts.push(el("span", {}, write.count(m.segments, "segment")));
    if (m.encoding === "UCS-2") parts.push(el("span", {}, "UCS-2"));
    if (m.deleted) parts.push(el("span", {}, "deleted by the API"));
    this.summary.replaceChildren(...parts.flatMap((part, i) => (i ? [el("span", { class: "dot", "aria-hidden": "true" }, "·"), part] : [part])));
  }

  showLife() {
    const m = this.message;
    const rows = [["SID", el("code", {}, m.sid)], [this.mine ? "To" : "From", write.phone(this.mine ? m.to : m.from) || "not chosen yet"]];
    if (m.messagingServiceSid) rows.push(["Service", el("code", {}, m.messagingServiceSid)]);
    rows.push(["Size", `${write.size(m)} · ${m.units} units`]);
    if (m.culprit) rows.push(["UCS-2 because of", `“${write.named(m.culprit).shown}” (${write.named(m.culprit).hex})`]);
    if (!this.mine) rows.push(["Created by", m.direction === "outbound-reply" ? "a TwiML reply" : "the REST API"]);
    for (const step of m.history) {
      const { word } = write.status(step);
      rows.push([word, el("time", { datetime: step.at }, write.secondOf(step.at))]);
    }
    this.life.replaceChildren(el("dl", {}, ...rows.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)])));
  }

  // answered shows that no further call will follow, and why the call failed.
  answered(error) {
    this.waiting = false;
    this.failure = error;
    this.showCallOf();
  }

  // showCallOf shows the application's response, and links to the workflows
  // that the message started, or to the one that sent it.
  showCallOf() {
    if (!this.mine) {
      // The link never changes, so keep it: rebuilding it would lose the focus.
      if (!this.behind.childElementCount) this.behind.replaceChildren(...this.workflowLink());
      return;
    }
    const { sid, to } = this.message;
    const call = callOf(sid);
    const parts = [];
    if (call) {
      const well = call.status >= 200 && call.status < 300 && !call.errorCode;
      const said = call.status ? `Webhook ${call.status}` : "No response";
      parts.push(el("button", { type: "button", class: `chip ${well ? "well" : "badly"}`, onclick: () => this.showCall(sid) }, `${said} · ${write.took(call.durationMs)}`));
      const outcome = write.outcome(this.message.outcome ?? "");
      if (outcome) parts.push(el("span", { class: "chip outcome" }, outcome));
      parts.push(...this.workflowLink());
    } else if (this.failure) {
      parts.push(el("span", { class: "chip badly" }, this.failure));
    } else if (this.waiting && known.state.numbers.some((n) => n.number === to && n.webhook)) {
      parts.push(el("span", { class: "chip" }, "Waiting for your webhook"));
    }
    // Rebuild only what has changed, because a rebuilt control loses the focus.
    const key = parts.map((part) => `${part.className} ${part.href ?? ""} ${part.textContent}`).join();
    if (key === this.shownBehind) return;
    this.shownBehind = key;
    this.behind.replaceChildren(...parts);
  }

  workflowLink() {
    const workflows = workflowsOf(this.message);
    return workflows ? [link(workflows, { class: "chip" }, "Workflow", icon("out"), el("span", { class: "unseen" }, " in Temporal’s Web UI"))] : [];
  }
}

function content(m) {
  const parts = [];
  if (m.body) parts.push(el("p", { class: "body", dir: "auto" }, m.body));
  for (const item of m.media ?? []) parts.push(medium(item));
  if (!parts.length) parts.push(el("p", { class: "body empty" }, "No text"));
  return parts;
}

function medium({ url, contentType = "" }) {
  const name = url.split("/").pop() || url;
  if (!contentType.startsWith("image/") || !isWeb(url)) return el("p", { class: "medium" }, icon("attach"), link(url, {}, name));
  const image = el("img", { src: url, alt: `Picture ${name}`, loading: "lazy", referrerpolicy: "no-referrer" });
  const shown = link(url, { class: "picture" }, image);
  image.addEventListener("error", () => shown.replaceChildren(icon("attach"), name));
  return shown;
}

function reason(m) {
  if (!m.errorCode) return [];
  return [link(`https://www.twilio.com/docs/errors/${m.errorCode}`, {}, String(m.errorCode)), m.errorMessage ? ` ${m.errorMessage}` : ""];
}
