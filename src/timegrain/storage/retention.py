"""What retention keeps of each person, what of it is still to be removed, and how far the last run is.

Boundaries are instants at which a day of the home zone began, and never move back: what is gone is gone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from timegrain.counting.calendar import day_start, local_day
from timegrain.storage.dialect import store
from timegrain.storage.facts import HAS_TEXT, NOT_NEEDED, ends_needed
from timegrain.storage.schema import (
    day_totals,
    devices,
    facts,
    organisations,
    retirements,
    slot_totals,
    users,
)


class Days(NamedTuple):
    """How many days are kept before today; None: for ever. Titles and URLs go with their facts at the latest."""

    facts: int | None = None
    titles: int | None = None
    slots: int | None = None


class Boundaries(NamedTuple):
    """The second from which each is kept; None: from the beginning."""

    facts: int | None = None
    titles: int | None = None
    slots: int | None = None


class Retired(NamedTuple):
    """What is gone, or would go: facts, facts that lose their title or URL alone, quarter hours and days."""

    facts: int = 0
    texts: int = 0
    slots: int = 0
    days: int = 0


class Standing(NamedTuple):
    """Of one person in a transaction that removes."""

    facts_from: int | None
    titles_from: int | None
    slots_from: int | None
    texts_gone_to: int | None
    generation: int
    subject_generation: int
    subject_difference: int | None


_OF_ORGANISATION = users.c.organisation_id == bindparam("organisation")
_THIS_USER = and_(_OF_ORGANISATION, users.c.id == bindparam("user"))
_POLICY = select(
    organisations.c.zone, organisations.c.facts_days, organisations.c.titles_days, organisations.c.slots_days
).where(organisations.c.id == bindparam("organisation"))


def _behind(column: ColumnElement[Any], target: str) -> ColumnElement[bool]:
    wanted = bindparam(target, type_=BigInteger)
    return and_(wanted.is_not(None), or_(column.is_(None), column < wanted))


_FACTS_BEHIND, _TITLES_BEHIND = _behind(users.c.facts_from, "facts"), _behind(users.c.titles_from, "titles")
_SLOTS_BEHIND = _behind(users.c.slots_from, "slots")
_WORK = (
    select(users.c.id)
    .where(_OF_ORGANISATION, or_(users.c.retiring, _FACTS_BEHIND, _TITLES_BEHIND, _SLOTS_BEHIND))
    .limit(1)
)
_SET = tuple(
    update(users).where(_OF_ORGANISATION, behind).values({**values, "retiring": True})
    for behind, values in (
        (_FACTS_BEHIND, {"facts_from": bindparam("facts", type_=BigInteger)}),
        (_TITLES_BEHIND, {"titles_from": bindparam("titles", type_=BigInteger)}),
        (_SLOTS_BEHIND, {}),
    )
)
_RETIRING = select(users.c.id).where(_OF_ORGANISATION, users.c.retiring).order_by(users.c.id)
_STANDING = select(*(users.c[name] for name in Standing._fields)).where(_THIS_USER, users.c.retiring)
_NOTE = (
    update(users)
    .where(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
    .values(slots_from=bindparam("to_slots"), texts_gone_to=bindparam("to_texts"))
)
_FINISH_USER = update(users).where(_THIS_USER).values(retiring=False)
_REPORTED = select(func.max(devices.c.reported_at)).where(
    devices.c.organisation_id == bindparam("organisation"), devices.c.user_id == bindparam("user")
)
_LAST = select(retirements).where(retirements.c.organisation_id == bindparam("organisation"))
_COUNT = (
    update(retirements)
    .where(retirements.c.organisation_id == bindparam("organisation"))
    .values(
        done=retirements.c.done + bindparam("more_done"),
        facts=retirements.c.facts + bindparam("more_facts"),
        texts=retirements.c.texts + bindparam("more_texts"),
        slots=retirements.c.slots + bindparam("more_slots"),
    )
)
_FINISH = (
    update(retirements)
    .where(retirements.c.organisation_id == bindparam("organisation"), retirements.c.finished_at.is_(None))
    .values(finished_at=bindparam("at"))
)


def days_kept(connection: Connection, organisation: int) -> Days:
    return Days(*connection.execute(_POLICY, {"organisation": organisation}).one()[1:])


def boundaries(connection: Connection, organisation: int, now: int, days: Days | None = None) -> Boundaries:
    """What the organisation's policy, or `days` in its place, keeps at an instant."""
    zone, *held = connection.execute(_POLICY, {"organisation": organisation}).one()
    return since(zone, Days(*held) if days is None else days, now)


def since(zone: str, days: Days, now: int) -> Boundaries:
    today = local_day(zone, now)
    return Boundaries(*(None if kept is None else day_start(zone, today - kept) for kept in days))


