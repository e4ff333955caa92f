"""Passwords: what they must hold, and how they are kept."""

from __future__ import annotations

import re

from argon2 import PasswordHasher

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
