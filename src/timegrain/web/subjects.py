"""Applications and sites: what was used most, by whom, how it is rated, and what other ratings would come to."""

from __future__ import annotations

from timegrain.api.access import reach
from timegrain.api.jobs import JobStarted, WhatChanged
from timegrain.counting.calendar import day_start
from timegrain.figures.usage import used
from timegrain.figures.usage_by_person import effect_of
from timegrain.rating_changes import book_after
from timegrain.storage.changes import Change
from timegrain.storage.queries.teams_seen import teams_seen
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.subject_people import used_by
from timegrain.web.subject_ratings import (
    RATE,
    Pending,
    as_asked,
    changing,
    preview_of,
    read_pending,
    read_single,
    scope_of,
)
from timegrain.web.subject_rows import Address, listed, read_address
from timegrain.web.toasts import UNDO, after_change, show_counting
from timegrain.web.visits import Visit

OPERATION = "POST /v1/app-usage"
MONTH = "POST /v1/report-analysis/monthly-summary"


def _show(visit: Visit) -> Result:
    return _shown(visit, Pending())


def _shown(visit: Visit, pending: Pending, everywhere: WhatChanged | JobStarted | None = None) -> Shown:
    """`everywhere` is what the pending ratings would come to over all stored time."""
    call = visit.call(OPERATION)
    at = read_address(visit, call)
    view = at.view
    within = day_start(view.zone, at.first), day_start(view.zone, at.last + 1)
    usage = used(call.asker, view.profiles, within)
    may_rate = visit.may(RATE)
    teams = teams_seen(call.connection, visit.caller.organisation, call.reach)
    listing = listed(at, usage, teams, pending)
    given = {
        "title": f"Applications and sites of {view.name}, {at.when}",
        "view": view,
        "at": at,
        "dates": view.dates,
        "listing": listing,
        "tally": usage.tally,
        "of_active": _of_active(visit, at),
        "subjects": len(usage.uses),
        "grows": at.first <= view.today <= at.last,
        "now": visit.now,
        "may_rate": may_rate,
        "pending": pending,
        "teams": teams,
        "preview": None,
        **_everywhere(everywhere),
        "asks_later": visit.partial,
        "used_by": used_by(at, call.asker, usage, teams) if at.subject else None,
        "here": at.to(),
    }
    if may_rate and pending.changes:
        scope = scope_of(pending, teams)
        change = changing(pending, usage.book, scope)
        then = book_after(call.connection, visit.caller.organisation, change)
        effect = effect_of(call.asker, view.profiles, within, usage, then, change.rule_keys)
        given["preview"] = preview_of(effect, scope.name if scope else "the organisation")
    return Shown("parts/subjects_preview.html" if visit.partial else "subjects.html", given)


def _of_active(visit: Visit, at: Address) -> str:
    """Where the active time of all subjects leads."""
    if not at.month:
        return at.view.to("/week", show="active")
    is_reported = visit.may(MONTH) and not at.view.only
    return at.view.to("/reports", week=None, month=at.month) if is_reported else "#most-used"


def _everywhere(found: WhatChanged | JobStarted | None) -> dict[str, object]:
    """What a dry run says of all stored time, or the job that counts it still."""
    return {
        "everywhere": found if isinstance(found, WhatChanged) else None,
        "counts_long": found.job_id if isinstance(found, JobStarted) else None,
    }


def _change(visit: Visit) -> Result:
    """First what would change, then the change itself: the form says which."""
    pending, step = read_pending(visit.form), visit.form.one("step")
    asked = _as_asked(visit, pending)
    if not asked:
        return _shown(visit, pending)
    if step == "save":
        return _rated(visit, asked, visit.here)
    if visit.partial and step != "everywhere":
        return _shown(visit, pending)
    found = visit.ask(RATE, {"ratings": asked}, {"dryRun": "true"})
    if visit.partial:
        return Shown("parts/subjects_everywhere.html", {**_everywhere(found), "asks_later": False})
    return _shown(visit, pending, found)


def _show_everywhere(visit: Visit) -> Result:
    """What came of a dry run that took longer, as a part of a page."""
    if not visit.partial:
        return Moved("/subjects")
    job = visit.ask("GET /v1/jobs/{jobId}", jobId=visit.query.one("job"))
    found = job.result or (None if job.error else JobStarted(job.job_id))
    return Shown("parts/subjects_everywhere.html", {**_everywhere(found), "asks_later": False})


def _as_asked(visit: Visit, pending: Pending) -> list[dict[str, object]]:
    connection, organisation = visit.connection, visit.caller.organisation
    teams = teams_seen(connection, organisation, reach(visit.caller, RATE))
    book = book_after(connection, organisation, Change())
    return as_asked(pending, book, scope_of(pending, teams))


def _rated(visit: Visit, asked: list[dict[str, object]], next_: str) -> Result:
    changed = visit.ask(RATE, {"ratings": asked})
    return Moved(after_change(visit, RATE, changed, next_))


def _rate(visit: Visit) -> Result:
    """One subject, from any page."""
    return _rated(visit, _as_asked(visit, read_single(visit.form)), visit.form.one("next"))


def _undo(visit: Visit) -> Result:
    changed = visit.ask(UNDO, auditId=visit.form.one("entry"))
    return Moved(after_change(visit, UNDO, changed, visit.form.one("next")))


def _back(visit: Visit) -> Result:
    """The forms of these addresses are on other pages."""
    if visit.error is not None:
        raise visit.error
    return Moved("/subjects")


PAGES = (
    Page(path="/subjects", show=_show, change=_change, name="Applications and sites", opened_by=OPERATION),
    Page(path="/subjects/everywhere", show=_show_everywhere, opened_by=RATE),
    Page(path="/subjects/counting", show=show_counting, opened_by=RATE),
    Page(path="/subjects/rate", show=_back, change=_rate, opened_by=RATE),
    Page(path="/subjects/undo", show=_back, change=_undo, opened_by=UNDO),
)
