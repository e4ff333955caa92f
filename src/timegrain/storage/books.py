"""The rule books of organisations, as of the newest version of their policy that was read."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from timegrain.counting.ratings import Rule, RuleBook


class Books:
    """Remembered in the process, so that a question reads rules only after they changed."""

    def __init__(self) -> None:
        self._books: dict[int, tuple[int, RuleBook]] = {}
        self._changing = threading.Lock()

    def known(self, organisation: int, version: int) -> RuleBook | None:
        held = self._books.get(organisation)
        return held[1] if held is not None and held[0] == version else None

    def learn(self, organisation: int, version: int, rules: Iterable[Rule]) -> RuleBook:
        book = RuleBook(rules)
        with self._changing:
            held = self._books.get(organisation)
            # A reader that began earlier must not put an old version over a new one.
            if held is None or held[0] < version:
                self._books[organisation] = version, book
        return book
