"""The sample organisation is believable, and the same seed gives the same facts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from timegrain.counting.facts import Report
from timegrain.sample.catalogue import APPLICATIONS, BROWSERS
from timegrain.sample.days import cut_at
from timegrain.sample.organisation import SampleOrganisation, sample_organisation
from timegrain.sample.people import SamplePerson

# A Wednesday, 17:00 in Kolkata, 13:30 in Berlin, 07:30 in New York.
NOW = int(datetime(2026, 6, 10, 11, 30, tzinfo=UTC).timestamp())
HOUR = 3600
# Among these: every zone and team, each kind of lunch, two second devices, a late worker, one who moves.
CHOSEN = (0, 1, 2, 3, 4, 10)
MOVER = 4
LOCK_SCREENS = {"LockApp.exe", "loginwindow"}
CALL_APPLICATIONS = {*APPLICATIONS["zoom"].values(), *APPLICATIONS["teams"].values()}
BROWSER_KEYS = {browser.app: browser.key for browsers in BROWSERS.values() for browser in browsers}

Histories: TypeAlias = dict[SamplePerson, list[Report]]


@pytest.fixture(scope="module")
def organisation() -> SampleOrganisation:
    return sample_organisation(35, 13, now=NOW, seed=1)


@pytest.fixture(scope="module")
def histories(organisation: SampleOrganisation) -> Histories:
    """The reports of a handful of people over the 13 weeks."""
    return {organisation.people[i]: list(organisation.reports(organisation.people[i])) for i in CHOSEN}


@pytest.fixture(scope="module")
def one_week() -> Histories:
    """Everybody's reports, over one week."""
    organisation = sample_organisation(35, 1, now=NOW, seed=1)
    return {person: list(organisation.reports(person)) for person in organisation.people}


def all_reports(histories: Histories) -> list[Report]:
    return [report for reports in histories.values() for report in reports]


def local_start(report: Report, person: SamplePerson) -> datetime:
    return datetime.fromtimestamp(report.focus[0].start / 1000, ZoneInfo(person.zone))


def main_days(person: SamplePerson, reports: list[Report]) -> dict[date, Report]:
    """The reports of a person's first device by local day."""
    name = person.devices[0].name
    return {local_start(report, person).date(): report for report in reports if report.device == name}


def days_of_period(person: SamplePerson) -> list[date]:
    today = datetime.fromtimestamp(NOW, ZoneInfo(person.zone)).date()
    return [today - timedelta(days=back) for back in range(13 * 7)]


