"""What is counted from the facts, and can be counted again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Table

from timegrain.storage.schema.base import key, metadata

stretches = Table(
    "stretches",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("device_id"),
    key("start_s", BigInteger),
    Column("end_s", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_SECONDS = ("productive", "neutral", "unproductive", "idle")

slot_totals = Table(
    "slot_totals",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("generation"),
    key("slot", BigInteger),
    *(Column(name, SmallInteger, nullable=False) for name in _SECONDS),
    sqlite_with_rowid=False,
)

slot_subjects = Table(
    "slot_subjects",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("generation"),
    key("slot", BigInteger),
    # A stored name.
    key("subject_id"),
    Column("seconds", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

day_totals = Table(
    "day_totals",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("generation"),
    key("day"),
    *(Column(name, Integer, nullable=False) for name in _SECONDS),
    sqlite_with_rowid=False,
)
