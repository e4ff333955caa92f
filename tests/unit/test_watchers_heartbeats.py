"""The merge of heartbeats against ActivityWatch's own rule, written out here in its words and types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timegrain.trackers.events import LONGEST_S, event_of
from timegrain.trackers.heartbeats import Beat, beat_of, canonical, key_of, merged

KEY = key_of("tg_1_a")
EPOCH = datetime(2026, 2, 2, tzinfo=UTC)
SECOND = 1_000_000


class Theirs(NamedTuple):
    timestamp: datetime
    duration: timedelta
    data: dict[str, Any]


def theirs(start: float, duration: float, data: dict[str, Any]) -> Theirs:
    at = EPOCH + timedelta(seconds=start)
    return Theirs(at.replace(microsecond=at.microsecond // 1000 * 1000), timedelta(seconds=duration), data)


def their_merge(last: Theirs, beat: Theirs, pulsetime: float) -> Theirs | None:
    if last.data != beat.data:
        return None
    if not last.timestamp <= beat.timestamp <= last.timestamp + last.duration + timedelta(seconds=pulsetime):
        return None
    if last.duration < timedelta(0):
        return None
    return last._replace(duration=max(last.duration, beat.timestamp - last.timestamp + beat.duration))


def ours(start: float, duration: float, data: dict[str, Any], key: bytes = KEY) -> Beat:
    at = (EPOCH + timedelta(seconds=start)).isoformat()
    return beat_of(event_of({"timestamp": at, "duration": duration, "data": data}), key)


def same(beat: Beat, event: Theirs) -> bool:
    start = (event.timestamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (beat.start, beat.end) == (start, start + event.duration // timedelta(microseconds=1))


MILLISECONDS = st.integers(0, 40_000).map(lambda number: number / 1000)
MICROSECONDS = st.integers(0, 20 * SECOND).map(lambda number: number / SECOND)
DATA = st.sampled_from([{"app": "a"}, {"app": "b"}, {"app": "a", "n": 1}, {"n": 1.0, "app": "a"}])
STEP = st.tuples(MICROSECONDS, MILLISECONDS | MICROSECONDS, DATA)
PULSES = st.sampled_from([0.0, 0.001, 1.0, 5.0, 5.0005]) | MILLISECONDS


@given(st.lists(STEP, min_size=2, max_size=12), PULSES)
def test_a_run_of_heartbeats_becomes_what_it_does_in_activitywatch(
    steps: list[tuple[float, float, dict[str, Any]]], pulsetime: float
) -> None:
    pulse = round(pulsetime * SECOND)
    last, their_last = ours(*steps[0]), theirs(*steps[0])
    for step in steps[1:]:
        became, their_became = merged(last, ours(*step), pulse), their_merge(their_last, theirs(*step), pulsetime)
        assert (became is None) == (their_became is None)
        last, their_last = became or ours(*step), their_became or theirs(*step)
        assert same(last, their_last)


@given(STEP, STEP, PULSES)
def test_what_merges_keeps_its_start_and_never_shrinks(
    first: tuple[float, float, dict[str, Any]], second: tuple[float, float, dict[str, Any]], pulsetime: float
) -> None:
    last, beat = ours(*first), ours(*second)
    if (became := merged(last, beat, round(pulsetime * SECOND))) is not None:
        assert (became.start, became.digest) == (last.start, last.digest)
        assert became.end == max(last.end, beat.end)
        assert merged(became, beat, round(pulsetime * SECOND)) == became


def beat(start: float, duration: float, digest: bytes = b"a") -> Beat:
    return Beat(round(start * SECOND), round((start + duration) * SECOND), digest)


@pytest.mark.parametrize(
    ("last", "heartbeat", "pulse", "became"),
    [
        (beat(0, 10), beat(15, 0), 5, beat(0, 15)),
        (beat(0, 10), beat(15.001, 0), 5, None),
        (beat(0, 10), beat(15.000001, 0), 5, None),
        (beat(0, 10), beat(5, 1), 5, beat(0, 10)),
        (beat(0, 10), beat(-1, 0), 5, None),
        (beat(0, 10), beat(12, 30), 5, beat(0, 42)),
        (beat(0, 0), beat(0, 0), 0, beat(0, 0)),
        (beat(0, 10), beat(12, 0, b"b"), 5, None),
        (beat(0, -3), beat(1, 0), 5, None),
        (beat(0, LONGEST_S - 1), beat(LONGEST_S, 0), 5, beat(0, LONGEST_S)),
        (beat(0, LONGEST_S - 1), beat(LONGEST_S, 1), 5, None),
    ],
)
def test_the_known_vectors(last: Beat, heartbeat: Beat, pulse: int, became: Beat | None) -> None:
    assert merged(last, heartbeat, pulse * SECOND) == became


JSON = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_data_is_the_same_where_it_is_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) == canonical(dict(reversed(one.items())))
    assert (canonical(one) == canonical(other)) == (one == other)


def test_truth_is_no_number() -> None:
    assert canonical({"a": True}) != canonical({"a": 1})
    assert canonical({"a": 1.0, "b": -0.0}) == canonical({"b": 0, "a": 1})


def test_a_digest_tells_nothing_without_the_token() -> None:
    first = ours(0, 0, {"title": "t"}, key_of("tg_1_a"))
    assert first.digest == ours(0, 0, {"title": "t"}, key_of("tg_1_a")).digest
    assert first.digest != ours(0, 0, {"title": "t"}, key_of("tg_1_b")).digest
