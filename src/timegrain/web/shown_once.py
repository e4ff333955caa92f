"""Secrets that are shown once: the form that makes one makes no second when its answer is loaded again.

Every form that a page shows carries a token of its own (`csrf.py`); those that made a secret are remembered, the
latest ones, by all processes of this server.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from timegrain.errors import Refused
from timegrain.web import csrf
from timegrain.web.visits import Visit

MOST = 10_000
SENT = "This form was sent already. What it made was shown once and cannot be shown again: make another if it is lost."


class _Sent:
    """Forms that this process alone knows."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def add(self, token: str) -> bool:
        """Whether it was not there yet."""
        with self._lock:
            new = token not in self._tokens
            self._tokens[token] = None
            if len(self._tokens) > MOST:
                self._tokens.popitem(last=False)
        return new

    def drop(self, token: str) -> None:
        with self._lock:
            self._tokens.pop(token, None)


_sent = _Sent()


@contextmanager
def once(visit: Visit) -> Iterator[None]:
    """Around what makes the secret; a form that is not taken may come again. Raises `Refused` the second time."""
    sent, token = visit.house.shared or _sent, f"form {visit.form.one(csrf.FIELD)}"
    if not sent.add(token):
        raise Refused(SENT)
    try:
        yield
    except BaseException:
        sent.drop(token)
        raise
