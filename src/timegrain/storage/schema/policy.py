"""What an organisation decides from day to day, the jobs that bring it into force, and who did or saw what."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from timegrain.storage.schema.base import key, metadata

rules = Table(
    "rules",
    metadata,
    key("organisation_id"),
    # 0: the organisation's; -1: of the starter catalogue, which goes after all others.
    key("team_id"),
    # NameKind: application or site.
    key("kind", SmallInteger),
    Column("name", Text, primary_key=True),
    # As it was given, to show.
    Column("subject", Text, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    # None, for a team only: as the organisation's rule that wins.
    Column("ignore_idle", Boolean),
    # Of the catalogue or the organisation's own; null: none.
    Column("category", String(64)),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

schedules = Table(
    "schedules",
    metadata,
    key("organisation_id"),
    # 0: the organisation's, for whom none is set.
    key("user_id"),
    # It holds from this day to the next one's.
    key("first_day"),
    # Bits: 1 Monday ... 64 Sunday.
    Column("work_days", SmallInteger, nullable=False),
    Column("expected_seconds", Integer, nullable=False),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
    sqlite_with_rowid=False,
)

holidays = Table(
    "holidays",
    metadata,
    key("organisation_id"),
    key("day"),
    Column("uuid", Uuid, nullable=False),
    Column("name", String(255), nullable=False),
    UniqueConstraint("organisation_id", "uuid"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
    sqlite_with_rowid=False,
)

jobs = Table(
    "jobs",
    metadata,
    key("organisation_id"),
    key("id"),
    Column("uuid", Uuid, nullable=False),
    # What is to change, in JSON.
    Column("change", Text, nullable=False),
    # Only says what would change.
    Column("dry_run", Boolean, nullable=False),
    # waiting, running, done, failed
    Column("state", String(8), nullable=False),
    # People counted, and people to count.
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    # What came of it, in JSON; null: nothing yet. Of one that failed its code and message.
    Column("result", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    # Steps that failed in a way that nobody foresaw.
    Column("failures", Integer, nullable=False, server_default="0"),
    UniqueConstraint("organisation_id", "uuid"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
)

# Whose figures a job has counted, and what came of it; once it is over, whose old figures are to be removed.
job_people = Table(
    "job_people",
    metadata,
    key("organisation_id"),
    key("job_id"),
    key("user_id"),
    # In another class than before.
    Column("seconds", BigInteger, nullable=False),
    # What each class has more or less.
    Column("productive", BigInteger, nullable=False),
    Column("neutral", BigInteger, nullable=False),
    Column("unproductive", BigInteger, nullable=False),
    Column("idle", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What retention removed in its last run, which may be under way.
retirements = Table(
    "retirements",
    metadata,
    key("organisation_id"),
    Column("started_at", BigInteger, nullable=False),
    # Null: under way.
    Column("finished_at", BigInteger),
    # People to look through, and those who were.
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    # What is gone: facts, facts that lost their title or URL, slots.
    Column("facts", BigInteger, nullable=False),
    Column("texts", BigInteger, nullable=False),
    Column("slots", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    key("organisation_id"),
    # In the order of time: see storage/audit.py.
    key("id", BigInteger),
    Column("uuid", Uuid, nullable=False),
    # Seconds. The same look of the same caller at the same people within some minutes is one entry.
    Column("at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    # The person who acted, and the key that they or a program used; null: the command line on the server.
    Column("user_id", Integer),
    Column("key_id", Integer),
    # A call such as `POST /v1/my-team`, or a command such as `timegrain rate`.
    Column("call", String(128), nullable=False),
    # Where from, as the server saw it; null: the command line.
    Column("address", String(64)),
    # Of a change of policy or ratings, in JSON.
    Column("before", Text),
    Column("after", Text),
    UniqueConstraint("organisation_id", "uuid"),
)

audit_people = Table(
    "audit_people",
    metadata,
    key("organisation_id"),
    # About whom.
    key("user_id"),
    key("audit_id", BigInteger),
    Index("ix_audit_people_entry", "organisation_id", "audit_id"),
    sqlite_with_rowid=False,
)
