"""How durations are written: h:mm with the minutes cut, h:mm:ss where the seconds count."""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"


def hm(seconds: int) -> str:
    """`100:05`; minutes are cut, not rounded."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}"


def hms(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def exact(seconds: int) -> str:
    """What a figure says on hover: `290:22:00, 1,045,320 seconds`."""
    return f"{hms(seconds)}, {counted(seconds, 'second')}"


def change(seconds: int) -> str:
    """`+3:43`, `−0:38`, `±0:00`; minutes are cut towards zero."""
    sign = "±" if abs(seconds) < 60 else "+" if seconds > 0 else MINUS
    return sign + hm(abs(seconds))


def percent(part: int, whole: int) -> str:
    """In whole percent, cut; nothing of nothing is none."""
    return f"{part * 100 // whole if whole else 0} %"


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 person`, `12 people`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def minutes(seconds: int) -> str:
    """`5 minutes`, or with the seconds where there are any: `4:30 minutes`."""
    whole, rest = divmod(seconds, 60)
    return f"{whole}:{rest:02d} minutes" if rest or not whole else counted(whole, "minute")
