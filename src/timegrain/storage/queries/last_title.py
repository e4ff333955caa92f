"""The title of the newest heartbeat of a device and editor before an instant, as far as titles are kept."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, text

from timegrain.counting.subjects import NameKind, application
from timegrain.storage.facts import OF_USER
from timegrain.storage.schema import HEARTBEAT_KIND, devices, facts, names, texts

_LAST = (
    select(texts.c.text)
    .select_from(
        facts.join(
            devices,
            (devices.c.organisation_id == facts.c.organisation_id)
            & (devices.c.user_id == facts.c.user_id)
            & (devices.c.id == facts.c.device_id),
        )
        .join(
            names,
            (names.c.organisation_id == facts.c.organisation_id)
            & (names.c.user_id == facts.c.user_id)
            & (names.c.id == facts.c.browser_id),
        )
        .join(
            texts,
            (texts.c.organisation_id == facts.c.organisation_id)
            & (texts.c.user_id == facts.c.user_id)
            & (texts.c.id == facts.c.title_id),
        )
    )
    .where(
        OF_USER,
        facts.c.kind == text(str(HEARTBEAT_KIND)),
        facts.c.start_ms < bindparam("before_ms"),
        devices.c.name == bindparam("device"),
        names.c.kind == int(NameKind.APPLICATION),
        names.c.spelling == bindparam("editor"),
    )
    .order_by(facts.c.start_ms.desc())
    .limit(1)
)


def last_title(connection: Connection, organisation: int, user: int, device: str, editor: str, before_ms: int) -> str:
    """ "" where no heartbeat before `before_ms` has one."""
    parameters = {
        "organisation": organisation,
        "user": user,
        "device": device,
        "editor": application(editor),
        "before_ms": before_ms,
    }
    return connection.execute(_LAST, parameters).scalar_one_or_none() or ""
