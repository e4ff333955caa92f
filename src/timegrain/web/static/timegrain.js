// What pages do beyond links and forms. Everything here is a convenience: without script each figure and form is there.

const EVERY_MS = 15_000;
const SWITCH = "timegrain.keys";
const FIELDS = "input, select, textarea, [contenteditable]";

// Single keys. A page marks what a key does with data-key; where html has data-keys="off", no page may take any.
const LINKS = { ArrowLeft: 'a[rel~="prev"]', ArrowRight: 'a[rel~="next"]', "?": '[data-opens="keys"]' };

function remembered() {
  try {
    return localStorage.getItem(SWITCH) ?? "on";
  } catch {
    return "on";
  }
}

function remember(state) {
  document.documentElement.dataset.keys = state;
  try {
    localStorage.setItem(SWITCH, state);
  } catch {
    // Then it holds for this page alone.
  }
}

function meant(event) {
  if (event.key === "/") {
    return document.querySelector('main input[type="search"]') ?? document.querySelector('[data-key="/"]');
  }
  return document.querySelector(LINKS[event.key] ?? `[data-key="${CSS.escape(event.key)}"]`);
}

function pressed(event) {
  if (event.key === "Escape") {
    const open = document.querySelector(".why[open]");
    if (open && !document.querySelector("dialog[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    return;
  }
  const off = document.documentElement.dataset.keys === "off";
  if (off || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const arrow = event.key.startsWith("Arrow");
  if (event.target.closest(`${FIELDS}, dialog`) || (arrow && event.target.closest(".scroll, [data-arrows]"))) return;
  const found = meant(event);
  if (!found) return;
  event.preventDefault();
  if (found.matches(FIELDS)) found.focus();
  else found.click();
}

function clicked(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  for (const open of document.querySelectorAll(".why[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
}

function changed(event) {
  if (event.target.matches("[data-keys-switch]")) remember(event.target.checked ? "on" : "off");
  if (event.target.matches("[data-picker] select[name=who]")) {
    for (const box of event.target.form.querySelectorAll("[name=who]:checked")) box.checked = false;
  }
}

// Growth: a part with hx-trigger="grow" is asked again while it is looked at and nothing in it is in use.

function inUse(part) {
  const focused = document.activeElement;
  const selection = getSelection();
  return (
    part.querySelector(".why[open]") ||
    (part.contains(focused) && (focused.matches(FIELDS) || !focused.id)) ||
    (!selection.isCollapsed && part.contains(selection.anchorNode))
  );
}

function grow() {
  if (document.hidden || !window.htmx) return;
  for (const part of document.querySelectorAll('[hx-get][hx-trigger~="grow"]')) {
    if (!inUse(part)) window.htmx.trigger(part, "grow");
  }
}

let kept = [];

function keep(event) {
  const kinds = { open: "details[id]", scrollLeft: ".scroll[id]" };
  kept = Object.entries(kinds).flatMap(([name, selector]) =>
    [...event.detail.target.querySelectorAll(selector)].map((one) => [one.id, name, one[name]]),
  );
}

function restore() {
  for (const [id, name, value] of kept) {
    const found = document.getElementById(id);
    if (found) found[name] = value;
  }
  kept = [];
}

document.documentElement.dataset.keys = remembered();
for (const one of document.querySelectorAll("[data-opens]")) one.hidden = false;
for (const one of document.querySelectorAll("[data-keys-switch]")) one.checked = remembered() !== "off";
document.addEventListener("keydown", pressed);
document.addEventListener("click", clicked);
document.addEventListener("change", changed);
document.addEventListener("htmx:beforeSwap", keep);
document.addEventListener("htmx:afterSwap", restore);
document.addEventListener("visibilitychange", grow);
setInterval(grow, EVERY_MS);
