// The webhook panel: the application's responses, newest first, with their
// duration and TwiML.

import { el, announce, isWeb, keepFocus } from "./dom.js";
import * as write from "./format.js";
import { ask, known, on } from "./sim.js";

const shown = 50;

const kinds = {
  inbound: "Message", redirect: "Redirect", action: "Action", fallback: "Fallback", status: "Status callback", "status-fallback": "Status fallback",
};

export class WebhookPanel {
  constructor(panel, views) {
    this.views = views;
    this.list = el("ol", { class: "cards" });
    this.empty = el("div", { class: "blank" });
    panel.append(el("h2", {}, "Responses of your webhook"), this.form(), this.empty, this.list);
    on("loaded", () => this.showAll());
    on("state", () => {
      this.showForm();
      this.showEmpty();
    });
    on("call", (call) => this.add(call));
  }

  // form asks for a webhook while one of our numbers has none.
  form() {
    this.without = el("p", { class: "note" });
    this.address = el("input", { id: "webhook-address", type: "url", value: "http://127.0.0.1:8080/twilio/sms", autocomplete: "off", spellcheck: "false" });
    this.error = el("p", { class: "error", role: "alert" });
    this.setting = el("form", { id: "webhook-form", class: "settings", novalidate: true, hidden: true, onsubmit: (event) => this.setWebhook(event) },
      this.without, el("p", { class: "field" }, el("label", { for: "webhook-address" }, "Address of your application"), this.address),
      this.error, el("button", { class: "primary" }, "Set webhook"));
    return this.setting;
  }

  showForm() {
    const numbers = unhooked();
    this.setting.hidden = numbers.length === 0;
    this.without.textContent = `${numbers.map((n) => write.phone(n.number)).join(", ")} ${numbers.length === 1 ? "has" : "have"} no webhook: nothing replies to a text to ${numbers.length === 1 ? "it" : "them"}.`;
  }

  async setWebhook(event) {
    event.preventDefault();
    const webhook = this.address.value.trim();
    this.error.textContent = isWeb(webhook) ? "" : "The address must begin with http:// or https://.";
    if (this.error.textContent) return;
    try {
      for (const number of unhooked()) await ask("POST", "/sim/numbers", { ...number, webhook });
      announce("Webhook set");
    } catch (problem) {
      this.error.textContent = problem.message;
    }
  }

  showAll() {
    keepFocus(this.list, () => this.list.replaceChildren(...known.calls.slice(0, shown).map((call, i) => card(call, i === 0))));
    this.showEmpty();
  }

  add(call) {
    const newest = this.list.firstElementChild;
    // The response to the newest message remains open. A status callback does
    // not close it.
    if (call.kind === "inbound") newest?.parentElement.querySelectorAll("details[data-unasked]").forEach((d) => { d.open = false; });
    this.list.prepend(card(call, call.kind === "inbound"));
    while (this.list.children.length > shown) this.list.lastElementChild.remove();
    this.showEmpty();
  }

  showEmpty() {
    this.empty.hidden = this.list.children.length > 0;
    const { numbers, url, account } = known.state;
    const hooks = [...new Set(numbers.map((n) => n.webhook).filter(Boolean))];
    this.empty.replaceChildren(
      ...(hooks.length ? [el("p", {}, "Send a text: the request and the response appear here."), ...hooks.map((hook) => el("p", {}, el("code", {}, hook)))] : []),
      el("p", {}, "A program texts the phones through ", el("code", {}, url), " as the account ", el("code", {}, account), "."));
  }

  // showCall opens the response to a message, and scrolls to it.
  showCall(sid) {
    this.views.show("webhook");
    const found = [...this.list.children].find((item) => item.dataset.sid === sid && !item.dataset.kind.startsWith("status"));
    if (!found) return;
    const details = found.querySelector("details");
    details.open = true;
    found.scrollIntoView({ block: "nearest" });
    details.querySelector("summary").focus();
  }
}

const unhooked = () => known.state.numbers.filter((n) => !n.webhook);

function card(call, open) {
  const well = call.status >= 200 && call.status < 300 && !call.errorCode;
  const text = known.messages.get(call.messageSid);
  const details = el("details", { open, "data-unasked": open },
    el("summary", {},
      el("span", { class: `verdict ${well ? "well" : "badly"}` }, call.status ? String(call.status) : "None"),
      el("span", { class: "what" }, what(call, text)),
      call.kind.startsWith("status") ? null : el("span", { class: "took" }, write.took(call.durationMs)),
      el("time", { datetime: call.at }, write.secondOf(call.at))),
    call.error ? el("p", { class: "trouble" }, `${call.errorCode ? `${call.errorCode}: ` : ""}${call.error}`) : null,
    call.body ? el("pre", { tabindex: "0", "aria-label": "The response" }, el("code", {}, ...twiml(call.body))) : el("p", { class: "note" }, "The response has no body."),
    el("dl", {},
      ...row(call.kind === "inbound" ? "Text" : "", text?.body),
      ...row("Request", el("code", {}, `${call.method} ${call.url}`)),
      ...row("Type", call.contentType),
      ...row("To", call.to && write.phone(call.to)),
      ...row("Took", call.kind.startsWith("status") && write.took(call.durationMs)),
      ...row("Attempts", call.attempts > 1 ? String(call.attempts) : ""),
      ...row("Message", call.messageSid ? el("code", {}, call.messageSid) : ""),
      ...Object.entries(call.headers ?? {}).flatMap(([name, value]) => row(name, value))));
  return el("li", { class: "card", "data-sid": call.messageSid, "data-kind": call.kind }, details);
}

// what describes a call by the phone that sent the text or, for a callback, by
// the message's recipient.
function what(call, text) {
  if (call.kind === "inbound" && text) return write.phone(text.from);
  if (call.messageStatus && call.to) return `${call.messageStatus} → ${write.ending(call.to)}`;
  return kinds[call.kind] ?? call.kind;
}

const row = (term, value) => (term && value ? [el("dt", {}, term), el("dd", {}, value)] : []);

// twiml marks the tags in a document, and indents a document that is on a
// single line.
function twiml(source) {
  const parts = [];
  let depth = 0;
  let before = "";
  for (const token of source.match(/<[^>]*>|[^<]+|</g) ?? []) {
    const isTag = token.length > 1 && token.startsWith("<");
    const closes = token.startsWith("</");
    if (closes) depth = Math.max(0, depth - 1);
    if (isTag && before === "tag" && !(closes && opened(parts))) parts.push(`\n${"  ".repeat(depth)}`);
    parts.push(isTag ? el("span", { class: "tag" }, token) : token);
    if (isTag && !closes && !token.endsWith("/>") && !token.startsWith("<?")) depth++;
    before = isTag ? "tag" : token.trim() ? "text" : before === "tag" ? "space" : before;
  }
  return parts;
}

// opened reports whether the last part is an opening tag, so that an empty
// element remains on one line.
function opened(parts) {
  const last = parts.at(-1)?.textContent ?? "";
  return last.startsWith("<") && !last.startsWith("</") && !last.startsWith("<?") && !last.endsWith("/>");
}
