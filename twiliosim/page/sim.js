// What the page knows of the local Twilio, and how it asks: requests to the
// controls under /sim/, and the events that tell what changed. The controls are
// described in ../API.md.

// known is the last that was heard: the state (null until the first answer), the
// webhook's calls and the debugger's entries, newest first, the messages by SID,
// oldest first, with the last call about each, and texts that the application takes,
// and why it sends nothing (null if it sends).
export const known = { state: null, calls: [], entries: [], messages: new Map(), answers: new Map(), examples: [], paused: null };

const kept = 200; // of calls and entries
const keptMessages = 1000;

const listeners = new Map();

// on calls fn for each event of a topic:
//   loaded      everything is to be shown anew (first connection, reconnection, reset)
//   connection  "connecting", "live" or "lost"
//   state       numbers, clock, opt-outs, faults, outcomes, or what the application
//               says about itself have changed
//   message     a message was made or has changed
//   call        a webhook was called
//   entry       the debugger has a new entry
export function on(topic, fn) {
  if (!listeners.has(topic)) listeners.set(topic, []);
  listeners.get(topic).push(fn);
}

function tell(topic, data) {
  for (const fn of listeners.get(topic) ?? []) fn(data);
}

// ask makes a request. Its error says what the local Twilio said.
export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The local Twilio does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The local Twilio answered with status ${response.status}.`);
  return answer;
}

// follow loads everything and then listens. Whatever goes wrong has one cure:
// load everything again and listen from there.
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

// hear takes what the application says about itself.
function hear({ examples, paused }) {
  Object.assign(known, { examples: examples.filter((text) => typeof text === "string" && text), paused: typeof paused === "string" ? paused : null });
}

// note keeps the newest state of a message.
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

// answered keeps the last call of the application about each inbound message, also
// when it is no longer among the newest calls.
function answered(call) {
  if (known.messages.has(call.messageSid) && !call.kind.startsWith("status")) known.answers.set(call.messageSid, call);
}

// phoneOf is the phone's side of a message, ours the other.
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

// refresh loads the state alone. Many changes at once make one request more.
let refreshing = null;
let again = false;
export async function refresh() {
  if (refreshing) {
    again = true;
    return refreshing;
  }
  refreshing = ask("GET", "/sim/state").then((state) => {
    // Events tell of these three; one may have come since this state was taken.
    const { optOuts, faults, outcomes } = known.state;
    known.state = { ...state, optOuts, faults, outcomes };
    tell("state");
  }).catch(() => { /* the event stream notices a Twilio that is gone */ });
  await refreshing;
  refreshing = null;
  if (again) {
    again = false;
    return refresh();
  }
}

// optOutOf finds the opt-out of a phone from one of our numbers: from the number
// itself, or from the Messaging Service that the number is in.
export function optOutOf(recipient, number) {
  const services = known.state.services.filter((s) => s.senders?.includes(number)).map((s) => s.sid);
  return known.state.optOuts.find((o) => o.recipient === recipient && (o.sender === number || services.includes(o.sender)));
}

// callOf is the last call of the application about an inbound message.
export function callOf(messageSid) {
  return known.answers.get(messageSid);
}

// workflowsOf is where Temporal's Web UI lists the workflows of a message; null
// if no Web UI is known, or no workflow. The application names that of an inbound
// message in its answer; the IDs of those that it started begin with its own. A
// workflow that sent a message is named in the address of its status callback.
export function workflowsOf({ direction, statusCallback, workflowId }) {
  const { uiUrl, namespace } = known.state;
  const inbound = direction === "inbound";
  const id = inbound ? workflowId : parameter(statusCallback, "workflow");
  if (!uiUrl || !id) return null;
  const query = `WorkflowId ${inbound ? "STARTS_WITH" : "="} ${JSON.stringify(id)}`;
  return `${uiUrl.replace(/\/$/, "")}/namespaces/${encodeURIComponent(namespace)}/workflows?query=${encodeURIComponent(query)}`;
}

// parameter is a value of an address's query, null if there is none.
function parameter(address, name) {
  try {
    return new URL(address).searchParams.get(name);
  } catch {
    return null;
  }
}
