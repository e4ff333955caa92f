"""Pages that grow ask for themselves again and again: whether there is anything new."""

from __future__ import annotations

from timegrain.web.visits import Visit


def has_not_grown(visit: Visit) -> bool:
    """Whether a page asks for its part again that is as it was; the address has what `grown` said then."""
    known = visit.query.one("grown")
    return visit.partial and bool(known) and known == grown(visit)


def grown(visit: Visit) -> str:
    """Differs from what a page was made with as soon as anything that it shows may have grown.

    A report of the very second in which a page is made may be in it or not: it counts as new until the second is over.
    """
    reported_at = visit.me.reported_at or 0
    settled = reported_at if reported_at < visit.now else 0
    return f"{settled}.{visit.caller.policy_version}.{visit.caller.today}"
