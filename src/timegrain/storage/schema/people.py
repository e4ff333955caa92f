"""Organisations, their people, teams and roles, and what these report and sign in with."""

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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from timegrain.storage.schema.base import key, metadata, of_team, of_user

organisations = Table(
    "organisations",
    metadata,
    key("id"),
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
    # Whether people may erase their own time.
    Column("own_erasure", Boolean, nullable=False, server_default=text("false")),
    # Requests a minute of one key, and batches of one device's token; 0: as many as come.
    Column("questions_a_minute", Integer, nullable=False, server_default="600"),
    Column("batches_a_minute", Integer, nullable=False, server_default="600"),
    # Days that the audit trail is kept.
    Column("audit_days", Integer, nullable=False, server_default="365"),
    # Days that facts are kept, titles and full URLs in them, and slots; null: for ever.
    Column("facts_days", Integer),
    Column("titles_days", Integer),
    Column("slots_days", Integer),
    # The job whose change of policy is being counted; null: none.
    Column("job_id", Integer),
    # Whether it may have a job that is not finished, or figures that such a job left to be removed.
    Column("has_work", Boolean, nullable=False, server_default=text("false")),
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

ADMIN, MANAGER, EMPLOYEE, NO_ACCESS = 1, 2, 3, 4
"""The ids of the roles that every organisation has; others follow."""

roles = Table(
    "roles",
    metadata,
    key("organisation_id"),
    key("id"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    # A list of {"path", "access"} in JSON, as it was given.
    Column("pages", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "uuid"),
    UniqueConstraint("organisation_id", "name"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

users = Table(
    "users",
    metadata,
    key("organisation_id"),
    key("id"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    Column("email", String(255), nullable=False),
    # One of the organisation's roles; without a foreign key, which SQLite could not add to a table that is there.
    Column("role_id", Integer, nullable=False, server_default=text(str(EMPLOYEE))),
    # Of argon2; null: nobody signs in.
    Column("password", Text),
    Column("work_mode", String(8), nullable=False, server_default="office"),
    # Refused from then on, whatever the days of employment say; null: they decide.
    Column("deactivated_at", BigInteger),
    # None: the organisation's.
    Column("idle_counting", Boolean),
    Column("idle_threshold", Integer),
    Column("away_limit", Integer),
    Column("unattended_limit", Integer),
    # Of slot and day totals, and of slot subjects; `next_`: counted for the pending job, null: not yet. Seconds of
    # subjects are the sum of two generations, of which the difference, null: none, is brought into the other in time.
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("subject_generation", Integer, nullable=False, server_default="0"),
    Column("subject_difference", Integer),
    Column("next_generation", Integer),
    Column("next_subject_difference", Integer),
    # The next generation is counted up to this slot; null: all of it.
    Column("next_until", BigInteger),
    # What retention keeps, in seconds, each the start of a day; null: nothing was retired. Slots before `facts_from`
    # are frozen: they are never counted again.
    Column("facts_from", BigInteger),
    Column("titles_from", BigInteger),
    Column("slots_from", BigInteger),
    # Facts that begin before hold no text any more.
    Column("texts_gone_to", BigInteger),
    # Whether anything may lie before these that is still to be removed.
    Column("retiring", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "uuid"),
    UniqueConstraint("organisation_id", "email"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

employments = Table(
    "employments",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("first_day"),
    Column("end_day", Integer, nullable=False),
    of_user(),
)

teams = Table(
    "teams",
    metadata,
    key("organisation_id"),
    key("id"),
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
    key("organisation_id"),
    key("team_id"),
    key("user_id"),
    key("first_day"),
    Column("end_day", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    of_user(),
    of_team(),
    Index("ix_memberships_user", "organisation_id", "user_id"),
    sqlite_with_rowid=False,
)

leads = Table(
    "leads",
    metadata,
    key("organisation_id"),
    key("team_id"),
    key("user_id"),
    key("first_day"),
    Column("end_day", Integer, nullable=False),
    of_user(),
    of_team(),
    Index("ix_leads_user", "organisation_id", "user_id"),
    sqlite_with_rowid=False,
)

devices = Table(
    "devices",
    metadata,
    key("organisation_id"),
    key("user_id"),
    key("id"),
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
    # Grows with each batch: what was counted of the facts before it is out of date.
    Column("batches", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("organisation_id", "user_id", "name"),
    UniqueConstraint("organisation_id", "uuid"),
    CheckConstraint("reach >= 0 AND reach <= 60", name="reach"),
    CheckConstraint("timeout >= 1 AND timeout <= 3600", name="timeout"),
    of_user(),
    sqlite_with_rowid=False,
)

keys = Table(
    "keys",
    metadata,
    key("organisation_id"),
    key("id"),
    Column("uuid", Uuid, nullable=False),
    # SHA-256 of the key. A key is 256 random bits, so nothing slower is needed.
    Column("digest", LargeBinary(32), nullable=False),
    Column("name", String(255), nullable=False),
    # admin, writer, reader; role: as `role_id` says, for `user_id` if there is one; device: of one device alone.
    Column("role", String(8), nullable=False),
    Column("role_id", Integer),
    Column("user_id", Integer),
    Column("device_id", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    # To the minute.
    Column("used_at", BigInteger),
    UniqueConstraint("organisation_id", "digest"),
    UniqueConstraint("organisation_id", "uuid"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
    ForeignKeyConstraint(
        ["organisation_id", "user_id", "device_id"],
        ["devices.organisation_id", "devices.user_id", "devices.id"],
        name="fk_keys_devices",
    ),
)
