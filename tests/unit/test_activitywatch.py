"""Reading ActivityWatch exports: each rule by example, and that no event is lost without a count."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.trackers.activitywatch import ActivityWatchExport, read_export
from timegrain.trackers.buckets import ActivityWatchFormatError
from timegrain.trackers.suspicions import Suspicion

HOUR_S, HOUR_MS, DAY_MS = 3600, 3_600_000, 86_400_000
DAY = "2026-03-02T"


def at(text: str) -> int:
    """Milliseconds of an instant of UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-03-20T12:00:00")


def event(timestamp: object, duration: object, **data: object) -> dict[str, object]:
    return {"timestamp": timestamp, "duration": duration, "data": data}


def bucket(
    kind: str, *events: object, name: str = "aw-watcher-window_ANNA-PC", host: object = "ANNA-PC"
) -> dict[str, object]:
    return {"id": name, "type": kind, "client": "x", "hostname": host, "events": list(events)}


def windows(*events: object, **more: Any) -> dict[str, object]:
    return bucket("currentwindow", *events, **more)


def inputs(*events: object, **more: Any) -> dict[str, object]:
    return bucket("afkstatus", *events, **{"name": "aw-watcher-afk_ANNA-PC", **more})


def tabs(*events: object, **more: Any) -> dict[str, object]:
    return bucket("web.tab.current", *events, **{"name": "aw-watcher-web-firefox", **more})


def read(*buckets: Mapping[str, object], device: str | None = None) -> ActivityWatchExport:
    data = json.dumps({"buckets": {str(b["id"]): b for b in buckets}}).encode()
    return read_export(data, now_ms=NOW, device=device)


def only(export: ActivityWatchExport) -> Report:
    [report] = export.reports
    return report


def interval(timestamp: object, duration: object) -> tuple[int, int]:
    [fact] = only(read(windows(event(timestamp, duration, app="Code")))).focus
    return fact.start, fact.end


def left_out(*events: object) -> dict[str, int]:
    export = read(windows(*events))
    assert export.reports == []
    assert export.events == len(events)
    return export.left_out


# --- Which event is which fact


def test_each_type_becomes_its_kind_of_fact_sorted_by_start() -> None:
    export = read(
        windows(
            event(f"{DAY}09:00:00Z", 5, app="Safari", title="News", url="https://news.example/"),
            event(f"{DAY}08:00:00Z", 3600, app="Code", title="main.py"),
        ),
        inputs(event(f"{DAY}08:30:00Z", 60, status="afk"), event(f"{DAY}08:00:00Z", 1800, status="not-afk")),
        tabs(event(f"{DAY}08:10:00Z", 2, url="https://a.example/", title="A", incognito=False, tabCount=3)),
    )
    assert only(export) == Report(
        "ANNA-PC",
        focus=[
            Focus(at(f"{DAY}08:00:00"), at(f"{DAY}09:00:00"), "Code", "", "main.py"),
            Focus(at(f"{DAY}09:00:00"), at(f"{DAY}09:00:05"), "Safari", "https://news.example/", "News"),
        ],
        pages=[Page(at(f"{DAY}08:10:00"), at(f"{DAY}08:10:02"), "firefox", "https://a.example/", "A")],
        away=[Away(at(f"{DAY}08:30:00"), at(f"{DAY}08:31:00"))],
        present=[Present(at(f"{DAY}08:00:00"), at(f"{DAY}08:30:00"))],
    )
    assert (export.left_out, export.suspicious, export.events, export.facts) == ({}, [], 5, 5)


def test_other_types_are_left_out_and_counted_by_type() -> None:
    export = read(
        bucket("app.editor.activity", *[event(f"{DAY}08:00:00Z", 1, file="x")] * 12, name="editor"),
        bucket("general.stopwatch", event("nonsense", None), name="stopwatch", host=None),
        bucket("general.empty", name="empty"),
    )
    assert export.left_out == {"type app.editor.activity": 12, "type general.stopwatch": 1}
    assert export.reports == []
    assert export.events == 13


