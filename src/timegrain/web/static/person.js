// The grid of hours: one stop of the Tab key a day; arrow keys go from cell to cell.
const links = (row) => [...row.querySelectorAll("a")];
const column = (link) => link.closest("th, td").cellIndex;

function stop(row, at) {
  for (const link of links(row)) link.tabIndex = link === at ? 0 : -1;
}

function nearest(row, at) {
  const distance = (link) => Math.abs(column(link) - at);
  return links(row).reduce((best, link) => (distance(link) < distance(best) ? link : best));
}

function goal(key, row, link) {
  const all = links(row);
  const x = all.indexOf(link);
  switch (key) {
    case "ArrowRight": return all[x + 1] ?? link;
    case "ArrowLeft": return all[x - 1] ?? link;
    case "Home": return all[0];
    case "End": return all.at(-1);
    case "ArrowDown": return row.nextElementSibling && nearest(row.nextElementSibling, column(link));
    case "ArrowUp": return row.previousElementSibling && nearest(row.previousElementSibling, column(link));
  }
}

function pressed(event) {
  const row = event.target.closest(".heat tbody tr");
  if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const to = goal(event.key, row, event.target);
  if (!to) return;
  event.preventDefault();
  stop(to.closest("tr"), to);
  to.focus();
}

function prepare() {
  for (const row of document.querySelectorAll(".heat tbody tr")) stop(row, links(row)[0]);
}

prepare();
document.addEventListener("htmx:afterSwap", prepare);
document.addEventListener("keydown", pressed);
