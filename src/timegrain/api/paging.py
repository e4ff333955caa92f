"""`?cursor=` and `?limit=` of a collection. A cursor is the key of the last item that was given, opaque to who asks."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from timegrain.errors import wrong

Item = TypeVar("Item")
MOST_ITEMS = 200

_LARGEST = (1 << 63) - 1
"""No key of an item is larger, and no database takes more."""


class PageQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`cursor` is the `nextCursor` of the page before."""

    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ITEMS)] = 50


def read_cursor(cursor: str | None, type_: type[Item]) -> Item | None:
    """The key after which the page begins. Raises `ValidationFailed` for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=type_)
        if isinstance(found, int) and abs(found) > _LARGEST:
            raise ValueError
        return found
    except (ValueError, msgspec.DecodeError):
        raise wrong("cursor", "not a cursor of this collection") from None


def page_of(found: Sequence[Item], limit: int, key: Callable[[Item], Any]) -> tuple[list[Item], str | None]:
    """The items of a page and its `nextCursor`, of one more than `limit` that were read where there are more."""
    items = list(found[:limit])
    if len(found) <= limit:
        return items, None
    return items, urlsafe_b64encode(msgspec.json.encode(key(items[-1]))).decode("ascii").rstrip("=")
