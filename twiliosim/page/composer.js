// Shows the size of a text while it is typed, and sends it.

import { el, icon, isWeb } from "./dom.js";
import * as write from "./format.js";
import { ask } from "./sim.js";

const longest = 1600; // characters that Twilio accepts in a body

let serial = 0;

// Composer is the form below a thread. send(body, media) sends a text; if it
// throws, the form shows the error. example() returns a text to send when
// nothing has been written yet, or null.
export class Composer {
  constructor({ send, example }) {
    this.send = send;
    this.example = example;
    this.last = "";
    const id = `write-${++serial}`;
    this.label = el("label", { class: "unseen", for: id });
    this.text = el("textarea", { id, rows: "1", "aria-describedby": `${id}-size`, enterkeyhint: "send", autocomplete: "off",
      oninput: () => this.measure(), onkeydown: (event) => this.key(event), onbeforeinput: (event) => this.lineBreak(event) });
    this.address = el("input", { type: "url", id: `${id}-media`, placeholder: "https://example.org/cat.png", "aria-label": "Address of a picture", autocomplete: "off" });
    this.media = el("div", { class: "media", hidden: true }, this.address,
      el("button", { type: "button", class: "quiet icon-only", "aria-label": "Remove the picture", onclick: () => this.attach(false) }, icon("close")));
    this.attachButton = el("button", { type: "button", class: "quiet icon-only", "aria-label": "Attach a picture by its address", title: "Attach a picture",
      "aria-expanded": "false", onclick: () => this.attach(this.media.hidden) }, icon("attach"));
    this.size = el("p", { class: "size", id: `${id}-size` });
    this.error = el("p", { class: "error", role: "alert" });
    this.node = el("form", { class: "composer", novalidate: true, onsubmit: (event) => this.submit(event) },
      this.error, this.media,
      el("div", { class: "line" }, this.attachButton, this.label, this.text,
        el("button", { class: "send", "aria-label": "Send", title: "Send (Enter)" }, icon("send"))),
      this.size);
    this.measure();
  }

  // name puts both numbers into the label, and an example into the
  // placeholder.
  name(from, to) {
    this.label.textContent = `Text from ${write.phone(from)} to ${write.phone(to)}`;
    this.text.placeholder = this.example() ?? "Text message";
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  // key records whether Shift is down, and restores the last text in an empty
  // field.
  key(event) {
    this.shift = event.shiftKey;
    if (event.key === "ArrowUp" && !this.text.value && this.last && !event.isComposing) {
      event.preventDefault();
      this.put(this.last);
    }
  }

  // lineBreak sends the text instead of inserting a line break, unless Shift is
  // down. The event comes for Enter on any keyboard, including a touch
  // screen's, but not while a character is being composed.
  lineBreak(event) {
    if (event.inputType !== "insertLineBreak" || this.shift) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  put(text) {
    this.text.value = text;
    this.text.setSelectionRange(text.length, text.length);
    this.measure();
  }

  attach(open) {
    this.media.hidden = !open;
    this.attachButton.setAttribute("aria-expanded", String(open));
    this.address.value = "";
    if (open) this.address.focus();
    else this.text.focus();
  }

  async submit(event) {
    event.preventDefault();
    const address = this.address.value.trim();
    const body = this.text.value || (address ? "" : this.example() ?? "");
    if (!body.trim() && !address) return;
    if (address && !isWeb(address)) {
      this.error.textContent = "The picture’s address must begin with http:// or https://.";
      return;
    }
    this.error.textContent = "";
    this.last = body;
    this.put("");
    if (!this.media.hidden) this.attach(false);
    try {
      await this.send(body, address ? [{ url: address, contentType: contentType(address) }] : []);
    } catch (error) {
      this.error.textContent = error.message;
      if (!this.text.value) this.put(body);
    }
  }

  // measure requests the size of the text from the local Twilio. Only the
  // response to the latest request counts.
  async measure() {
    const body = this.text.value;
    if (!body) {
      this.size.replaceChildren(el("span", { class: "keys" }, "Enter sends, Shift+Enter starts a new line"));
      return;
    }
    let size;
    try {
      size = await ask("POST", "/sim/measure", { body });
    } catch {
      return; // the next keystroke measures again
    }
    if (body !== this.text.value) return;
    const characters = [...body].length;
    const parts = [];
    if (size.culprit) {
      const { shown, hex } = write.named(size.culprit);
      parts.push(el("span", { class: "ucs2" }, "UCS-2 because of ",
        el("button", { type: "button", class: "culprit", title: `Select it (${hex})`, onclick: () => this.select(size) }, shown)));
    } else {
      parts.push(el("span", {}, size.encoding));
    }
    parts.push(el("span", {}, `${size.units} of ${write.room(size)} · ${write.count(size.segments, "segment")}`));
    if (characters > longest) parts.push(el("span", { class: "ucs2" }, `${characters} characters; Twilio accepts at most ${longest}`));
    this.size.replaceChildren(...parts);
  }

  // select marks the character that made the text UCS-2.
  select({ culprit, culpritIndex }) {
    const start = [...this.text.value].slice(0, culpritIndex).join("").length;
    this.text.focus();
    this.text.setSelectionRange(start, start + culprit.length);
  }
}

// contentType guesses the media type of the file at a URL from the file's name.
function contentType(address) {
  const extension = /\.(\w+)$/.exec(new URL(address).pathname)?.[1].toLowerCase();
  return { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", gif: "image/gif", webp: "image/webp", svg: "image/svg+xml", mp4: "video/mp4", mp3: "audio/mpeg", pdf: "application/pdf", vcf: "text/vcard" }[extension] ?? "image/jpeg";
}
