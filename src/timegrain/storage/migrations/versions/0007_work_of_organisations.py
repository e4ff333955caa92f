"""Whether an organisation has jobs to do, so that nobody looks through the jobs of all."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_WITH_WORK = """
    UPDATE organisations SET has_work = true
    WHERE id IN (SELECT organisation_id FROM jobs WHERE state IN ('waiting', 'running'))
    OR id IN (SELECT organisation_id FROM job_people)
"""


def upgrade() -> None:
    op.add_column("organisations", sa.Column("has_work", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(_WITH_WORK)
