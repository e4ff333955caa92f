"""Local days around clock changes, and the dates that requests write."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from timegrain.counting.calendar import (
    RangeError,
    UnknownZoneError,
    asked_range,
    day_at,
    day_edges,
    instant,
    whole_weeks,
    zone_named,
    zone_names,
)
from timegrain.counting.instants import SLOT

DAYS = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["days"]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize("case", DAYS, ids=lambda case: f"{case['zone']}-{case['date']}")
def test_days_around_clock_changes(case: dict[str, str]) -> None:
    day = date.fromisoformat(case["date"]).toordinal()
    assert day_edges(case["zone"], day, day) == [seconds(case["start"]), seconds(case["end"])]


@pytest.mark.parametrize("zone", sorted(zone_names())[::7])
def test_every_midnight_falls_on_a_slots_edge_and_days_follow_each_other(zone: str) -> None:
    first = date(2010, 1, 1).toordinal()
    edges = day_edges(zone, first, first + 730)
    assert all(edge % SLOT == 0 for edge in edges)
    assert edges == sorted(edges)
    for place, (start, end) in enumerate(pairwise(edges)):
        if start < end:
            assert day_at(zone, start) == day_at(zone, end - 1) == first + place


def test_a_time_that_occurs_twice_is_its_first_and_a_skipped_one_has_the_offset_before() -> None:
    assert instant("2026-10-25 02:30:00", "Europe/Berlin") == seconds("2026-10-25T00:30:00+00:00")
    assert instant("2026-03-29 02:30:00", "Europe/Berlin") == seconds("2026-03-29T01:30:00+00:00")


@pytest.mark.parametrize(
    "text",
    ["2026-02-08T00:00:00", "2026-02-08T00:00:00.999", "2026-02-07T18:30:00Z", "2026-02-07T20:30:00+02:00"],
)
def test_forms_of_a_date(text: str) -> None:
    assert datetime.fromtimestamp(instant(text, "Asia/Kolkata"), UTC).isoformat() == "2026-02-07T18:30:00+00:00"


@pytest.mark.parametrize("text", ["2026-02-30 00:00:00", "2026-02-08", "yesterday", "2026-02-08 24:00:00", ""])
def test_what_is_not_a_date(text: str) -> None:
    with pytest.raises(ValueError):
        instant(text, "UTC")


def test_ranges_that_are_refused() -> None:
    assert asked_range("2024-01-01 00:00:00", "2024-12-31 23:59:59", "UTC").last_day
    for start, end in (
        ("2026-02-08 00:00:01", "2026-02-08 00:00:00"),
        ("2024-01-01 00:00:00", "2025-01-01 00:00:00"),
        ("1999-12-31 00:00:00", "2000-01-02 00:00:00"),
        ("2037-12-31 00:00:00", "2038-01-01 00:00:00"),
    ):
        with pytest.raises(RangeError):
            asked_range(start, end, "UTC")


def test_weeks_are_whole() -> None:
    sunday = date(2026, 2, 8).toordinal()
    for start, first in (("monday", 2), ("sunday", 8), ("saturday", 7)):
        expected = date(2026, 2, first).toordinal()
        assert whole_weeks(sunday, sunday, start) == (expected, expected + 6)


def test_zones_are_the_ianas() -> None:
    assert len(zone_names()) > 590
    for name in ("Mars/Olympus", "asia/kolkata", "", "../UTC"):
        with pytest.raises(UnknownZoneError):
            zone_named(name)
