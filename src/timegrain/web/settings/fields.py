"""What forms of the settings hold, as the API takes it."""

from __future__ import annotations

from typing import Any

from timegrain.api.calls import Answered
from timegrain.api.jobs import JobStarted
from timegrain.web.pages import Moved
from timegrain.web.visits import Fields, Visit

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def number(text: str) -> Any:
    """A number; anything else as it is, for the API to refuse."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def schedule(form: Fields) -> dict[str, Any]:
    """Work days and expected hours from a day on."""
    found: dict[str, Any] = {"workDays": form.all("workDays"), "expectedHours": number(form.one("expectedHours"))}
    return found | ({"from": form.one("from")} if form.one("from") else {})


def saved(result: Any, path: str, what: str) -> Moved:
    """Back to the page, or to the job where the change is still being counted."""
    if isinstance(result, Answered):
        result = result.content
    if isinstance(result, JobStarted):
        return Moved(f"/settings/jobs/{result.job_id}")
    return Moved(f"{path}?saved={what}")


def may_change(visit: Visit) -> bool:
    return visit.may("PATCH /v1/policy")
