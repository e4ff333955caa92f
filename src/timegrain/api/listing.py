"""A long list in an answer: encoded one by one while its transaction is open, kept in a file where it is large.

So an answer takes as much memory as one of its items, and a slow reader holds up nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import msgspec
from litestar import Response
from litestar.response import Stream

CHUNK = 256 * 1024
SMALL = 1024 * 1024
"""Bytes of a list that stays in memory."""


class Listed:
    """A list as JSON; under `field` of an object with `beside`, or alone."""

    def __init__(self, items: Iterable[Any]) -> None:
        """Reads all `items`."""
        self._file: IO[bytes] = SpooledTemporaryFile(SMALL)  # noqa: SIM115 - the answer reads and closes it
        try:
            before = b"["
            for item in items:
                self._file.write(before + msgspec.json.encode(item))
                before = b","
            self._file.write(b"[]" if before == b"[" else b"]")
        except BaseException:
            self._file.close()
            raise
        self._head, self._tail = b"", b""

    def under(self, field: str, beside: Mapping[str, Any]) -> Listed:
        """As the last field of an object."""
        head = msgspec.json.encode({**beside, field: None}).removesuffix(b"null}")
        self._head, self._tail = head + self._head, self._tail + b"}"
        return self

    def answer(self, status: int) -> Response[Any]:
        size = self._file.tell()
        self._file.seek(0)
        if size <= SMALL:
            whole = b"".join(self._chunks())
            return Response(whole, media_type="application/json", status_code=status)
        return Stream(self._chunks(), media_type="application/json", status_code=status)

    def _chunks(self) -> Iterator[bytes]:
        return chain([self._head], chunks(self._file), [self._tail])


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """All of a file, which is closed after it."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
