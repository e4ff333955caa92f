"""How long facts, titles and slots are kept, and what was retired of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("facts_days", "titles_days", "slots_days"):
        op.add_column("organisations", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("facts_from", "titles_from", "slots_from", "texts_gone_to"):
        op.add_column("users", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("retiring", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "retirements",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "done")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("facts", "texts", "slots")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_retirements")),
        sqlite_with_rowid=False,
    )
