"""What an example is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USER = "ab7c4f30-1024-471a-a767-739df0dc53fd"
TEAM = "5a0c1a7e-6f0b-4a53-8f0e-2a3f4f0f7b11"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One request and its answer: what is under `data`, or under `response` where the route has only that."""

    answer: object = None
    body: object = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, object] = field(default_factory=dict)
    """By media type, of an answer that is a file."""
    also: Mapping[int, object] = field(default_factory=dict)
    """By status, what other answers hold."""
