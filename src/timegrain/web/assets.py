"""Style, scripts and pictures of the pages: read once, named by their content, kept by browsers for a year."""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import NamedTuple

FOREVER = "public, max-age=31536000, immutable"
# Text gets its charset from the framework.
_MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    body: bytes
    compressed: bytes
    media_type: str
    mark: str
    """Of its content."""


@cache
def assets() -> dict[str, Asset]:
    """By name."""
    found = {}
    for file in resources.files("timegrain.web").joinpath("static").iterdir():
        if file.is_file():
            body = file.read_bytes()
            ending = f".{file.name.rpartition('.')[2]}"
            media = _MEDIA.get(ending) or mimetypes.guess_type(file.name)[0] or "text/plain"
            mark = sha256(body).hexdigest()[:16]
            found[file.name] = Asset(body, gzip.compress(body, 9, mtime=0), media, mark)
    return found


def address_of(name: str) -> str:
    """`/assets/0123456789abcdef/style.css`; raises KeyError for a file that is not there."""
    return f"/assets/{assets()[name].mark}/{name}"
