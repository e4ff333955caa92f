"""The days of other zones from ready rows and slots, beside the plain sum of all slots."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.counting.tallies import Tally, summed
from timegrain.storage import people, slots
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import slot_totals
from timegrain.storage.slots import Owner

ZONES = (
    "UTC",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
)
SLOT = 900


@pytest.mark.parametrize("home", ["UTC", "Pacific/Apia", "America/New_York", "Europe/London"])
@pytest.mark.parametrize("middle", [date(2011, 12, 30), date(2026, 3, 29), date(2026, 11, 1)])
def test_each_second_is_in_the_day_of_the_zone_on_which_it_counts(database: Database, home: str, middle: date) -> None:
    """Around a day that was left out, and clock changes; also of people who came and left, on days of the home zone."""
    chance = random.Random(f"{home} {middle}")
    noon = int(datetime(middle.year, middle.month, middle.day, 12, tzinfo=UTC).timestamp())
    day = middle.toordinal()
    meant: list[Meant] = []
    did: list[tuple[Meant, int, Tally]] = []
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "days", home, "days", 0).id
        for number in range(6):
            user = people.add_user(connection, organisation, f"user {number}", f"u{number}@example.com", 0).id
            of_user = [Meant(user, 0, ALWAYS, FOREVER)]
            if number % 2:
                of_user = [Meant(user, 0, day - 9, day - chance.randint(0, 3)), Meant(user, 0, day + 1, day + 3)]
            held = {
                noon + at * SLOT: Tally(*(chance.randint(0, 225) for _ in range(4)))
                for at in chance.sample(range(-800, 800), 500)
            }
            store(
                connection, slot_totals, [(organisation, user, 0, at, *tally) for at, tally in held.items()], new=True
            )
            slots.sum_all_days(connection, Owner(organisation, user, 0, 0), home)
            meant += of_user
            did += [(one, at, tally) for one in of_user for at, tally in held.items()]
    with database.read() as connection:
        for zone in (home, *ZONES):
            expected = _by_day([(at, tally) for one, at, tally in did if one.first <= _day(home, at) < one.end], zone)
            for around in (5, 20):  # few days, and more than have an arm each
                found = daily_totals(connection, organisation, home, meant, zone, day - around, day + around)
                assert found == [
                    (one, summed(expected.get(one, []))) for one in range(day - around, day + around + 1)
                ], zone


def _by_day(held: list[tuple[int, Tally]], zone: str) -> dict[int, list[Tally]]:
    days: dict[int, list[Tally]] = {}
    for at, tally in held:
        days.setdefault(_day(zone, at), []).append(tally)
    return days


def _day(zone: str, second: int) -> int:
    return datetime.fromtimestamp(second, ZoneInfo(zone)).toordinal()
