"""What is in front on one device at each second: contract T2 and T3, heartbeats included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cmp_to_key
from typing import NamedTuple

from .facts import Kept
from .subjects import name_key


class Front(NamedTuple):
    """What is in front at a second, and the rules that put it there."""

    fact: Kept
    by: tuple[str, ...]


def in_order(facts: Iterable[Kept]) -> list[Kept]:
    """As they began. Of those in one millisecond a focus comes last, the editor whose name sorts first before it."""

    def earlier(one: Kept, other: Kept) -> int:
        if one.start != other.start:
            return -1 if one.start < other.start else 1
        if one.kind != other.kind:
            return 1 if one.kind == "focus" else -1
        return -1 if editor_name(one) > editor_name(other) else 1

    return sorted(facts, key=cmp_to_key(earlier))


def editor_name(heartbeat: Kept) -> str:
    return name_key(heartbeat.editor) or "unknown"


class Beats:
    """The heartbeats of one device as intervals, and the seconds that a shorter distance would have covered."""

    def __init__(self, facts: Sequence[Kept], timeout: int) -> None:
        self.intervals: list[Kept] = []
        self.apart: set[int] = set()
        heartbeats = [fact for fact in facts if fact.kind == "heartbeat"]
        for one in heartbeats:
            later = [
                other for other in heartbeats if editor_name(other) == editor_name(one) and other.start > one.start
            ]
            following = min(later, key=lambda other: other.start, default=None)
            if following is not None and following.first - one.first < timeout:
                self.intervals.append(replace(one, end=following.start, last=following.first))
                continue
            self.intervals.append(one)
            if following is not None:
                self.apart.update(range(one.first, min(following.first, one.first + timeout)))


def covering(begun: Sequence[Kept]) -> dict[int, Front]:
    """What is in front at each second that one of these covers: one that began later is painted over those before."""
    front: dict[int, Front] = {}
    for fact in begun:
        joins = ("T2 heartbeat joins",) if fact.kind == "heartbeat" else ()
        together = "T3 heartbeat and focus begin together" if fact.kind == "focus" else "T3 editors begin together"
        alone, over = Front(fact, joins), Front(fact, ("T3 began latest", *joins))
        close = Front(fact, ("T3 began latest", "T3 milliseconds", *joins))
        tied = Front(fact, ("T3 began latest", together, *joins))
        for second in range(fact.first, fact.last):
            under = front.get(second)
            if under is None:
                front[second] = alone
            elif under.fact.start == fact.start:
                front[second] = tied
            else:
                front[second] = close if under.fact.first == fact.first else over
    return front


def in_front(facts: Iterable[Kept], reach: int) -> dict[int, Front]:
    """What is in front at each second that one of these facts covers or reaches (T2, T3)."""
    begun = in_order(facts)
    front = covering(begun)
    reaching: dict[int, list[Kept]] = {}
    empty_targets: set[int] = set()
    for place, fact in enumerate(begun):
        targets = [other for other in begun[place + 1 :] if other.first >= fact.last]
        target = min((other.first for other in targets), default=None)
        if target is None or target - fact.last > reach:
            continue
        for second in range(fact.last, target):
            if second not in front:
                reaching.setdefault(second, []).append(fact)
                if all(other.first == other.last for other in targets if other.first == target):
                    empty_targets.add(second)
    filled: dict[tuple[Kept, tuple[str, ...]], Front] = {}
    for second, rivals in reaching.items():
        fact = max(rivals, key=lambda rival: (rival.end, begun.index(rival)))
        by = ["T2 reach"]
        if len(rivals) > 1:
            tie = sum(rival.end == fact.end for rival in rivals) > 1
            by.append("T2 began latest" if tie else "T2 ended latest")
        if fact.first == fact.last:
            by.append("T1 empty reaches")
        if second in empty_targets:
            by.append("T1 empty is reached")
        front[second] = filled.setdefault((fact, tuple(by)), Front(fact, tuple(by)))
    return front
