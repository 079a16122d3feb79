// The faults panel: injected faults of the API and of webhooks, and the rules
// for how messages end.

import { el, icon, announce, keepFocus } from "./dom.js";
import * as write from "./format.js";
import { ask, known, on } from "./sim.js";

const requests = ["create", "fetch", "list", "update", "delete", "media", "feedback", "account"];
const webhooks = ["callback", "inbound"];

// What each kind of fault does, the operations that it applies to, and its
// settings.
const kinds = {
  "response-lost": { name: "Response lost", text: "The request is processed and the message is sent, then the connection breaks.", operations: requests },
  401: { name: "401 Credentials refused", text: "Refused with 20003, as if someone had changed the token; the request is not processed.", operations: requests },
  429: { name: "429 Too many requests", text: "Refused with 20429 and Retry-After; the request is not processed.", operations: requests, settings: ["retryAfter"] },
  500: { name: "500 Server error", text: "Refused with 20500.", operations: requests, settings: ["retryAfter", "after"] },
  503: { name: "503 Unavailable", text: "Refused with 20503.", operations: requests, settings: ["retryAfter", "after"] },
  delay: { name: "Slow response", text: "The request waits before it is processed.", operations: requests, settings: ["delay"] },
  refuse: { name: "Connection refused", text: "The port closes for everyone, including this page, and opens again.", settings: ["delay"], once: true },
  reset: { name: "Connection reset", text: "The connection breaks before the request is processed.", operations: requests },
  truncated: { name: "Response cut off", text: "The request is processed, but the response breaks off in the middle.", operations: requests },
  "not-json": { name: "Response is HTML", text: "The request is processed, but the response is a web page.", operations: requests },
  "listing-lag": { name: "Listing lags", text: "A new message is missing from lists for a while.", settings: ["delay"] },
  rewritten: { name: "Texts are rewritten", text: "A new message's text is changed as Smart Encoding does." },
  "queue-full": { name: "Queue full", text: "A new message is refused with 21611, as if its sender had 10 hours of messages waiting. Nothing is sent; the worker waits and tries again. Through a Messaging Service, no message is refused." },
  "webhook-lost": { name: "Webhook lost", text: "The request to your application is never made.", operations: webhooks },
  "webhook-late": { name: "Webhook late", text: "The request to your application is made later.", operations: webhooks, settings: ["delay"] },
  "webhook-doubled": { name: "Webhook twice", text: "The request to your application is made twice.", operations: webhooks },
  "webhook-reordered": { name: "Callbacks out of order", text: "A status callback is sent after the one that should follow it." },
};

const describe = (kind) => kinds[kind] ?? { name: kind, text: "", settings: ["delay", "retryAfter"] };

export class FaultsPanel {
  constructor(panel, views) {
    this.views = views;
    this.faults = el("ul", { class: "cards", "aria-label": "Active faults" });
    this.rules = el("ul", { class: "cards", "aria-label": "Active rules" });
    panel.append(
      el("h2", {}, "Make things go wrong"), this.faultForm(), this.faults,
      el("h2", {}, "How messages end"), this.ruleForm(), this.rules);
    on("state", () => this.show());
  }

