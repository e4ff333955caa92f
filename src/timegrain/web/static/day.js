// Zooming of the timeline by dragging and by keys. The window is the address: each zoom is a link that could be shared.

const SHORTEST_S = 300;
const DRAGGED_PX = 5;
const SVG = "http://www.w3.org/2000/svg";
const KEYS = { "+": "in", "=": "in", "-": "out", _: "out", ArrowLeft: "earlier", ArrowRight: "later", 0: "all" };

const timeline = document.getElementById("timeline");

// What the clock shows, as the page's links write it: its second 02:30 of a day on which it is set back is 02:30b.
function written(second, runs) {
  const at = Math.max(0, runs.findIndex(([, end]) => second < end));
  const wall = (second + runs[at][2]) % 86400;
  const shows = ([start, end, offset]) => {
    const there = start + ((((wall - start - offset) % 86400) + 86400) % 86400);
    return there < end;
  };
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(wall / 3600))}:${two(Math.floor(wall / 60) % 60)}${runs.slice(0, at).some(shows) ? "b" : ""}`;
}

function numbers(text) {
  return text.split(",").map(Number);
}

function go(address) {
  location.assign(address);
}

function zoomTo(low, high) {
  const [dayStart, dayEnd] = numbers(timeline.dataset.day);
  const runs = timeline.dataset.runs.split(";").filter(Boolean).map(numbers);
  const minute = (second) => dayStart + Math.round((second - dayStart) / 60) * 60;
  const size = Math.max(SHORTEST_S, minute(high) - minute(low));
  const start = Math.max(dayStart, Math.min(minute(low), dayEnd - size));
  const end = Math.min(dayEnd, start + size);
  const address = new URL(location.href);
  for (const name of ["hour", "page"]) address.searchParams.delete(name);
  address.searchParams.set("from", written(start, runs));
  address.searchParams.set("to", end === dayEnd ? "24:00" : written(end, runs));
  address.hash = "timeline";
  go(address);
}

function secondAt(x) {
  const box = timeline.getBoundingClientRect();
  const part = Math.max(0, Math.min(1, (x - box.left) / box.width));
  const start = Number(timeline.dataset.start);
  return start + part * (Number(timeline.dataset.end) - start);
}

function drag(down) {
  if (down.button !== 0) return;
  const left = timeline.getBoundingClientRect().left;
  let selection = null;

  function moved(event) {
    if (!selection) {
      if (Math.abs(event.clientX - down.clientX) < DRAGGED_PX) return;
      selection = document.createElementNS(SVG, "rect");
      selection.setAttribute("class", "selection");
      selection.setAttribute("y", "22");
      selection.setAttribute("height", "82");
      timeline.append(selection);
      timeline.setPointerCapture(down.pointerId);
    }
    selection.setAttribute("x", Math.min(event.clientX, down.clientX) - left);
    selection.setAttribute("width", Math.abs(event.clientX - down.clientX));
  }

  function ended(event) {
    timeline.removeEventListener("pointermove", moved);
    timeline.removeEventListener("pointerup", ended);
    timeline.removeEventListener("pointercancel", ended);
    if (!selection) return;
    selection.remove();
    if (event.type === "pointercancel") return;
    // What was dragged over is no click on the span below.
    timeline.addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
    const [low, high] = [secondAt(down.clientX), secondAt(event.clientX)].sort((a, b) => a - b);
    zoomTo(low, high);
  }

  timeline.addEventListener("pointermove", moved);
  timeline.addEventListener("pointerup", ended);
  timeline.addEventListener("pointercancel", ended);
}

function pressed(event) {
  const which = KEYS[event.key];
  if (!which || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  go(document.querySelector(`[data-zoom="${which}"]`).href);
}

// A span that is pointed at in the timeline opens in the list.
function opened() {
  if (/^#t\d/.test(location.hash)) {
    const details = document.getElementById(location.hash.slice(1))?.querySelector("details");
    if (details) details.open = true;
  } else if (location.hash === "#timeline") {
    timeline?.focus({ preventScroll: true });
  }
}

if (timeline) {
  timeline.addEventListener("pointerdown", drag);
  timeline.addEventListener("dragstart", (event) => event.preventDefault());
  timeline.addEventListener("dblclick", () => go(document.querySelector('[data-zoom="all"]').href));
  timeline.addEventListener("keydown", pressed);
  addEventListener("hashchange", opened);
  opened();
}
