"""The only place that reads the time."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Milliseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1_000_000


def now() -> int:
    """Whole seconds since 1970-01-01T00:00:00Z."""
    return now_ms() // 1000
