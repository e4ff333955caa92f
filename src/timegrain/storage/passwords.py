"""Passwords: what they must hold, and how they are kept."""

from __future__ import annotations

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 128
_HOLDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))

# argon2id with 19 MiB, twice: what OWASP asks for, and small beside the server's own memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def what_is_wrong(password: str) -> str | None:
    """None for one that may be set."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"must have {SHORTEST} to {LONGEST} characters"
    if not all(one.search(password) for one in _HOLDS):
        return "must hold a lower and an upper case letter, a digit and another character"
    return None


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the one that is kept. Without one it takes as long, and never fits."""
    try:
        return _HASHER.verify(kept or _NOBODYS, password[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


_NOBODYS = hashed("nobody has this password")
