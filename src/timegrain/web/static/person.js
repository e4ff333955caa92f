// The grid of hours: one stop of the Tab key a day; arrow keys go from cell to cell.
const heat = document.querySelector("[data-heat]");
const rows = heat ? [...heat.tBodies[0].rows].map((row) => [...row.querySelectorAll("a")]) : [];
const column = (link) => link.closest("th, td").cellIndex;

function stop(row, link) {
  for (const other of row) other.tabIndex = other === link ? 0 : -1;
}

function nearest(row, at) {
  return row.reduce((best, link) => (Math.abs(column(link) - at) < Math.abs(column(best) - at) ? link : best));
}

function goal(key, y, x) {
  const row = rows[y];
  if (key === "ArrowRight") return row[x + 1];
  if (key === "ArrowLeft") return row[x - 1];
  if (key === "Home") return row[0];
  if (key === "End") return row[row.length - 1];
  const next = rows[y + (key === "ArrowDown" ? 1 : -1)];
  return next && nearest(next, column(row[x]));
}

for (const row of rows) stop(row, row[0]);
heat?.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  const y = rows.findIndex((row) => row.includes(event.target));
  if (y < 0) return;
  event.preventDefault();
  event.stopPropagation(); // outside the grid arrows change the week
  const to = goal(event.key, y, rows[y].indexOf(event.target));
  if (!to) return;
  stop(rows.find((row) => row.includes(to)), to);
  to.focus();
});
