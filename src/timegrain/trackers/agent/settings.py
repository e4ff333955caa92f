"""`agent.toml`: which servers, and what leaves the computer. Read anew each round."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from timegrain.counting.subjects import application, bare, host
from timegrain.trackers.agent.failures import BadSettings

FILE = "agent.toml"
ENCODING = "utf-8-sig"
"""Editors of Windows put a mark before the text, which is no TOML."""
ACTIVITYWATCH = "http://127.0.0.1:5600"
HISTORY_DAYS = 30
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Never:
    """Applications, sites and titles that are not told; any one of them is enough."""

    apps: frozenset[str] = frozenset()
    """As `counting.subjects.application` compares them."""
    sites: tuple[str, ...] = ()
    titles: tuple[re.Pattern[str], ...] = ()
    send: str = "private"
    """`private`: that something private was in front; `nothing`: not even that."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When facts are sent, in local time. A range over midnight belongs to the day on which it begins."""

    days: frozenset[int]
    """Monday is 0."""
    first: time
    last: time | None
    """Exclusive; None is midnight."""
    zone: ZoneInfo | None = None
    """None is the computer's own."""


@dataclass(frozen=True, slots=True)
class Settings:
    server: str = ""
    activitywatch: str = ACTIVITYWATCH
    activitywatch_key: str = ""
    history_days: int = HISTORY_DAYS
    host: str = ""
    titles: bool = False
    urls: str = "host"
    never: tuple[Never, ...] = ()
    hours: Hours | None = None


def read_settings(folder: Path) -> Settings:
    """Raises `BadSettings`, which names the key. Without a file everything is as it is at first."""
    path = folder / FILE
    try:
        table = tomllib.loads(path.read_text(encoding=ENCODING))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{FILE}: not TOML: {error}") from None
    except OSError as error:
        raise BadSettings(f"{FILE}: cannot be read: {error.strerror}") from None
    return settings_of(table)


@dataclass(frozen=True, slots=True)
class Given:
    """An agent's folder, and what its command line says, which goes before `agent.toml` there."""

    folder: Path
    activitywatch: str = ""
    history_days: int | None = None
    """Reaches back so far from now on, if that is farther than before."""

    def settings(self) -> Settings:
        """Raises `BadSettings`."""
        settings = read_settings(self.folder)
        if not self.activitywatch:
            return settings
        return replace(settings, activitywatch=_address(self.activitywatch, "activitywatch"))


def settings_of(table: dict[str, Any]) -> Settings:
    """Raises `BadSettings`."""
    return Settings(**_read(table, "", _TOP))


Reader = Callable[[object, str], Any]


def _wrong(key: str, wanted: str) -> BadSettings:
    return BadSettings(f"{FILE}: {key} must be {wanted}")


def _read(table: object, where: str, readers: dict[str, Reader]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise _wrong(where.rstrip("."), "a table")
    for key in table:
        if key not in readers:
            raise BadSettings(f"{FILE}: there is no setting {where}{key}; there are: {', '.join(readers)}")
    return {key: readers[key](value, where + key) for key, value in table.items()}


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise _wrong(key, "a text in quotes")
    return value


def _header(value: object, key: str) -> str:
    text = _text(value, key).strip()
    if not (text.isascii() and text.isprintable()):
        raise _wrong(key, "plain letters, digits and signs")
    return text


def _address(value: object, key: str) -> str:
    text = _text(value, key).strip().rstrip("/")
    if text:
        checked_address(text, key)
    return text


def checked_address(text: str, key: str) -> httpx.URL:
    """Raises `BadSettings` for what is no http:// or https:// address of a server."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise _wrong(key, "an http:// or https:// address") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise _wrong(key, "an http:// or https:// address")
    return url


def _number(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 3660:
        raise _wrong(key, "a whole number from 0 to 3660")
    return value


def _yes_or_no(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, "true or false")
    return value


def _one_of(*choices: str) -> Reader:
    def read(value: object, key: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _wrong(key, " or ".join(f'"{choice}"' for choice in choices))
        return value

    return read


def _texts(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise _wrong(key, "a list of texts in quotes")
    return value


def _apps(value: object, key: str) -> frozenset[str]:
    return frozenset(map(application, _texts(value, key)))


def _sites(value: object, key: str) -> tuple[str, ...]:
    sites = [host(site.strip()) if "://" in site else bare(site.strip()) for site in _texts(value, key)]
    if not all(sites) or any("/" in site for site in sites):
        raise _wrong(key, "a list of hosts, like example.com")
    return tuple(sites)


def _patterns(value: object, key: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _texts(value, key))
    except re.error as error:
        raise BadSettings(f"{FILE}: {key} has a pattern that is no regular expression: {error}") from None


def _never(value: object, key: str) -> tuple[Never, ...]:
    if not isinstance(value, list):
        raise _wrong(key, "written as [[never]]")
    entries = []
    for number, entry in enumerate(value, 1):
        read = _read(entry, f"{key}[{number}].", _NEVER)
        if not read.keys() & {"apps", "sites", "titles"}:
            raise BadSettings(f"{FILE}: {key}[{number}] names no apps, sites or titles")
        entries.append(Never(**read))
    return tuple(entries)


def _days(value: object, key: str) -> frozenset[int]:
    names = [name.strip().lower()[:3] for name in _texts(value, key)]
    if not names or not set(names) <= set(WEEKDAYS):
        raise _wrong(key, f"a list of {', '.join(WEEKDAYS)}")
    return frozenset(map(WEEKDAYS.index, names))


def _clock(value: object, key: str) -> time | None:
    if value == "24:00" and key == "hours.to":
        return None
    found = CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong(key, 'a time of day like "08:00"')
    return time(int(found[1]), int(found[2]))


def _zone(value: object, key: str) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value, key))
    except (ValueError, OSError, KeyError):
        raise _wrong(key, "an IANA zone like Europe/Berlin") from None


def _hours(value: object, key: str) -> Hours:
    read = _read(value, f"{key}.", _HOURS)
    first, last = read.get("from", time(0)), read.get("to")
    if first == last:
        raise _wrong(f"{key}.to", f"another time than {key}.from")
    return Hours(read.get("days", frozenset(range(7))), first, last, read.get("zone"))


_NEVER: dict[str, Reader] = {
    "apps": _apps,
    "sites": _sites,
    "titles": _patterns,
    "send": _one_of("private", "nothing"),
}
_HOURS: dict[str, Reader] = {"days": _days, "from": _clock, "to": _clock, "zone": _zone}
_TOP: dict[str, Reader] = {
    "server": _address,
    "activitywatch": _address,
    "activitywatch_key": _header,
    "history_days": _number,
    "host": _text,
    "titles": _yes_or_no,
    "urls": _one_of("host", "full", "none"),
    "never": _never,
    "hours": _hours,
}
