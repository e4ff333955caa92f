"""`make soak`: everything at once for minutes, and whether anything grows that should not.

10,000 devices report each minute from a process of their own; policies change, people ask, reports are exported, pages
are looked at. The server's memory, open files and time to answer are compared, the last third with the first after a
warm-up, and the figures of some people with a recount. ARGS="--minutes 2 --database postgresql://... --workers 2";
without a database it is a new SQLite file, with one it must be empty.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from benchmarks.devices import A_MINUTE, DEVICES, Fleet, Load, populate
from benchmarks.measuring import share
from benchmarks.serving import Child, child
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

ZONES = ("UTC", "Asia/Kolkata")
CHANGE_S, QUESTION_S, EXPORT_S, PAGE_S = 8.0, 0.2, 5.0, 0.5
ALLOWED = (200, 202, 303, 429, 503)
MEMORY_SHARE, MEMORY_MB = 1.05, 10
LATENCY_SHARE, LATENCY_MS = 1.25, 20
MORE_FILES, MOST_WAL_MB, MOST_BYTES_A_FACT = 10, 256, 250
CHECKED = 25


@dataclass
class Step:
    """What a part of the time came to. Milliseconds, megabytes."""

    ends_s: float
    memory: float
    files: float
    wal: float
    file: float
    facts: float
    batches: list[float] = field(default_factory=list)
    questions: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass
class Asked:
    """What was asked beside the batches, and what came of it. Any thread adds to it."""

    taken: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    refused: int = 0
    changes: int = 0
    exports: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class Asker:
    """One who asks again and again, over a connection that is kept."""

    def __init__(self, server: Child, asked: Asked) -> None:
        self.asked = asked
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}",
            headers={"Authorization": f"Bearer {server.key}"},
            timeout=60,
            trust_env=False,
            transport=httpx.HTTPTransport(retries=2),
        )

    def ask(self, method: str, path: str, body: object = None, counts: bool = True) -> httpx.Response | None:
        began = time.perf_counter()
        try:
            answer = self.client.request(method, path, json=body)
        except httpx.HTTPError as error:
            self.asked.failures.append(f"{path}: {type(error).__name__}")
            return None
        if counts:
            self.asked.taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code not in ALLOWED:
            self.asked.failures.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        self.asked.refused += answer.status_code in (429, 503)
        return answer

    def repeat(self, pause_s: float, works: list[Callable[[], object]]) -> threading.Thread:
        """Each in its turn until it is over."""

        def run() -> None:
            for work in cycle(works):
                if self.asked.over.wait(pause_s):
                    return
                work()

        thread = threading.Thread(target=run)
        thread.start()
        return thread


def reporting(fleet: Fleet, port: int, minutes: float, began: float, told: Queue[Any]) -> None:
    """In a process of its own: all devices, minute after minute; what became of them goes into `told`."""
    each_s = 5
    rate = len(fleet.tokens) / A_MINUTE
    for part in range(int(minutes * 60 / each_s)):
        reports = int(rate * each_s)
        load = Load(port, fleet.tokens, began, part * reports, reports, rate).run()
        told.put((load.taken, load.failures))


def ranges(users: list[str], today: datetime) -> Iterator[dict[str, Any]]:
    """A week of one person, of 35 and of 500, in two zones."""
    first = today - timedelta(days=6)
    for zone in ZONES:
        for many in (1, 35, 500):
            yield {
                "startDate": f"{first:%Y-%m-%d} 00:00:00",
                "endDate": f"{today:%Y-%m-%d} 23:59:59",
                "timeZone": zone,
                "userId": users[:many],
                "teamId": [],
            }


def people_asking(asker: Asker, users: list[str]) -> list[threading.Thread]:
    asked, today = asker.asked, datetime.now(UTC)
    weeks = list(ranges(users, today))
    day = {**weeks[0], "startDate": f"{today:%Y-%m-%d} 00:00:00"}
    # What is exported stays as much as it was: else that it takes longer would say nothing of the server.
    until_today = {**weeks[1], "endDate": f"{today - timedelta(days=1):%Y-%m-%d} 23:59:59"}

    def summary(body: dict[str, Any]) -> Callable[[], object]:
        return lambda: asker.ask("POST", "/v1/dashboard/weekly-summary", body)

    def export(report: str, format_: str) -> Callable[[], object]:
        def work() -> None:
            asker.ask("POST", "/v1/export", {**until_today, "report": report, "format": format_}, counts=False)
            asked.exports += 1

        return work

    questions = [*map(summary, weeks), lambda: asker.ask("POST", "/v1/explain", {**day, "limit": 100})]
    questions += [lambda: asker.ask("POST", "/v1/app-usage", weeks[1]), lambda: asker.ask("GET", "/v1/users?limit=50")]
    exports = [export(one, form) for one in ("timesheet", "app-usage", "facts") for form in ("csv", "xlsx")]
    pages: list[Callable[[], object]] = [lambda: asker.ask("GET", "/sign-in"), lambda: asker.ask("GET", "/")]
    return [asker.repeat(QUESTION_S, questions), asker.repeat(EXPORT_S, exports), asker.repeat(PAGE_S, pages)]


def policies_changing(asker: Asker) -> threading.Thread:
    """A rating, the threshold, whether idle counts: each when the one before is in force."""

    def change(method: str, path: str, bodies: Sequence[object]) -> Callable[[], None]:
        """Each time to the next of the bodies: what holds already would be no change."""
        following = cycle(bodies)

        def work() -> None:
            answer = asker.ask(method, path, next(following), counts=False)
            job = (answer.json().get("data") or {}).get("jobId") if answer is not None and answer.is_success else None
            while job and not asker.asked.over.wait(0.25):
                told = asker.ask("GET", f"/v1/jobs/{job}", counts=False)
                if told is None or not told.is_success or told.json()["data"]["state"] in ("done", "failed"):
                    break
            asker.asked.changes += job is not None

        return work

    def rated(rating: str, ignore_idle: bool) -> object:
        return {"ratings": [{"subject": "Slack", "kind": "application", "rating": rating, "ignoreIdle": ignore_idle}]}

    rate = change("PUT", "/v1/ratings", [rated("unproductive", False), rated("productive", True)])
    works: list[Callable[[], object]] = [
        rate,
        change("PATCH", "/v1/policy", [{"idleMinutes": minutes} for minutes in (3, 5)]),
        rate,
        change("PATCH", "/v1/policy", [{"idleCounting": counts} for counts in (True, False)]),
    ]
    return asker.repeat(CHANGE_S, works)


def figures(asker: Asker) -> dict[str, float]:
    """Of all of the server's processes, from its own metrics."""
    answer = asker.ask("GET", "/metrics", counts=False)
    found: dict[str, float] = {}
    if answer is not None and answer.is_success:
        for family in text_string_to_metric_families(answer.text):
            for one in family.samples:
                name = f"{one.name}/{one.labels.get('file') or one.labels.get('outcome') or ''}"
                found[name] = found.get(name, 0.0) + one.value
    return found


