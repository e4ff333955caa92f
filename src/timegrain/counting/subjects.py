"""What a second of focus is about: an application or a website's host (T7)."""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from functools import lru_cache
from urllib.parse import urlsplit

import idna


class NameKind(IntEnum):
    """What a stored name names."""

    APPLICATION = 0
    SITE = 1
    BROWSER = 2


def application(spelling: str) -> str:
    """The name by which applications are compared: no outer white space, NFC, case folded."""
    return unicodedata.normalize("NFC", spelling.strip()).casefold() or "unknown"


BROWSERS: dict[str, tuple[str, ...]] = {
    "chrome": (
        "Google Chrome",
        "Google-chrome",
        "chrome.exe",
        "google-chrome-stable",
        "Chromium",
        "Chromium-browser",
        "Chromium-browser-chromium",
        "chromium.exe",
        "Google-chrome-beta",
        "Google-chrome-unstable",
        "Brave-browser",
    ),
    "firefox": (
        "Firefox",
        "Firefox.exe",
        "Firefox Developer Edition",
        "firefoxdeveloperedition",
        "Firefox-esr",
        "Firefox Beta",
        "Nightly",
        "org.mozilla.firefox",
    ),
    "opera": ("opera.exe", "Opera"),
    "brave": ("brave.exe", "Brave Browser"),
    "edge": ("msedge.exe", "Microsoft Edge"),
    "vivaldi": ("Vivaldi-stable", "Vivaldi-snapshot", "vivaldi.exe"),
    "safari": ("Safari",),
    "arc": ("Arc",),
}
"""Which application names are which browser's. A new name is a policy change: run `timegrain recount`."""

LOCK_SCREENS = (
    "LockApp.exe",
    "LogonUI.exe",
    "loginwindow",
    "ScreenSaverEngine",
    "gnome-screensaver",
    "kscreenlocker_greet",
    "i3lock",
    "swaylock",
    "xscreensaver",
    "light-locker",
)
"""Applications that are in front while nobody can work (T3)."""

BROWSER_OF: dict[str, str] = {
    application(name): application(browser) for browser, names in BROWSERS.items() for name in names
}
LOCKED: frozenset[str] = frozenset(map(application, LOCK_SCREENS))


LONGEST_HOST = 2000
"""Bytes in UTF-8. No name in use has more than 253, and PostgreSQL's index of names takes no more than 2,700."""


@lru_cache(maxsize=65_536)
def host(url: str) -> str:
    """The host that a URL is about, or "" where it has none.

    `https://a:b@WWW.GitHub.com:443/x` → `github.com`, `https://bücher.example./` → `xn--bcher-kva.example`,
    `http://[::1]:80/` → `::1`, `about:blank` → "".
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return ""
        found = parts.hostname or ""
    except ValueError:
        return ""
    found = bare(found)
    return "" if too_long(found) else found


def too_long(host: str) -> bool:
    """Whether this is longer than any host, and can be no stored name."""
    return len(host.encode("utf-8", "surrogatepass")) > LONGEST_HOST


def bare(name: str) -> str:
    """A host name in the one form in which hosts and domain rules are compared."""
    try:
        # The letters of ASCII map to themselves or to lower case; the library is slow.
        encoded = name if name.isascii() else idna.encode(name, uts46=True, transitional=False).decode()
    except (idna.IDNAError, UnicodeError):
        encoded = name
    encoded = encoded.lower().removesuffix(".")
    rest = encoded.removeprefix("www.")
    return rest if "." in rest else encoded
