"""Facts as the bodies of `POST /v1/activity`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from timegrain.counting.facts import Focus, Page
from timegrain.trackers.agent.state import Identity, identity, list_of
from timegrain.trackers.events import Fact, instant_of

MOST_FACTS = 2000

One = TypeVar("One")


def order(fact: Fact) -> tuple[int, Identity]:
    """Oldest first."""
    return fact.start, identity(fact)


def in_batches(facts: Sequence[One]) -> Iterator[Sequence[One]]:
    for first in range(0, len(facts), MOST_FACTS):
        yield facts[first : first + MOST_FACTS]


def body_of(facts: Sequence[Fact]) -> dict[str, list[dict[str, Any]]]:
    """In each list the facts are in the order in which they were given."""
    body: dict[str, list[dict[str, Any]]] = {}
    for fact in facts:
        body.setdefault(list_of(fact), []).append(_entry(fact))
    return body


def encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(fact: Fact) -> dict[str, Any]:
    entry: dict[str, Any] = {"start": instant_of(fact.start), "end": instant_of(fact.end)}
    if isinstance(fact, Focus):
        entry["app"] = fact.app
        if fact.url:
            entry["url"] = fact.url
    elif isinstance(fact, Page):
        entry |= {"browser": fact.browser, "url": fact.url}
    if isinstance(fact, Focus | Page) and fact.title:
        entry["title"] = fact.title
    return entry
