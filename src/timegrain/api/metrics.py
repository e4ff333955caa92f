"""`GET /metrics`: what an operator watches, for Prometheus. Counts, seconds and bytes: nothing that names anybody.

With several processes each keeps its figures in files of one folder (`PROMETHEUS_MULTIPROC_DIR`, which `serve` makes),
and whichever is asked answers with the sums of all.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from timegrain import __version__
from timegrain.api.calls import House
from timegrain.api.local import is_local
from timegrain.batches import Outcome
from timegrain.errors import AuthorizationHeaderMissing, Forbidden, InvalidApiKey, TimegrainError, Unavailable
from timegrain.storage import jobs
from timegrain.storage.migrations import current
from timegrain.storage.observing import file_sizes

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are whatever somebody typed."""
STATEMENT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
BATCH_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
GROUP = (1, 2, 4, 8, 16, 32, 64)

disable_created_metrics()  # type: ignore[no-untyped-call]


class Meters:
    """What one process counts. An observer of its recorder, its database, its lanes and its retention."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("timegrain_requests", "Requests", ["method", "path", "status"], registry=registry)
        self.seconds = Histogram("timegrain_request_seconds", "Time to answer", ["path"], registry=registry)
        self._failures = Counter(
            "timegrain_failures", "Calls and pages that failed, by the error's code", ["code"], registry=registry
        )
        self._facts = Counter(
            "timegrain_facts", "Entries of batches, by what became of them", ["outcome"], registry=registry
        )
        self._batches = Histogram(
            "timegrain_batch_seconds",
            "Time from a batch to its being on disk, waiting included",
            buckets=BATCH_S,
            registry=registry,
        )
        self._commits = Histogram(
            "timegrain_commit_seconds", "Time to write a commit of batches", buckets=BATCH_S, registry=registry
        )
        self._groups = Histogram("timegrain_commit_batches", "Batches in one commit", buckets=GROUP, registry=registry)
        self._statements = Histogram(
            "timegrain_database_statement_seconds",
            "Time until a statement is answered",
            ["pool"],
            buckets=STATEMENT_S,
            registry=registry,
        )
        self._errors = Counter(
            "timegrain_database_errors", "What the driver raised, by its type", ["pool", "error"], registry=registry
        )
        self._connections = Gauge(
            "timegrain_database_connections",
            "Connections in use",
            ["pool"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._lanes = Gauge(
            "timegrain_lane_requests",
            "Requests by the lane that takes them on, and whether they are worked on or wait",
            ["lane", "state"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._refused = Counter(
            "timegrain_lane_refused", "Requests that a lane had no room for", ["lane"], registry=registry
        )
        self._retention = Counter(
            "timegrain_retention_runs",
            "Looks for what is too old to be kept, by how they ended",
            ["outcome"],
            registry=registry,
        )
        self._children: dict[tuple[Any, ...], Any] = {}
        for outcome in ("done", "failed"):
            self._retention.labels(outcome)
        for outcome in ("stored", "unchanged", "erased", "rejected"):
            self._facts.labels(outcome)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        self.requests.labels(method if method in METHODS else "other", path, str(status)).inc()
        self.seconds.labels(path).observe(seconds)

    def lane(self, name: str, working: int, waiting: int) -> None:
        self._child(self._lanes, _label(name), "working").set(working)
        self._child(self._lanes, _label(name), "waiting").set(waiting)

    def lane_refused(self, name: str) -> None:
        self._refused.labels(_label(name)).inc()

    def retention_ran(self, well: bool) -> None:
        self._retention.labels("done" if well else "failed").inc()

    def failed(self, error: TimegrainError) -> None:
        self._failures.labels(type(error).code).inc()

    def recorded(self, outcome: Outcome, unread: int, seconds: float) -> None:
        self._batches.observe(seconds)
        self._facts.labels("stored").inc(outcome.stored)
        self._facts.labels("unchanged").inc(outcome.unchanged)
        self._facts.labels("erased").inc(outcome.erased)
        self._facts.labels("rejected").inc(unread + len(outcome.rejected))

    def committed(self, batches: int, seconds: float) -> None:
        self._commits.observe(seconds)
        self._groups.observe(batches)

    def statement(self, pool: str, seconds: float) -> None:
        self._child(self._statements, pool).observe(seconds)

    def statement_failed(self, pool: str, error: str) -> None:
        self._errors.labels(pool, error).inc()

    def connections(self, pool: str, in_use: int) -> None:
        self._child(self._connections, pool).set(in_use)

    def _child(self, metric: Any, *labels: str) -> Any:
        """Of what is told many times a request: the library looks each up under a lock."""
        key = (metric, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child


@cache
def _label(name: str) -> str:
    return name.replace(" ", "_")


class _Now:
    """What is looked up when it is asked for: it is the same in every process, but for their own memory and time."""

    def __init__(self, house: House, pids: list[int]) -> None:
        self._house, self._pids = house, pids

    def collect(self) -> Iterator[Metric]:
        yield from self._processes()
        waiting = GaugeMetricFamily("timegrain_batches_waiting", "Batches that wait for a writer")
        waiting.add_metric([], self._house.recorder.waiting())
        yield waiting
        files = GaugeMetricFamily(
            "timegrain_database_file_bytes", "Size of SQLite's file and of its write-ahead log", labels=["file"]
        )
        for name, size in file_sizes(self._house.database).items():
            files.add_metric([name], size)
        yield files
        yield from self._database()

    def _processes(self) -> Iterator[Metric]:
        """As Prometheus' own clients name them, with the process that each is of."""
        found: dict[str, Metric] = {}
        for pid in self._pids:
            for one in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                metric = found.setdefault(one.name, Metric(one.name, one.documentation, one.type, one.unit))
                for sample in one.samples:
                    metric.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        yield from found.values()

    def _database(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("timegrain_database_up", "Whether the database answers")
        build = GaugeMetricFamily(
            "timegrain_build_info", "The program and its database", labels=["version", "schema", "database"]
        )
        kind = "sqlite" if self._house.database.is_sqlite else "postgresql"
        try:
            with self._house.database.read() as connection:
                standings = jobs.standings(connection)
                schema = current(connection)
        except Unavailable:
            up.add_metric([], 0)
            build.add_metric([__version__, "", kind], 1)
            yield from (up, build)
            return
        up.add_metric([], 1)
        build.add_metric([__version__, schema or "", kind], 1)
        yield from (up, build)
        yield from _jobs(standings)


def _jobs(standings: dict[str, jobs.Standing]) -> Iterator[Metric]:
    many = GaugeMetricFamily("timegrain_jobs", "Changes of policy there are, by state", labels=["state"])
    people = GaugeMetricFamily(
        "timegrain_job_people", "People of the jobs that run: all of them, and those who are counted", labels=["part"]
    )
    for state in (jobs.WAITING, jobs.RUNNING, jobs.DONE, jobs.FAILED):
        many.add_metric([state], standings.get(state, jobs.Standing()).jobs)
    running = standings.get(jobs.RUNNING, jobs.Standing())
    people.add_metric(["all"], running.total)
    people.add_metric(["counted"], running.done)
    yield from (many, people)


def _of_all_processes(own: CollectorRegistry) -> tuple[CollectorRegistry, list[int]]:
    """The figures of all processes of this server, and which those are."""
    registry = CollectorRegistry()
    folder = os.environ.get(FOLDER)
    if not folder:
        registry.register(own)
        return registry, [os.getpid()]
    pids = {int(file.stem.rpartition("_")[2]) for file in Path(folder).glob("*.db")}
    gone = {pid for pid in pids if not Path(f"/proc/{pid}").exists()}
    for pid in gone:
        # Of a process that ended, what it counted stays in the sums, and what it held is let go.
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry, sorted(pids - gone)


def _require_allowed(request: Request[Any, Any, Any]) -> None:
    """With a token whoever has it; without one, whoever asks from this computer. Raises as a call without a key."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    token: str = request.state.metrics_token
    if token:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise AuthorizationHeaderMissing
        if not hmac.compare_digest(given.strip().encode(), token.encode()):
            raise InvalidApiKey
    elif not is_local(request.client.host if request.client else "", headers):
        raise Forbidden(
            "Metrics are for the server's own computer, or for those with the token of --metrics-token-file"
        )


@get("/metrics", sync_to_thread=True)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    _require_allowed(request)
    meters: Meters = request.state.meters
    registry, pids = _of_all_processes(meters.registry)
    registry.register(_Now(request.state.house, pids))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")
