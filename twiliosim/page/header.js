// The header: whether the local Twilio can be reached, its clock, the theme,
// and the reset; below it, whether the application has paused sending.

import { el, icon, announce } from "./dom.js";
import * as write from "./format.js";
import { ask, known, on } from "./sim.js";

const byId = (id) => document.getElementById(id);

export function startHeader() {
  startConnection();
  startPause();
  startClock();
  startTheme();
  startReset();
}

function startConnection() {
  const words = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };
  on("connection", (connection) => {
    byId("connection").dataset.connection = connection;
    byId("connection").textContent = words[connection];
  });
}

// startPause shows that the application has paused sending, and why.
function startPause() {
  let said = null;
  on("state", () => {
    const { paused } = known;
    if (paused === said) return;
    said = paused;
    byId("pause").replaceChildren(...(paused === null ? [] : [
      el("strong", {}, "All sending is paused"), paused ? `: ${paused}. ` : ". ",
      "Your texts still reach their workflows, but nothing is answered or sent until ", el("code", { class: "whole" }, "starter resume-all"), "."]));
  });
}

// startClock shows the simulated time, and lets the user change it.
function startClock() {
  const button = byId("clock-button");
  const face = el("time", {});
  const ahead = el("span", { class: "ahead" });
  button.append(icon("clock"), face, ahead);
  const error = el("p", { class: "error", role: "alert" });
  const change = async (body) => {
    error.textContent = "";
    try {
      await ask("POST", "/sim/clock", body);
    } catch (problem) {
      error.textContent = problem.message;
    }
  };
  const step = (label, advance) => el("button", { type: "button", onclick: () => change({ advance }) }, label);
  const custom = el("input", { id: "clock-by", placeholder: "1h30m", autocomplete: "off" });
  const frozen = el("input", { type: "checkbox", onchange: () => change({ frozen: frozen.checked }) });
  const speed = el("select", { id: "clock-speed", onchange: () => change({ speed: Number(speed.value) }) });
  byId("clock").append(
    el("h2", {}, "Clock"),
    el("p", { class: "note" }, "It drives schedules, validity periods and the pace of sending. It only moves forward."),
    el("p", { class: "steps" }, step("+1 minute", "1m"), step("+1 hour", "1h"), step("+1 day", "24h")),
    el("form", { class: "by", onsubmit: (event) => { event.preventDefault(); change({ advance: custom.value.trim() }); } },
      el("label", { for: "clock-by" }, "Advance by"), custom, el("button", {}, "Advance")),
    el("p", {}, el("label", { class: "check" }, frozen, "Stop the clock")),
    el("p", { class: "field" }, el("label", { for: "clock-speed" }, "Sending speed"), speed),
    error);

  let now = 0;
  let at = 0;
  let paired = null;
  const tick = () => {
    if (!known.state) return;
    const time = new Date(now + (known.state.clock.frozen ? 0 : performance.now() - at));
    face.textContent = write.secondOf(time);
    face.dateTime = time.toISOString();
    button.title = write.momentOf(time);
  };
  on("state", () => {
    const { clock, speed: pace } = known.state;
    if (clock !== paired) { // only a new clock carries a new time
      now = new Date(clock.now).getTime();
      at = performance.now();
      paired = clock;
    }
    frozen.checked = clock.frozen;
    ahead.textContent = clock.frozen ? "stopped" : Math.abs(parseDuration(clock.offset)) >= 60 ? `+${shortDuration(clock.offset)}` : "";
    const paces = [...new Set([1, 10, 100, 1000, pace])].sort((a, b) => a - b);
    speed.replaceChildren(...paces.map((p) => el("option", { value: String(p) }, p === 1 ? "as at Twilio" : `${p.toLocaleString("en")} times faster`)));
    speed.value = String(pace);
    tick();
  });
  setInterval(tick, 1000);
}

// parseDuration converts "1h0m3.5s" to seconds.
function parseDuration(text) {
  let seconds = 0;
  for (const [, figure, unit] of text.matchAll(/([\d.]+)(h|m|s)/g)) seconds += Number(figure) * { h: 3600, m: 60, s: 1 }[unit];
  return seconds;
}

function shortDuration(text) {
  const minutes = Math.round(parseDuration(text) / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  return [days && `${days}d`, hours && `${hours}h`, rest && `${rest}m`].filter(Boolean).join(" ");
}

function startTheme() {
  const root = document.documentElement;
  const button = byId("theme-button");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => {
    button.replaceChildren(icon(isDark() ? "sun" : "moon"));
    button.title = isDark() ? "Light theme" : "Dark theme";
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch { /* storage is disabled: forget the theme when the page closes */ }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function startReset() {
  const dialog = byId("reset");
  const error = el("p", { class: "error", role: "alert" });
  dialog.append(
    el("h2", { id: "reset-title" }, "Start over?"),
    el("p", {}, "Messages, opt-outs, faults, rules and the debugger's entries are deleted, and the clock is reset. Your phones and numbers are kept."),
    error,
    el("p", { class: "buttons" },
      el("button", { type: "button", onclick: () => dialog.close() }, "Keep everything"),
      el("button", { type: "button", class: "danger", onclick: async () => {
        try {
          await ask("POST", "/sim/reset", {});
          dialog.close();
          announce("Everything was reset");
        } catch (problem) {
          error.textContent = problem.message;
        }
      } }, "Reset")));
  byId("reset-button").addEventListener("click", () => {
    error.textContent = "";
    dialog.showModal();
  });
}
