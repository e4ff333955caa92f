"""`make bench`: what things cost, each beside its yardstick of the same run.

Prints a table and writes `benchmarks/results.json`. `docs/performance.md` says what the rows mean. With
`ARGS=--large` policies change for 1,000 people, too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import batches, devices, pages, peer, policies, questions
from timegrain.counted import collect_seldom


def main() -> None:
    collect_seldom()
    with tempfile.TemporaryDirectory() as name:
        parts = [questions.measure, pages.measure, batches.measure, policies.measure, peer.measure, devices.measure]
        if "--large" in sys.argv:
            parts.append(policies.measure_many)
        rows = [row for measure in parts for row in measure(Path(name))]
    shown = Table("What", "Figure", "Yardstick", "Goal", "Met", box=None)
    for row in rows:
        shown.add_row(row.what, row.figure, row.yardstick, row.goal, "yes" if row.met else "no")
    Console(width=150).print(shown)
    Path(__file__).with_name("results.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
