"""An entry of a batch: whether it can be kept, why not, and how much of it is."""

from __future__ import annotations

from timegrain.counted import Counting
from timegrain.counting.calendar import date_at
from timegrain.counting.facts import LONGEST_NAME, Away, Fact, Focus, Heartbeat, Page, Present
from timegrain.counting.instants import LONGEST_FACT
from timegrain.counting.subjects import LONGEST_HOST, application, host, too_long
from timegrain.storage.facts import FactKind
from timegrain.storage.keeping import Incoming
from timegrain.storage.policies import ALL_DEVICES, UserPolicy

LONGEST_URL = 4096
LONGEST_TITLE = 1024
CLOCK_TOLERANCE_MS = 120_000
OLDEST_MS = 946_684_800_000
"""2000-01-01T00:00:00Z."""


def refused(entry: Fact, now_ms: int) -> tuple[str, str, bool] | None:
    """Why an entry cannot be kept: code, message and whether it may be sent again; None where it can."""
    start, end = entry.start, entry.end
    if end < start:
        return "END_BEFORE_START", "the end is before the start", False
    if end - start > LONGEST_FACT * 1000:
        return "TOO_LONG", "longer than 24 hours; split it", False
    if end > now_ms + CLOCK_TOLERANCE_MS:
        return "IN_THE_FUTURE", "ends more than 2 minutes after the server's clock", True
    if start < OLDEST_MS:
        return "TOO_OLD", "begins before the year 2000", False
    return _bad_text(entry)


def retired(of: Counting, entry: Fact) -> tuple[str, str, bool] | None:
    """The same for an entry that begins before what retention keeps of the user."""
    if entry.start >= of.user.facts_from * 1000:
        return None
    return "TOO_OLD", f"begins before {date_at(of.policy.zone, of.user.facts_from)}: facts are kept from there", False


def _bad_text(entry: Fact) -> tuple[str, str, bool] | None:
    if isinstance(entry, Away | Present):
        return None
    for field_, name in _names_in(entry):
        if len(clean(name)) > LONGEST_NAME:
            return "BAD_ENTRY", f"{field_} has more than {LONGEST_NAME} characters", False
        if unwritable(name):
            return "BAD_ENTRY", f"{field_} is not valid Unicode", False
    if len(clean(entry.url)) > LONGEST_URL:
        return "BAD_ENTRY", f"url has more than {LONGEST_URL} characters", False
    if too_long(entry.host):
        return "BAD_ENTRY", f"host has more than {LONGEST_HOST} bytes", False
    if any(map(unwritable, (entry.url, entry.host, entry.title))):
        return "BAD_ENTRY", "a text is not valid Unicode", False
    return None


def _names_in(entry: Focus | Page | Heartbeat) -> tuple[tuple[str, str], ...]:
    """The names in an entry that nobody may make as long as they like, by their field."""
    if isinstance(entry, Page):
        return (("browser", entry.browser),)
    if isinstance(entry, Focus):
        return (("app", entry.app),)
    return ("editor", entry.editor), ("app", entry.app)


def unwritable(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no database takes."""
    return not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)


def incoming(entry: Fact, kind: FactKind, device: int, of: Counting) -> Incoming:
    """The fact as far as the organisation keeps text: what it does not keep never reaches the disk."""
    policy, has_text = of.policy, entry.start >= of.user.titles_from * 1000
    if isinstance(entry, Away | Present):
        return Incoming(device, kind, entry.start, entry.end)
    url = clean(entry.url)
    text = {
        "host": host(url) or clean(entry.host),
        "url": url if policy.urls == "full" and has_text else "",
        "title": clean(entry.title)[:LONGEST_TITLE] if policy.titles != "none" and has_text else "",
    }
    if isinstance(entry, Focus):
        return Incoming(device, kind, entry.start, entry.end, app=clean(entry.app), **text)
    if isinstance(entry, Heartbeat):
        text |= {"app": clean(entry.app), "browser": application(clean(entry.editor))}
        return Incoming(device, kind, entry.start, entry.end, **text)
    return Incoming(device, kind, entry.start, entry.end, browser=application(clean(entry.browser)), **text)


def clean(text: str) -> str:
    return text.replace("\0", "") if "\0" in text else text


def is_erased(user: UserPolicy, device: int, start_ms: int, end_ms: int) -> bool:
    """Whether a fact lies wholly inside one erased range (T14)."""
    return any(
        low * 1000 <= start_ms < high * 1000 and end_ms <= high * 1000
        for erased_on, (low, high) in user.erased
        if erased_on in (device, ALL_DEVICES)
    )
