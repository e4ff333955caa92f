"""All that decides the seconds of windows of many people: rows of one form, for one statement.

Windows are given, or are the slots that hold the first or last active second of parts of time. With the facts
come the stretches, names, devices, limits, memberships, erasures and (where they are not known) rules.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    text,
    union,
    union_all,
)

from timegrain.counting.instants import LONGEST_FACT, LONGEST_REACH, LONGEST_TIMEOUT, SLOT
from timegrain.storage.facts import FactKind
from timegrain.storage.queries.told import (
    DEVICE,
    ENDS,
    ERASURE,
    FACT,
    MEMBERSHIP,
    NAME,
    ORGANISATION,
    RULE,
    STRETCH,
    TITLE,
    USER,
    given_parts,
    row,
)
from timegrain.storage.schema import (
    HEARTBEAT_KIND,
    LONG_MS,
    devices,
    erasures,
    facts,
    memberships,
    names,
    organisations,
    rules,
    slot_totals,
    stretches,
    texts,
    users,
)


def _end_slot(part: CTE, last: bool) -> ColumnElement[int]:
    """The first or last slot of a part with an active second: found by its order, without reading all."""
    table = slot_totals.alias("last" if last else "first")
    return (
        select(table.c.slot)
        .where(
            table.c.organisation_id == ORGANISATION,
            table.c.user_id == part.c.c1,
            table.c.generation == part.c.c2,
            table.c.slot >= part.c.c3,
            table.c.slot < part.c.c4,
            table.c.productive + table.c.neutral + table.c.unproductive > 0,
        )
        .order_by(table.c.slot.desc() if last else table.c.slot)
        .limit(1)
        .correlate(part)
        .scalar_subquery()
    )


_end_parts, _given_windows = given_parts("ends"), given_parts("windows")
_ends = (
    select(
        _end_parts.c.c0.label("key"),
        _end_parts.c.c1.label("user"),
        _end_slot(_end_parts, last=False).label("first"),
        _end_slot(_end_parts, last=True).label("last"),
    )
    .cte("found_ends")
    .prefix_with("MATERIALIZED")
)
_windows = (
    union(
        select(_given_windows.c.c1.label("user"), _given_windows.c.c3.label("low"), _given_windows.c.c4.label("high")),
        *(
            select(_ends.c.user, column, column + SLOT).where(column.is_not(None))
            for column in (_ends.c.first, _ends.c.last)
        ),
    )
    .cte("windows_to_count")
    .prefix_with("MATERIALIZED")
)
_low: ColumnElement[int] = (_windows.c.low - LONGEST_REACH - 1) * 1000
_high: ColumnElement[int] = (_windows.c.high + LONGEST_REACH + 1) * 1000
_FACT = tuple(
    facts.c[name] for name in ("start_ms", "device_id", "kind", "browser_id", "length_ms", "app_id", "site_id")
)
_OF_WINDOW = and_(facts.c.organisation_id == ORGANISATION, facts.c.user_id == _windows.c.user)
_SHOWN = facts.c.kind.between(text(str(int(FactKind.FOCUS))), text(str(int(FactKind.PAGE))))


def _facts(*where: ColumnElement[bool]) -> Select[Any]:
    return select(facts.c.user_id, *_FACT, facts.c.title_id).select_from(_windows.join(facts, and_(_OF_WINDOW, *where)))


_facts_found = (
    union_all(
        _facts(facts.c.start_ms >= _low - LONG_MS, facts.c.start_ms <= _high, _SHOWN),
        _facts(
            facts.c.start_ms >= _low - LONGEST_FACT * 1000,
            facts.c.start_ms < _low - LONG_MS,
            facts.c.length_ms >= text(str(LONG_MS)),
            facts.c.start_ms + facts.c.length_ms >= _low,
            _SHOWN,
        ),
        _facts(
            facts.c.kind == text(str(HEARTBEAT_KIND)),
            facts.c.start_ms >= _low - LONGEST_TIMEOUT * 1000,
            facts.c.start_ms <= _high + LONGEST_TIMEOUT * 1000,
        ),
    )
    .cte("facts_found")
    .prefix_with("MATERIALIZED")
)
USED_NAMES = union(
    *(select(_facts_found.c.user_id, _facts_found.c[name].label("id")) for name in ("app_id", "site_id", "browser_id"))
).cte("used_names")
"""Users, and the names that the facts of their windows hold."""
_people = select(_windows.c.user).distinct().cte("people_to_count").prefix_with("MATERIALIZED")
_earlier = stretches.alias("earlier")
_LAST_BEFORE = (
    select(func.max(_earlier.c.start_s))
    .where(
        _earlier.c.organisation_id == ORGANISATION,
        _earlier.c.user_id == _windows.c.user,
        _earlier.c.device_id == devices.c.id,
        _earlier.c.start_s < _windows.c.low,
    )
    .correlate(_windows, devices)
    .scalar_subquery()
)


def _of_people(table: Table) -> ColumnElement[bool]:
    return and_(table.c.organisation_id == ORGANISATION, table.c.user_id == _people.c.user)


def _number(condition: Any) -> ColumnElement[int]:
    """A boolean as 0 or 1, which both databases cast; null stays."""
    return cast(cast(condition, Integer), BigInteger)


_STRETCHES = (
    row(STRETCH, stretches.c.user_id, stretches.c.device_id, stretches.c.start_s, stretches.c.end_s)
    .select_from(
        _windows.join(
            devices, and_(devices.c.organisation_id == ORGANISATION, devices.c.user_id == _windows.c.user)
        ).join(
            stretches,
            and_(
                stretches.c.organisation_id == ORGANISATION,
                stretches.c.user_id == devices.c.user_id,
                stretches.c.device_id == devices.c.id,
                stretches.c.start_s <= _windows.c.high,
                # Those of one device are disjoint: of those that begin before a window only the last can reach it.
                stretches.c.start_s >= func.coalesce(_LAST_BEFORE, _windows.c.low),
                stretches.c.end_s >= _windows.c.low,
            ),
        )
    )
    .distinct()
)
_NAMES = row(NAME, names.c.user_id, names.c.id, names.c.kind, texts=(names.c.name, names.c.spelling)).select_from(
    USED_NAMES.join(
        names,
        and_(
            names.c.organisation_id == ORGANISATION,
            names.c.user_id == USED_NAMES.c.user_id,
            names.c.id == USED_NAMES.c.id,
        ),
    )
)
_DEVICES = row(
    DEVICE,
    devices.c.user_id,
    devices.c.id,
    devices.c.reach,
    devices.c.timeout,
    devices.c.input_at,
    texts=(devices.c.name,),
).select_from(_people.join(devices, _of_people(devices)))
_USERS = row(
    USER,
    users.c.id,
    func.coalesce(users.c.idle_threshold, organisations.c.idle_threshold),
    func.coalesce(users.c.away_limit, organisations.c.away_limit),
    func.coalesce(users.c.unattended_limit, organisations.c.unattended_limit),
    _number(func.coalesce(users.c.idle_counting, organisations.c.idle_counting)),
    users.c.facts_from,
).select_from(
    _people.join(users, and_(users.c.organisation_id == ORGANISATION, users.c.id == _people.c.user)).join(
        organisations, organisations.c.id == users.c.organisation_id
    )
)
_MEMBERSHIPS = row(
    MEMBERSHIP,
    memberships.c.user_id,
    memberships.c.team_id,
    memberships.c.first_day,
    memberships.c.end_day,
    _number(memberships.c.is_primary),
).select_from(_people.join(memberships, _of_people(memberships)))
_ERASURES = row(ERASURE, erasures.c.user_id, erasures.c.device_id, erasures.c.start_s, erasures.c.end_s).select_from(
    _people.join(erasures, _of_people(erasures))
)
RULES = row(
    RULE,
    null(),
    rules.c.team_id,
    rules.c.kind,
    rules.c.rating,
    _number(rules.c.ignore_idle),
    texts=(rules.c.name, rules.c.category),
).where(rules.c.organisation_id == ORGANISATION, bindparam("with_rules", type_=Integer) == 1)
_FACTS = row(FACT, _facts_found.c.user_id, *(_facts_found.c[column.name] for column in _FACT))
_ALL_ENDS = row(ENDS, _ends.c.user, _ends.c.key, _ends.c.first, _ends.c.last).where(_ends.c.first.is_not(None))
TITLES = row(
    TITLE,
    _facts_found.c.user_id,
    *(_facts_found.c[name] for name in ("start_ms", "device_id", "kind", "browser_id")),
    texts=(texts.c.text,),
).select_from(
    _facts_found.join(
        texts,
        and_(
            texts.c.organisation_id == ORGANISATION,
            texts.c.user_id == _facts_found.c.user_id,
            texts.c.id == _facts_found.c.title_id,
        ),
    )
)
"""One more, where titles are to be shown."""

ARMS = (_ALL_ENDS, _FACTS, _STRETCHES, _NAMES, _DEVICES, _USERS, _MEMBERSHIPS, _ERASURES, RULES)
"""Of a UNION ALL. Parameters: `organisation`, `ends`, `windows`, `with_rules`."""