def test_incognito_pages_and_windows_are_left_out() -> None:
    export = read(
        windows(
            event(f"{DAY}08:00:00Z", 1, app="Safari", title="secret", incognito=True),
            event(f"{DAY}08:00:01Z", 1, app="Safari", title="open", incognito=False),
        ),
        tabs(event(f"{DAY}08:00:00Z", 1, url="https://secret.example/", title="secret", incognito=True)),
    )
    assert export.left_out == {"incognito": 2}
    assert "secret" not in repr(export)
    assert export.facts == 1


def test_missing_texts_are_empty_and_other_than_text_is_unreadable() -> None:
    export = read(
        windows(
            event(f"{DAY}08:00:00Z", 1, app="Code"),
            event(f"{DAY}08:00:01Z", 1, app="Code", title=None, url=None),
            event(f"{DAY}08:00:02Z", 1),
            event(f"{DAY}08:00:03Z", 1, app="Code", title=7),
            event(f"{DAY}08:00:04Z", 1, app=["Code"]),
        )
    )
    assert [(fact.app, fact.title, fact.url) for fact in only(export).focus] == [
        ("Code", "", ""),
        ("Code", "", ""),
        ("", "", ""),
    ]
    assert export.left_out == {"unreadable": 2}


def test_duplicates_and_overlaps_are_passed_on() -> None:
    twice = event(f"{DAY}08:00:00Z", 600, status="afk")
    export = read(inputs(twice, twice, event(f"{DAY}08:05:00Z", 600, status="afk")))
    assert len(only(export).away) == 3


# --- Instants


@pytest.mark.parametrize(
    ("timestamp", "start"),
    [
        ("2026-03-02T08:15:03.120000+00:00", "2026-03-02T08:15:03.120"),
        ("2026-03-02T08:15:03", "2026-03-02T08:15:03"),  # without offset: UTC
        ("2026-03-02T10:15:03+02:00", "2026-03-02T08:15:03"),
        ("2026-03-02T02:45:03-05:30", "2026-03-02T08:15:03"),
        ("2026-03-02T08:15:03.9999Z", "2026-03-02T08:15:03.999"),  # cut, not rounded
        ("2026-03-02T08:15:03.999999999Z", "2026-03-02T08:15:03.999"),
        ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999"),  # cut down, also before 1970
    ],
)
def test_start_is_the_timestamp_cut_to_the_millisecond(timestamp: str, start: str) -> None:
    assert interval(timestamp, 0) == (at(start), at(start))


@pytest.mark.parametrize(
    ("timestamp", "duration", "length"),
    [
        ("2026-03-02T08:00:00Z", 42.5, 42_500),
        ("2026-03-02T08:00:00Z", 1, 1_000),
        ("2026-03-02T08:00:00Z", 0.0009999, 0),
        ("2026-03-02T08:00:00Z", 4.035, 4_035),  # 4.035 * 1000 is 4034.9999999999995
        ("2026-03-02T08:00:00Z", 2.9999999999999996, 3_000),  # noise of a float sum
        ("2026-03-02T08:00:00.0006Z", 0.0004, 1),  # the end is cut, not the duration
        ("2026-03-02T08:00:00.0006Z", 0.0003, 0),
        ("2026-03-02T08:00:00.000999999Z", 1e-9, 1),  # to the nanosecond
        ("2026-03-02T08:00:00.000999998Z", 1e-9, 0),
        ("2026-03-02T08:00:00.0009999Z", 1e-7, 1),  # seven digits
    ],
)
def test_end_is_start_plus_duration_in_full_then_cut(timestamp: str, duration: float, length: int) -> None:
    start, end = interval(timestamp, duration)
    assert end - start == length


@pytest.mark.parametrize("timestamp", [None, 1772440503.12, "", "yesterday", "2026-02-30T00:00:00Z", ["x"]])
def test_bad_timestamps_are_unreadable(timestamp: object) -> None:
    assert left_out(event(timestamp, 1, app="Code")) == {"unreadable": 1}