def soak(server: Child, fleet: Fleet, users: list[str], minutes: float) -> tuple[list[Step], Asked]:
    asked = Asked()
    asker, watcher, changer = (Asker(server, asked) for _ in range(3))
    context = multiprocessing.get_context("spawn")
    told: Queue[Any] = context.Queue()
    began = time.time() + 3
    load = context.Process(target=reporting, args=(fleet, server.port, minutes, began, told))
    load.start()
    threads = [*people_asking(asker, users), policies_changing(changer)]
    step_s = 60.0 if minutes >= 6 else minutes * 10
    steps: list[Step] = []
    for number in range(1, round(minutes * 60 / step_s) + 1):
        asked.over.wait(max(0.0, began + number * step_s - time.time()))
        steps.append(_step(watcher, asked, told, number * step_s))
        print(_line(steps[-1]), flush=True)
    load.join(120)
    asked.over.set()
    for thread in threads:
        thread.join()
    steps[-1].failures += asked.failures
    return steps, asked


def _step(watcher: Asker, asked: Asked, told: Queue[Any], ends_s: float) -> Step:
    now = figures(watcher)
    step = Step(
        ends_s,
        now.get("process_resident_memory_bytes/", 0.0) / 1e6,
        now.get("process_open_fds/", 0.0),
        now.get("timegrain_database_file_bytes/wal", 0.0) / 1e6,
        now.get("timegrain_database_file_bytes/main", 0.0) / 1e6,
        now.get("timegrain_facts_total/stored", 0.0),
    )
    step.questions, asked.taken = asked.taken, []
    step.failures, asked.failures = asked.failures, []
    while not told.empty():
        taken, failures = told.get()
        step.batches += taken
        step.failures += failures
    return step


def _line(step: Step) -> str:
    batches, questions = step.batches or [0.0], step.questions or [0.0]
    return (
        f"{step.ends_s:5.0f} s  {step.memory:6.1f} MB  {step.files:3.0f} files  wal {step.wal:6.1f} MB  "
        f"file {step.file:7.1f} MB  batches {len(step.batches):6} p50 {share(batches, 0.5):6.1f} "
        f"p99 {share(batches, 0.99):7.1f}  questions {len(step.questions):5} p50 {share(questions, 0.5):6.1f} "
        f"p99 {share(questions, 0.99):7.1f} ms  failures {len(step.failures)}"
    )


