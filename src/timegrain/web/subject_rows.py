"""What the page of applications and sites lists: its address and its rows."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import quote_plus

from timegrain.api.calls import Call
from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR
from timegrain.counting.ratings import STARTER, Rule, RuleBook
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import Tally
from timegrain.errors import wrong
from timegrain.figures.usage import Usage, Use, rating_of
from timegrain.starter.catalogue import category_of
from timegrain.storage.queries.teams_seen import SeenTeam
from timegrain.storage.queries.usage import Subject
from timegrain.web.charts import shares
from timegrain.web.subject_ratings import Pending, key_of, read_key
from timegrain.web.views import View, iso, read_view
from timegrain.web.visits import Visit

A_PAGE = 50
RATINGS = ("productive", "neutral", "unproductive")
WITHOUT_RULE = "none"
FILTERS = (WITHOUT_RULE, *RATINGS, "mixed")
SORTS = ("active", "name", "people")


@dataclass(frozen=True, slots=True)
class Address:
    """Local days `first` to `last`; `parts` are what the address says beyond who, week and zone."""

    view: View
    first: int
    last: int
    parts: Mapping[str, str | None]
    page: int
    subject: Subject | None
    week_start: str

    @property
    def month(self) -> str | None:
        return self.parts["month"]

    @property
    def when(self) -> str:
        dates = self.view.dates
        return dates.month(self.first) if self.month else dates.days(self.first, self.last)

    def part(self, name: str) -> str:
        return self.parts[name] or ""

    def to(self, **changed: str | None) -> str:
        """Another list of these subjects, from its first page on."""
        week = None if self.month else iso(self.view.first)
        return self.view.to("/subjects", **{"week": week, **self.parts, **changed})

    def months_on(self, months: int) -> str:
        year, month = divmod(
            date.fromordinal(self.first).year * 12 + date.fromordinal(self.first).month - 1 + months, 12
        )
        return self.to(month=f"{year}-{month + 1:02d}")


def read_address(visit: Visit, call: Call) -> Address:
    """Raises `ValidationFailed` naming what the address has wrong."""
    view = read_view(visit, call)
    query = visit.query
    first, last = view.first, view.last
    if month := query.one("month"):
        first, last = _month(month)
    rating = query.one("rating")
    if rating not in ("", "all", *FILTERS):
        raise wrong("rating", f"must be one of all, {', '.join(FILTERS)}")
    page = query.one("page", "1")
    if not page.isascii() or not page.isdigit():
        raise wrong("page", "not a number")
    subject = query.one("subject")
    parts = {
        "month": month or None,
        "q": query.one("q") or None,
        "rating": None if rating == "all" else rating or None,
        "category": query.one("category") or None,
        "sort": view.sort or None,
        "subject": subject or None,
    }
    return Address(
        view,
        first,
        last,
        parts,
        max(1, int(page)),
        read_key("subject", subject)[0] if subject else None,
        visit.caller.week_start,
    )


def _month(text: str) -> tuple[int, int]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise wrong("month", "not a month of the form YYYY-MM") from None
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise wrong("month", f"outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return first.toordinal(), first.toordinal() + calendar.monthrange(first.year, first.month)[1] - 1


class Row(NamedTuple):
    """Of one subject. `chosen` is the rating that the form shows, "" where it has no rule or several."""

    key: str
    name: str
    notes: tuple[str, ...]
    rating: str
    was: str
    chosen: str
    seconds: int
    people: int
    bar: str
    address: str
    picked: bool
    pending: bool


class Listing(NamedTuple):
    """The rows of one page; `found` counts those of all pages, and `seconds` are theirs."""

    rows: Sequence[Row]
    found: int
    seconds: int
    start: int
    pages: int
    categories: Sequence[str]


def listed(at: Address, usage: Usage, teams: Sequence[SeenTeam], pending: Pending) -> Listing:
    categories = {subject: category_of(*subject, usage.book) for subject in usage.uses}
    found = [
        (subject, use)
        for subject, use in usage.uses.items()
        if _wanted(at, usage.book, subject, use, categories[subject])
    ]
    _sort(at, found)
    most = max((use.seconds for use in usage.uses.values()), default=0)
    start = (at.page - 1) * A_PAGE
    names = {one.id: one.name for one in teams}
    base = at.to(subject=None)
    return Listing(
        [_row(base, usage, names, pending, most, *one) for one in found[start : start + A_PAGE]],
        len(found),
        sum(use.seconds for _, use in found),
        start,
        -(-len(found) // A_PAGE),
        sorted({one for one in categories.values() if one}),
    )


def _wanted(at: Address, book: RuleBook, subject: Subject, use: Use, category: str | None) -> bool:
    part = at.part("q").casefold()
    if part and part not in subject[1].casefold() and part not in use.spelling.casefold():
        return False
    if at.part("category") not in ("", category):
        return False
    rating = at.part("rating")
    if rating == WITHOUT_RULE:
        return not _ruled(book, subject)
    return rating in ("", rating_name(use))


def _ruled(book: RuleBook, subject: Subject) -> bool:
    """Whether anybody rated it: without a rule it is neutral, and that says nothing."""
    return any(book.rule_for(team, *subject) is not None for team in (None, *book.teams))


def rating_name(use: Use) -> str:
    rating = rating_of(use)
    return "mixed" if rating is None else rating.name.lower()


def _sort(at: Address, found: list[tuple[Subject, Use]]) -> None:
    key, descending = at.part("sort").lstrip("-"), at.part("sort").startswith("-")
    if key not in SORTS:
        key, descending = SORTS[0], True
    found.sort(key=lambda one: (one[0][1], one[0][0]), reverse=key == "name" and descending)
    if key == "active":
        found.sort(key=lambda one: one[1].seconds, reverse=descending)
    elif key == "people":
        found.sort(key=lambda one: one[1].people, reverse=descending)


def _row(
    base: str, usage: Usage, teams: Mapping[int, str], pending: Pending, most: int, subject: Subject, use: Use
) -> Row:
    key = key_of(subject, use.spelling)
    rating = rating_name(use)
    was = rating if _ruled(usage.book, subject) and rating != "mixed" else ""
    return Row(
        key,
        shown_name(subject, use),
        _notes(usage.book, teams, subject),
        rating,
        was,
        pending.ratings.get(subject) or was,
        use.seconds,
        use.people,
        shares(Tally(*use.by_rating), most),
        f"{base}&subject={quote_plus(key)}#by-whom",
        subject in pending.picked,
        subject in pending.ratings,
    )


def shown_name(subject: Subject, use: Use | None) -> str:
    """A site in letters of its language, an application as it is most written."""
    kind, name = subject
    if kind is NameKind.SITE:
        try:
            return name.encode("ascii").decode("idna") if "xn--" in name else name
        except UnicodeError:
            return name
    return (use.spelling.strip() if use else "") or name


def _notes(book: RuleBook, teams: Mapping[int, str], subject: Subject) -> tuple[str, ...]:
    """What it is, and whose rules rate it."""
    kind, name = subject
    told = ["application" if kind is NameKind.APPLICATION else "site"]
    if kind is NameKind.SITE and shown_name(subject, None) != name:
        told.append(name)
    general = book.rule_for(None, *subject)
    owners = [] if general is None else [_whose(general, subject)]
    for team in book.teams:
        rule = book.rule_for(team, *subject)
        if rule is not None and rule.team == team:
            owners.append(f"rule of {teams.get(team, 'another team')}")
    told.append(", ".join(owners) if owners else "no rule, counts as neutral")
    if book.settle(None, *subject).ignore_idle:
        told.append("idle is ignored")
    return tuple(told)


def _whose(rule: Rule, subject: Subject) -> str:
    owner = "starter catalogue" if rule.team == STARTER else "organisation’s rule"
    return owner if rule.name == subject[1] else f"{owner} for {rule.name}"
