"""What arrives of one user and what is kept of it: contract T1, T12 and T14.

Instants of facts are milliseconds since 1970 in UTC; `first` and `last` are whole seconds, `[first, last)`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .subjects import host_of, name_key

Kind = Literal["focus", "page", "away", "present", "heartbeat"]
Outcome = Literal["stored", "unchanged", "erased"]


@dataclass(frozen=True, slots=True)
class OFact:
    """One fact as a device reports it. `app` is a focus interval's or heartbeat's, `browser` a page's.

    A heartbeat is of one instant and of an `editor`.
    """

    kind: Kind
    device: str
    start: int
    end: int
    app: str = ""
    browser: str = ""
    url: str = ""
    title: str = ""
    editor: str = ""


@dataclass(frozen=True, slots=True)
class TextKept:
    """Which text the organisation keeps."""

    urls: Literal["host", "full"] = "host"
    titles: Literal["none", "self", "managers"] = "none"


@dataclass(frozen=True, slots=True)
class Erasure:
    """The seconds `[start_s, end_s)` of one device, or of all where `device` is None, are erased."""

    start_s: int
    end_s: int
    device: str | None = None

    def concerns(self, device: str) -> bool:
        return self.device is None or self.device == device

    def swallows(self, fact: OFact | Kept) -> bool:
        """The fact lies wholly inside, to the millisecond."""
        start, end = self.start_s * 1000, self.end_s * 1000
        return self.concerns(fact.device) and start <= fact.start < end and fact.end <= end

    def cuts(self, fact: Kept) -> bool:
        """The range takes some seconds of the fact."""
        return self.concerns(fact.device) and self.start_s < fact.last and fact.first < self.end_s


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A fact as kept, with what counting reads off it. Each is equal to itself alone."""

    kind: Kind
    device: str
    start: int
    end: int
    first: int
    last: int  # exclusive; of a present interval at least first + 1
    app: str
    browser: str
    host: str
    url: str
    title: str
    editor: str = ""
    won: str = ""  # the rule by which it stayed, where another form of it came too

    @property
    def identity(self) -> tuple[str, str, int, str]:
        of_what = {"page": self.browser, "heartbeat": self.editor}.get(self.kind, "")
        return (self.kind, self.device, self.start, name_key(of_what))

    @property
    def text(self) -> list[str]:
        return [self.app, self.host, self.url, self.title]


def as_kept(fact: OFact, text: TextKept) -> Kept:
    first, last = fact.start // 1000, fact.end // 1000
    url, title = fact.url.replace("\0", ""), fact.title.replace("\0", "")[:1024]
    return Kept(
        fact.kind,
        fact.device,
        fact.start,
        fact.end,
        first,
        max(last, first + 1) if fact.kind == "present" else last,
        app=fact.app.replace("\0", ""),
        browser=fact.browser.replace("\0", ""),
        host=host_of(url),
        url=url if text.urls == "full" else "",
        title="" if text.titles == "none" else title,
        editor=fact.editor.replace("\0", ""),
    )


class Shelf:
    """The facts kept of one user."""

    def __init__(self, text: TextKept) -> None:
        self.text = text
        self.erasures: list[Erasure] = []
        self._kept: dict[tuple[str, str, int, str], Kept] = {}

    @property
    def facts(self) -> list[Kept]:
        return list(self._kept.values())

    def arrive(self, fact: OFact) -> Outcome:
        if any(erasure.swallows(fact) for erasure in self.erasures):
            return "erased"
        new = as_kept(fact, self.text)
        old = self._kept.get(new.identity)
        if old is None:
            self._kept[new.identity] = new
            return "stored"
        if new.end != old.end:
            rule, wins = "T12 longer", new.end > old.end
        elif new.text != old.text:
            rule, wins = "T12 sorts last", new.text > old.text
        else:
            return "unchanged"
        self._kept[new.identity] = replace(new if wins else old, won=rule)
        return "stored" if wins else "unchanged"

    def erase(self, erasure: Erasure) -> int:
        """Erases now and for what comes again; says how many facts are gone."""
        self.erasures.append(erasure)
        gone = [identity for identity, fact in self._kept.items() if erasure.swallows(fact)]
        for identity in gone:
            del self._kept[identity]
        return len(gone)