@pytest.mark.parametrize(
    "duration", [None, "5", True, [], float("nan"), float("inf"), 1e300, 10**400, 366 * 24 * HOUR_S + 1]
)
def test_bad_durations_are_unreadable(duration: object) -> None:
    assert left_out(event("2020-01-01T00:00:00Z", duration, app="Code")) == {"unreadable": 1}


@pytest.mark.parametrize("bad", [None, 5, "x", [], {}, {"timestamp": f"{DAY}08:00:00Z", "duration": 1}])
def test_what_is_no_event_is_unreadable(bad: object) -> None:
    assert left_out(bad) == {"unreadable": 1}


def test_data_that_is_no_object_and_unknown_input_states_are_unreadable() -> None:
    assert left_out({"timestamp": f"{DAY}08:00:00Z", "duration": 1, "data": ["Code"]}) == {"unreadable": 1}
    assert read(inputs(event(f"{DAY}08:00:00Z", 1, status="hibernating"))).left_out == {"unreadable": 1}


def test_negative_durations_are_left_out() -> None:
    bad = [event(f"{DAY}08:00:00Z", duration, app="Code") for duration in (-1, -0.001, float("-inf"))]
    assert left_out(*bad) == {"negative duration": 3}


def test_an_event_that_ends_in_the_future_is_cut_at_now() -> None:
    export = read(
        windows(
            event("2026-03-20T11:00:00Z", 2 * HOUR_S, app="cut"),
            event("2026-03-20T11:00:00Z", HOUR_S, app="just over"),
            event("2026-03-20T12:00:00Z", 60, app="begins now"),
        )
    )
    assert {fact.app: (fact.start - NOW, fact.end - NOW) for fact in only(export).focus} == {
        "cut": (-HOUR_MS, 0),
        "just over": (-HOUR_MS, 0),
        "begins now": (0, 0),
    }
    assert export.cut_at_now == 2


def test_an_event_that_begins_in_the_future_is_left_out() -> None:
    assert left_out(event("2026-03-20T12:00:00.001Z", 0, app="Code")) == {"begins in the future": 1}


@pytest.mark.parametrize(
    ("seconds", "lengths"),
    [
        (24 * HOUR_S, [DAY_MS]),
        (24 * HOUR_S + 0.001, [DAY_MS, 1]),
        (48 * HOUR_S, [DAY_MS, DAY_MS]),
        (60 * HOUR_S, [DAY_MS, DAY_MS, 12 * HOUR_MS]),
    ],
)
def test_longer_than_a_day_is_split_every_24_hours_from_its_start(seconds: float, lengths: list[int]) -> None:
    export = read(windows(event(f"{DAY}08:00:00.123Z", seconds, app="Render", title="t")))
    facts = only(export).focus
    assert [fact.end - fact.start for fact in facts] == lengths
    assert [fact.start for fact in facts] == [at(f"{DAY}08:00:00.123") + n * DAY_MS for n in range(len(lengths))]
    assert {fact.title for fact in facts} == {"t"}
    assert export.split == (len(lengths) > 1)


def test_every_kind_is_split_and_cut_before_that() -> None:
    week = 7 * 24 * HOUR_S
    export = read(
        inputs(event("2026-03-18T00:00:00Z", week, status="afk")),
        inputs(event("2026-03-18T00:00:00Z", week, status="not-afk"), name="aw-watcher-afk_2"),
        tabs(event("2026-03-18T00:00:00Z", week)),
    )
    report = only(export)
    for facts in (report.away, report.present, report.pages):
        assert [fact.end - fact.start for fact in facts] == [DAY_MS, DAY_MS, 12 * HOUR_MS]
    assert (export.cut_at_now, export.split, export.events) == (3, 3, 3)


# --- Devices and browsers

WINDOW = event(f"{DAY}08:00:00Z", 1, app="firefox")
TAB = event(f"{DAY}08:00:00Z", 1, url="https://a.example/")


