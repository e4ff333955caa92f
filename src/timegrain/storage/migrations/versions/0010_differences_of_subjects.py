"""Seconds of subjects are the sum of two generations: a change of policy writes what it alters, and copies none.

What a pending change has counted was whole rows: it counts everybody again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("users", sa.Column("subject_difference", sa.Integer(), nullable=True))
    op.alter_column("users", "next_subject_generation", new_column_name="next_subject_difference")
    op.execute("UPDATE users SET next_generation = NULL, next_subject_difference = NULL, next_until = NULL")
    op.execute(
        "DELETE FROM job_people WHERE EXISTS (SELECT 1 FROM jobs WHERE jobs.state IN ('waiting', 'running')"
        " AND jobs.organisation_id = job_people.organisation_id AND jobs.id = job_people.job_id)"
    )
