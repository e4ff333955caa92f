"""The tables. Every large one has `organisation_id` first in its key, by which Citus would distribute it.

Inside, organisations, users, devices, teams and names are small integers; UUIDs are for the API's edge.
Seconds and milliseconds are since 1970, days are proleptic Gregorian ordinals, ends are exclusive.

Under the facts everything can be counted again: `stretches`, `slot_totals`, `slot_subjects` and
`day_totals`. The last three carry a generation, of which a user's current one counts: a long recount can
fill the next while questions read this one, and then flip `users.generation`.

The tables that grow have no foreign keys: a check a row would double the cost of a batch, and all their
rows are written in a transaction that holds the user's lock.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key(name: str, type_: type[Integer] | type[BigInteger] | type[SmallInteger] = Integer) -> Column[int]:
    return Column(name, type_, primary_key=True, autoincrement=False)


def _of_user() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation_id", "user_id"], ["users.organisation_id", "users.id"])


def _of_team() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation_id", "team_id"], ["teams.organisation_id", "teams.id"])


organisations = Table(
    "organisations",
    metadata,
    _key("id"),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("zone", String(64), nullable=False),
    Column("week_start", String(8), nullable=False, server_default="monday"),
    Column("idle_counting", Boolean, nullable=False, server_default=text("true")),
    Column("idle_threshold", Integer, nullable=False, server_default="300"),
    Column("away_limit", Integer, nullable=False, server_default="3600"),
    Column("unattended_limit", Integer, nullable=False, server_default="14400"),
    Column("titles", String(8), nullable=False, server_default="none"),
    Column("urls", String(8), nullable=False, server_default="host"),
    # Grows with each change of policy, membership or erasure: what was read under it is valid while it stays.
    Column("policy_version", BigInteger, nullable=False, server_default="1"),
    # What people are told of what is collected; null: only what is kept.
    Column("notice", Text),
    # The zone data that the home-zone days were counted with.
    Column("tzdata", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint(
        "idle_threshold > 0 AND idle_threshold <= away_limit AND away_limit <= unattended_limit",
        name="limits",
    ),
)

users = Table(
    "users",
    metadata,
    _key("organisation_id"),
    _key("id"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    Column("email", String(255), nullable=False),
    Column("is_admin", Boolean, nullable=False, server_default=text("false")),
    # None: the organisation's.
    Column("idle_counting", Boolean),
    Column("idle_threshold", Integer),
    Column("away_limit", Integer),
    Column("unattended_limit", Integer),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "uuid"),
    UniqueConstraint("organisation_id", "email"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

employments = Table(
    "employments",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("first_day"),
    Column("end_day", Integer, nullable=False),
    _of_user(),
)

teams = Table(
    "teams",
    metadata,
    _key("organisation_id"),
    _key("id"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "uuid"),
    UniqueConstraint("organisation_id", "name"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

memberships = Table(
    "memberships",
    metadata,
    _key("organisation_id"),
    _key("team_id"),
    _key("user_id"),
    _key("first_day"),
    Column("end_day", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    _of_user(),
    _of_team(),
    Index("ix_memberships_user", "organisation_id", "user_id"),
    sqlite_with_rowid=False,
)

devices = Table(
    "devices",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("id"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    Column("reach", SmallInteger, nullable=False, server_default="5"),
    # Editors' heartbeats less than this apart cover the time between them.
    Column("timeout", SmallInteger, nullable=False, server_default="120"),
    Column("created_at", BigInteger, nullable=False),
    # When facts last arrived, and when away or present did; null: never. How far its clock was ahead, in seconds.
    Column("reported_at", BigInteger),
    Column("input_at", BigInteger),
    Column("clock_skew", Integer),
    UniqueConstraint("organisation_id", "user_id", "name"),
    UniqueConstraint("organisation_id", "uuid"),
    CheckConstraint("reach >= 0 AND reach <= 60", name="reach"),
    CheckConstraint("timeout >= 1 AND timeout <= 3600", name="timeout"),
    _of_user(),
    sqlite_with_rowid=False,
)

keys = Table(
    "keys",
    metadata,
    _key("organisation_id"),
    _key("id"),
    Column("uuid", Uuid, nullable=False),
    # SHA-256 of the key. A key is 256 random bits, so nothing slower is needed.
    Column("digest", LargeBinary(32), nullable=False),
    Column("name", String(255), nullable=False),
    # admin, writer, reader; device: of `user_id` and `device_id` alone.
    Column("role", String(8), nullable=False),
    Column("user_id", Integer),
    Column("device_id", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    UniqueConstraint("organisation_id", "digest"),
    UniqueConstraint("organisation_id", "uuid"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
    ForeignKeyConstraint(
        ["organisation_id", "user_id", "device_id"],
        ["devices.organisation_id", "devices.user_id", "devices.id"],
        name="fk_keys_devices",
    ),
)

buckets = Table(
    "buckets",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("device_id"),
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

rules = Table(
    "rules",
    metadata,
    _key("organisation_id"),
    # 0: the organisation's.
    _key("team_id"),
    # NameKind: application or site.
    _key("kind", SmallInteger),
    Column("name", Text, primary_key=True),
    # As it was given, to show.
    Column("subject", Text, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    # None, for a team only: as the organisation's rule that wins.
    Column("ignore_idle", Boolean),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

names = Table(
    "names",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("id"),
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
    _key("organisation_id"),
    _key("user_id"),
    # A digest of the text, so that storing one needs no look-up.
    _key("id", BigInteger),
    Column("text", Text, nullable=False),
    # Facts that hold it; it goes with the last.
    Column("uses", Integer, nullable=False),
    sqlite_with_rowid=False,
)

facts = Table(
    "facts",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("start_ms", BigInteger),
    _key("device_id"),
    # FactKind.
    _key("kind", SmallInteger),
    # Of a page; of a heartbeat its editor; else 0. A stored name, as `app_id` (focus, heartbeat) and `site_id`
    # (all but input; 0: none) are.
    _key("browser_id"),
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
    _key("organisation_id"),
    _key("user_id"),
    _key("start_s", BigInteger),
    _key("end_s", BigInteger),
    # 0: every device, those to come too.
    _key("device_id"),
    sqlite_with_rowid=False,
)

stretches = Table(
    "stretches",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("device_id"),
    _key("start_s", BigInteger),
    Column("end_s", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_SECONDS = ("productive", "neutral", "unproductive", "idle")

slot_totals = Table(
    "slot_totals",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("generation"),
    _key("slot", BigInteger),
    *(Column(name, SmallInteger, nullable=False) for name in _SECONDS),
    sqlite_with_rowid=False,
)

slot_subjects = Table(
    "slot_subjects",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("generation"),
    _key("slot", BigInteger),
    # A stored name.
    _key("subject_id"),
    Column("seconds", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

day_totals = Table(
    "day_totals",
    metadata,
    _key("organisation_id"),
    _key("user_id"),
    _key("generation"),
    _key("day"),
    *(Column(name, Integer, nullable=False) for name in _SECONDS),
    sqlite_with_rowid=False,
)

DISTRIBUTED = (
    users,
    employments,
    teams,
    memberships,
    devices,
    keys,
    buckets,
    rules,
    names,
    texts,
    facts,
    erasures,
    stretches,
    slot_totals,
    slot_subjects,
    day_totals,
)
"""By `organisation_id`, co-located, where there is Citus; `organisations` would be a reference table."""
