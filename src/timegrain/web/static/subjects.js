// Rating with one key, many at once, with what it would change beside the table. Without script the form does the same.

const KEYS = { p: "productive", n: "neutral", u: "unproductive" };
const FIELDS = 'select, textarea, [contenteditable], input:not([type="checkbox"], [type="radio"])';
const ASK_MS = 150;
const PLACE = "timegrain.subjects.place";
let asking = 0;
let last = null;

const form = () => document.getElementById("rating");
const rows = () => [...form().querySelectorAll(".subj tbody tr")];
const picked = (row) => row.querySelector('[name="pick"]');
const chosen = (row) => row.querySelector('[type="radio"]:checked')?.value ?? "";

function current() {
  const row = document.activeElement?.closest("#rating .subj tbody tr");
  if (row) last = picked(row).value;
  return row ?? rows().find((one) => picked(one).value === last);
}

function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  const row = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  picked(row).focus();
  current();
  row.scrollIntoView({ block: "nearest" });
}

function rate(rating) {
  const selected = rows().filter((row) => picked(row).checked);
  const row = current();
  for (const one of selected.length ? selected : row ? [row] : []) {
    one.querySelector(`[type="radio"][value="${rating}"]`).checked = true;
  }
  ask();
}

function ask() {
  const others = [...form().querySelectorAll("#ignore-idle, #set-category")].some((one) => one.value);
  for (const row of rows()) {
    row.classList.toggle("pending", chosen(row) !== row.dataset.was || (others && picked(row).checked));
  }
  clearTimeout(asking);
  asking = setTimeout(() => window.htmx.trigger(form(), "ask-preview"), ASK_MS);
}

function pressed(event) {
  const off = document.documentElement.dataset.keys === "off";
  if (off || !form() || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest(`${FIELDS}, dialog`)) return;
  const does = {
    j: () => move(1),
    k: () => move(-1),
    x: () => current() && picked(current()).click(),
    z: () => document.querySelector("#toast button")?.click(),
    Enter: () => current()?.querySelector("th a").click(),
  };
  const rating = KEYS[event.key];
  const act = rating ? () => rate(rating) : does[event.key];
  if (!act || (event.key === "Enter" && !event.target.matches("#rating .subj tbody input"))) return;
  event.preventDefault();
  act();
}

function changed(event) {
  if (!event.target.closest("#rating")) return;
  const others = [...form().querySelectorAll("#ignore-idle, #set-category")].some((one) => one.value);
  if (event.target.matches('[type="radio"], [data-asks]') || others) ask();
}

function clicked(event) {
  const button = event.target.closest('#rating [name="all"]');
  if (!button) return;
  event.preventDefault();
  rate(button.value);
}

// A saved rating and one that is undone load the page again: where the reader was stays.
function leaving() {
  const key = form() && current() ? picked(current()).value : "";
  sessionStorage.setItem(PLACE, JSON.stringify([location.pathname, scrollY, key]));
}

function back() {
  const held = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  sessionStorage.removeItem(PLACE);
  const told = new URLSearchParams(location.search).has("changed");
  if (!told || !held || held[0] !== location.pathname || !form()) return;
  scrollTo(0, held[1]);
  last = held[2];
  const row = current();
  if (row) picked(row).focus({ preventScroll: true });
}

document.addEventListener("keydown", pressed);
document.addEventListener("change", changed);
document.addEventListener("click", clicked);
addEventListener("pagehide", leaving);
back();
