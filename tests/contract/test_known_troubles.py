"""What users of other trackers ran into, each as a case that has to come out right here.

The events are ActivityWatch's, as its server exports them; the figures are those of the weekly summary.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.served import Office

ANNA = "anna@example.com"
MONDAY = datetime(2026, 2, 2, tzinfo=UTC)
WINDOW, AFK, WEB = "currentwindow", "afkstatus", "web.tab.current"


@pytest.fixture
def counted(office: Office, tmp_path: Path) -> Any:
    """Imports events of one computer and says the week's seconds."""

    def count(*events: tuple[str, float, float, Any], hours: float = 9) -> dict[str, int]:
        """Each event: type, seconds after `hours` on Monday, duration, application or what is said else."""
        buckets: dict[str, Any] = {}
        for type_, start, duration, said in events:
            id_ = {WINDOW: "aw-watcher-window_pc", AFK: "aw-watcher-afk_pc", WEB: "aw-watcher-web-firefox_pc"}[type_]
            bucket = buckets.setdefault(id_, {"id": id_, "type": type_, "hostname": "pc", "events": []})
            data = {WINDOW: {"app": said}, AFK: {"status": said}, WEB: {"url": said}}[type_]
            begun = (MONDAY + timedelta(hours=hours, seconds=start)).isoformat()
            bucket["events"].append({"timestamp": begun, "duration": duration, "data": data})
        file = tmp_path / "export.json"
        file.write_text(json.dumps({"buckets": buckets}))
        office.run("import", "activitywatch", str(file), "--user", ANNA)
        found = office.run("summary", "--user", ANNA, "--date", "2026-02-02", "--zone", "UTC")["overallSummary"]
        short = {"total": "totalTimeSpendSeconds", "active": "totalActiveTimeSpendSeconds"}
        short |= {"idle": "totalIdleTimeSpendSeconds", "productive": "totalProductiveTimeSpendSeconds"}
        return {name: found[field] for name, field in short.items()}

    return count


def test_a_lid_closed_at_night_is_no_work(counted: Any) -> None:
    """The input watcher reports one long stretch of input, but nothing was in front."""
    assert counted((WINDOW, 0, 3600, "Code"), (AFK, 0, 7 * 3600, "not-afk"), hours=22)["total"] == 3600


def test_absences_that_overlap_after_waking_up_count_once(counted: Any) -> None:
    events = [(WINDOW, 0, 3600, "Code"), (AFK, 600, 900, "afk"), (AFK, 700, 900, "afk"), (AFK, 700, 900, "afk")]
    assert counted(*events) == {"total": 3600, "active": 2600, "idle": 1000, "productive": 0}


def test_rows_twice_and_in_clusters_change_nothing(counted: Any) -> None:
    once = [(WINDOW, 0, 3600, "Code"), (AFK, 0, 1800, "not-afk"), (AFK, 1800, 600, "afk"), (AFK, 2400, 1200, "not-afk")]
    cluster = [(AFK, 1800 + step, 600 - step, "afk") for step in range(0, 600, 60)]
    assert counted(*once) == counted(*once, *cluster, *once)


def test_input_while_away_parts_the_absence(counted: Any) -> None:
    """Both are reported for one second: there was input."""
    events = [(WINDOW, 0, 1200, "Code"), (AFK, 0, 500, "afk"), (AFK, 250, 0, "not-afk")]
    assert counted(*events)["idle"] == 0


def test_an_event_into_the_future_is_cut_at_now(office: Office, tmp_path: Path) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=10)
    events = [{"timestamp": begun.isoformat(), "duration": 86_000, "data": {"app": "Code"}}]
    bucket = {"id": "aw-watcher-window_pc", "type": WINDOW, "hostname": "pc", "events": events}
    file = tmp_path / "export.json"
    file.write_text(json.dumps({"buckets": {"b": bucket}}))
    assert office.run("import", "activitywatch", str(file), "--user", ANNA)["cutAtNow"] == 1
    day = begun.date().isoformat()
    found = office.run("summary", "--user", ANNA, "--date", day, "--zone", "UTC")["overallSummary"]
    assert 595 <= found["totalTimeSpendSeconds"] <= 700


def test_ignoring_idle_never_makes_less_of_it(office: Office, counted: Any) -> None:
    before = counted((WINDOW, 0, 3600, "zoom"), (AFK, 600, 1800, "afk"), (WINDOW, 3600, 600, "Code"))
    office.run("rate", "zoom", "neutral", "--app", "--ignore-idle")
    after = counted()
    assert (before["active"], after["active"], after["total"]) == (2400, 4200, before["total"])


def test_a_second_is_no_two_seconds_in_two_watchers(office: Office, counted: Any) -> None:
    """A browser's window and its tab are one time, whichever is asked for."""
    office.run("rate", "github.com", "productive", "--domain")
    events = [(WINDOW, 0, 1200, "firefox"), (WEB, 0, 600, "https://github.com/pulls")]
    assert counted(*events) == {"total": 1200, "active": 1200, "idle": 0, "productive": 600}


def test_eight_hours_in_short_pieces_are_eight_hours(counted: Any) -> None:
    """Edges at odd milliseconds: cutting each duration would lose half a second a piece."""
    pieces = [(WINDOW, n * 12.347, 12.347, f"app {n % 7}") for n in range(int(8 * 3600 / 12.347))]
    assert counted(*pieces)["total"] == int(len(pieces) * 12.347)


@pytest.mark.parametrize(("hole", "seconds"), [(1.5, 3598), (5, 3595), (6, 3240)])
def test_holes_between_polls_are_filled_up_to_the_reach(counted: Any, hole: float, seconds: int) -> None:
    """An hour of polls a minute apart; what comes behind the last one is reached by nothing."""
    assert counted(*((WINDOW, n * 60, 60 - hole, "Code") for n in range(60)))["total"] == seconds


def test_a_long_event_under_short_ones_is_not_added_to_them(counted: Any) -> None:
    over = [(WINDOW, 600, 60, "Slack"), (WINDOW, 620, 20, "Mail"), (WINDOW, 0, 1800, "Code")]
    assert counted((WINDOW, 0, 3600, "Code"), *over)["total"] == 3600


def test_a_negative_event_is_left_out_and_the_rest_kept(counted: Any) -> None:
    assert counted((WINDOW, 0, 600, "Code"), (WINDOW, 600, -300, "Slack"), (WINDOW, 600, 600, "Code"))["total"] == 1200


def test_titles_that_change_each_second_cost_no_second(counted: Any) -> None:
    events = [(WINDOW, n, 1, f"player {n}") for n in range(3000)]
    assert counted(*events)["total"] == 3000


def test_an_event_over_midnight_is_in_both_days(office: Office, counted: Any) -> None:
    counted((WINDOW, 0, 7200, "Code"), hours=23)
    rows = office.run("summary", "--user", ANNA, "--date", "2026-02-02", "--zone", "UTC")["breakdownSummary"]
    assert [row["metrics"]["totalTimeSpendSeconds"] for row in rows[:3]] == [3600, 3600, 0]
