"""What of a fact leaves the computer."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from timegrain.counting.facts import Focus, Page
from timegrain.counting.subjects import BROWSER_OF, application, host
from timegrain.trackers.agent.settings import Never, Settings
from timegrain.trackers.events import Fact

PRIVATE_APP = "private"
PRIVATE_URL = "https://private/"
NEVER = "never sent, as the settings say"
PRIVATE_WINDOW = re.compile(
    r"in[ck][oó]gnito|inprivate|\bpriv(?:at[a-z]{0,2}|ad[ao]|ée?)\b|\banonim[ao]\b|инкогнито|приватн|"
    r"シークレット|プライベート|无痕|無痕|隐私",
    re.IGNORECASE,
)
"""What browsers put into the titles of private windows, in their languages: the window watcher does not know."""


def admitted(fact: Fact, settings: Settings) -> Fact | None:
    """The fact as it is sent, or None where nothing of it is. Judged by what ActivityWatch saw, then shortened."""
    if not isinstance(fact, Focus | Page):
        return fact
    rules = [rule for rule in settings.never if _matches(rule, fact)]
    if any(rule.send == "nothing" for rule in rules):
        return None
    if rules:
        if isinstance(fact, Focus):
            return fact._replace(app=PRIVATE_APP, url="", title="")
        return fact._replace(url=PRIVATE_URL, title="")
    title = fact.title if settings.titles and not _tells_of_pages(fact, settings) else ""
    return fact._replace(url=_shortened(fact.url, settings.urls), title=title)


def _matches(rule: Never, fact: Focus | Page) -> bool:
    if isinstance(fact, Focus):
        if application(fact.app) in rule.apps:
            return True
    elif any(_is_browser(app, application(fact.browser)) for app in rule.apps):
        return True  # the pages of a browser that is never told
    found = host(fact.url) if rule.sites else ""
    if found and any(found == site or found.endswith(f".{site}") for site in rule.sites):
        return True
    return any(pattern.search(fact.title) for pattern in rule.titles)


def _is_browser(app: str, browser: str) -> bool:
    """Also where the table knows the application as another browser, or not at all: `Brave-browser`, `Opera GX`."""
    return BROWSER_OF.get(app) == browser or browser in re.split(r"[^\w]+|_", app)


def _tells_of_pages(fact: Focus | Page, settings: Settings) -> bool:
    """A browser's window has the title of its page, but says not which site that is: where sites are never told,
    the title comes with the page or not at all; that of a private window does not even then."""
    if not isinstance(fact, Focus) or application(fact.app) not in BROWSER_OF:
        return False
    return bool(PRIVATE_WINDOW.search(fact.title)) or (not fact.url and any(rule.sites for rule in settings.never))


def _shortened(url: str, urls: str) -> str:
    if urls == "full":
        return url
    return only_host(url) if urls == "host" else ""


@lru_cache(maxsize=4096)
def only_host(url: str) -> str:
    """`https://ann:pw@Example.org:8443/a?b` → `https://example.org/`; "" where the URL has no host.

    Whoever reads the host of either finds the same one.
    """
    known = host(url)
    if not known:
        return ""
    parts = urlsplit(url)
    for name in (parts.hostname or "", known):
        short = f"{parts.scheme}://[{name}]/" if ":" in name else f"{parts.scheme}://{name}/"
        if host(short) == known:
            return short
    return ""