@dataclass(frozen=True)
class Verdict:
    what: str
    first: float
    last: float
    most: float

    @property
    def met(self) -> bool:
        return self.last <= self.most


def verdicts(steps: list[Step], wrong: int) -> Iterator[Verdict]:
    """The first sixth is the warm-up: caches fill, and the interpreter takes what memory it needs."""
    warm = steps[max(1, len(steps) // 6) :]
    third = max(1, len(warm) // 3)
    first, last = warm[:third], warm[-third:]

    def between(what: str, of: Callable[[Step], float], most: Callable[[float], float]) -> Verdict:
        before = statistics.median(map(of, first))
        return Verdict(what, before, statistics.median(map(of, last)), most(before))

    yield between("memory, MB", lambda one: one.memory, lambda it: max(it * MEMORY_SHARE, it + MEMORY_MB))
    yield between("open files", lambda one: one.files, lambda it: it + MORE_FILES)
    for what, at in (("p50", 0.5), ("p99", 0.99)):
        slower = LATENCY_MS if what == "p50" else LATENCY_MS * 5
        for kind in ("batches", "questions"):
            yield between(
                f"{kind}, {what} ms",
                lambda one, kind=kind, at=at: share(getattr(one, kind) or [0.0], at),
                lambda it, slower=slower: max(it * LATENCY_SHARE, it + slower),
            )
    stored = max(1.0, steps[-1].facts - steps[0].facts)
    yield Verdict("write-ahead log, MB", steps[0].wal, max(one.wal for one in steps), MOST_WAL_MB)
    grown = (steps[-1].file - steps[0].file) * 1e6
    yield Verdict("bytes of the file a fact", 0, grown / stored, MOST_BYTES_A_FACT)
    yield Verdict("failures but 429 and 503", 0, sum(len(one.failures) for one in steps), 0)
    yield Verdict("figures that a recount finds different", 0, wrong, 0)


def differing(url: str) -> int:
    """Of some people; the first have most behind them."""
    database = Database(url)
    with database.read() as connection:
        [organisation] = people.all_organisations(connection)
        users = people.all_users(connection, organisation.id)
    chosen = [*users[:5], *users[5 :: max(1, len(users) // (CHECKED - 5))]]
    found = sum(differences(database, organisation.id, one.id) for one in chosen)
    database.close()
    return found


def given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--database", default="", help="an empty database; a new SQLite file unless told")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--devices", type=int, default=DEVICES)
    return parser.parse_args()


def main() -> int:
    options = given()
    with tempfile.TemporaryDirectory(prefix="timegrain-soak-") as name:
        database = Database(options.database or f"sqlite:///{name}/soak.db")
        migrate(database)
        fleet = populate(database, options.devices)
        with database.read() as connection:
            [organisation] = people.all_organisations(connection)
            users = [str(one.uuid) for one in people.all_users(connection, organisation.id)[:500]]
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        database.close()
        workers = () if options.workers == 1 else ("--workers", str(options.workers))
        with child(fleet.url, fleet.key, Path(name), *workers) as server:
            steps, asked = soak(server, fleet, users, options.minutes)
        judged = list(verdicts(steps, differing(fleet.url)))
    shown = Table("What", "First third", "Last third", "At most", "Met", box=None)
    for one in judged:
        shown.add_row(one.what, f"{one.first:,.1f}", f"{one.last:,.1f}", f"{one.most:,.1f}", "yes" if one.met else "no")
    title = f"{kind}, {options.workers} process(es), {options.devices:,} devices, {options.minutes:g} minutes"
    Console(width=120).print(f"\n{title}", shown)
    print(f"{asked.changes} changes of policy, {asked.exports} exports, {asked.refused} refused with 429 or 503")
    for failure in sorted({each for one in steps for each in one.failures})[:10]:
        print(failure)
    told = [{**asdict(one), "batches": _shares(one.batches), "questions": _shares(one.questions)} for one in steps]
    written = {"what": title, "steps": told, "verdicts": [{**asdict(one), "met": one.met} for one in judged]}
    Path(__file__).with_name("soak.json").write_text(json.dumps(written, indent=1) + "\n")
    return 0 if all(one.met for one in judged) else 1


def _shares(taken: list[float]) -> dict[str, float]:
    return {"many": len(taken), **{f"p{at * 100:g}": round(share(taken or [0.0], at), 2) for at in (0.5, 0.99)}}


if __name__ == "__main__":
    sys.exit(main())
