"""How far a change of policy is that is counted over all stored time, and what came of it."""

from __future__ import annotations

from timegrain.web.pages import Page, Result, Unchanged
from timegrain.web.settings.sections import in_settings
from timegrain.web.visits import Visit


def _show(visit: Visit) -> Result:
    job = visit.ask("GET /v1/jobs/{jobId}", jobId=visit.names["jobId"])
    as_it_is = f"{job.state}.{job.done}.{job.total}"
    if visit.partial and visit.query.one("grown") == as_it_is:
        return Unchanged()
    return in_settings(visit, "settings/job.html", "A change of policy", job=job, grown=as_it_is)


PAGES = (Page(path="/settings/jobs/{jobId}", show=_show, opened_by="GET /v1/jobs/{jobId}"),)
