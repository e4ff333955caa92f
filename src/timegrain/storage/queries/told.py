"""Rows of one form, which one statement brings of many people: what each tells, and of which user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    null,
    select,
)

from timegrain.counting.instants import Range
from timegrain.counting.memberships import Membership, primary_periods
from timegrain.counting.ratings import Rating, Rule, Verdict
from timegrain.counting.stretches import Limits
from timegrain.counting.subjects import NameKind
from timegrain.storage.devices import Device
from timegrain.storage.given import once, quintuples
from timegrain.storage.names import Name
from timegrain.storage.policies import BEGINNING, UserPolicy, in_seconds
from timegrain.storage.queries.deciding_facts import FactRow

ENDS, FACT, STRETCH, NAME, DEVICE, USER, MEMBERSHIP, ERASURE, RULE, TITLE = range(10)
"""What a row tells."""
_NUMBERS, _TEXTS = 7, 2
ORGANISATION: BindParameter[int] = bindparam("organisation", type_=Integer)


class Part(NamedTuple):
    """Slots or home-zone days `[low, high)` of one user's generation that belong to the piece `key`."""

    key: int
    user: int
    generation: int
    low: int
    high: int


FactKey = tuple[int, int, int, int]
"""Start in milliseconds, device, kind, browser: what tells the facts of a user apart."""


@dataclass(slots=True)
class OfUser:
    """What decides the seconds of one user's windows."""

    limits: Limits = field(default_factory=Limits)
    facts: set[FactRow] = field(default_factory=set)
    stretches: dict[int, set[Range]] = field(default_factory=dict)
    names: dict[int, Name] = field(default_factory=dict)
    devices: dict[int, Device] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    erased: list[tuple[int, Range]] = field(default_factory=list)
    titles: dict[FactKey, str] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    """Devices that never reported input or its absence: their time is never idle."""
    facts_from: int = BEGINNING
    """What is before cannot be counted: its facts were retired."""

    def policy(self, user: int, zone: str) -> UserPolicy:
        """As counting takes it; the generation is of no matter here."""
        periods = tuple(in_seconds(zone, *period) for period in primary_periods(self.memberships))
        return UserPolicy(user, self.limits, 0, 0, periods, tuple(self.erased))


def row(tag: int, user: Any, *numbers: Any, texts: Sequence[Any] = ()) -> Select[Any]:
    """One form for all rows: a tag, a user, integers and texts."""
    columns: list[ColumnElement[Any]] = [
        literal_column(str(tag), Integer),
        cast(user, BigInteger),
        *(cast(one, BigInteger) for one in numbers),
        *(cast(null(), BigInteger) for _ in range(_NUMBERS - len(numbers))),
        *(cast(one, Text) for one in texts),
        *(cast(null(), Text) for _ in range(_TEXTS - len(texts))),
    ]
    return select(*(column.label(f"x{place}") for place, column in enumerate(columns)))


def given_parts(name: str) -> CTE:
    """Parts, or windows as `(0, user, 0, low, high)` in seconds, out of JSON."""
    return once(quintuples(name), name)


def rule_of(row: Sequence[Any]) -> Rule:
    """What a row of `RULE` tells, after its tag and user."""
    team, kind, rating, ignored = row[:4]
    verdict = Verdict(Rating(rating), None if ignored is None else bool(ignored), row[8])
    return Rule(team or None, NameKind(kind), row[7], verdict)


def take(of: OfUser, tag: int, row: Sequence[Any]) -> None:
    """Put what a row tells of a user, after its tag and user, in its place."""
    if tag == FACT:
        of.facts.add(row[:7])  # type: ignore[arg-type]
    elif tag == STRETCH:
        of.stretches.setdefault(row[0], set()).add((row[1], row[2]))
    elif tag == NAME:
        of.names[row[0]] = Name(NameKind(row[1]), row[7], row[8])
    elif tag == DEVICE:
        of.devices[row[0]] = Device(row[0], row[7], row[1], row[2])
        if row[3] is None:
            of.silent.add(row[0])
    elif tag == USER:
        of.limits = Limits(row[0], row[1], row[2], bool(row[3]))
        of.facts_from = BEGINNING if row[4] is None else row[4]
    elif tag == TITLE:
        of.titles[row[0], row[1], row[2], row[3]] = row[7]
    elif tag == MEMBERSHIP:
        of.memberships.append(Membership(row[0], row[1], row[2], bool(row[3])))
    else:
        of.erased.append((row[0], (row[1], row[2])))
