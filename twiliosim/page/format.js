// How numbers, times and statuses are written.

// phone writes a North American number in groups, and any other address
// unchanged.
export function phone(number) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? `+1 ${parts[1]} ${parts[2]} ${parts[3]}` : number;
}

// ending returns the last digits of a number, for places with little space.
export const ending = (number) => (number.length > 5 ? `…${number.slice(-4)}` : number);

// readPhone parses an address that a person typed, or returns null if it is
// invalid.
export function readPhone(text) {
  const [, channel, address] = /^\s*([a-z]+:)?(.*)$/is.exec(text);
  const at = (channel ?? "").toLowerCase();
  const number = address.replace(/[\s().-]/g, "");
  if (["", "whatsapp:", "rcs:"].includes(at) && /^\+[1-9]\d{6,14}$/.test(number)) return at + number;
  if (at === "whatsapp:" && /^[a-z]{2}\.(ENT\.)?[a-z0-9]{1,128}$/i.test(address.trim())) return at + address.trim();
  return at === "messenger:" && /^\d+$/.test(number) ? at + number : null;
}

const shortTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const longTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const minuteOf = (at) => shortTime.format(new Date(at));
export const secondOf = (at) => longTime.format(new Date(at));
export const momentOf = (at) => dayAndTime.format(new Date(at));

// instant returns a time with all nine digits of its nanoseconds, so that it
// can be compared as text: the controls omit trailing zeros.
export function instant(at) {
  const [seconds, fraction = ""] = at.replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}

// took formats milliseconds.
export const took = (ms) => (ms < 1 ? "< 1 ms" : ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

// size returns what a body costs, such as "GSM-7 · 1 segment".
export const size = (m) => `${m.encoding} · ${count(m.segments, "segment")}`;

// room returns how many units fit into the segments that a body needs.
export function room({ encoding, segments }) {
  const [single, several] = encoding === "UCS-2" ? [70, 67] : [160, 153];
  return segments === 1 ? single : segments * several;
}

// status returns the word and the icon for a message's status.
export function status(message) {
  return statuses[message.status] ?? { word: message.status, icon: "clock" };
}

const statuses = {
  accepted: { word: "Accepted", icon: "clock" },
  scheduled: { word: "Scheduled", icon: "clock" },
  queued: { word: "Queued", icon: "clock" },
  sending: { word: "Sending", icon: "clock" },
  sent: { word: "Sent", icon: "tick" },
  delivered: { word: "Delivered", icon: "ticks" },
  read: { word: "Read", icon: "ticks" },
  undelivered: { word: "Not delivered", icon: "failed" },
  failed: { word: "Failed", icon: "failed" },
  canceled: { word: "Cancelled", icon: "close" },
  received: { word: "Received", icon: "tick" },
};

// outcome returns what the application did with a text: "no trigger, not
// echoed: too fast" becomes "No trigger matched · Not echoed: too fast". It is
// empty if the link to the text's workflow says enough.
export function outcome(words) {
  return words.split(", ").filter((word) => word && word !== "accepted" && word !== "published")
    .map((word) => outcomes[word] ?? word[0].toUpperCase() + word.slice(1)).join(" · ");
}

const outcomes = {
  "no trigger": "No trigger matched",
  answered: "Answered a question",
  tooLate: "Too late",
  pending: "Not decided yet",
};

// named returns a character and its code point. An invisible character is shown
// as its code point.
export function named(character) {
  const code = character.codePointAt(0);
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? { shown: character, hex } : { shown: hex, hex };
}
