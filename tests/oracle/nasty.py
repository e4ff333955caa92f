"""Facts of one user, random and deliberately nasty: edges a millisecond or a second off every limit."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .facts import OFact
from .subjects import BROWSERS, name_key

APPS = [
    "Code",
    " code",
    "CODE ",
    "Slack",
    "\u2003slack",
    "zoom",
    "Zoom",
    "straße",
    "STRASSE",
    "Café",
    "Cafe\u0301",
]
APPS += ["", "   ", "unknown", "x", "notes\0"]
BROWSER_APPS = [
    "Google Chrome",
    "chrome.exe",
    "CHROME.EXE ",
    "Firefox",
    "firefox.exe",
    "Brave-browser",
    "brave.exe",
]
BROWSER_APPS += ["msedge.exe", "Safari"]
LOCK_APPS = ["LockApp.exe", " loginwindow ", "i3lock", "SWAYLOCK", "ScreenSaverEngine"]
PAGE_BROWSERS = ["chrome", "chrome", "Chrome", "firefox", " edge ", "brave", "safari", "lynx"]
SITES = [
    "https://github.com/pulls",
    "https://WWW.GitHub.com:443/x",
    "https://a:b@gist.github.com/",
    "http://www.com/",
]
SITES += [
    "https://bücher.example./",
    "https://xn--bcher-kva.example/a",
    "http://[::1]:80/",
    "http://10.0.0.1/",
]
SITES += [
    "http://x.10.0.0.1/",
    "HTTPS://Docs.Google.com",
    "https://mail.google.com/?q",
    "https://google.com./",
]
SITES += [
    "http://www.www.com/",
    "https://my_host.example/",
    "https://straße.example/",
    "http://notgithub.com",
]
SITES += [
    "https://docs.google.com:99999/",
    " https://github.com/y",
    "https://ⓖithub.com/",
    "https://github。com/",
]
SITES += [
    "https://a..b/",
    "https://WWW.my_bücher.example",
    "https://meet.example/room",
    "https://meet.example",
]
HOSTLESS = [
    "https:///x",
    "about:blank",
    "chrome://newtab",
    "ftp://github.com/x",
    "http://[::1",
    "http://./",
    "file:///C:/x",
]
HOSTLESS += ["mailto:a@b.c", "github.com", "http://user@:80/", "https://"]
TITLES = ["", "", "a", "b", "Pull requests"]
EDITORS = ["vscode", "VSCode", "vim", "vim", "emacs", "Straße", "STRASSE", "i3lock", "firefox"]
FILES = ["main.py", "app — main.py", "app — other.py", "b.py"]


class Scribe:
    """Writes the facts of one user's devices. Limits and reaches are those whose edges it aims at, in seconds."""

    def __init__(self, rng: Random, limits: list[int], longest_s: int) -> None:
        self.rng = rng
        self.limits = limits
        self.longest_s = longest_s

    def session(self, device: str, centre_s: int, reach: int) -> list[OFact]:
        """Some minutes on one device around an instant, with what watches it."""
        rng = self.rng
        start = centre_s * 1000 - rng.randrange(1_500_000)
        if rng.random() < 0.3:
            start = centre_s * 1000 + rng.choice([-1, 0, 1, -1000, 999, -rng.randrange(60_000)])
        focus = self._focus(device, start, reach)
        facts = list(focus)
        for fact in focus:
            browser_in_front = fact.app in BROWSER_APPS
            if rng.random() < (0.8 if browser_in_front else 0.05):
                facts += self._pages(fact, reach)
        end = max(fact.end for fact in focus)
        if rng.random() < 0.75:
            facts += self._input(device, start, end, reach)
        return facts + self._other_forms(facts)

    def on_another(self, facts: list[OFact], device: str) -> list[OFact]:
        """Some of these at the same instants on another device, so that only its name decides."""
        picked = [fact for fact in facts if self.rng.random() < 0.4]
        return [replace(fact, device=device, app=self._app() if fact.kind == "focus" else "") for fact in picked]

    def heartbeats(self, device: str, near: list[OFact], timeout: int, reach: int) -> list[OFact]:
        """Of one or two editors, beginning near some fact or with it, at distances about the timeout or reach."""
        rng, beats = self.rng, list[OFact]()
        at = rng.choice(near).start + rng.choice([0, 0, 1, -1, 1000 * rng.randrange(-timeout, timeout)])
        if rng.random() < 0.4:  # alone
            at = max(fact.end for fact in near) + rng.choice([0, 1000, 1000 * reach, 1000 * (reach + 1), 400_000])
        editors = rng.sample(EDITORS, rng.choice([1, 1, 2, 3]))
        for _ in range(rng.randint(2, 12)):
            for editor in editors if rng.random() < 0.3 else [rng.choice(editors)]:
                beats.append(self._heartbeat(device, at, editor))
            if rng.random() < 0.1:  # another form of it
                beats.append(self._heartbeat(device, at, editors[0]))
            if rng.random() < 0.15:
                at = rng.choice(near).start
                continue
            seconds = rng.choice(
                [timeout - 1, timeout - 1, timeout, timeout + 1, 0, 1, reach, reach + 1, rng.randrange(1, 2 + timeout)]
            )
            at = max(at + 1, at + 1000 * seconds + rng.choice([0, 0, 1, -1, rng.randrange(-999, 1000)]))
        return beats

    def _heartbeat(self, device: str, at: int, editor: str) -> OFact:
        rng = self.rng
        share = rng.random()
        if share < 0.5:
            return OFact("heartbeat", device, at, at, editor, title=rng.choice(FILES), editor=editor)
        if share < 0.75:
            app = rng.choice([app for app in (*APPS, *BROWSER_APPS) if app])
            return OFact("heartbeat", device, at, at, app, editor=editor)
        url = rng.choice(SITES) if share < 0.95 else rng.choice(HOSTLESS)
        return OFact("heartbeat", device, at, at, editor, url=url, editor=editor)

    def _focus(self, device: str, start: int, reach: int) -> list[OFact]:
        rng, facts, at = self.rng, list[OFact](), start
        budget = at + self.longest_s * 1000
        for _ in range(rng.randint(2, 8)):
            kind = rng.random()
            if kind < 0.12:
                length = rng.choice([0, 0, 1, 400, 999])
            elif kind < 0.5:
                length = rng.randrange(1000, 30_000)
            elif kind < 0.85:
                length = rng.randrange(30_000, 240_000)
            else:
                length = (rng.choice(self.limits) + rng.randrange(120)) * 1000
            length = max(0, min(length, budget - at))
            facts.append(OFact("focus", device, at, at + length, self._app(), url=self._own_url(), title=self._title()))
            if rng.random() < 0.15:  # one that lies over it
                inner = at + rng.choice([1, 300, rng.randrange(1, max(2, length))])
                facts.append(OFact("focus", device, inner, inner + rng.randrange(40_000), self._app()))
            at = max(at + 1, self._snapped(at + length + self._gap(reach)))
        return facts

    def _pages(self, focus: OFact, reach: int) -> list[OFact]:
        rng, pages = self.rng, list[OFact]()
        at = focus.start + rng.choice([0, 0, -3000, 500, 4000])
        browser = rng.choice(PAGE_BROWSERS)
        if rng.random() < 0.7:
            browser = BROWSERS.get(name_key(focus.app), "chrome")
        for _ in range(rng.randint(1, 3)):
            length = rng.choice([0, 900, rng.randrange(20_000), rng.randrange(120_000)])
            url = rng.choice(HOSTLESS) if rng.random() < 0.25 else rng.choice(SITES)
            pages.append(OFact("page", focus.device, at, at + length, browser=browser, url=url, title=self._title()))
            at = max(at + 1, at + length + self._gap(reach))
        return pages

    def _input(self, device: str, start: int, end: int, reach: int) -> list[OFact]:
        """Away intervals, chained over holes or not, and input within and over them."""
        rng, facts = self.rng, list[OFact]()
        at = start + rng.randrange(-60_000, max(1, (end - start) // 2))
        for _ in range(rng.randint(1, 3)):
            length = (rng.choice(self.limits) + rng.choice([-2, -1, 0, 0, 1, 2, 30])) * 1000
            if rng.random() < 0.3:
                length = rng.randrange(1, 60_000)
            pieces, until = rng.randint(1, 3), at + length
            for piece in range(pieces):
                piece_end = until if piece == pieces - 1 else at + rng.randrange(1, max(2, until - at))
                facts.append(OFact("away", device, at, piece_end))
                at = piece_end
                if piece < pieces - 1:
                    at += rng.choice([0, 0, 1000 * (reach - 1), 1000 * reach, 1000 * (reach + 1), 999, -500])
                    until = max(until, at)
            if rng.random() < 0.35:
                blip = rng.randrange(at - length - 1000, at + 2000)
                facts.append(OFact("present", device, blip, blip + rng.choice([0, 1, 700, 1000, 2500, 20_000])))
            at += rng.choice([0, 1000 * reach, 1000 * (reach + 1), rng.randrange(1, 90_000)])
        return facts

    def _other_forms(self, facts: list[OFact]) -> list[OFact]:
        """The same facts again: longer, shorter, or as long with other text."""
        rng, forms = self.rng, list[OFact]()
        for fact in facts:
            if rng.random() < 0.15:
                forms.append(replace(fact, end=fact.end + rng.choice([1, 999, 5000, rng.randrange(60_000)])))
            if rng.random() < 0.05:
                forms.append(replace(fact, end=max(fact.start, fact.end - rng.randrange(1, 30_000))))
            if fact.kind == "focus" and rng.random() < 0.1:
                forms.append(replace(fact, app=self._app(), title=self._title()))
            if fact.kind in ("focus", "page") and rng.random() < 0.1:
                forms.append(replace(fact, url=rng.choice([*SITES, ""])))
        return forms

    def _app(self) -> str:
        share = self.rng.random()
        return self.rng.choice(BROWSER_APPS if share < 0.4 else LOCK_APPS if share < 0.47 else APPS)

    def _own_url(self) -> str:
        share = self.rng.random()
        return self.rng.choice(SITES) if share < 0.25 else self.rng.choice(HOSTLESS) if share < 0.32 else ""

    def _title(self) -> str:
        return self.rng.choice(TITLES)

    def _gap(self, reach: int) -> int:
        rng = self.rng
        if rng.random() < 0.35:
            return 0
        if rng.random() < 0.2:
            return -rng.randrange(1, 40_000)
        whole = 1000 * rng.choice([0, 1, reach - 1, reach, reach, reach + 1, 4, 5, 6, 60, 61, rng.randrange(1, 300)])
        return max(0, whole + rng.choice([0, 0, -1, 1, rng.randrange(1000)]))

    def _snapped(self, at: int) -> int:
        """As it is, at its whole second, or at the edge of a quarter hour nearby."""
        share = self.rng.random()
        if share < 0.4:
            return at // 1000 * 1000
        return at if share < 0.97 else at // 900_000 * 900_000 + 900_000
