"""How days of attendance are marked and called."""

from __future__ import annotations

from collections.abc import Mapping

STATUSES: Mapping[str, tuple[str, str]] = {
    "PRESENT": ("●", "Present"),
    "ABSENT": ("○", "Absent"),
    "WORKED_ON_WEEK_OFF": ("◐", "Worked on a day off"),
    "WEEK_OFF": ("–", "Day off"),
    "UPCOMING": ("·", "To come"),
}
"""A mark and words for each of the reports' `attendanceStatus`."""
