"""My data: everything about oneself, who may look at it, who did, and all of it to download."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from timegrain.api.exporting import filled
from timegrain.counting.calendar import local_day
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.exporting.own_data import MEDIA_TYPE, Whose, write_own_data
from timegrain.figures.pieces import asker_of
from timegrain.storage.devices import all_devices
from timegrain.storage.people import organisation_row
from timegrain.storage.queries.accounts import TeamDays, accounts
from timegrain.storage.queries.people_meant import Profile, profiles_within
from timegrain.storage.queries.who_sees import who_sees
from timegrain.storage.roles import SETTINGS, Level, Reach
from timegrain.web.dates import Dates
from timegrain.web.pages import Page, Result, Sent, Shown
from timegrain.web.settings.audit import PAGE, shown, trail
from timegrain.web.settings.policy import TITLES, URLS
from timegrain.web.sign_in import own_sessions
from timegrain.web.visits import Visit

PATH = "/my-data"
PAGES_SEEN = {
    "/": "Week, and sums of time",
    "/insights/productivity-analysis": "Productivity",
    "/my-team": "Live",
    "/proof-of-work/timesheet": "Timesheets",
    "/proof-of-work/timeline": "Days, down to the spans",
    "/proof-of-work/app-usage": "Applications and sites",
    "/report-analysis": "Reports",
    SETTINGS: "Settings",
}
WHOSE = {
    Level.FULL: "of everybody",
    Level.TEAM: "of the teams you lead, and your own",
    Level.OWN: "your own",
}
LOOKS_SHOWN = 20


class Team(NamedTuple):
    name: str
    days: str
    primary: bool


def _show(visit: Visit) -> Result:
    caller, connection = visit.caller, visit.connection
    user = caller.user or 0
    dates = Dates(visit.locale, caller.zone)
    organisation = organisation_row(connection, caller.organisation)
    (account,) = accounts(connection, caller.organisation, [user])
    given: dict[str, Any] = {
        "title": "My data",
        "organisation": organisation,
        "titles": dict(TITLES)[organisation.titles],
        "urls": dict(URLS)[organisation.urls],
        "devices": all_devices(connection, caller.organisation, user),
        "teams": [_team(one, dates) for one in account.teams],
        "seers": who_sees(connection, caller.organisation, user, caller.today, visit.now),
        "seen": [(PAGES_SEEN[one.path], WHOSE[one.access]) for one in caller.pages if one.path in PAGES_SEEN],
        "own_sessions": own_sessions(visit),
        "own_week": f"/week?who={caller.user_uuid}",
        "own_person": f"/person?who={caller.user_uuid}",
        "own_trail": f"/settings/audit?who={caller.user_uuid}",
        "facts_from": None if visit.me.facts_from is None else dates.date(local_day(caller.zone, visit.me.facts_from)),
        "dates": dates,
    }
    # The last to be read: the transaction of the rest ends with it.
    entries = trail(visit, limit=PAGE, userId=str(caller.user_uuid)).items
    others = [one for one in entries if one.user is None or one.user.user_id != caller.user_uuid]
    return Shown("my_data.html", {**given, "looks": [shown(one) for one in others[:LOOKS_SHOWN]]})


def _team(one: TeamDays, dates: Dates) -> Team:
    first, end = one.days.first, one.days.end
    since = "always" if first == ALWAYS else f"since {dates.date(first)}"
    if end != FOREVER:
        since = f"until {dates.date(end - 1)}" if first == ALWAYS else f"{dates.date(first)} – {dates.date(end - 1)}"
    return Team(one.name, since, one.days.primary)


def _download(visit: Visit) -> Result:
    caller = visit.caller
    # What was looked at until now is to be in it.
    visit.house.journal.flush()
    visit.read_anew()
    asker = asker_of(visit.connection, caller.organisation)
    file = filled(lambda file: write_own_data(asker, Whose(_me(visit), visit.now), file))
    return Sent(file, MEDIA_TYPE, f"timegrain-{date.fromordinal(caller.today).isoformat()}.zip")


def _me(visit: Visit) -> Profile:
    caller = visit.caller
    reach = Reach(Level.OWN, caller.user, caller.user_uuid, caller.today)
    return profiles_within(visit.connection, caller.organisation, reach)[0]


PAGES: tuple[Page, ...] = (Page(path=PATH, show=_show, change=_download, long=True),)
