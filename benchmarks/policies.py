"""The sample organisation: how long it takes to make, what a fact takes on disk, how fast policies change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.measuring import Row, new_database, seconds
from timegrain import clock
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.policy_changes import change_policy, change_rules
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.storage.ratings import ORGANISATION, StoredRule
from timegrain.storage.schema import facts


def measure(folder: Path) -> Iterator[Row]:
    database = new_database(folder, "sample")
    sample = sample_organisation(35, 13, now=clock.now())
    took = seconds(lambda: store_sample(database, sample, lambda _done, _total: None))
    with database.read() as connection:
        count = connection.execute(select(func.count()).select_from(facts)).scalar_one()
    yield Row("35 people × 13 weeks, made and counted", f"{took:.0f} s", f"{count:,} facts", "< 60 s", took < 60)
    database.scrub()
    size = (folder / "sample.db").stat().st_size / count
    yield Row("a fact on disk, all tables", f"{size:.0f} bytes", "after VACUUM", "≤ 60 bytes", size <= 60)
    rule = StoredRule(ORGANISATION, NameKind.SITE, "github.com", "github.com", Rating.UNPRODUCTIVE, False)
    took = seconds(lambda: change_rules(database, 1, put=[rule]))
    yield Row("a rating change for them", f"{took:.2f} s", "", "≤ 0.5 s", took <= 0.5)
    took = seconds(lambda: change_rules(database, 1, put=[rule._replace(ignore_idle=True)]))
    yield Row("an ignore-idle change", f"{took:.2f} s", "", "≤ 2 s", took <= 2)
    took = seconds(lambda: change_policy(database, 1, {"idle_threshold": 180}))
    yield Row("a threshold change (5 to 3 minutes)", f"{took:.2f} s", "", "≤ 2 s", took <= 2)
    database.close()
