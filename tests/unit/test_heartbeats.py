"""Heartbeats as focus intervals: which join, who is in front where several begin at once, what one can alter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timegrain.counting.fronts import Interval, fronts
from timegrain.counting.heartbeats import lasting, with_heartbeats
from timegrain.counting.window import of_heartbeat

FOCUS, EMACS, VIM = 1, 2, 3
"""What is in front, by the number of its name."""


def beats(owner: int, *starts: int) -> list[Interval]:
    return [Interval(start, start, owner, 0) for start in starts]


def in_front(
    focus: list[Interval], heartbeats: dict[str, list[Interval]], reach: int = 0, timeout: int = 120
) -> dict[int, int]:
    """Second → owner."""
    found = fronts(with_heartbeats(focus, heartbeats, timeout), reach)
    return {second: front.interval.owner for front in found for second in range(front.start, front.end)}


@pytest.mark.parametrize(
    ("following", "end"),
    [
        (119_000, 119_000),
        (119_999, 119_999),  # still 119 s once both are cut
        (120_000, 0),
        (120_001, 0),
        (500, 500),
    ],
)
def test_heartbeats_join_less_than_the_timeout_apart(following: int, end: int) -> None:
    assert [one.end for one in lasting(beats(EMACS, 0, following), 120)] == [end, following]


def test_the_distance_is_that_of_whole_seconds() -> None:
    """From 0.999 s to 120.000 s is 120 s, although less than 120,000 ms; from 0.000 s to 119.999 s is 119 s."""
    assert in_front([], {"emacs": beats(EMACS, 999, 120_000)}) == {}
    assert len(in_front([], {"emacs": beats(EMACS, 0, 119_999)})) == 119


def test_a_lone_heartbeat_covers_nothing() -> None:
    assert in_front([], {"emacs": beats(EMACS, 5_000)}, reach=5) == {}


def test_a_lone_heartbeat_reaches_and_is_reached() -> None:
    focus = [Interval(0, 10_000, FOCUS, 0), Interval(18_000, 20_000, FOCUS, 0)]
    shown = in_front(focus, {"emacs": beats(EMACS, 14_000)}, reach=5)
    assert shown == dict.fromkeys(range(14), FOCUS) | dict.fromkeys(range(14, 18), EMACS) | {18: FOCUS, 19: FOCUS}


def test_editors_do_not_join() -> None:
    assert in_front([], {"emacs": beats(EMACS, 0), "vim": beats(VIM, 60_000)}) == {}


def test_each_editor_joins_over_the_other() -> None:
    shown = in_front([], {"emacs": beats(EMACS, 0, 100_000), "vim": beats(VIM, 40_000, 60_000)})
    expected = {second: VIM if 40 <= second < 60 else EMACS for second in range(100)}
    assert shown == expected


def test_a_focus_that_begins_with_a_heartbeat_is_in_front() -> None:
    focus = [Interval(1_500, 10_000, FOCUS, 0)]
    shown = in_front(focus, {"emacs": beats(EMACS, 1_500, 21_500)})
    assert shown == dict.fromkeys(range(1, 10), FOCUS) | dict.fromkeys(range(10, 21), EMACS)


@pytest.mark.parametrize("names", [("emacs", "vim"), ("vim", "emacs")])
def test_of_editors_that_begin_together_the_first_name_is_in_front(names: tuple[str, str]) -> None:
    of_editor = {"emacs": beats(EMACS, 1_500, 21_500), "vim": beats(VIM, 1_500, 31_500)}
    shown = in_front([], {name: of_editor[name] for name in names})
    assert shown == dict.fromkeys(range(1, 21), EMACS) | dict.fromkeys(range(21, 31), VIM)


@pytest.mark.parametrize("names", [("emacs", "vim"), ("vim", "emacs")])
def test_of_editors_that_begin_and_end_together_the_first_name_reaches_what_follows(names: tuple[str, str]) -> None:
    of_editor = {"emacs": beats(EMACS, 0), "vim": beats(VIM, 0)}
    after = [Interval(4_000, 5_000, FOCUS, 0)]
    shown = in_front(after, {name: of_editor[name] for name in names}, reach=5)
    assert shown == dict.fromkeys(range(4), EMACS) | {4: FOCUS}


def test_what_begins_last_of_those_together_reaches_what_follows() -> None:
    """The others reach the one that counts as having begun after them, which is no second away."""
    focus = [Interval(0, 2_000, FOCUS, 0), Interval(6_000, 7_000, FOCUS, 0)]
    shown = in_front(focus, {"emacs": beats(EMACS, 0, 2_000)}, reach=5)
    # The later heartbeat ended with the first two and began after them.
    assert shown == {0: FOCUS, 1: FOCUS} | dict.fromkeys(range(2, 6), EMACS) | {6: FOCUS}
    together = in_front([Interval(0, 0, FOCUS, 0), Interval(4_000, 5_000, VIM, 0)], {"emacs": beats(EMACS, 0)}, reach=5)
    assert together == dict.fromkeys(range(4), FOCUS) | {4: VIM}


def test_of_those_that_end_together_the_one_that_began_latest_reaches() -> None:
    focus = [Interval(0, 10_000, FOCUS, 0), Interval(13_000, 14_000, FOCUS, 0)]
    shown = in_front(focus, {"emacs": beats(EMACS, 4_000, 10_000)}, reach=5)
    assert [shown[second] for second in (3, 4, 9, 10, 12, 13)] == [FOCUS, EMACS, EMACS, EMACS, EMACS, FOCUS]
    both = [Interval(0, 10_000, FOCUS, 0), Interval(4_000, 10_000, VIM, 0), Interval(13_000, 14_000, FOCUS, 0)]
    assert [in_front(both, {}, reach=5)[second] for second in (3, 10, 12, 13)] == [FOCUS, VIM, VIM, FOCUS]


instants = st.integers(0, 90_000) | st.integers(0, 90).map(lambda second: second * 1000)
lengths = st.integers(0, 30_000)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Interval], dict[str, list[Interval]]]:
    """Focus, no two with the same start, and heartbeats of two editors."""
    starts = sorted(draw(st.sets(instants, max_size=4)))
    focus = [Interval(start, start + draw(lengths), owner, 0) for owner, start in enumerate(starts, VIM + 1)]
    emacs, vim = (sorted(draw(st.sets(instants, max_size=5))) for _ in range(2))
    return focus, {"emacs": beats(EMACS, *emacs), "vim": beats(VIM, *vim)}


@settings(max_examples=1000, deadline=None)
@given(histories(), instants, st.integers(0, 20), st.integers(1, 40))
def test_a_heartbeat_alters_its_window_alone(
    history: tuple[list[Interval], dict[str, list[Interval]]], at: int, reach: int, timeout: int
) -> None:
    focus, heartbeats = history
    more = {**heartbeats, "vim": sorted({*heartbeats["vim"], *beats(VIM, at)})}
    without, with_it = in_front(focus, heartbeats, reach, timeout), in_front(focus, more, reach, timeout)
    changed = [second for second in range(-100, 300) if without.get(second) != with_it.get(second)]
    first, end = of_heartbeat(at, reach, timeout)
    assert all(first <= second < end for second in changed)


def test_the_window_holds_the_farthest_that_join() -> None:
    """An edge that is a second short would miss these."""
    without = in_front([], {"vim": beats(VIM, 1_000, 17_000)}, timeout=9)
    with_it = in_front([], {"vim": beats(VIM, 1_000, 9_000, 17_000)}, timeout=9)
    assert (without, sorted(with_it)) == ({}, list(range(1, 17)))
    assert of_heartbeat(9_000, 0, 9) == (1, 17)
    focus = [Interval(14_000, 15_000, FOCUS, 0)]
    alone = in_front(focus, {"vim": beats(VIM, 9_000)}, reach=5, timeout=2)
    assert sorted(alone) == [*range(9, 15)]
    assert of_heartbeat(9_000, 5, 2) == (4, 15)


@settings(max_examples=300, deadline=None)
@given(histories(), st.integers(1, 40))
def test_a_longer_timeout_loses_no_second(
    history: tuple[list[Interval], dict[str, list[Interval]]], timeout: int
) -> None:
    _, heartbeats = history
    assert in_front([], heartbeats, 0, timeout).keys() <= in_front([], heartbeats, 0, timeout + 1).keys()
