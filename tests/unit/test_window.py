"""What a fact can alter lies in its window: nothing outside differs with it and without it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from timegrain.counting.fronts import Interval, fronts
from timegrain.counting.window import of_growth, of_interval

instants = st.integers(0, 120_000)
reaches = st.integers(0, 20)


@st.composite
def histories(draw: st.DrawFn) -> list[Interval]:
    """At least one interval, no two with the same start."""
    starts = draw(st.lists(instants, min_size=1, max_size=8, unique=True))
    return [Interval(start, start + draw(st.integers(0, 30_000)), owner, 0) for owner, start in enumerate(starts, 1)]


def in_front(intervals: list[Interval], reach: int) -> dict[int, int]:
    """Second → owner."""
    found = fronts(sorted(intervals), reach)
    return {second: front.interval.owner for front in found for second in range(front.start, front.end)}


def outside(window: tuple[int, int], seconds: dict[int, int]) -> dict[int, int]:
    return {second: owner for second, owner in seconds.items() if not window[0] <= second < window[1]}


@settings(max_examples=500, deadline=None)
@given(histories(), reaches)
def test_a_fact_that_comes_alters_its_window_alone(intervals: list[Interval], reach: int) -> None:
    new, *others = intervals
    window = of_interval(new.start, new.end, reach)
    assert outside(window, in_front(intervals, reach)) == outside(window, in_front(others, reach))


@settings(max_examples=500, deadline=None)
@given(histories(), reaches, st.integers(0, 30_000))
def test_a_fact_that_grows_alters_its_window_alone(intervals: list[Interval], reach: int, growth: int) -> None:
    old, *others = intervals
    grown = old._replace(end=old.end + growth)
    window = of_growth(old.end, grown.end, reach)
    assert outside(window, in_front(intervals, reach)) == outside(window, in_front([grown, *others], reach))


def test_the_window_holds_what_others_reach() -> None:
    """The window is as wide as it says: an edge that is a second short would miss these."""
    before, new, after = (
        Interval(0, 10_000, 1, 0),
        Interval(15_000, 20_000, 2, 0),
        Interval(25_000, 30_000, 3, 0),
    )
    without, with_it = in_front([before, after], 5), in_front([before, new, after], 5)
    changed = {second for second in range(40) if without.get(second) != with_it.get(second)}
    assert (min(changed), max(changed) + 1) == of_interval(new.start, new.end, 5)


def test_growth_holds_the_new_reach() -> None:
    old, grown, after = Interval(0, 10_000, 1, 0), Interval(0, 20_000, 1, 0), Interval(25_000, 30_000, 2, 0)
    without, with_it = in_front([old, after], 5), in_front([grown, after], 5)
    changed = {second for second in range(40) if without.get(second) != with_it.get(second)}
    assert (min(changed), max(changed) + 1) == of_growth(old.end, grown.end, 5)
