"""What a second is about and how that is rated: contract T7 (names, hosts, tables) and T8."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import idna

Rating = Literal["productive", "neutral", "unproductive"]


@cache
def name_key(name: str) -> str:
    """The form in which names of applications and browsers are compared."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


LOCK_SCREENS = {
    name_key(name)
    for name in [
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
    ]
}

BROWSERS = {
    name_key(name): browser
    for browser, names in {
        "chrome": "Google Chrome, Google-chrome, chrome.exe, google-chrome-stable, Chromium, Chromium-browser, "
        "Chromium-browser-chromium, chromium.exe, Google-chrome-beta, Google-chrome-unstable, Brave-browser",
        "firefox": "Firefox, Firefox.exe, Firefox Developer Edition, firefoxdeveloperedition, Firefox-esr, "
        "Firefox Beta, Nightly, org.mozilla.firefox",
        "opera": "opera.exe, Opera",
        "brave": "brave.exe, Brave Browser",
        "edge": "msedge.exe, Microsoft Edge",
        "vivaldi": "Vivaldi-stable, Vivaldi-snapshot, vivaldi.exe",
        "safari": "Safari",
        "arc": "Arc",
    }.items()
    for name in names.split(",")
}


def host_of(url: str) -> str:
    """The host that names a website, or "" where the URL has none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host_key(host) if parts.scheme in ("http", "https") else ""


@cache
def host_key(host: str) -> str:
    """The form in which hosts and domain rules are compared."""
    with suppress(UnicodeError):  # left whole where any label fails
        host = idna.encode(host, uts46=True).decode("ascii")
    host = host.lower().removesuffix(".")
    rest = host.removeprefix("www.")
    return rest if "." in rest else host


class Subject(NamedTuple):
    kind: Literal["application", "site"]
    name: str


def application(name: str) -> Subject:
    return Subject("application", name_key(name) or "unknown")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as given. `ignore_idle` None is a team's rule that leaves it to the organisation."""

    kind: Literal["application", "domain"]
    subject: str
    rating: Rating
    ignore_idle: bool | None = False

    @property
    def key(self) -> tuple[str, str]:
        if self.kind == "application":
            return self.kind, application(self.subject).name
        return self.kind, host_key(self.subject)


RuleBook = Mapping[tuple[str, str], Rule]


def rule_book(rules: Iterable[Rule]) -> dict[tuple[str, str], Rule]:
    """Rules by normalised subject: a later one replaces."""
    return {rule.key: rule for rule in rules}


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def matches(rule: Rule, subject: Subject) -> bool:
    kind, key = rule.key
    if subject.kind == "application":
        return kind == "application" and key == subject.name
    if kind != "domain":
        return False
    if key == subject.name:
        return True
    return subject.name.endswith("." + key) and not is_address(key) and not is_address(subject.name)


def matching(rules: RuleBook, subject: Subject) -> list[Rule]:
    """The rules that match, the longest first."""
    return sorted((rule for rule in rules.values() if matches(rule, subject)), key=lambda rule: -len(rule.key[1]))


class Rated(NamedTuple):
    rating: Rating
    ignore_idle: bool
    by: tuple[str, ...]  # labels of the rules that settled the rating
    ignored_by: tuple[str, ...]  # labels of the rules that settled ignore idle


def rate(subject: Subject, team: RuleBook, organisation: RuleBook, starter: RuleBook) -> Rated:
    """Rates a subject by the rules of the day's primary team (none: empty), the organisation's and the starter's."""
    of_team, of_organisation, of_starter = (matching(rules, subject) for rules in (team, organisation, starter))
    of_all = of_organisation or of_starter
    every = [*team.values(), *organisation.values(), *starter.values()]
    by = ["T8 address"] if any(_nearly(rule, subject) for rule in every) else []
    if not of_team and not of_all:
        return Rated("neutral", False, ("T8 no rule", *by), ())
    winner = (of_team or of_all)[0]
    if subject.kind == "application":
        by.append("T8 application")
    else:
        by.append("T8 domain" if winner.key[1] == subject.name else "T8 under a domain")
    if len(of_team or of_all) > 1:
        by.append("T8 longest domain")
    general = bool(of_all and of_all[0].ignore_idle)
    by_starter = not of_team and not of_organisation
    if by_starter:
        by.append("T8 starter rule")
    elif of_starter and of_organisation and len(of_starter[0].key[1]) > len(of_organisation[0].key[1]):
        by.append("T8 organisation before longer")
    if not of_team:
        return Rated(winner.rating, general, tuple(by), ("T8 starter ignore idle",) if by_starter and general else ())
    by.append("T8 team rule")
    if of_all and len(of_all[0].key[1]) > len(winner.key[1]):
        by.append("T8 team before longer")
    if winner.ignore_idle is None:
        inherited = "T8 inherited ignore idle" if of_organisation else "T8 inherited starter ignore idle"
        return Rated(winner.rating, general, tuple(by), (inherited,) if general else ())
    differs = winner.ignore_idle != general
    return Rated(winner.rating, winner.ignore_idle, tuple(by), ("T8 team ignore idle",) if differs else ())


def _nearly(rule: Rule, subject: Subject) -> bool:
    """The rule would match, were it not for an address."""
    kind, key = rule.key
    return (
        kind == "domain" and subject.kind == "site" and subject.name.endswith("." + key) and not matches(rule, subject)
    )