@pytest.mark.parametrize(
    ("name", "host", "browser", "device"),
    [
        ("aw-watcher-web-firefox", "ANNA-PC", "firefox", "ANNA-PC"),
        ("aw-watcher-web-chrome_BEN_MAC.local", "unknown", "chrome", "BEN_MAC.local"),
        ("aw-watcher-web-chrome_BEN-MAC", None, "chrome", "BEN-MAC"),
        ("aw-watcher-web-chrome_OLD", "NEW", "chrome", "NEW"),
        ("aw-watcher-web-edge-synced-from-3f2a_b", "ANNA-PC", "edge", "ANNA-PC"),
        ("aw-watcher-qutebrowser_ANNA-PC", "", "qutebrowser", "ANNA-PC"),
        ("my tabs", "ANNA-PC", "my tabs", "ANNA-PC"),
    ],
)
def test_browser_and_device_of_a_browser_bucket(name: str, host: object, browser: str, device: str) -> None:
    report = only(read(tabs(TAB, name=name, host=host), device="told"))
    assert (report.pages[0].browser, report.device) == (browser, device)


@pytest.mark.parametrize("host", ["unknown", "Unknown", "", " ", None, 7])
def test_a_browser_that_does_not_know_its_host_gets_the_only_other_one(host: object) -> None:
    stopwatch = bucket("general.stopwatch", name="aw-stopwatch", host="unknown")
    export = read(tabs(TAB, host=host), windows(WINDOW), stopwatch, device="told")
    assert [(r.device, len(r.pages), len(r.focus)) for r in export.reports] == [("ANNA-PC", 1, 1)]


def test_with_several_other_hosts_the_argument_decides() -> None:
    buckets = [tabs(TAB, host="unknown"), windows(WINDOW), windows(WINDOW, name="w2", host="BEN-MAC")]
    told = read(*buckets, device="told")
    assert {r.device: len(r.pages) for r in told.reports} == {"ANNA-PC": 0, "BEN-MAC": 0, "told": 1}
    untold = read(*buckets)
    assert {r.device: len(r.pages) for r in untold.reports} == {"ANNA-PC": 0, "BEN-MAC": 0}
    assert untold.left_out == {"bucket without a host": 1}


def test_other_buckets_keep_what_they_say() -> None:
    assert only(read(windows(WINDOW, name="phone", host="unknown"), device="told")).device == "unknown"
    assert only(read(windows(WINDOW, host=""), device="told")).device == "ANNA-PC"
    assert only(read(windows(WINDOW, name="phone", host=None), device="told")).device == "told"
    assert read(windows(WINDOW, name="phone", host=None)).left_out == {"bucket without a host": 1}


# --- Input that goes on although nobody is there


def night(*window_events: object, seconds: float = 10 * HOUR_S) -> list[Suspicion]:
    """What is suspicious of input from 22:00 on, beside these windows."""
    return read(windows(*window_events), inputs(event(f"{DAY}22:00:00Z", seconds, status="not-afk"))).suspicious


EVENING = event(f"{DAY}20:00:00Z", 3 * HOUR_S, app="Reader", title="Book")
START = at(f"{DAY}22:00:00")


def test_input_over_four_hours_at_one_window_is_suspicious() -> None:
    assert night(EVENING) == [Suspicion("ANNA-PC", START, START + 10 * HOUR_MS)]
    again = event("2026-03-03T06:00:00Z", 60, app="Reader", title="Book")
    assert len(night(again, EVENING)) == 1
    assert len(night(event(f"{DAY}21:00:00Z", 60, app="before"))) == 1


def test_input_of_four_hours_is_not_suspicious() -> None:
    assert night(EVENING, seconds=4 * HOUR_S) == []
    assert len(night(EVENING, seconds=4 * HOUR_S + 0.001)) == 1


