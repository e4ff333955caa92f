"""What a run found, as a file, and as the table and pictures of `docs/performance.md`."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import pictures
from benchmarks.measuring import Point, Row

RESULTS = Path(__file__).with_name("results.json")
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "performance.md"
COLUMNS = ("database", "what", "figure", "yardstick", "goal")
BEGIN, END = "<!-- made by make bench: {} -->", "<!-- end of {} -->"


@dataclass
class Report:
    """Of one run on one machine."""

    date: str
    command: str
    machine: str
    versions: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    """The runs of which rows are still among these."""

    @classmethod
    def of_this_machine(cls, command: str) -> Report:
        cores = len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        busy = f"load {os.getloadavg()[0]:.1f} when it began"
        machine = f"{cores} cores, {_processor()}, {memory:.0f} GB, {platform.system()}, {busy}"
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        return cls(now, command, machine, [f"Python {platform.python_version()}"])

    def add(self, database: str, part: str, found: Row | Point) -> None:
        if isinstance(found, Row):
            self.rows.append({"database": database, "part": part, **asdict(found)})
        else:
            self.points.append(asdict(found))

    def told(self) -> str:
        return f"{self.date}, `{self.command}`, {self.machine}; {', '.join(self.versions)}"

    def keep(self, before: Report) -> None:
        """What an earlier run measured and this one did not."""
        measured = {(row["database"], row["part"]) for row in self.rows}
        drawn = {(one["curve"], one["line"]) for one in self.points}
        kept = [row for row in before.rows if (row["database"], row["part"]) not in measured]
        if kept:
            self.earlier = [before.told(), *before.earlier]
        databases = list(dict.fromkeys(row["database"] for row in (*before.rows, *self.rows)))
        self.rows = sorted([*kept, *self.rows], key=lambda row: databases.index(row["database"]))
        self.points = [one for one in before.points if (one["curve"], one["line"]) not in drawn] + self.points

    def of(self, curve: str) -> list[dict[str, Any]]:
        """Its points."""
        return [one for one in self.points if one["curve"] == curve]

    def write(self) -> None:
        RESULTS.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def read() -> Report:
    return Report(**json.loads(RESULTS.read_text()))


def of_the_docs() -> dict[str, str]:
    """What stands between the marks of the page: nothing before the first whole run."""
    names = ("run", "rows", *pictures.CURVES, "sizes")
    return made(read()) if RESULTS.exists() else dict.fromkeys(names, "")


def word(met: bool | None) -> str:
    return "–" if met is None else "yes" if met else "**no**"


def made(found: Report) -> dict[str, str]:
    """The parts of the page that a run makes, by name."""
    run = [
        f"The run: {found.told()}.",
        *(f"What it did not measure is of {one}." for one in found.earlier),
        "",
        f"Goals missed: {sum(row['met'] is False for row in found.rows)} of "
        f"{sum(row['met'] is not None for row in found.rows)}.",
    ]
    lines = [("database", "what", "figure", "yardstick", "goal", "met")]
    lines += [(*(str(row[name]) for name in COLUMNS), word(row["met"])) for row in found.rows]
    tables = {"run": "\n".join(run) + "\n", "rows": _table(lines)}
    for name, curve in pictures.CURVES.items():
        twin = _twin(found.of(name))
        tables[name] = f"![{curve.title}](pictures/bench-{name}.svg)\n\n{twin}" if twin else ""
    tables["sizes"] = _twin(found.of("bytes a fact"), "table")
    return tables


def _twin(points: list[dict[str, Any]], at: str = "") -> str:
    """A table of a curve: a row each place, a column each line; empty without points."""
    if not points:
        return ""
    drawn = list(dict.fromkeys(one["line"] for one in points))
    places = list(dict.fromkeys(one["at"] for one in points))
    if all(isinstance(one, (int, float)) for one in places):
        places.sort()
    known = {(one["line"], one["at"]): one["figure"] for one in points}
    name = at or next((pictures.CURVES[one["curve"]].across for one in points), "")
    lines: list[tuple[str, ...]] = [(name, *drawn)]
    for place in places:
        told = f"{place:,}" if isinstance(place, (int, float)) else place
        lines.append((told, *(pictures.number(known[line, place]) if (line, place) in known else "" for line in drawn)))
    return _table(lines)


def _table(lines: list[tuple[str, ...]]) -> str:
    head, *rest = lines
    written = [head, tuple("---" for _ in head), *rest]
    return "".join(f"| {' | '.join(line)} |\n" for line in written)


def replaced(page: str, tables: dict[str, str]) -> str:
    """The page with what a run makes put between its marks. Raises ValueError where a mark is missing."""
    for name, table in tables.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = page.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise ValueError(f"the page has no marks for {name}")
        page = f"{before}{begin}\n{table}{end}{after}"
    return page


def write_docs(found: Report) -> None:
    for name, curve in pictures.CURVES.items():
        if points := found.of(name):
            (DOCS / "pictures" / f"bench-{name}.svg").write_text(pictures.drawn(curve, points))
    PAGE.write_text(replaced(PAGE.read_text(), made(found)))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
