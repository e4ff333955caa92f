"""Passwords: what they must hold, and how they are kept."""

from __future__ import annotations

import re
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 128
_HOLDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))

# argon2id with 19 MiB, twice: what OWASP asks for, and small beside the server's own memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)  # so that many who sign in at once take no more memory than this

# Of random bits that nobody kept, with the costs above.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$eyY76r2nLecntcJ9q8Z0Iw$IHdVb0NW1BZj4BcmhkDw8tCHe63dIV1jHu1jtIbZ3z0"


def what_is_wrong(password: str) -> str | None:
    """None for one that may be set."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"must have {SHORTEST} to {LONGEST} characters"
    if not all(one.search(password) for one in _HOLDS):
        return "must hold a lower and an upper case letter, a digit and another character"
    return None


def hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the one that is kept. Without one it takes as long, and never fits."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept or _NOBODYS, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
