"""How people sign in: their sessions, the links that let them set a password, and attempts that failed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, Uuid

from timegrain.storage.schema.base import key, metadata, of_user

sessions = Table(
    "sessions",
    metadata,
    key("organisation_id"),
    key("id"),
    Column("uuid", Uuid, nullable=False),
    # SHA-256 of what the browser's cookie holds.
    Column("digest", LargeBinary(32), nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # To the hour.
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "digest"),
    of_user(),
    Index("ix_sessions_user", "organisation_id", "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    key("organisation_id"),
    # One a person: a new one takes the place of the last.
    key("user_id"),
    Column("digest", LargeBinary(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "digest"),
    of_user(),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    key("organisation_id"),
    # SHA-256 of a mail, or of the address that tried it.
    Column("digest", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
