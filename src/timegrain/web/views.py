"""What the address of a page says: whose time, which days, in which zone. It is all there is of a page's state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from timegrain.api.calls import Call
from timegrain.api.ranges import known_zone
from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR, day_at, whole_weeks
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Forbidden, NotFound, wrong
from timegrain.storage.queries.people_meant import BEYOND, Profile, profiles_meant, profiles_within
from timegrain.storage.queries.teams_seen import teams_seen
from timegrain.storage.roles import Level
from timegrain.web.dates import Dates
from timegrain.web.formats import counted
from timegrain.web.visits import Visit

EVERYBODY = "everybody"
CLASSES = ("total", "active", "idle", "productive", "neutral", "unproductive")
"""What `show` may name."""
ALL_DAYS = ((ALWAYS, FOREVER),)
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
_SOMEBODY = str(UUID(int=0))


class Choice(NamedTuple):
    """One line of the picker of people."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    teams: Sequence[Choice]
    people: Sequence[Choice]
    everybody: str
    """How everybody within reach is called; empty: there is but oneself."""


@dataclass(frozen=True, slots=True)
class View:
    """`who` are ids of teams and people as the address has them; empty: everybody within reach."""

    path: str
    who: tuple[str, ...]
    name: str
    """Of whom is looked at."""
    profiles: tuple[Profile, ...]
    choices: Choices
    zone: str
    home_zone: str
    day: int
    """The chosen local day."""
    first: int
    """The first day of its week."""
    today: int
    show: str
    sort: str
    dates: Dates
    only: str
    """The id of the one person of `who` who is looked at, or "": on the days on which they count through a team."""
    partly: frozenset[str]
    """The ids of those who count on some days alone, through a team that `who` names."""

    @property
    def last(self) -> int:
        return self.first + 6

    @property
    def is_home(self) -> bool:
        return self.zone == self.home_zone

    def to(self, path: str | None = None, **changed: str | Sequence[str] | None) -> str:
        """The address of the same view of another page, or of another view; None leaves a part out.

        The first day of the week or the day goes along as the page needs it: `week` or `date`. Somebody of `partly`
        is looked at on those days.
        """
        who = changed.get("who", self.only or None)
        if isinstance(who, str) and who in self.partly:
            changed |= {"who": self.who, "only": who}
        parts: dict[str, str | Sequence[str] | None] = {
            "who": self.who,
            "week": iso(self.first),
            "zone": None if self.is_home else self.zone,
            **changed,
        }
        pairs: list[tuple[str, str]] = []
        for name, value in parts.items():
            if isinstance(value, str):
                pairs.append((name, value))
            elif value is not None:
                pairs += [(name, one) for one in value]
        return f"{path or self.path}?{urlencode(pairs)}" if pairs else path or self.path

    def of_each(self, path: str, **changed: str | None) -> Callable[[Profile], str]:
        """For many rows: the address of each person's view."""
        pattern = self.to(path, who=_SOMEBODY, **changed)

        def of(one: Profile) -> str:
            who = str(one.uuid)
            return self.to(path, who=who, **changed) if who in self.partly else pattern.replace(_SOMEBODY, who)

        return of

    def step(self, step: str, days: int | None) -> str:
        """The same view some days later or, with None, the one of today; `step` is `week` or `date`."""
        changed = {"show": None if self.show == CLASSES[0] else self.show, "sort": self.sort or None}
        if days is None:
            return self.to(**{"week": None, **changed})
        at = min(max((self.first if step == "week" else self.day) + days, FIRST_DAY), LAST_DAY)
        return self.to(**{"week": None, step: iso(at), **changed})

    def iso(self, day: int) -> str:
        return iso(day)


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def read_view(visit: Visit, call: Call, shows: Sequence[str] = CLASSES) -> View:
    """Raises `ValidationFailed` naming what the address has wrong, `Forbidden` for people beyond reach.

    `shows` is what `show` may name; the first holds where it is not in the address.
    """
    zone = known_zone(visit.query.one("zone") or visit.caller.zone)
    today = day_at(zone, visit.now)
    day = _day(visit, today)
    first, _ = whole_weeks(day, day, visit.caller.week_start)
    show = visit.query.one("show") or shows[0]
    if show not in shows:
        raise wrong("show", f"must be one of {', '.join(shows)}")
    choices, everybody = _choices(call)
    who = tuple(one for one in visit.query.all("who") if one != EVERYBODY)
    profiles, name = _meant(call, who, choices, everybody)
    teams = {one.value for one in choices.teams}
    partly = frozenset(str(one.uuid) for one in profiles if one.days != ALL_DAYS and not teams.isdisjoint(who))
    only = visit.query.one("only")
    if only:
        profiles = [one for one in profiles if str(one.uuid) == only]
        if not profiles:
            raise wrong("only", "is none of these people")
        name = profiles[0].name
    call.about.update(one.user for one in profiles)
    return View(
        visit.path,
        who,
        name,
        tuple(profiles),
        choices,
        zone,
        visit.caller.zone,
        day,
        first,
        today,
        show,
        visit.query.one("sort"),
        Dates(visit.locale, zone),
        only,
        partly,
    )


def _day(visit: Visit, today: int) -> int:
    for name in ("date", "week"):
        if text := visit.query.one(name):
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise wrong(name, "not a date of the form YYYY-MM-DD") from None
            # The first and the last week have days of other years.
            beyond = 6 if name == "week" else 0
            if not FIRST_DAY - beyond <= day.toordinal() <= LAST_DAY + beyond:
                raise wrong(name, f"outside the years {FIRST_YEAR} to {LAST_YEAR}")
            return min(max(day.toordinal(), FIRST_DAY), LAST_DAY)
    return today


def _choices(call: Call) -> tuple[Choices, list[Profile]]:
    organisation = call.caller.organisation
    people = profiles_within(call.connection, organisation, call.reach)
    teams = [] if call.reach.level is Level.OWN else teams_seen(call.connection, organisation, call.reach)
    choices = Choices(
        [Choice(str(one.uuid), one.name) for one in teams if one.whole],
        [Choice(str(one.uuid), one.name) for one in people],
        f"Everybody ({counted(len(people), 'person', 'people')})" if len(people) > 1 else "",
    )
    return choices, people


def _meant(
    call: Call, who: tuple[str, ...], choices: Choices, everybody: list[Profile]
) -> tuple[Sequence[Profile], str]:
    if not who:
        if not everybody:
            raise NotFound("There is nobody to look at")
        return everybody, "Everybody" if len(everybody) > 1 else everybody[0].name
    teams = {one.value: one.name for one in choices.teams}
    people = {one.value: one.name for one in choices.people}
    names = [teams.get(one) or people.get(one) for one in who]
    if None in names:
        _known_or_beyond(call, who)
    users, of_teams = ([UUID(one) for one in who if one in of] for of in (people, teams))
    found = profiles_meant(call.connection, call.caller.organisation, users, of_teams, call.reach)
    return found, ", ".join(filter(None, names))


def _known_or_beyond(call: Call, who: Sequence[str]) -> None:
    """Raises what an id comes to that the reader cannot choose."""
    for one in who:
        try:
            UUID(one)
        except ValueError:
            raise wrong("who", "not the id of a team or a person") from None
    if call.reach.level is Level.FULL:
        raise NotFound("There is no such team or person")
    raise Forbidden(BEYOND)


def one_person(view: View) -> Profile:
    """Raises `ValidationFailed` where the address names several."""
    if len(view.profiles) != 1:
        raise wrong("who", "must name one person")
    return view.profiles[0]
