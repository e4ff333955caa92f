"""The facts of many people that begin in some seconds, with their names and texts: one statement, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, select

from timegrain.storage.facts import FactKind
from timegrain.storage.queries.stored_facts import AT_ONCE
from timegrain.storage.queries.told import ORGANISATION, given_parts
from timegrain.storage.schema import devices, facts, names, organisations, texts


class Window(NamedTuple):
    """Seconds `[start, end)` of a user. `key` is the asker's, and sorts."""

    key: int
    user: int
    with_titles: bool
    start: int
    end: int


class TextFact(NamedTuple):
    """Milliseconds; what is not kept, or not shown, is ""."""

    key: int
    device: str
    kind: FactKind
    start: int
    end: int
    browser: str
    app: str
    host: str
    url: str
    title: str


_given = given_parts("windows")
_key, _user, _with_titles, _low, _high = (_given.c[f"c{place}"] for place in range(5))
_browsers, _apps, _sites = (names.alias(name) for name in ("browsers", "apps", "sites"))
_urls, _titles = texts.alias("urls"), texts.alias("titles")
_joined = _given.join(
    facts,
    and_(
        facts.c.organisation_id == ORGANISATION,
        facts.c.user_id == _user,
        facts.c.start_ms >= _low * 1000,
        facts.c.start_ms < _high * 1000,
    ),
).join(organisations, organisations.c.id == ORGANISATION)
for _table, _id in (
    (devices, facts.c.device_id),
    (_browsers, facts.c.browser_id),
    (_apps, facts.c.app_id),
    (_sites, facts.c.site_id),
    (_urls, facts.c.url_id),
    (_titles, facts.c.title_id),
):
    _joined = _joined.outerjoin(
        _table, and_(_table.c.organisation_id == ORGANISATION, _table.c.user_id == _user, _table.c.id == _id)
    )
_FACTS = (
    select(
        _key,
        devices.c.name,
        facts.c.kind,
        facts.c.start_ms,
        facts.c.length_ms,
        _browsers.c.spelling,
        _apps.c.spelling,
        _sites.c.spelling,
        case((organisations.c.urls == "full", _urls.c.text)),
        case((_with_titles == 1, _titles.c.text)),
    )
    .select_from(_joined)
    .order_by(_key, facts.c.start_ms, facts.c.device_id, facts.c.kind, facts.c.browser_id)
)

_KINDS = {int(kind): kind for kind in FactKind}


def facts_between(connection: Connection, organisation: int, windows: Sequence[Window]) -> Iterator[TextFact]:
    """By key, then start. URLs are shown where the organisation keeps them now."""
    given = [(one.key, one.user, int(one.with_titles), one.start, one.end) for one in windows]
    parameters = {"organisation": organisation, "windows": given}
    rows = connection.execution_options(yield_per=AT_ONCE).execute(_FACTS, parameters)
    for key, device, kind, start, length, *told in rows:
        browser, app, host, url, title = told
        yield TextFact(
            key,
            device,
            _KINDS[kind],
            start,
            start + length,
            browser or "",
            app or "",
            host or "",
            url or "",
            title or "",
        )
