"""What `read_export` makes of files that the real aw-server exported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.trackers.activitywatch import ActivityWatchExport, read_export
from timegrain.trackers.suspicions import Suspicion

from .known_week import EVENTS, FACTS, FRIDAY, KNOWN_SECONDS, LEFT_OUT, MONDAY, SATURDAY, THURSDAY

pytestmark = [pytest.mark.serial, pytest.mark.slow]

CANONICAL_QUERY = """
events = flood(query_bucket("aw-watcher-window_ANNA-PC"));
not_afk = flood(query_bucket("aw-watcher-afk_ANNA-PC"));
not_afk = filter_keyvals(not_afk, "status", ["not-afk"]);
events = filter_period_intersect(events, not_afk);
RETURN = sum_durations(events);
"""


def at(day: str, time: str) -> int:
    return round(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-04-01", "00:00:00")


@pytest.fixture(scope="module")
def export(aw_export: Path) -> ActivityWatchExport:
    return read_export(aw_export.read_bytes(), now_ms=NOW)


def by_device(export: ActivityWatchExport) -> dict[str, Report]:
    return {report.device: report for report in export.reports}


def seconds(facts: Iterable[Focus | Page | Away | Present]) -> set[int]:
    """Each whole second that a fact covers, both edges cut down."""
    return {second for fact in facts for second in range(fact.start // 1000, fact.end // 1000)}


def test_every_event_is_a_fact_or_counted(export: ActivityWatchExport) -> None:
    counts = {
        name: (len(report.focus), len(report.pages), len(report.away), len(report.present))
        for name, report in by_device(export).items()
    }
    assert counts == FACTS
    assert export.left_out == LEFT_OUT
    assert (export.events, export.split, export.cut_at_now) == (EVENTS, 2, 0)


def test_the_seconds_are_those_worked_out_by_hand(export: ActivityWatchExport) -> None:
    for name, report in by_device(export).items():
        assert len(seconds(report.focus)) == KNOWN_SECONDS[name]["focus"]
        assert len(seconds(report.away)) == KNOWN_SECONDS[name]["away"]


def test_heartbeats_arrive_as_the_server_merged_them(export: ActivityWatchExport) -> None:
    beats = [fact for fact in by_device(export)["ANNA-PC"].focus if fact.app == "Slack"]
    assert beats == [
        Focus(at(MONDAY, "08:00:00"), at(MONDAY, "08:00:10"), "Slack", "", "team"),
        Focus(at(MONDAY, "08:00:14"), at(MONDAY, "08:00:15"), "Slack", "", "team"),
        Focus(at(MONDAY, "08:00:25"), at(MONDAY, "08:00:25"), "Slack", "", "team"),
    ]


def test_texts_milliseconds_and_splits_arrive_whole(export: ActivityWatchExport) -> None:
    anna, ben = by_device(export)["ANNA-PC"], by_device(export)["BEN-MAC"]
    assert Focus(at(FRIDAY, "10:00:00"), at(FRIDAY, "10:10:00"), "OUTLOOK.EXE", "", "Eingang – Anna") in anna.focus
    assert Focus(at(FRIDAY, "09:30:00.5"), at(FRIDAY, "10:30:00.5"), "EXCEL.EXE", "", "Q1.xlsx - Excel") in anna.focus
    assert [(fact.end - fact.start) // 3_600_000 for fact in ben.focus if fact.app == "Render"] == [24, 6]
    assert [fact.start for fact in ben.away] == [at(SATURDAY, "02:00:00"), at("2026-03-29", "02:00:00")]


def test_browsers_find_their_device_and_private_ones_are_gone(export: ActivityWatchExport) -> None:
    anna, ben = by_device(export)["ANNA-PC"], by_device(export)["BEN-MAC"]
    assert [(page.browser, page.url) for page in anna.pages] == [("firefox", "https://github.com/issues")]
    assert [(page.browser, page.url) for page in ben.pages] == [("chrome", "https://docs.example/a")]
    assert [fact.url for fact in ben.focus if fact.app == "Safari"] == ["https://example.org/"]
    assert "Private" not in repr(export)


def test_input_through_the_night_is_named(export: ActivityWatchExport) -> None:
    assert export.suspicious == [Suspicion("ANNA-PC", at(THURSDAY, "21:30:00"), at(FRIDAY, "07:30:00"))]


def test_a_single_buckets_export(aw_server: str) -> None:
    url = f"{aw_server}/api/0/buckets/aw-watcher-web-opera/export"
    data = httpx.get(url, trust_env=False).raise_for_status().content
    assert read_export(data, now_ms=NOW).left_out == {"bucket without a host": 1}
    [report] = read_export(data, now_ms=NOW, device="told").reports
    assert (report.device, report.pages[0].browser) == ("told", "opera")


def test_active_seconds_are_the_servers_own_on_a_plain_stretch(export: ActivityWatchExport, aw_server: str) -> None:
    """Friday 08:00 to 10:00: one event twice and one empty, but none over another."""
    question = {
        "query": CANONICAL_QUERY.strip().splitlines(),
        "timeperiods": [f"{FRIDAY}T08:00:00+00:00/{FRIDAY}T10:00:00+00:00"],
    }
    answer = httpx.post(f"{aw_server}/api/0/query/", json=question, trust_env=False).raise_for_status().json()
    anna = by_device(export)["ANNA-PC"]
    asked = set(range(at(FRIDAY, "08:00:00") // 1000, at(FRIDAY, "10:00:00") // 1000))
    active = seconds(anna.focus) & seconds(anna.present) & asked
    assert len(active) == 7200
    assert answer == [pytest.approx(len(active), abs=1e-6)]
