"""What devices report, and what is kept beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from timegrain.storage.schema.base import key, metadata

buckets = Table(
    "buckets",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("device_id"),
    # The id that an ActivityWatch watcher gave it.
    Column("name", String(255), primary_key=True),
    Column("type", String(255), nullable=False),
    # The event of its last heartbeat, with which the next may merge; null: none yet. Microseconds.
    Column("start_us", BigInteger),
    Column("end_us", BigInteger),
    # Of the event's data, made with the device's token, which is not stored: nobody can try out texts against it.
    Column("digest", LargeBinary(32)),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

names = Table(
    "names",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("id"),
    # NameKind.
    Column("kind", SmallInteger, nullable=False),
    # As reported; `name` is what it is compared by.
    Column("spelling", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("organisation_id", "user_id", "kind", "spelling"),
    sqlite_with_rowid=False,
)

texts = Table(
    "texts",
    metadata,
    key("organisation_id"),
    key("user_id"),
    # A digest of the text, so that storing one needs no look-up.
    key("id", BigInteger),
    Column("text", Text, nullable=False),
    # Facts that hold it; it goes with the last.
    Column("uses", Integer, nullable=False),
    sqlite_with_rowid=False,
)

facts = Table(
    "facts",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("start_ms", BigInteger),
    key("device_id"),
    # FactKind.
    key("kind", SmallInteger),
    # Of a page; of a heartbeat its editor; else 0. A stored name, as `app_id` (focus, heartbeat) and `site_id`
    # (all but input; 0: none) are.
    key("browser_id"),
    Column("length_ms", Integer, nullable=False),
    Column("app_id", Integer, nullable=False, server_default="0"),
    Column("site_id", Integer, nullable=False, server_default="0"),
    # Stored texts; null: none or not kept.
    Column("url_id", BigInteger),
    Column("title_id", BigInteger),
    sqlite_with_rowid=False,
)

LONG_MS = 300_000
"""A fact at least this long is found by its own small index, so that a window reads back only this far."""

long_facts = Index(
    "ix_facts_long",
    facts.c.organisation_id,
    facts.c.user_id,
    facts.c.start_ms,
    facts.c.length_ms,
    sqlite_where=facts.c.length_ms >= text(str(LONG_MS)),
    postgresql_where=facts.c.length_ms >= text(str(LONG_MS)),
)

HEARTBEAT_KIND = 4
"""FactKind's number, for the index."""

heartbeat_facts = Index(
    "ix_facts_heartbeats",
    facts.c.organisation_id,
    facts.c.user_id,
    facts.c.start_ms,
    sqlite_where=facts.c.kind == text(str(HEARTBEAT_KIND)),
    postgresql_where=facts.c.kind == text(str(HEARTBEAT_KIND)),
)

erasures = Table(
    "erasures",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("start_s", BigInteger),
    key("end_s", BigInteger),
    # 0: every device, those to come too.
    key("device_id"),
    sqlite_with_rowid=False,
)

# What is gone without an erased range that keeps it out, so that a backup from before does not bring it back: a person
# erased for good (no range), or what began in a range that was corrected. By ids alone, which lead to nothing here.
removals = Table(
    "removals",
    metadata,
    key("organisation_id"),
    Column("uuid", Uuid, primary_key=True),
    Column("user_uuid", Uuid, nullable=False),
    # Null: of every device.
    Column("device_uuid", Uuid),
    Column("start_s", BigInteger),
    Column("end_s", BigInteger),
)
