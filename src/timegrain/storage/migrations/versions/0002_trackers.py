"""Trackers: what is known of devices, editors' heartbeats, ActivityWatch's buckets, the organisation's notice."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("organisations", sa.Column("notice", sa.Text(), nullable=True))
    # In plain SQL: SQLite would otherwise make the table anew, which the keys that refer to it forbid.
    op.execute(
        "ALTER TABLE devices ADD COLUMN timeout SMALLINT DEFAULT 120 NOT NULL "
        "CONSTRAINT ck_devices_timeout CHECK (timeout >= 1 AND timeout <= 3600)"
    )
    for name in ("reported_at", "input_at"):
        op.add_column("devices", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("devices", sa.Column("clock_skew", sa.Integer(), nullable=True))
    # Of facts that are there already: that they came, and the newest input.
    op.execute(
        """
        UPDATE devices SET
            reported_at = (SELECT max(f.start_ms + f.length_ms) / 1000 FROM facts f
                WHERE f.organisation_id = devices.organisation_id AND f.user_id = devices.user_id
                    AND f.device_id = devices.id),
            input_at = (SELECT max(f.start_ms + f.length_ms) / 1000 FROM facts f
                WHERE f.organisation_id = devices.organisation_id AND f.user_id = devices.user_id
                    AND f.device_id = devices.id AND f.kind IN (2, 3))
        """
    )
    op.create_index(
        "ix_facts_heartbeats",
        "facts",
        ["organisation_id", "user_id", "start_ms"],
        unique=False,
        sqlite_where=sa.text("kind = 4"),
        postgresql_where=sa.text("kind = 4"),
    )
    op.create_table(
        "buckets",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=True),
        sa.Column("end_us", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", "device_id", "name", name=op.f("pk_buckets")),
        sqlite_with_rowid=False,
    )
