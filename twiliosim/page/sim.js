// The page's copy of the local Twilio's state. It is loaded from the controls
// under /sim/, which ../API.md describes, and kept current by events.

// known is the latest information: the state (null until the first response);
// the webhook's calls and the debugger's entries, newest first; the messages by
// SID, oldest first, with the last call about each; the texts that the
// application suggests; and the reason why it has paused sending (null if it
// has not).
export const known = { state: null, calls: [], entries: [], messages: new Map(), answers: new Map(), examples: [], paused: null };

const kept = 200; // calls, and as many entries
const keptMessages = 1000;

const listeners = new Map();

// on calls fn for each event of a topic:
//   loaded      everything must be shown again (first connection, reconnection, reset)
//   connection  "connecting", "live" or "lost"
//   state       numbers, clock, opt-outs, faults, outcomes, or what the application
//               says about itself have changed
//   message     a message was created or has changed
//   call        a webhook was called
//   entry       the debugger has a new entry
export function on(topic, fn) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(fn);
}

function tell(topic, data) {
  for (const fn of listeners.get(topic) ?? []) fn(data);
}

// ask makes a request and returns the response. If the request fails, it throws
// the local Twilio's error.
export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The local Twilio does not respond. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The local Twilio returned status ${response.status}.`);
  return answer;
}

// follow loads everything and then listens to events. After any failure, it
// starts again.
export async function follow() {
  try {
    await load();
  } catch {
    tell("connection", "lost");
    setTimeout(follow, 1000);
    return;
  }
  const events = new EventSource(`/sim/events?lastEventId=${encodeURIComponent(known.state.lastEventId)}`);
  const restart = (delay) => {
    events.close();
    setTimeout(follow, delay);
  };
  events.onopen = () => tell("connection", "live");
  events.onerror = () => {
    tell("connection", "lost");
    restart(1000);
  };
  for (const [kind, handle] of Object.entries(handlers)) {
    events.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  events.addEventListener("gap", () => restart(0));
  events.addEventListener("reset", () => restart(0));
}

async function load() {
  const [state, webhooks, debug, all, texts] = await Promise.all([
    ask("GET", "/sim/state"), ask("GET", "/sim/webhooks"), ask("GET", "/sim/debugger"), ask("GET", `/sim/messages?limit=${keptMessages}`), ask("GET", "/sim/examples"),
  ]);
  Object.assign(known, { state, calls: webhooks.calls.slice(0, kept), entries: debug.entries.slice(0, kept), messages: new Map(), answers: new Map() });
  hear(texts);
  all.messages.reverse().forEach(note);
  known.calls.toReversed().forEach(answered);
  tell("state");
  tell("loaded");
}

// hear stores what the application reports about itself.
function hear({ examples, paused }) {
  Object.assign(known, { examples: examples.filter((text) => typeof text === "string" && text), paused: typeof paused === "string" ? paused : null });
}

// note stores the state of a message, unless it is older than the stored one.
function note(message) {
  const old = known.messages.get(message.sid);
  if (old && old.history.length > message.history.length) return;
  known.messages.set(message.sid, message);
  if (known.messages.size > keptMessages) {
    const [oldest] = known.messages.keys();
    known.messages.delete(oldest);
    known.answers.delete(oldest);
  }
}

// answered stores the last webhook call about each inbound message, which is
// kept even when it is no longer among the newest calls.
function answered(call) {
  if (known.messages.has(call.messageSid) && !call.kind.startsWith("status")) known.answers.set(call.messageSid, call);
}

// phoneOf returns the phone's side of a message, ours the other.
export const phoneOf = (message) => (message.direction === "inbound" ? message.from : message.to);
export const oursOf = (message) => (message.direction === "inbound" ? message.to : message.from);

const handlers = {
  "message.created": (message) => {
    note(message);
    tell("message", { message, fresh: true });
  },
  "message.updated": changed,
  "message.deleted": changed,
  "webhook.answered": (call) => {
    if (known.calls.some((other) => other.at === call.at && other.messageSid === call.messageSid)) return;
    known.calls = [call, ...known.calls].slice(0, kept);
    answered(call);
    tell("call", call);
  },
  "debugger.entry": (entry) => {
    if (known.entries.some((other) => other.sid === entry.sid)) return;
    known.entries = [entry, ...known.entries].slice(0, kept);
    tell("entry", entry);
  },
  "optout.changed": (change) => {
    const others = known.state.optOuts.filter((o) => o.sender !== change.sender || o.recipient !== change.recipient);
    replace(known.state, "optOuts", change.optedOut ? [...others, change] : others);
  },
  "faults.changed": (faults) => replace(known.state, "faults", faults),
  "outcomes.changed": (outcomes) => replace(known.state, "outcomes", outcomes),
  "state.changed": refresh,
  "application.changed": (said) => {
    hear(said);
    tell("state");
  },
};

function changed(message) {
  if (known.messages.has(message.sid)) note(message);
  tell("message", { message });
}

function replace(state, field, value) {
  state[field] = value;
  tell("state");
}

// refresh loads only the state. However many changes arrive while it loads, it
// makes only one more request.
let refreshing = null;
let again = false;
export async function refresh() {
  if (refreshing) {
    again = true;
    return refreshing;
  }
  refreshing = ask("GET", "/sim/state").then((state) => {
    // Events update these three fields, and may have done so after this state
    // was read.
    const { optOuts, faults, outcomes } = known.state;
    known.state = { ...state, optOuts, faults, outcomes };
    tell("state");
  }).catch(() => { /* if the local Twilio is gone, the event stream reports it */ });
  await refreshing;
  refreshing = null;
  if (again) {
    again = false;
    return refresh();
  }
}

// optOutOf finds a phone's opt-out from one of our numbers: from the number
// itself, or from its Messaging Service.
export function optOutOf(recipient, number) {
  const services = known.state.services.filter((s) => s.senders?.includes(number)).map((s) => s.sid);
  return known.state.optOuts.find((o) => o.recipient === recipient && (o.sender === number || services.includes(o.sender)));
}

// callOf returns the last webhook call about an inbound message.
export function callOf(messageSid) {
  return known.answers.get(messageSid);
}

// workflowsOf returns the address of the page of Temporal's Web UI that lists a
// message's workflows, or null if no Web UI or no workflow is known. For an
// inbound message, the application's response names its workflow, and the IDs
// of the workflows that it started begin with its ID. For an outbound message,
// the URL of the status callback names the workflow that sent it.
export function workflowsOf({ direction, statusCallback, workflowId }) {
  const { uiUrl, namespace } = known.state;
  const inbound = direction === "inbound";
  const id = inbound ? workflowId : parameter(statusCallback, "workflow");
  if (!uiUrl || !id) return null;
  const query = `WorkflowId ${inbound ? "STARTS_WITH" : "="} ${JSON.stringify(id)}`;
  return `${uiUrl.replace(/\/$/, "")}/namespaces/${encodeURIComponent(namespace)}/workflows?query=${encodeURIComponent(query)}`;
}

// parameter returns a value from a URL's query, or null.
function parameter(address, name) {
  try {
    return new URL(address).searchParams.get(name);
  } catch {
    return null;
  }
}
