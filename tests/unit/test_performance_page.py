"""docs/performance.md says what the last whole run found: its tables and pictures are made of it, and not by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from benchmarks import pictures, report
from benchmarks.measuring import Point, Row, until_met


def test_tables_and_pictures_are_of_the_run() -> None:
    page = report.PAGE.read_text()
    assert report.replaced(page, report.of_the_docs()) == page
    found = report.read().points if report.RESULTS.exists() else []
    for name, curve in pictures.CURVES.items():
        path = report.DOCS / "pictures" / f"bench-{name}.svg"
        points = [one for one in found if one["curve"] == name]
        assert path.exists() == bool(points)
        assert not points or path.read_text() == pictures.drawn(curve, points)


@pytest.mark.parametrize("name", pictures.CURVES)
def test_a_curve_is_a_picture_and_a_table(name: str) -> None:
    found = report.Report("2026-01-01", "make bench", "a machine", [])
    for line, factor in (("one & only", 1.0), ("another", 20.0)):
        for at in (1, 10, 200):
            found.add("SQLite", "part", Point(name, line, at, at * factor))
    drawn = pictures.drawn(pictures.CURVES[name], found.of(name))
    picture = ElementTree.fromstring(drawn)  # noqa: S314 - made here
    places = [one.attrib["points"].split() for one in picture.findall("{*}polyline")]
    assert [len(one) for one in places] == [3, 3]
    for line in places:
        across = [float(place.partition(",")[0]) for place in line]
        up = [float(place.partition(",")[2]) for place in line]
        assert across == sorted(across)
        assert up == sorted(up, reverse=True)
        assert max(across) <= pictures.WIDTH - pictures.RIGHT
        assert min(up) >= pictures.TOP
    twin = report.made(found)[name]
    assert f"bench-{name}.svg" in twin
    assert "| 10 | 10 | 200 |" in twin


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks for rows"):
        report.replaced("# Performance\n", {"rows": "| a |"})


def test_a_goal_is_missed_only_after_several_attempts() -> None:
    taken = iter((9.0, 8.0, 1.0, 9.0, 9.0, 9.0))

    def measure() -> Row:
        took = next(taken)
        return Row("what", f"{took:g} ms", "", "≤ 5 ms", took <= 5)

    late, missed = until_met(measure), until_met(measure)
    assert (late.met, late.figure) == (True, "1 ms (measured 3 times)")
    assert missed.met is False
