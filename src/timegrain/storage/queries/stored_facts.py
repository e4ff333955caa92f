"""Every fact of one user with its names and texts, in the order of their starts, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from timegrain.storage.facts import OF_USER, FactKind
from timegrain.storage.names import all_names
from timegrain.storage.schema import facts, texts

AT_ONCE = 5000

_urls, _titles = texts.alias("urls"), texts.alias("titles")
_ALL = (
    select(
        facts.c.device_id,
        facts.c.kind,
        facts.c.start_ms,
        facts.c.length_ms,
        facts.c.browser_id,
        facts.c.app_id,
        facts.c.site_id,
        _urls.c.text,
        _titles.c.text,
    )
    .select_from(
        facts.outerjoin(
            _urls,
            and_(
                _urls.c.organisation_id == facts.c.organisation_id,
                _urls.c.user_id == facts.c.user_id,
                _urls.c.id == facts.c.url_id,
            ),
        ).outerjoin(
            _titles,
            and_(
                _titles.c.organisation_id == facts.c.organisation_id,
                _titles.c.user_id == facts.c.user_id,
                _titles.c.id == facts.c.title_id,
            ),
        )
    )
    .where(OF_USER)
    .order_by(facts.c.start_ms, facts.c.device_id, facts.c.kind, facts.c.browser_id)
)


class StoredFact(NamedTuple):
    """A fact as kept; texts that are not kept are "". Milliseconds."""

    device: int
    kind: FactKind
    start: int
    end: int
    browser: str
    app: str
    host: str
    url: str
    title: str


def stored_facts(connection: Connection, organisation: int, user: int) -> Iterator[StoredFact]:
    spelt = {id_: name.spelling for id_, name in all_names(connection, organisation, user).items()} | {0: ""}
    whom = {"organisation": organisation, "user": user}
    for device, kind, start, length, browser, app, site, url, title in connection.execution_options(
        yield_per=AT_ONCE
    ).execute(_ALL, whom):
        names = spelt[browser], spelt[app], spelt[site]
        yield StoredFact(device, FactKind(kind), start, start + length, *names, url or "", title or "")
