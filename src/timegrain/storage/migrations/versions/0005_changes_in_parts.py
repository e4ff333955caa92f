"""How far a person's next generation is counted, batches of a device, failures of a job."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("users", sa.Column("next_until", sa.BigInteger(), nullable=True))
    op.add_column("devices", sa.Column("batches", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
