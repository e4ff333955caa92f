"""The buckets of ActivityWatch watchers: what kind of events each holds, and where its last event is.

Of that event there are its instants, in microseconds, and a keyed digest of what it says: no text.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from timegrain.storage.schema import buckets, devices


class BucketKey(NamedTuple):
    """One bucket of a device; `name` is the id that its watcher gave it."""

    organisation: int
    user: int
    device: int
    name: str


class LastEvent(NamedTuple):
    start_us: int
    end_us: int
    digest: bytes


_THIS = and_(
    buckets.c.organisation_id == bindparam("b_organisation"),
    buckets.c.user_id == bindparam("b_user"),
    buckets.c.device_id == bindparam("b_device"),
    buckets.c.name == bindparam("b_name"),
)
_TYPE = select(buckets.c.type).where(_THIS)
_LAST = select(buckets.c.start_us, buckets.c.end_us, buckets.c.digest).where(_THIS)
_OF_DEVICE = (
    select(buckets.c.device_id, buckets.c.type)
    .select_from(
        buckets.join(
            devices,
            and_(
                devices.c.organisation_id == buckets.c.organisation_id,
                devices.c.user_id == buckets.c.user_id,
                devices.c.id == buckets.c.device_id,
            ),
        )
    )
    .where(
        devices.c.organisation_id == bindparam("organisation"),
        devices.c.user_id == bindparam("user"),
        devices.c.name == bindparam("device"),
        buckets.c.name == bindparam("name"),
    )
)
_KEEP_LAST = (
    update(buckets).where(_THIS).values(start_us=bindparam("start"), end_us=bindparam("end"), digest=bindparam("said"))
)


def bucket_named(
    connection: Connection, organisation: int, user: int, device: str, name: str
) -> tuple[BucketKey, str] | None:
    """The bucket of a device, by the device's name, and its type; None where there is none."""
    whose = {"organisation": organisation, "user": user, "device": device, "name": name}
    found = connection.execute(_OF_DEVICE, whose).one_or_none()
    return None if found is None else (BucketKey(organisation, user, found.device_id, name), found.type)


def add_bucket(connection: Connection, key: BucketKey, type_: str, now: int) -> bool:
    """Whether it was added, or was there already and stays as it is. Under the user's lock."""
    if connection.execute(_TYPE, _parameters(key)).one_or_none() is not None:
        return False
    connection.execute(
        insert(buckets).values(
            organisation_id=key.organisation,
            user_id=key.user,
            device_id=key.device,
            name=key.name,
            type=type_,
            created_at=now,
        )
    )
    return True


def last_event(connection: Connection, key: BucketKey) -> LastEvent | None:
    """None before the first event. Under the user's lock, where the next depends on it."""
    row = connection.execute(_LAST, _parameters(key)).one()
    return None if row.start_us is None else LastEvent(*row)


def keep_last_event(connection: Connection, key: BucketKey, last: LastEvent) -> None:
    connection.execute(
        _KEEP_LAST, {**_parameters(key), "start": last.start_us, "end": last.end_us, "said": last.digest}
    )


def _parameters(key: BucketKey) -> dict[str, object]:
    return {"b_organisation": key.organisation, "b_user": key.user, "b_device": key.device, "b_name": key.name}
