"""What was removed for good, so that a restored backup does not bring it back."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("user_uuid", sa.Uuid(), nullable=False),
        sa.Column("device_uuid", sa.Uuid()),
        sa.Column("start_s", sa.BigInteger()),
        sa.Column("end_s", sa.BigInteger()),
        sa.PrimaryKeyConstraint("organisation_id", "uuid", name=op.f("pk_removals")),
    )
