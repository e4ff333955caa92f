"""Secrets that are shown once: `tg_<organisation>_<secret>`, of which the SHA-256 is stored.

Editors' WakaTime plugins take no key but a version 4 UUID, with or without `waka_` before it (older ones only
without), so a device's token may have that form too: the organisation in eight hexadecimal digits, then 90 random bits.
"""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

_EDITOR_FORM = re.compile(r"waka_([0-9a-f]{8})-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_USUAL_FORM = re.compile(r"tg_([0-9]{1,9})_.+", re.ASCII | re.DOTALL)


class Token(NamedTuple):
    """What a token tells by itself: of which organisation it is, and the digest by which it is known there."""

    organisation: int
    digest: bytes


def read_token(token: str) -> Token | None:
    """None for what no token looks like."""
    token = _with_prefix(token)
    if found := _USUAL_FORM.fullmatch(token):
        return Token(int(found[1]), _digest(token))
    if (found := _EDITOR_FORM.fullmatch(token)) and int(found[1], 16) < 1 << 31:
        return Token(int(found[1], 16), _digest(token))
    return None


def new_token(organisation: int, for_editor: bool = False) -> tuple[str, bytes]:
    """A token that nobody has, and its digest."""
    token = f"tg_{organisation}_{secrets.token_urlsafe(32)}"
    if for_editor:
        token = str(UUID(int=(organisation << 96) | secrets.randbits(96), version=4))
    return token, _digest(_with_prefix(token))


def _with_prefix(token: str) -> str:
    """The one form of an editor's key, which may be sent without its `waka_`, and in capitals."""
    lowered = f"waka_{token.lower().removeprefix('waka_')}"
    return lowered if _EDITOR_FORM.fullmatch(lowered) else token


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