  faultForm() {
    this.kind = el("select", { id: "fault-kind", name: "kind", onchange: () => this.fit() });
    this.what = el("p", { class: "note", id: "fault-text" });
    this.kind.setAttribute("aria-describedby", "fault-text");
    this.often = el("fieldset", { class: "often" }, el("legend", {}, "How often"),
      choice("next", "Next", el("input", { type: "number", name: "next", min: "1", max: "1000000", value: "1", "aria-label": "How many more times" }), "times"),
      choice("rate", "In", el("input", { type: "number", name: "rate", min: "1", max: "100", value: "10", "aria-label": "Percentage of cases" }), "% of cases"),
      choice("always", "Always, until removed"));
    this.often.querySelector("[value=next]").checked = true;
    this.operation = el("select", { id: "fault-operation", name: "operation" });
    this.fields = {
      operation: field("fault-operation", "Only for", this.operation),
      number: field("fault-number", "Only for this number", el("input", { id: "fault-number", name: "number", type: "tel", list: "contacts", placeholder: "any", autocomplete: "off" })),
      delay: field("fault-delay", "Delay", el("input", { id: "fault-delay", name: "delay", placeholder: "1s", autocomplete: "off" })),
      retryAfter: field("fault-retry", "Retry-After", el("input", { id: "fault-retry", name: "retryAfter", placeholder: "1s", autocomplete: "off" })),
      after: el("label", { class: "check" }, el("input", { type: "checkbox", name: "after" }), "after the request is processed"),
    };
    return form("fault-form", "Add fault", (data) => this.addFault(data),
      field("fault-kind", "Fault", this.kind), this.what, this.often, el("div", { class: "grid" }, ...Object.values(this.fields)));
  }

  // fit shows only the settings of the chosen kind.
  fit() {
    const { text, operations = [], settings = [], once } = describe(this.kind.value);
    this.what.textContent = text;
    this.often.hidden = Boolean(once);
    this.operation.replaceChildren(...(operations === webhooks ? [] : [el("option", { value: "" }, "every request")]), ...operations.map((o) => el("option", { value: o }, o === "callback" ? "status callbacks" : o === "inbound" ? "inbound messages" : o)));
    if (operations.includes("create") && this.kind.value === "response-lost") this.operation.value = "create";
    this.fields.operation.hidden = operations.length === 0;
    this.fields.number.hidden = Boolean(once);
    for (const name of ["delay", "retryAfter", "after"]) this.fields[name].hidden = !settings.includes(name);
  }

  async addFault(data) {
    const { operations = [], settings = [], once } = describe(data.get("kind"));
    const fault = { kind: data.get("kind") };
    const number = data.get("number").trim();
    if (!once) {
      if (data.get("often") === "next") fault.next = Number(data.get("next"));
      if (data.get("often") === "rate") fault.rate = Number(data.get("rate")) / 100;
      if (number) fault.number = write.readPhone(number) ?? number;
    }
    if (operations.length && data.get("operation")) fault.operation = data.get("operation");
    for (const name of ["delay", "retryAfter"]) {
      if (settings.includes(name) && data.get(name).trim()) fault[name] = data.get(name).trim();
    }
    if (settings.includes("after") && data.has("after")) fault.after = true;
    await ask("POST", "/sim/faults", fault);
    announce(`Fault added: ${describe(fault.kind).name}`);
  }

  ruleForm() {
    const status = el("select", { id: "rule-status", name: "status" },
      ...[["undelivered", "not delivered"], ["failed", "failed"], ["rejected", "refused by the API"], ["sent", "sent, no receipt"], ["read", "read"], ["delivered", "delivered"]]
        .map(([value, word]) => el("option", { value }, word)));
    const code = el("input", { id: "rule-code", name: "errorCode", type: "number", min: "1", placeholder: "30008", autocomplete: "off" });
    status.addEventListener("change", () => { code.placeholder = { rejected: "21614", undelivered: "30008", failed: "30008" }[status.value] ?? "none"; });
    return form("rule-form", "Add rule", (data) => this.addRule(data), el("div", { class: "grid" },
      field("rule-to", "Messages to", el("input", { id: "rule-to", name: "to", list: "contacts", placeholder: "all, or +1555*", autocomplete: "off" })),
      field("rule-body", "that contain", el("input", { id: "rule-body", name: "body", placeholder: "anything", autocomplete: "off" })),
      field("rule-status", "end as", status),
      field("rule-code", "with error", code)));
  }

