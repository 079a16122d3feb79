// Builds the page's elements. Text is always inserted as text: neither this
// module nor any other part of the page parses a string as HTML.

// el makes an element: el("p", {class: "note", onclick: f}, "text", child).
// Children that are null or false are left out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const shapes = {
  clock: ["M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z", "M8 5v3.2l2.2 1.3"],
  tick: ["M3.5 8.5l3 3 6-7"],
  ticks: ["M1.5 8.5l3 3 6-7", "M7.5 11.2l.5.3 6-7"],
  failed: ["M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z", "M8 5v3.7", "M8 10.9v.2"],
  close: ["M4 4l8 8", "M12 4l-8 8"],
  add: ["M8 3v10", "M3 8h10"],
  send: ["M8 13V3.5", "M3.8 7.5L8 3.3l4.2 4.2"],
  attach: ["M2.5 4.5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1z", "M2.8 11.5l3.2-3.5 2.5 2.5 1.8-1.7 3 2.7", "M10.6 6.3v.1"],
  out: ["M6 3.5H3.5v9h9V10", "M9 3.5h3.5V7", "M12.3 3.7L7.5 8.5"],
  power: ["M8 2.5v5", "M4.8 4.6a4.7 4.7 0 1 0 6.4 0"],
  sun: ["M8 5.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4z", "M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9"],
  moon: ["M13 9.7A5.5 5.5 0 0 1 6.3 3a5.5 5.5 0 1 0 6.7 6.7z"],
  down: ["M4 6.5l4 4 4-4"],
};

// icon draws one of the shapes, 16 by 16, in the text's color. Screen readers
// ignore it, so give the surrounding element a name.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of shapes[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

// link returns a link that opens another site in its own tab. It accepts only
// http and https, so that an address from a message cannot run a script.
// Anything else becomes plain text.
export function link(href, attributes, ...children) {
  if (!isWeb(href)) return el("span", { class: attributes.class }, ...children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

export function isWeb(href) {
  try {
    return ["http:", "https:"].includes(new URL(href).protocol);
  } catch {
    return false;
  }
}

// keepFocus keeps the focus in a list that is rebuilt, by moving it to the
// control at the same position.
export function keepFocus(list, change) {
  const controls = () => [...list.querySelectorAll("button, a[href], summary, pre")];
  const place = controls().indexOf(document.activeElement);
  change();
  const now = controls();
  if (place >= 0 && now.length) now[Math.min(place, now.length - 1)].focus();
}

// announce tells a screen reader what has happened.
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
