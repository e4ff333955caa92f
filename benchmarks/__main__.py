"""`make bench`: what things cost, each beside its yardstick of the same run.

A whole run writes `benchmarks/results.json`. Ends with 1 where a goal is missed. `docs/performance.md` says what the
rows mean; with `--docs` its table and pictures are made of the run.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import batches, devices, load, pages, peer, policies, questions, report, sample, starting
from benchmarks.engines import CITUS, POSTGRESQL, SQLITE, Engine, engine
from benchmarks.measuring import Point, Row
from timegrain.counted import collect_seldom

Measure = Callable[[Engine, bool], Iterator[Row | Point]]

PARTS: dict[str, Measure] = {
    "questions": questions.measure,
    "pages": pages.measure,
    "peer": peer.measure,
    "sample": sample.measure,
    "batches": batches.measure,
    "starting": starting.measure,
    "devices": devices.measure,
    "load": load.measure,
    "policies": policies.measure,
}
CLUSTER = "TIMEGRAIN_BENCH_CITUS"


def main() -> int:
    options = _options()
    if options.docs_only:
        report.write_docs(report.read())
        return 0
    # Told to end, it still stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    collect_seldom()
    found = report.Report.of_this_machine(_command())
    console = Console(width=160)
    for kind in options.database:
        with tempfile.TemporaryDirectory() as name, engine(kind, Path(name), os.environ.get(CLUSTER, "")) as one:
            found.versions.append(one.version())
            _run(one, options, found, console)
    console.print(_table(found))
    for name, table in report.made(found).items():
        if name not in ("run", "rows") and table:
            console.print(f"{name}\n{table}")
    if not options.whole and options.docs and report.RESULTS.exists():
        found.keep(report.read())
    if options.whole or options.docs:
        found.write()
    if options.docs:
        report.write_docs(found)
    missed = [f"{row['database']}: {row['what']}" for row in found.rows if row["met"] is False]
    if missed:
        console.print("Goals missed:", *(f"  {one}" for one in missed), sep="\n")
    return 1 if missed else 0


def _run(one: Engine, options: argparse.Namespace, found: report.Report, console: Console) -> None:
    for part in options.only:
        began = time.perf_counter()
        for each in PARTS[part](one, options.quick):
            found.add(one.kind, part, each)
            if isinstance(each, Row) and each.met is False:
                console.print(f"missed on {one.kind}: {each.what}: {each.figure}, {each.goal}")
        console.print(f"{part} on {one.kind}: {time.perf_counter() - began:.0f} s", style="dim")


def _table(found: report.Report) -> Table:
    shown = Table("Database", "What", "Figure", "Yardstick", "Goal", "Met", box=None)
    for row in found.rows:
        shown.add_row(*(str(row[name]) for name in report.COLUMNS), report.word(row["met"]))
    return shown


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    kinds = {kind.lower(): kind for kind in (SQLITE, POSTGRESQL, CITUS)}
    parser.add_argument("--only", help=f"parts, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--database", help=f"with commas between: {', '.join(kinds)}")
    parser.add_argument("--quick", action="store_true", help="fewer people, shorter")
    parser.add_argument("--docs", action="store_true", help="write the run's tables and pictures into docs/")
    parser.add_argument("--docs-only", action="store_true", help="the same from the last whole run, without a run")
    options = parser.parse_args()
    options.whole = not (options.only or options.database or options.quick)
    options.only = options.only.split(",") if options.only else list(PARTS)
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen = options.database.split(",") if options.database else _there()
    if unknown := set(chosen) - set(kinds):
        parser.error(f"no such database: {', '.join(sorted(unknown))}")
    if "citus" in chosen and not os.environ.get(CLUSTER):
        parser.error(f"{CLUSTER} names no cluster")
    options.database = [kinds[one] for one in chosen]
    return options


def _there() -> list[str]:
    return ["sqlite", "postgresql", *(["citus"] if os.environ.get(CLUSTER) else [])]


def _command() -> str:
    given = " ".join(sys.argv[1:])
    return "make bench" + (f' ARGS="{given}"' if given else "")


if __name__ == "__main__":
    sys.exit(main())