@pytest.mark.parametrize(
    "other",
    [
        event("2026-03-03T06:00:00Z", 60, app="Code", title="Book"),
        event("2026-03-03T06:00:00Z", 60, app="Reader", title="Next"),
        event("2026-03-03T06:00:00Z", 0, app="Code"),
        event(f"{DAY}22:00:00Z", 0, app="Code"),
        event("2026-03-03T06:00:00Z", 60, app="Reader", title="Book", incognito=True, url="https://x.example"),
        event(f"{DAY}10:00:00Z", 20 * HOUR_S, app="Code", title="reaches in from long before"),
    ],
)
def test_input_is_not_suspicious_where_the_window_changed(other: object) -> None:
    between = event(f"{DAY}19:00:00Z", 60, app="over long before")
    assert night(EVENING, other, between) == []


@pytest.mark.parametrize(
    "other",
    [
        event(f"{DAY}21:00:00Z", HOUR_S, app="ends as it starts"),
        event("2026-03-03T08:00:00Z", 60, app="starts as it ends"),
    ],
)
def test_windows_that_only_touch_the_input_are_no_change(other: object) -> None:
    assert len(night(EVENING, other)) == 1


def test_repeated_input_is_named_once_whole_and_by_its_own_device() -> None:
    export = read(
        windows(EVENING),
        inputs(
            event(f"{DAY}22:00:00Z", 5 * HOUR_S, status="not-afk"),
            event(f"{DAY}22:00:00Z", 30 * HOUR_S, status="not-afk"),
            event(f"{DAY}22:00:00Z", 30 * HOUR_S, status="not-afk"),
            event(f"{DAY}22:00:00Z", 6 * HOUR_S, status="not-afk"),
            event(f"{DAY}10:00:00Z", 9 * HOUR_S, status="afk"),
        ),
        inputs(event(f"{DAY}22:00:00Z", 9 * HOUR_S, status="not-afk"), name="no windows", host="BEN-MAC"),
    )
    assert export.suspicious == [Suspicion("ANNA-PC", START, START + 30 * HOUR_MS)]


# --- The file

RUST_EXPORT = b"""{"buckets":{"aw-watcher-window_ANNA-PC":{"id":"aw-watcher-window_ANNA-PC",
"type":"currentwindow","client":"aw-watcher-window","hostname":"ANNA-PC","created":"2026-03-01T07:59:58.123456789Z","data":{},
"metadata":{"start":"2026-03-02T08:15:03.120456789Z","end":"2026-03-02T08:15:47.123456788Z"},
"events":[{"id":2,"timestamp":"2026-03-02T08:15:45.620456789Z","duration":1.502999999,
"data":{"app":"Safari","title":"","url":"https://a.example/"}},
{"id":1,"timestamp":"2026-03-02T08:15:03.120456789Z","duration":42.5,"data":{"app":"Code","title":"main.py"}}],
"last_updated":"2026-03-02T08:15:47.123456788Z"},
"aw-watcher-afk_ANNA-PC":{"id":"aw-watcher-afk_ANNA-PC","type":"afkstatus","client":"aw-watcher-afk",
"hostname":"ANNA-PC","created":null,"data":{},"metadata":{"start":null,"end":null},"events":[],"last_updated":null},
"aw-watcher-none_ANNA-PC":{"id":"","type":"currentwindow","client":"x","hostname":"ANNA-PC","events":null}}}"""


def test_the_rust_servers_form() -> None:
    export = read_export(RUST_EXPORT, now_ms=NOW)
    assert only(export).focus == [
        Focus(at(f"{DAY}08:15:03.120"), at(f"{DAY}08:15:45.620"), "Code", "", "main.py"),
        Focus(at(f"{DAY}08:15:45.620"), at(f"{DAY}08:15:47.123"), "Safari", "https://a.example/", ""),
    ]
    assert (export.left_out, export.events) == ({}, 2)


def test_buckets_may_be_a_list() -> None:
    buckets = [windows(WINDOW), tabs(TAB, host="unknown")]
    as_list = read_export(json.dumps({"buckets": buckets}).encode(), now_ms=NOW)
    assert as_list == read(*buckets)
    assert as_list.facts == 2


def test_the_key_names_a_bucket_without_an_id() -> None:
    nameless = {"type": "web.tab.current", "events": [TAB]}
    data = json.dumps({"buckets": {"aw-watcher-web-arc_ANNA-PC": nameless}}).encode()
    report = only(read_export(data, now_ms=NOW))
    assert (report.device, report.pages[0].browser) == ("ANNA-PC", "arc")