  async addRule(data) {
    const rule = { status: data.get("status") };
    const to = data.get("to").trim();
    if (to) rule.to = write.readPhone(to) ?? to;
    if (data.get("body")) rule.body = data.get("body");
    const code = Number(data.get("errorCode")) || (rule.status === "rejected" ? 21614 : 0);
    if (code) rule.errorCode = code;
    await ask("POST", "/sim/outcomes", rule);
    announce("Rule added");
  }

  show() {
    const { faultKinds, faults, outcomes } = known.state;
    if (this.kind.options.length !== faultKinds.length) {
      this.kind.replaceChildren(
        el("optgroup", { label: "Requests to Twilio" }, ...faultKinds.filter((k) => !k.startsWith("webhook")).map(option)),
        el("optgroup", { label: "Twilio’s requests to you" }, ...faultKinds.filter((k) => k.startsWith("webhook")).map(option)));
      if (faultKinds.includes("response-lost")) this.kind.value = "response-lost";
      this.fit();
    }
    keepFocus(this.faults, () => this.faults.replaceChildren(...faults.map(faultCard)));
    keepFocus(this.rules, () => this.rules.replaceChildren(...outcomes.map(ruleCard)));
    this.views.badge("faults", faults.filter((f) => !f.usedUp).length + outcomes.length, true);
  }
}

const option = (kind) => el("option", { value: kind }, describe(kind).name);

const field = (id, label, control) => el("p", { class: "field" }, el("label", { for: id }, label), control);

const choice = (value, ...label) => el("p", { class: "choice" }, el("label", {}, el("input", { type: "radio", name: "often", value }), label[0]), ...label.slice(1));

// form makes a form that shows the error if its submission fails.
function form(id, label, submit, ...fields) {
  const error = el("p", { class: "error", role: "alert" });
  return el("form", { id, class: "settings", onsubmit: async (event) => {
    event.preventDefault();
    error.textContent = "";
    try {
      await submit(new FormData(event.target));
    } catch (problem) {
      error.textContent = problem.message;
    }
  } }, ...fields, error, el("button", { class: "primary" }, label));
}

function faultCard(fault) {
  const parts = [
    fault.operation && (fault.operation === "callback" ? "status callbacks" : fault.operation),
    fault.number && write.phone(fault.number),
    fault.usedUp ? "used up" : fault.next ? `next ${write.count(fault.next, "time")}` : fault.rate && fault.rate < 1 ? `${+(fault.rate * 100).toFixed(2)} % of cases` : "always",
    fault.delay && fault.delay !== "0s" && `for ${fault.delay}`,
    fault.retryAfter && fault.retryAfter !== "0s" && `Retry-After ${fault.retryAfter}`,
    fault.after && "after processing",
    fault.fired > 0 && `fired ${fault.fired.toLocaleString("en")}×`,
  ];
  return removable(`/sim/faults/${fault.id}`, describe(fault.kind).name, parts);
}

function ruleCard(rule) {
  const words = { undelivered: "Not delivered", failed: "Failed", rejected: "Refused", sent: "No receipt", read: "Read", delivered: "Delivered" };
  const parts = [
    rule.to ? `to ${write.phone(rule.to)}` : "to anyone", rule.from && `from ${write.phone(rule.from)}`, rule.body && `with “${rule.body}”`,
    rule.errorCode && `error ${rule.errorCode}`, rule.next && `next ${write.count(rule.next, "time")}`, rule.rate && rule.rate < 1 && `${+(rule.rate * 100).toFixed(2)} % of cases`,
  ];
  return removable(`/sim/outcomes/${rule.id}`, words[rule.status] ?? rule.status, parts);
}

function removable(path, name, parts) {
  return el("li", { class: "card rule" },
    el("p", {}, el("strong", {}, name), el("span", { class: "note" }, parts.filter(Boolean).join(" · "))),
    el("button", { type: "button", class: "quiet icon-only", "aria-label": `Remove: ${name}`, title: "Remove",
      onclick: () => ask("DELETE", path).catch((error) => announce(error.message)) }, icon("close")));
}
