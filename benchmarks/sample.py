"""The sample organisation, as a server holds it: what its facts take on disk, and its week beside DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.duck import Analyst
from benchmarks.engines import CITUS, SQLITE, Engine
from benchmarks.measuring import Point, Row, in_turns, seconds
from benchmarks.questions import SUMMARY
from benchmarks.serving import child
from timegrain import clock
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.storage.schema import facts, metadata

PEOPLE, WEEKS, FEW_WEEKS = 35, 13, 2
BYTES, MADE_S = 60, 60
OTHER = "America/New_York"


@dataclass(frozen=True)
class Sample:
    """One that is stored. `told` is what `timegrain demo` prints of it."""

    url: str
    told: dict[str, Any]
    weeks: int
    facts: int
    made_s: float


def sample_of(engine: Engine, quick: bool) -> Sample:
    """Made once for all parts that are measured on this database."""
    if engine.sample is None:
        database = engine.new("sample")
        told: dict[str, Any] = {}
        weeks = FEW_WEEKS if quick else WEEKS
        sample = sample_organisation(PEOPLE, weeks, now=clock.now())
        took = seconds(lambda: told.update(store_sample(database, sample, lambda _done, _total: None)))
        with database.read() as connection:
            count = connection.execute(select(func.count()).select_from(facts)).scalar_one()
        database.scrub()
        database.close()
        engine.sample = Sample(engine.address(database), told, weeks, count, took)
    made: Sample = engine.sample
    return made


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    sample = sample_of(engine, quick)
    bounded = engine.kind == SQLITE
    yield Row(
        f"{PEOPLE} people × {sample.weeks} weeks, made and counted",
        f"{sample.made_s:.0f} s, {sample.facts / sample.made_s:,.0f} facts/s",
        f"{sample.facts:,} facts",
        f"< {MADE_S} s" * bounded,
        sample.made_s < MADE_S if bounded else None,
    )
    if engine.kind != CITUS:
        yield from _sizes(engine, sample)
    yield from _beside_an_analyst(engine, sample, 10 if quick else 30)


def _sizes(engine: Engine, sample: Sample) -> Iterator[Row | Point]:
    """Each table with its indexes, when what was deleted has been freed."""
    sizes = _of_sqlite(engine, sample.url) if engine.is_sqlite else _of_postgresql(engine, sample.url)
    whole = sum(sizes.values())
    each = whole / sample.facts
    years = PEOPLE * sample.weeks / 52
    yield Row(
        "a fact on disk, all tables and indexes",
        f"{each:.1f} bytes",
        f"{whole / 2**20:.0f} MB of {sample.facts:,} facts",
        f"≤ {BYTES} bytes",
        each <= BYTES,
    )
    yield Row(
        "a person's year on disk",
        f"{whole / years / 2**20:.1f} MB",
        f"{sample.facts / years:,.0f} facts",
        "",
        None,
    )
    small = 0.0
    for name, size in sorted(sizes.items(), key=lambda one: -one[1]):
        if size / sample.facts < 0.05:
            small += size
        else:
            yield Point("bytes a fact", engine.kind, name, size / sample.facts)
    yield Point("bytes a fact", engine.kind, "all others", small / sample.facts)


def _of_sqlite(engine: Engine, url: str) -> dict[str, int]:
    connection = engine.bare(url)
    owner = "coalesce(m.tbl_name, s.name)"
    question = f"SELECT {owner}, sum(s.pgsize) FROM dbstat s LEFT JOIN sqlite_schema m ON m.name = s.name GROUP BY 1"
    sizes = dict(connection.execute(question).fetchall())
    connection.close()
    # The file itself is what is paid for.
    sizes["the file's own"] = Path(url.partition(":///")[2]).stat().st_size - sum(sizes.values())
    return sizes


def _of_postgresql(engine: Engine, url: str) -> dict[str, int]:
    with engine.bare(url) as connection:
        connection.execute("VACUUM FULL ANALYZE")
        return {
            name: connection.execute("SELECT pg_total_relation_size(%s::regclass)", (name,)).fetchone()[0]
            for name in metadata.tables
        }


def _beside_an_analyst(engine: Engine, sample: Sample, rounds: int) -> Iterator[Row]:
    """A week of everybody and of one, in the home zone and in another."""
    told = sample.told
    with Analyst(engine, sample.url) as analyst, child(sample.url, told["apiKey"], engine.folder) as server:
        for how_many in (1, PEOPLE):
            for zone, place in ((told["zone"], "home zone"), (OTHER, "another zone")):
                body = {
                    "startDate": f"{told['weekAgo']} 00:00:00",
                    "endDate": f"{told['weekAgo']} 23:59:59",
                    "timeZone": zone,
                    "userId": told["userIds"][:how_many],
                    "teamId": [],
                }
                ours, theirs = in_turns(
                    [server.asking(SUMMARY, body), analyst.asking(list(range(1, how_many + 1)), zone, told["weekAgo"])],
                    rounds,
                )
                yield Row(
                    f"week of {how_many} of the sample, {place}",
                    f"{ours:.2f} ms",
                    f"DuckDB over the raw facts {theirs:.0f} ms: {theirs / ours:.0f} ×",
                    "",
                    None,
                )
