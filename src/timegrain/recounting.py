"""A policy changes: what follows is in force when the transaction ends, for all stored time (T11).

Ratings move seconds between classes and need the slots' subjects alone. Limits and ignore idle decide what
is active at all: the slots under the stretches that they judge otherwise are counted again from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from timegrain.counted import (
    Counting,
    counted_anew,
    counting,
    everything,
    parts,
    recount,
    rejudge,
    stretches_anew,
)
from timegrain.counting.instants import Range
from timegrain.counting.memberships import Membership
from timegrain.counting.ratings import Settled
from timegrain.counting.stretches import Limits
from timegrain.counting.tallies import Tally
from timegrain.counting.window import ignored_otherwise, judged_otherwise
from timegrain.errors import Refused
from timegrain.storage import people, ratings, slots, stretches
from timegrain.storage.devices import set_device
from timegrain.storage.engine import Database
from timegrain.storage.names import Name, all_names
from timegrain.storage.policies import Policies, Policy, of_user, raise_version

Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    """No progress bar."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What a change of rules came to: distinct stored subjects it matches, seconds in another class now."""

    subjects: int
    seconds: int


def change_rules(
    database: Database,
    organisation: int,
    put: Sequence[ratings.StoredRule] = (),
    remove: Sequence[ratings.RuleKey] = (),
    progress: Progress = _silent,
) -> Rated:
    """Set and remove rating rules, and bring every figure up to date with them."""
    with database.write(organisation, policy=True) as connection:
        before = Policies().read(connection, organisation)
        ratings.put(connection, organisation, put)
        ratings.remove(connection, organisation, remove)
        raise_version(connection, organisation)
        after = Policies().read(connection, organisation)
        everybody = people.all_users(connection, organisation)
        touched = {(rule.kind, rule.name) for rule in put} | {(kind, name) for _, kind, name in remove}
        matched: set[tuple[int, str]] = set()
        seconds = 0
        for done, person in enumerate(everybody, 1):
            of = counting(connection, after, person.id)
            names = all_names(connection, organisation, person.id)
            matched |= {key for key in ((n.kind, n.name) for n in names.values()) if _matches(key, touched)}
            seconds += _apply_rules(of, before, names)
            progress(done, len(everybody))
    return Rated(len(matched), seconds)


def _matches(key: tuple[int, str], touched: Iterable[tuple[int, str]]) -> bool:
    return any(
        key[0] == kind and (key[1] == name or (kind == 1 and key[1].endswith(f".{name}"))) for kind, name in touched
    )


def _apply_rules(of: Counting, before: Policy, names: Mapping[int, Name]) -> int:
    """Seconds of one user that are in another class now."""
    seconds, ignoring = 0, False
    for start, end, team in of.user.periods:
        changed: dict[int, tuple[Settled, Settled]] = {}
        for id_, (kind, name, _) in names.items():
            old, new = before.book.settle(team, kind, name), of.policy.book.settle(team, kind, name)
            if old != new:
                changed[id_] = old, new
        ignoring = ignoring or any(old.ignore_idle != new.ignore_idle for old, new in changed.values())
        rated = {id_: pair for id_, pair in changed.items() if pair[0].rating != pair[1].rating}
        if rated:
            seconds += _move(of, (start, end), rated)
    if ignoring:
        organisation, user, _ = of.owner
        limits = of.user.limits
        long_ones = stretches.at_least(of.connection, organisation, user, limits.threshold)
        seconds += rejudge(of, limits, before.book, ignored_otherwise(long_ones, limits))
    return seconds


def _move(of: Counting, within: Range, rated: Mapping[int, tuple[Settled, Settled]]) -> int:
    """Move the active seconds of subjects from one class to another, in slots and days."""
    rows = slots.of_subjects(of.connection, of.owner, within, list(rated))
    changed: dict[int, list[int]] = {}
    for slot, subject, seconds in rows:
        old, new = rated[subject]
        by_class = changed.setdefault(slot, [0, 0, 0, 0])
        by_class[old.rating] -= seconds
        by_class[new.rating] += seconds
    slots.add_totals(of.connection, of.owner, changed, of.policy.zone)
    return sum(seconds for _, _, seconds in rows)


def change_policy(
    database: Database,
    organisation: int,
    values: Mapping[str, Any],
    user: int | None = None,
    progress: Progress = _silent,
) -> None:
    """Set columns of the organisation's policy, or of one user's, and bring every figure up to date.

    Raises `Refused` where limits would not be in order, the organisation's or anybody's.
    """
    if not values:
        return
    with database.write(organisation, policy=True) as connection:
        before = Policies().read(connection, organisation)
        everybody = [p for p in people.all_users(connection, organisation) if user is None or p.id == user]
        if not values.keys() & {*_COLUMNS, "zone"}:
            everybody = []  # nothing that is counted depends on the rest
        earlier = {person.id: of_user(connection, before, person.id).limits for person in everybody}
        if user is None:
            _require_order(replace(before.limits, **_as_limits(values)), "the organisation")
            people.set_organisation_policy(connection, organisation, dict(values))
        else:
            people.set_user_policy(connection, organisation, user, dict(values))
        raise_version(connection, organisation)
        after = Policies().read(connection, organisation)
        for done, person in enumerate(everybody, 1):
            limits = of_user(connection, after, person.id).limits
            _require_order(limits, person.email)
            if limits != earlier[person.id]:
                _relimit(counting(connection, after, person.id), earlier[person.id])
            if before.zone != after.zone:
                _rezone(counting(connection, after, person.id))
            progress(done, len(everybody))


