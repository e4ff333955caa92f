"""The oracle by hand: examples small enough to be counted on fingers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from .days import CLASSES, Asked, Membership, daily, day_start, local_day, whole_weeks
from .facts import Erasure, Kept, Kind, OFact, Shelf, TextKept
from .seconds import Policy, count_user
from .subjects import Rule, application, host_of, rule_book
from .worlds import RULES, Batch, Heartbeats, MembershipChange, Question, World, random_world

KOLKATA = ZoneInfo("Asia/Kolkata")
T = 1_700_000_000  # some second
CODE, CHROME = "Code", "Google Chrome"


def at(clock: str) -> int:
    """Milliseconds of a wall-clock time on 3 February 2026 in Kolkata."""
    return round(datetime.fromisoformat(f"2026-02-03T{clock}").replace(tzinfo=KOLKATA).timestamp() * 1000)


def shelf_of(*facts: OFact, urls: str = "host") -> Shelf:
    shelf = Shelf(TextKept("full" if urls == "full" else "host"))
    for fact in facts:
        shelf.arrive(fact)
    return shelf


def focus(start_s: float, end_s: float, app: str = CODE, device: str = "a", **more: str) -> OFact:
    return OFact("focus", device, round((T + start_s) * 1000), round((T + end_s) * 1000), app, **more)


def other(kind: Kind, start_s: float, end_s: float, device: str = "a") -> OFact:
    return OFact(kind, device, round((T + start_s) * 1000), round((T + end_s) * 1000))


def heartbeat(after_s: float, editor: str = "vim", app: str = "vim", **more: str) -> OFact:
    at = round((T + after_s) * 1000)
    return OFact("heartbeat", "a", at, at, app, editor=editor, **more)


def sums(kept: list[Kept], policy: Policy, erasures: list[Erasure] | None = None) -> tuple[int, ...]:
    counted = count_user(kept, policy, erasures or []).sums()
    return tuple(counted[name] for name in CLASSES)


@pytest.mark.parametrize(
    ("code_rated", "longer_away", "expected"),
    [
        (False, False, (1800, 2970, 0, 630)),
        (True, False, (4770, 0, 0, 630)),
        (False, True, (0, 2400, 0, 0)),
        (True, True, (2400, 0, 0, 0)),
    ],
)
def test_worked_example(code_rated: bool, longer_away: bool, expected: tuple[int, ...]) -> None:
    facts = [
        OFact("focus", "a", at("09:00:00.700"), at("10:00:00.200"), CODE),
        OFact("focus", "a", at("10:00:00.200"), at("10:30:00"), CHROME, url="https://github.com/pulls"),
        OFact("away", "a", at("09:10:00"), at("09:14:00")),
        OFact("away", "a", at("09:40:00"), at("09:50:30")),
    ]
    if longer_away:
        facts.append(OFact("away", "a", at("09:50:30"), at("10:45:00")))
    rules = [Rule("domain", "github.com", "productive")]
    if code_rated:
        rules.append(Rule("application", "code", "productive"))
    policy = Policy(home_zone="Asia/Kolkata", organisation=rule_book(rules))
    assert sums(shelf_of(*facts).facts, policy) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a:b@WWW.GitHub.com:443/x", "github.com"),
        ("http://www.com/", "www.com"),
        ("http://www.www.com/", "www.com"),
        ("https://bücher.example./", "xn--bcher-kva.example"),
        ("https://straße.example", "xn--strae-oqa.example"),
        ("http://[::1]:80/", "::1"),
        ("https://WWW.my_bücher.example", "my_bücher.example"),
        ("https:///x", ""),
        ("about:blank", ""),
        ("ftp://github.com/", ""),
        ("http://[::1", ""),
        ("http://./", ""),
    ],
)
def test_hosts(url: str, host: str) -> None:
    assert host_of(url) == host


def test_names_are_compared_without_case_blanks_and_form() -> None:
    assert application(" STRASSE\u2003") == application("straße")
    assert application("Cafe\u0301") == application("CAFÉ")
    assert application(" ").name == "unknown"


def test_a_url_loses_its_path_but_not_its_host() -> None:
    (kept,) = shelf_of(focus(0, 10, CHROME, url="https://github.com/pulls", title="t")).facts
    assert (kept.host, kept.url, kept.title) == ("github.com", "", "")


def test_equally_long_forms_are_told_apart_by_what_is_kept() -> None:
    forms = [focus(0, 10, CHROME, url=f"https://github.com/{path}") for path in "ab"]
    for order in (forms, forms[::-1]):
        assert [fact.url for fact in shelf_of(*order, urls="full").facts] == ["https://github.com/b"]
        assert shelf_of(*order).arrive(forms[0]) == "unchanged"


def test_pages_are_one_fact_by_browser() -> None:
    page = OFact("page", "a", T, T + 5000, browser="chrome", url="https://github.com")
    assert len(shelf_of(page, replace(page, browser=" CHROME"), replace(page, browser="firefox")).facts) == 2


def test_erasure_takes_facts_inside_and_seconds_of_the_others() -> None:
    inside, over_the_edge = focus(10, 20), focus(15, 40, "Slack")
    shelf = shelf_of(inside, over_the_edge)
    assert shelf.erase(Erasure(T + 10, T + 20)) == 1
    assert shelf.arrive(inside) == "erased"
    assert shelf.arrive(focus(10, 20.001)) == "stored"
    assert sums(shelf.facts, Policy(), shelf.erasures) == (0, 20, 0, 0)


def test_erasure_of_one_device_leaves_the_others() -> None:
    shelf = shelf_of(focus(0, 20), focus(0, 20, device="b"))
    shelf.erase(Erasure(T, T + 30, "a"))
    counted = count_user(shelf.facts, Policy(), shelf.erasures)
    assert {second.device for second in counted.seconds.values()} == {"b"}


def test_two_devices_with_input_first() -> None:
    facts = [focus(0, 100), focus(10, 100, "Slack", "b"), other("away", 50, 60, "b")]
    counted = count_user(shelf_of(*facts).facts, Policy())
    slack = [second - T for second, it in counted.seconds.items() if it.subject == application("Slack")]
    assert slack == [*range(10, 50), *range(60, 100)]
    assert counted.decided["T6 input first"] == 10
    assert counted.decided["T6 began latest"] == 80


def test_heartbeats_join_less_than_the_timeout_apart() -> None:
    facts = shelf_of(*(heartbeat(after) for after in (0, 119.9, 240, 359))).facts
    counted = count_user(facts, Policy())
    assert sorted(second - T for second in counted.seconds) == [*range(119), *range(240, 359)]
    assert counted.decided["T2 heartbeat joins"] == 238
    assert counted.decided["T2 timeout apart"] == 120
    longer = count_user(facts, Policy(timeout={"a": 122}))
    assert len(longer.seconds) == 359


def test_heartbeats_of_other_editors_do_not_join() -> None:
    facts = shelf_of(heartbeat(0), heartbeat(60, "emacs"), heartbeat(100, " VIM ")).facts
    assert sums(facts, Policy()) == (0, 100, 0, 0)


def test_what_begins_with_a_heartbeat() -> None:
    """A focus is before it; of two editors the first name is."""
    facts = shelf_of(*(heartbeat(after, name, name) for name in ("vim", "emacs") for after in (0, 20)), focus(0, 5))
    counted = count_user(facts.facts, Policy())
    in_front = [counted.seconds[T + second].subject for second in (0, 4, 5, 19)]
    assert in_front == [application(name) for name in (CODE, CODE, "emacs", "emacs")]
    assert counted.decided["T3 heartbeat and focus begin together"] == 5
    assert counted.decided["T3 editors begin together"] == 15


def test_heartbeats_are_one_fact_by_editor() -> None:
    forms = [heartbeat(0, app="b"), heartbeat(0, "VIM", app="c"), heartbeat(0, "emacs", app="a")]
    for order in (forms, forms[::-1]):
        assert sorted(fact.app for fact in shelf_of(*order).facts) == ["a", "c"]


def test_a_range_limits_the_result_and_not_the_rules() -> None:
    facts = shelf_of(focus(0, 1000), other("away", 100, 500)).facts
    assert count_user(facts, Policy(), (), T + 450, T + 510).sums() == {"idle": 50, "neutral": 10}


def test_a_day_goes_on_where_the_clock_is_set_back_over_midnight() -> None:
    second = int(datetime(2010, 11, 7, 2, 45, tzinfo=UTC).timestamp())  # 23:15 on the 6th, again
    assert local_day("America/St_Johns", second // 900) == date(2010, 11, 7)
    assert day_start("America/St_Johns", date(2010, 11, 8)) - second == 24 * 3600 + 45 * 60


def test_weeks_are_widened_to_both_sides() -> None:
    sunday = date(2026, 2, 8)
    assert whole_weeks(sunday, sunday, "monday")[::6] == [date(2026, 2, 2), sunday]
    assert whole_weeks(sunday, sunday, "sunday")[::6] == [sunday, date(2026, 2, 14)]
    assert len(whole_weeks(sunday, date(2026, 2, 14), "saturday")) == 14


def test_through_a_team_a_person_counts_on_their_days() -> None:
    midnight = day_start("Asia/Kolkata", date(2026, 2, 3))
    slots = {(midnight // 900 - 1, "idle"): 100, (midnight // 900, "idle"): 7}
    on_the_third = (Membership(0, date(2026, 2, 3), date(2026, 2, 4)), Membership(1, date(2026, 2, 3)))
    days = [date(2026, 2, 2), date(2026, 2, 3)]

    def idle(named: bool) -> list[int]:
        asked = [Asked(slots, named, on_the_third)]
        rows = daily(asked, frozenset({0, 1}), "Asia/Kolkata", "UTC", days, Counter())
        return [metrics.total for _, metrics in rows]

    assert idle(named=True) == [107, 0]  # both are the 2nd in UTC
    assert idle(named=False) == [7, 0]


@pytest.fixture(scope="module")
def played() -> list[World]:
    """Some worlds with all their steps done."""
    worlds = [random_world(seed) for seed in range(60)]
    for world in worlds:
        for step in world.steps:
            world.apply(step)
            if isinstance(step, Question):
                assert [day for day, _ in world.answer(step)] == sorted(day for day, _ in world.answer(step))
    return worlds


def test_random_worlds_leave_no_rule_out(played: list[World]) -> None:
    """Of counting: those of ranges (R) and attendance (A) are asked for in test_worlds.py."""
    decided = sum((world.decided for world in played), Counter[str]())
    assert set(decided) == {rule for rule in RULES if not rule.startswith(("R ", "A "))}


def test_the_same_seed_is_the_same_world() -> None:
    assert random_world(7) == random_world(7)


def test_one_team_is_primary_on_each_day_with_a_team(played: list[World]) -> None:
    changes = [step for world in played for step in world.steps if isinstance(step, MembershipChange)]
    for change in changes:
        edges = {d for m in change.memberships for d in (m.first_day, m.last_day_exclusive) if d}
        for day in edges | {date(2000, 1, 1), date(2037, 1, 1)}:
            there = [m for m in change.memberships if m.holds(day)]
            assert len({m.team for m in there}) == len(there)
            assert sum(m.primary for m in there) == bool(there)


def test_order_of_arrival_changes_nothing(played: list[World]) -> None:
    """What came is sent again, backwards, to the same organisation: all figures stay."""
    for world in played[:20]:
        batches = [step for step in world.steps if isinstance(step, Batch | Heartbeats)]
        before = [world.count(user).seconds for user in range(world.start.users)]
        for batch in batches[::-1]:
            assert set(world.apply(replace(batch, facts=batch.facts[::-1]))) <= {"unchanged", "erased"}
        assert [world.count(user).seconds for user in range(world.start.users)] == before