def test_an_empty_export_has_nothing() -> None:
    assert read() == ActivityWatchExport([], {}, [], 0, 0, 0)


def test_half_a_surrogate_pair_costs_one_character_not_the_file() -> None:
    export = read(windows(event(f"{DAY}08:00:00Z", 1, app="Chat", title="a \ud83d"), WINDOW))
    assert sorted(fact.title for fact in only(export).focus) == ["", "a ?"]


def test_a_byte_order_mark_is_read_over() -> None:
    assert read_export(b"\xef\xbb\xbf" + RUST_EXPORT, now_ms=NOW).facts == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Not JSON at line 1, column 1: Expecting value"),
        (b'{"buckets":\n {"x" 1}}', "Not JSON at line 2, column 7: Expecting ':' delimiter"),
        (RUST_EXPORT[:400], "Not JSON at line 5, column 15: "),
        (b"\xff\xfe\xfd", "Not readable as JSON: UnicodeDecodeError"),
        (b"[" * 200_000, "Not readable as JSON: RecursionError"),
        (b"[]", "Not an ActivityWatch export: no `buckets` at the top"),
        (b"null", "Not an ActivityWatch export: no `buckets` at the top"),
        (b'{"aw-watcher-afk_A": {"events": []}}', "Not an ActivityWatch export: no `buckets` at the top"),
        (b'{"buckets": 3}', "Not an ActivityWatch export: `buckets` is neither an object nor a list"),
        (b'{"buckets": {"a\\nb": 3}}', "Not an ActivityWatch export: bucket 'a\\nb' is not an object"),
        (b'{"buckets": [{}, []]}', "Not an ActivityWatch export: bucket '1' is not an object"),
        (
            b'{"buckets": {"x": {"events": {}}}}',
            "Not an ActivityWatch export: `events` of bucket 'x' is no list",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_export_is_refused_in_one_line_that_says_where(data: bytes, message: str) -> None:
    with pytest.raises(ActivityWatchFormatError) as refused:
        read_export(data, now_ms=NOW)
    assert refused.value.code == "BAD_EXPORT"
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


# --- Whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "app": st.text(max_size=3) | JSON,
        "status": st.sampled_from(["afk", "not-afk"]) | JSON,
        "incognito": st.booleans() | JSON,
    },
)
TIMESTAMPS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 22)).map(datetime.isoformat)  # noqa: DTZ001
DURATIONS = st.floats(0, 5 * 24 * HOUR_S)
EVENTS = JSON | st.fixed_dictionaries({"timestamp": TIMESTAMPS | JSON, "duration": DURATIONS | JSON, "data": DATA})
BUCKETS = st.lists(st.tuples(st.sampled_from([windows, inputs, tabs]), st.lists(EVENTS, max_size=8)), max_size=4)


@given(BUCKETS, st.randoms(use_true_random=False))
def test_every_event_is_a_fact_or_counted_whatever_the_order(
    listed: list[tuple[Any, list[object]]], chance: random.Random
) -> None:
    def export() -> ActivityWatchExport:
        buckets = [make(*events) for make, events in listed]
        return read_export(json.dumps({"buckets": buckets}).encode(), now_ms=NOW)

    whole = export()
    pieces = 0
    for report in whole.reports:
        facts: list[Focus | Page | Away | Present] = []
        facts += [*report.focus, *report.pages]
        facts += [*report.away, *report.present]
        assert all(fact.start <= fact.end <= NOW and fact.end - fact.start <= DAY_MS for fact in facts)
        pieces += len(facts)
    assert whole.events == sum(len(events) for _, events in listed)
    taken = whole.events - sum(whole.left_out.values())
    assert pieces >= taken + whole.split
    assert (pieces > taken) == (whole.split > 0)

    chance.shuffle(listed)
    for _, events in listed:
        chance.shuffle(events)
    assert export() == whole
