"""Secrets that are shown once: the form that makes one makes no second when its answer is loaded again.

Every form that a page shows carries a token of its own (`csrf.py`); those that made a secret are remembered, the
latest ones, by this process.
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

_sent: OrderedDict[str, None] = OrderedDict()
_lock = Lock()


@contextmanager
def once(visit: Visit) -> Iterator[None]:
    """Around what makes the secret; a form that is not taken may come again. Raises `Refused` the second time."""
    token = visit.form.one(csrf.FIELD)
    with _lock:
        if token in _sent:
            raise Refused(SENT)
        _sent[token] = None
        if len(_sent) > MOST:
            _sent.popitem(last=False)
    try:
        yield
    except BaseException:
        with _lock:
            _sent.pop(token, None)
        raise
