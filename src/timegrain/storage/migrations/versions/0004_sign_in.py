"""Sessions, links for setting a password, attempts to sign in that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", "user_id"], ["users.organisation_id", "users.id"], name=op.f(f"fk_{table}_users")
    )


def upgrade() -> None:
    op.create_table(
        "sessions",
        _key("organisation_id"),
        _key("id"),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_at", "used_at", "expires_at")),
        _of_user("sessions"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("organisation_id", "digest", name=op.f("uq_sessions_organisation_id_digest")),
    )
    op.create_index("ix_sessions_user", "sessions", ["organisation_id", "user_id"])
    op.create_table(
        "sign_in_links",
        _key("organisation_id"),
        _key("user_id"),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        _of_user("sign_in_links"),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("organisation_id", "digest", name=op.f("uq_sign_in_links_organisation_id_digest")),
    )
    op.create_table(
        "sign_in_failures",
        _key("organisation_id"),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "digest", name=op.f("pk_sign_in_failures")),
    )