def tracked_and_idle(reports: list[Report]) -> tuple[int, int]:
    """Seconds of one person's day, counted one by one: limits of 5 and 60 minutes, calls ignore idle."""
    origin = min(report.focus[0].start for report in reports) // 1000
    length = 36 * HOUR
    seconds = 0
    for report in reports:
        device = bytearray(length)
        for fact in report.focus:
            if fact.app not in LOCK_SCREENS:
                start, end = fact.start // 1000 - origin, fact.end // 1000 - origin
                device[start:end] = b"\1" * (end - start)
        calls = bytearray(length)
        for start, end in [
            *((fact.start, fact.end) for fact in report.focus if fact.app in CALL_APPLICATIONS),
            *((page.start, page.end) for page in report.pages if "//meet.google.com/" in page.url),
        ]:
            calls[start // 1000 - origin : end // 1000 - origin] = b"\1" * (end // 1000 - start // 1000)
        for away in report.away:
            start, end = away.start // 1000 - origin, away.end // 1000 - origin
            for second in range(start, end) if end - start >= 300 else ():
                if device[second] and not calls[second]:
                    device[second] = 2 if end - start <= HOUR else 0
        # Active is bit 1 and beats idle, bit 2, where several devices are in use.
        seconds |= int.from_bytes(device, "big")
    counts = Counter(seconds.to_bytes(length, "big"))
    return length - counts[0], counts[2]


# ---- who they are


def test_thirty_five_people_in_three_teams_mostly_in_kolkata(organisation: SampleOrganisation) -> None:
    people = organisation.people
    assert len(people) == 35
    assert len({person.email for person in people}) == len({person.name for person in people}) == 35
    teams = Counter(person.teams[0].team for person in people)
    assert set(teams) == set(organisation.teams)
    assert len(teams) == 3
    assert min(teams.values()) >= 5
    zones = Counter(person.zone for person in people)
    assert zones == {"Asia/Kolkata": 25, "Europe/Berlin": 5, "America/New_York": 5}
    assert organisation.zone == "Asia/Kolkata"
    assert {device.system for person in people for device in person.devices} == {"windows", "macos", "linux"}
    assert [person.admin for person in people].count(True) == 1


@pytest.mark.parametrize("people", [1, 3, 3000])
def test_any_number_of_people_with_addresses_of_their_own(people: int) -> None:
    organisation = sample_organisation(people, 1, now=NOW)
    assert len({person.email for person in organisation.people}) == people
    assert all(person.email.endswith("@example.com") for person in organisation.people)
    zones = Counter(person.zone for person in organisation.people)
    assert organisation.people[0].zone == zones.most_common(1)[0][0] == "Asia/Kolkata"
    devices = [device.name for person in organisation.people for device in person.devices[:1]]
    assert len(devices) == people


@pytest.mark.parametrize(("people", "weeks"), [(0, 13), (10_001, 1), (35, 0)])
def test_what_cannot_be_made_is_refused(people: int, weeks: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        sample_organisation(people, weeks, now=NOW)


def test_every_person_has_one_primary_team_each_day(organisation: SampleOrganisation) -> None:
    for person in organisation.people:
        for day in days_of_period(person):
            assert len([m for m in person.teams if m.primary and m.holds_on(day)]) == 1
    assert any(not member.primary for person in organisation.people for member in person.teams)


def test_somebody_moves_teams_and_works_otherwise_after(organisation: SampleOrganisation, histories: Histories) -> None:
    mover = organisation.people[MOVER]
    before, after = mover.teams
    assert before.team != after.team
    moved_on = before.last_day
    assert moved_on is not None
    assert moved_on == after.first_day
    assert days_of_period(mover)[-1] < moved_on < days_of_period(mover)[0]
    tickets: dict[bool, int] = {False: 0, True: 0}
    for day, report in main_days(mover, histories[mover]).items():
        tickets[day >= moved_on] += sum("//helpdesk.example.com/" in page.url for page in report.pages)
    assert before.team == "Support"
    assert tickets[False] > 500
    assert tickets[True] == 0


# ---- how their days go


def test_working_days_have_200_and_more_focus_facts_of_20_seconds_to_2_minutes(
    histories: Histories,
) -> None:
    for person, reports in histories.items():
        lengths = [fact.end - fact.start for report in reports for fact in report.focus]
        assert 20_000 <= sum(lengths) / len(lengths) <= 120_000
        today = days_of_period(person)[0]
        for day, report in main_days(person, reports).items():
            if day.weekday() < 5 and day != today:
                assert len(report.focus) >= 200, (person.name, day)


def test_titles_are_mostly_distinct(histories: Histories) -> None:
    for reports in histories.values():
        titles = [fact.title for report in reports for fact in report.focus]
        assert len(set(titles)) > len(titles) / 2


def test_five_to_twenty_percent_of_everybodys_time_is_idle(histories: Histories) -> None:
    for person, reports in histories.items():
        by_day: dict[date, list[Report]] = {}
        for report in reports:
            by_day.setdefault(local_start(report, person).date(), []).append(report)
        totals = [tracked_and_idle(of_day) for of_day in by_day.values()]
        tracked, idle = (sum(column) for column in zip(*totals, strict=True))
        assert 0.05 <= idle / tracked <= 0.20, person.name
        assert 7 * HOUR <= tracked / len(by_day) <= 10 * HOUR


def test_lunch_is_locked_left_on_or_asleep(histories: Histories) -> None:
    seen = set()
    for person, reports in histories.items():
        for report in main_days(person, reports).values():
            noon = local_start(report, person).replace(hour=12, minute=0, second=0).timestamp() * 1000
            for fact in report.focus:
                if fact.end - fact.start > 1_800_000 and noon <= fact.start <= noon + 2 * HOUR * 1000:
                    lit = "locked" if fact.app in LOCK_SCREENS else "left on"
                    seen.add((lit, fact.end - fact.start > HOUR * 1000))
            gaps = [b.start - a.end for a, b in pairwise(report.focus)]
            if any(30 * 60_000 < gap < 80 * 60_000 for gap in gaps):
                seen.add(("asleep", False))
    assert {("locked", False), ("left on", False), ("left on", True), ("asleep", False)} <= seen


def test_calls_have_little_input(histories: Histories) -> None:
    called: Counter[str] = Counter()
    for report in all_reports(histories):
        for call in report.focus:
            if call.app in CALL_APPLICATIONS:
                called[call.app] += 1
        called["meet"] += sum("//meet.google.com/" in page.url for page in report.pages)
    assert len(called) >= 4
    assert min(called.values()) > 20
    quiet = [
        away
        for report in all_reports(histories)
        for call in report.focus
        if call.app in CALL_APPLICATIONS
        for away in report.away
        if call.start <= away.start and away.end <= call.end and away.end - away.start >= 300_000
    ]
    assert len(quiet) > 50


def test_some_evenings_are_late_and_few_weekends_are_worked(histories: Histories) -> None:
    evenings = Counter[str]()
    saturdays = Counter[str]()
    for person, reports in histories.items():
        zone = ZoneInfo(person.zone)
        for report in reports:
            end = datetime.fromtimestamp(report.focus[-1].start / 1000, zone)
            evenings[person.name] += end.hour >= 21 or end.hour < 4
            weekday = local_start(report, person).weekday()
            assert weekday != 6
            saturdays[person.name] += weekday == 5
    assert max(evenings.values()) >= 10
    assert 0 < sum(count > 0 for count in saturdays.values()) < len(histories) / 2 + 1


def test_nobody_works_on_holidays_and_everybody_has_days_off(
    organisation: SampleOrganisation, histories: Histories
) -> None:
    assert 2 <= len(organisation.holidays) <= 5
    for person, reports in histories.items():
        worked = set(main_days(person, reports))
        assert not worked & set(organisation.holidays)
        free = [day for day in days_of_period(person)[1:] if day.weekday() < 5 and day not in worked]
        assert 1 <= len(set(free) - set(organisation.holidays)) <= 15


# ---- what the devices say


def test_four_devices_in_five_report_pages_and_input(one_week: Histories) -> None:
    everything, with_input = set(), set()
    for person, reports in one_week.items():
        for report in reports:
            everything.add((person.email, report.device))
            if report.away or report.present:
                assert report.pages
                with_input.add((person.email, report.device))
            else:
                assert not report.pages
    assert 0.75 <= len(with_input) / len(everything) <= 0.87
    seconds = Counter(email for email, _ in everything)
    assert 8 <= sum(count == 2 for count in seconds.values()) <= 14


def test_a_second_device_is_used_on_many_days(organisation: SampleOrganisation, histories: Histories) -> None:
    with_two = [person for person in histories if len(person.devices) == 2]
    assert len(with_two) >= 2
    for person in with_two:
        used = Counter(report.device for report in histories[person])
        assert used[person.devices[1].name] >= 8


def test_focus_facts_follow_each_other_with_the_odd_polling_hole(histories: Histories) -> None:
    holes = Counter[str]()
    for report in all_reports(histories):
        for fact, following in pairwise(report.focus):
            hole = following.start - fact.end
            assert hole >= 0
            holes["none" if hole == 0 else "polling" if hole <= 3000 else "off"] += 1
        assert all(0 < fact.end - fact.start <= 24 * HOUR * 1000 for fact in report.focus)
        assert all(fact.url == "" for fact in report.focus)
    assert holes["none"] > holes["polling"] > holes["off"] > 0
    starts = [fact.start % 1000 for report in all_reports(histories)[:20] for fact in report.focus]
    assert len(set(starts)) > 500


def test_reports_of_a_device_come_in_order_and_do_not_overlap(histories: Histories) -> None:
    for person, reports in histories.items():
        for device in person.devices:
            own = [report for report in reports if report.device == device.name]
            for earlier, later in pairwise(own):
                assert earlier.focus[-1].end < later.focus[0].start


def test_pages_are_told_only_while_their_browser_is_in_front(histories: Histories) -> None:
    for report in all_reports(histories):
        fronts = iter(report.focus)
        for page in report.pages:
            front = next(fact for fact in fronts if fact.end >= page.end)
            assert front.start <= page.start < page.end <= front.end
            assert BROWSER_KEYS[front.app] == page.browser


def test_input_is_away_and_present_by_turns(histories: Histories) -> None:
    for report in all_reports(histories):
        turns = sorted(
            [
                *((a.start, a.end, "away") for a in report.away),
                *((p.start, p.end, "here") for p in report.present),
            ]
        )
        assert bool(turns) == bool(report.pages)
        for (_, end, what), (start, _, following) in pairwise(turns):
            assert end <= start
            assert what != following or end < start
        # Nobody changes windows without touching anything.
        starts = sorted(fact.start for fact in report.focus if fact.app not in LOCK_SCREENS)
        for start, end, what in turns:
            if what == "away":
                assert not [s for s in starts if start < s < end]


def test_nothing_is_in_the_future_and_today_has_begun(histories: Histories) -> None:
    latest = 0
    for report in all_reports(histories):
        for facts in (report.focus, report.pages, report.away, report.present):
            for fact in facts:
                assert fact.start < fact.end <= NOW * 1000
                latest = max(latest, fact.end)
    assert latest == NOW * 1000


# ---- the same seed


def test_the_same_seed_gives_the_same_facts_and_another_seed_others() -> None:
    first, again, other = (sample_organisation(5, 2, now=NOW, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert [list(first.reports(p)) for p in first.people] == [list(again.reports(p)) for p in again.people]
    assert list(first.reports(first.people[0])) != list(other.reports(other.people[0]))


def test_facts_do_not_depend_on_how_many_others_there_are() -> None:
    few, many = sample_organisation(2, 1, now=NOW), sample_organisation(35, 1, now=NOW)
    assert many.people[:2] == few.people
    assert list(few.reports(few.people[1])) == list(many.reports(many.people[1]))


def test_days_that_are_over_stay_as_they_are_and_today_grows() -> None:
    later_on = NOW + 2 * HOUR
    for number in range(5):
        now, later = sample_organisation(5, 1, now=NOW), sample_organisation(5, 1, now=later_on)
        before = list(now.reports(now.people[number]))
        after = list(later.reports(later.people[number]))
        changed = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
        assert len(after) - len(before) + len(changed) <= len(now.people[number].devices)
        for grown_from, grown in changed:
            assert cut_at(grown, NOW * 1000) == grown_from


# ---- starter ratings


def test_starter_ratings_rate_what_is_used(organisation: SampleOrganisation, one_week: Histories) -> None:
    reports = all_reports(one_week)
    applications = {fact.app for report in reports for fact in report.focus}
    hosts = {
        page.url.split("/")[2].removeprefix("www.") for report in reports for page in report.pages if "//" in page.url
    }
    rated = {(rating.kind, rating.subject) for rating in organisation.ratings}
    assert len({(r.team, r.kind, r.subject) for r in organisation.ratings}) == len(organisation.ratings)
    domains = {subject for kind, subject in rated if kind == "domain"}
    assert domains <= hosts
    used = {subject for kind, subject in rated if kind == "application"} & applications
    assert len(used) >= 20
    assert {rating.rating for rating in organisation.ratings} == {"productive", "neutral", "unproductive"}
    ignored = {rating.subject for rating in organisation.ratings if rating.ignore_idle}
    assert ignored == CALL_APPLICATIONS | {"meet.google.com"}
    assert {rating.team for rating in organisation.ratings} - {None} <= set(organisation.teams)


def test_a_team_rates_some_subject_otherwise_than_the_organisation(organisation: SampleOrganisation) -> None:
    general = {(r.kind, r.subject): r.rating for r in organisation.ratings if r.team is None}
    special = [r for r in organisation.ratings if r.team is not None]
    assert {r.team for r in special} == {"Sales", "Support"}
    assert all(general[r.kind, r.subject] != r.rating for r in special)
