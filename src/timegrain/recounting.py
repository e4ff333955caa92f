"""Count again what is stored: after a membership or a device changed, or everything under the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from timegrain.counted import (
    Counting,
    counted_anew,
    counting,
    everything,
    frozen,
    parts,
    rate_frozen,
    rated_anew,
    recount,
    stretches_anew,
    under,
)
from timegrain.counting.calendar import day_at
from timegrain.counting.instants import Range, clip
from timegrain.counting.memberships import Membership, moved
from timegrain.counting.stretches import LONGEST_LIMIT
from timegrain.counting.tallies import Tally
from timegrain.generations import forget_following
from timegrain.storage import generations, people, slots, stretches
from timegrain.storage.devices import set_device
from timegrain.storage.engine import Database
from timegrain.storage.policies import END_OF_TIME, Policies, in_seconds, raise_version

Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """No progress bar."""


def change_memberships_in(
    connection: Connection, organisation: int, user: int, change: Callable[[list[Membership]], list[Membership]]
) -> None:
    """Change who belongs to which team when, within a transaction that may change the organisation's policy; a team's
    rules then hold for the days of membership.

    Only the days are counted again whose primary team is another, where one of the two has rules.
    """
    held = people.memberships_of(connection, organisation, user)
    after = change(held)
    if sorted(after) == held:
        return
    people.set_memberships(connection, organisation, user, after)
    raise_version(connection, organisation)
    of = counting(connection, Policies().read(connection, organisation), user)
    ruled = people.teams_with_rules(connection, organisation)
    whole = everything(of)
    zone = of.policy.zone
    windows = [in_seconds(zone, first, end, None)[:2] for first, end, teams in moved(held, after) if teams & ruled]
    rate_frozen(of, windows)
    if whole and (within := clip(windows, *whole)):
        recount(of, within)
    forget_following(of)


def change_device(database: Database, organisation: int, user: int, device: int, values: Mapping[str, int]) -> None:
    """Set a device's `reach` (0 to 60) or `timeout` (1 to 3600), in seconds."""
    with database.write(organisation, policy=True) as connection:
        change_device_in(connection, organisation, user, device, values)


def change_device_in(
    connection: Connection, organisation: int, user: int, device: int, values: Mapping[str, int]
) -> None:
    """The same within a transaction that may change the organisation's policy."""
    set_device(connection, organisation, user, device, dict(values))
    raise_version(connection, organisation)
    rebuild(counting(connection, Policies().read(connection, organisation), user))


def rebuild(of: Counting) -> None:
    """Make everything under one user's facts anew; what is frozen stays."""
    organisation, user = of.whom
    stored = stretches.all_of(of.connection, organisation, user)
    made = stretches_anew(of)
    for device in stored.keys() | made.keys():
        before, after = stored.get(device, []), made.get(device, [])
        stretches.write(of.connection, organisation, user, device, before, after)
    slots.remove(of.connection, of.owner, (of.user.facts_from, END_OF_TIME), of.policy.zone)
    if whole := everything(of):
        recount(of, [whole])
    forget_following(of)


def recount_everything(
    database: Database, organisation: int, users: Sequence[int], progress: Progress = silent
) -> None:
    """Make everything under the facts anew, one user a transaction: nothing changes unless it was wrong."""
    for done, user in enumerate(users, 1):
        with database.write(organisation, policy=True) as connection:
            rebuild(counting(connection, Policies().read(connection, organisation), user))
            generations.drop_others(connection, organisation, user)
            # What a job prepared from figures that were wrong does not hold.
            raise_version(connection, organisation)
        progress(done, len(users))


def differences(database: Database, organisation: int, user: int) -> int:
    """How many stored stretches, slots, slot subjects and days differ from what the facts give.

    The next generation is compared too, where a pending change of policy has counted the user.
    """
    with database.read() as connection:
        return differences_in(connection, organisation, user)


def differences_in(connection: Connection, organisation: int, user: int) -> int:
    """The same in a transaction that sees one state throughout."""
    of = counting(connection, Policies().read(connection, organisation), user)
    stored = stretches.all_of(connection, organisation, user)
    wrong = len(_pairs(of, stored) ^ _pairs(of, stretches_anew(of))) + _different_figures(of)
    to = of.policy.next
    begun = generations.following(connection, of.owner) if to else None
    return wrong + (_different_figures(under(of, to, begun[0]), begun[1]) if to and begun else 0)


def _different_figures(of: Counting, until: int = slots.EVER[1]) -> int:
    """In what is counted: the slots before `until`."""
    counted_to = slots.EVER[0], until
    held = slots.read(of.connection, of.owner, counted_to)
    totals: dict[int, Tally] = {}
    subjects: dict[tuple[int, int], int] = {}
    for within in frozen(of, [counted_to]):
        rated = rated_anew(of, slots.read(of.connection, of.owner, within), within)
        totals.update(rated.totals)
        subjects.update(rated.subjects)
    for ranges in parts(clip(filter(None, [everything(of)]), *counted_to)):
        counted = counted_anew(of, ranges)
        totals.update(counted.totals)
        subjects.update(counted.subjects)
    wrong = len(set(held.totals.items()) ^ set(totals.items()))
    wrong += len(set(held.subjects.items()) ^ set(subjects.items()))
    days = slots.summed_by_day(totals, of.policy.zone)
    held_days = slots.days(of.connection, of.owner)
    if until != slots.EVER[1]:
        end = day_at(of.policy.zone, until)
        held_days = {day: tally for day, tally in held_days.items() if day < end}
    return wrong + len(set(held_days.items()) ^ set(days.items()))


def _pairs(of: Counting, by_device: Mapping[int, Sequence[Range]]) -> set[tuple[int, Range]]:
    """By device, as far back as they decide what can be counted."""
    since = of.user.facts_from - LONGEST_LIMIT
    return {(device, stretch) for device, found in by_device.items() for stretch in clip(found, since, END_OF_TIME)}


def resum_days(connection: Connection, organisation: int) -> None:
    """After new zone data: home-zone days whose edges moved are summed again, and dated memberships counted."""
    policy = Policies().read(connection, organisation)
    for person in people.all_users(connection, organisation):
        of = counting(connection, policy, person.id)
        if len(of.user.periods) > 1:
            rate_frozen(of, [slots.EVER])
            recount(of, filter(None, [everything(of)]))
        slots.sum_all_days(connection, of.owner, policy.zone)
        forget_following(of)
    raise_version(connection, organisation)