def has_work(connection: Connection, organisation: int, to: Boundaries) -> bool:
    return connection.execute(_WORK, {"organisation": organisation, **to._asdict()}).first() is not None


def begin(connection: Connection, organisation: int, to: Boundaries, now: int) -> bool:
    """Set everybody's boundaries, in a transaction that may change the policy; whether any is another.

    From then on the slots before are frozen, and what lies there is removed in small steps.
    """
    moved = [connection.execute(one, {"organisation": organisation, **to._asdict()}).rowcount for one in _SET]
    last = last_run(connection, organisation)
    left = len(retiring(connection, organisation))
    if last is None or last.finished_at is not None:
        store(connection, retirements, [(organisation, now, None, left, 0, 0, 0, 0)])
    else:
        values = {"total": last.done + left}
        connection.execute(update(retirements).where(retirements.c.organisation_id == organisation).values(values))
    return any(moved[:2])


def retiring(connection: Connection, organisation: int) -> list[int]:
    """Users of whom something may be left to remove, in order."""
    return list(connection.execute(_RETIRING, {"organisation": organisation}).scalars())


def standing(connection: Connection, organisation: int, user: int) -> Standing | None:
    """None where nothing is left to remove."""
    row = connection.execute(_STANDING, {"organisation": organisation, "user": user}).one_or_none()
    return None if row is None else Standing(*row)


def note(connection: Connection, organisation: int, user: int, now: Standing, gone: Retired) -> None:
    """How far a step came."""
    whom = {"organisation": organisation, "user": user}
    connection.execute(_NOTE, {**whom, "to_slots": now.slots_from, "to_texts": now.texts_gone_to})
    _count(connection, organisation, gone)


def finish_user(connection: Connection, organisation: int, user: int) -> None:
    connection.execute(_FINISH_USER, {"organisation": organisation, "user": user})
    _count(connection, organisation, Retired(), 1)


def _count(connection: Connection, organisation: int, gone: Retired, done: int = 0) -> None:
    more = {f"more_{name}": getattr(gone, name) for name in ("facts", "texts", "slots")}
    connection.execute(_COUNT, {"organisation": organisation, "more_done": done, **more})


def finish(connection: Connection, organisation: int, now: int) -> bool:
    """The run is over; False where another process said so."""
    return connection.execute(_FINISH, {"organisation": organisation, "at": now}).rowcount > 0


def last_run(connection: Connection, organisation: int) -> Row[Any] | None:
    return connection.execute(_LAST, {"organisation": organisation}).one_or_none()


def last_report(connection: Connection, organisation: int, user: int) -> int:
    """The second in which facts of the user last came; 0: never."""
    return connection.execute(_REPORTED, {"organisation": organisation, "user": user}).scalar_one() or 0


_MINE = facts.c.organisation_id == bindparam("organisation")
_WOULD_GO = select(func.count()).select_from(facts).where(_MINE, NOT_NEEDED)
_WOULD_LOSE_TEXT = (
    select(func.count())
    .select_from(facts)
    .where(_MINE, facts.c.start_ms < bindparam("before"), HAS_TEXT, ~and_(bindparam("with_facts") == 1, NOT_NEEDED))
)


def _counted_before(table: Table, place: ColumnElement[int]) -> Select[int]:
    """How many rows of the generation that answers lie before some slot or day."""
    that_answers = and_(
        users.c.organisation_id == table.c.organisation_id,
        users.c.id == table.c.user_id,
        users.c.generation == table.c.generation,
    )
    mine = table.c.organisation_id == bindparam("organisation")
    return (
        select(func.count())
        .select_from(table.join(users, that_answers))
        .where(mine, place < bindparam("before", type_=BigInteger))
    )


_SLOTS_GOING = _counted_before(slot_totals, slot_totals.c.slot)
_DAYS_GOING = _counted_before(day_totals, day_totals.c.day)


def would_go(connection: Connection, organisation: int, to: Boundaries, zone: str) -> Retired:
    """What a run would remove. Days are people's days with any time."""
    mine = {"organisation": organisation}
    ends = ends_needed(to.facts or 0)
    facts_going = connection.execute(_WOULD_GO, {**mine, **ends}).scalar_one() if to.facts is not None else 0
    texts = slots = days = 0
    if to.titles is not None:
        parameters = {**mine, **ends, "before": to.titles * 1000, "with_facts": int(to.facts is not None)}
        texts = connection.execute(_WOULD_LOSE_TEXT, parameters).scalar_one()
    if to.slots is not None:
        slots = connection.execute(_SLOTS_GOING, {**mine, "before": to.slots}).scalar_one()
        days = connection.execute(_DAYS_GOING, {**mine, "before": local_day(zone, to.slots)}).scalar_one()
    return Retired(facts_going, texts, slots, days)
