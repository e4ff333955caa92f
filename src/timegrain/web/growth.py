"""Pages that grow ask for themselves again and again: whether there is anything new."""

from __future__ import annotations

from timegrain.api.access import reach
from timegrain.web.visits import Visit


def has_not_grown(visit: Visit, operation: str) -> bool:
    """Whether a page asks for its part again that is as it was; the address has what `grown` said then."""
    known = visit.query.one("grown")
    return visit.partial and bool(known) and known == grown(visit, operation)


def grown(visit: Visit, operation: str) -> str:
    """Differs from what a page was made with as soon as anything that it shows may have grown.

    A report of the very second in which a page is made may be in it or not: it counts as new until the second is over.
    """
    at = reported_at(visit, operation) or 0
    settled = at if at < visit.now else 0
    return f"{settled}.{visit.caller.policy_version}.{visit.caller.today}"


def reported_at(visit: Visit, operation: str) -> int | None:
    """When a device last reported of anybody whom the call of the API shows to the reader; of others it tells nothing.

    None where none ever did.
    """
    return visit.me.reported[reach(visit.caller, operation).level]