def _relimit(of: Counting, before: Limits) -> None:
    """The user's limits are others now: some stretches are judged otherwise."""
    organisation, user, _ = of.owner
    # What is shorter than both thresholds is active either way.
    shortest = min(before.threshold, of.user.limits.threshold)
    long_ones = stretches.at_least(of.connection, organisation, user, shortest)
    rejudge(of, before, of.policy.book, judged_otherwise(long_ones, before, of.user.limits))


_COLUMNS = {
    "idle_threshold": "threshold",
    "away_limit": "away",
    "unattended_limit": "unattended",
    "idle_counting": "idle_counting",
}


def _as_limits(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_COLUMNS[name]: value for name, value in values.items() if name in _COLUMNS}


def _require_order(limits: Limits, whose: str) -> None:
    if not limits.in_order():
        minutes = " ≤ ".join(f"{seconds / 60:g}" for seconds in (limits.threshold, limits.away, limits.unattended))
        raise Refused(f"idle threshold ≤ away limit ≤ unattended limit does not hold for {whose}: {minutes} minutes")


def _rezone(of: Counting) -> None:
    """The home zone's days are other seconds now, and with them those of dated memberships."""
    if len(of.user.periods) > 1 and (whole := everything(of)):
        recount(of, [whole])
    slots.sum_all_days(of.connection, of.owner, of.policy.zone)


def change_memberships(
    database: Database, organisation: int, user: int, change: Callable[[list[Membership]], list[Membership]]
) -> None:
    """Change who belongs to which team when; a team's rules then hold for the days of membership."""
    with database.write(organisation, policy=True) as connection:
        held = people.memberships_of(connection, organisation, user)
        people.set_memberships(connection, organisation, user, change(held))
        raise_version(connection, organisation)
        if people.team_rule_count(connection, organisation):
            of = counting(connection, Policies().read(connection, organisation), user)
            if whole := everything(of):
                recount(of, [whole])


def change_device(database: Database, organisation: int, user: int, device: int, values: Mapping[str, int]) -> None:
    """Set a device's `reach` (0 to 60) or `timeout` (1 to 3600), in seconds."""
    with database.write(organisation, policy=True) as connection:
        set_device(connection, organisation, user, device, dict(values))
        raise_version(connection, organisation)
        rebuild(counting(connection, Policies().read(connection, organisation), user))


def rebuild(of: Counting) -> None:
    """Make everything under one user's facts anew."""
    organisation, user, _ = of.owner
    whole = everything(of)
    stored = stretches.all_of(of.connection, organisation, user)
    made = stretches_anew(of, whole) if whole else {}
    for device in stored.keys() | made.keys():
        before, after = stored.get(device, []), made.get(device, [])
        stretches.write(of.connection, organisation, user, device, before, after)
    slots.clear(of.connection, of.owner)
    if whole:
        recount(of, [whole])


def recount_everything(
    database: Database, organisation: int, users: Sequence[int], progress: Progress = _silent
) -> None:
    """Make everything under the facts anew, one user a transaction: nothing changes unless it was wrong."""
    for done, user in enumerate(users, 1):
        with database.write(organisation, policy=True) as connection:
            rebuild(counting(connection, Policies().read(connection, organisation), user))
        progress(done, len(users))


def differences(database: Database, organisation: int, user: int) -> int:
    """How many stored stretches, slots, slot subjects and days differ from what the facts give."""
    with database.read() as connection:
        of = counting(connection, Policies().read(connection, organisation), user)
        whole = everything(of)
        stored = stretches.all_of(connection, organisation, user)
        made = stretches_anew(of, whole) if whole else {}
        wrong = len(_pairs(stored) ^ _pairs(made))
        held = slots.read(connection, of.owner, slots.EVER)
        totals: dict[int, Tally] = {}
        subjects: dict[tuple[int, int], int] = {}
        for ranges in parts([whole] if whole else []):
            counted = counted_anew(of, ranges)
            totals.update(counted.totals)
            subjects.update(counted.subjects)
        wrong += len(set(held.totals.items()) ^ set(totals.items()))
        wrong += len(set(held.subjects.items()) ^ set(subjects.items()))
        days = slots.summed_by_day(totals, of.policy.zone)
        return wrong + len(set(slots.days(connection, of.owner).items()) ^ set(days.items()))


def _pairs(by_device: Mapping[int, Sequence[Range]]) -> set[tuple[int, Range]]:
    return {(device, stretch) for device, found in by_device.items() for stretch in found}


def resum_days(connection: Connection, organisation: int) -> None:
    """After new zone data: home-zone days whose edges moved are summed again."""
    policy = Policies().read(connection, organisation)
    for person in people.all_users(connection, organisation):
        _rezone(counting(connection, policy, person.id))
