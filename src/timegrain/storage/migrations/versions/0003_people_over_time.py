"""Roles and their pages, employment and leads, work days and holidays, jobs, the audit trail."""

import json
import time
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# As they were when this was written: a migration does not follow the program.
_PAGES = [
    "/",
    "/insights/productivity-analysis",
    "/my-team",
    "/proof-of-work/timesheet",
    "/proof-of-work/timeline",
    "/proof-of-work/app-usage",
    "/proof-of-work/screenshot",
    "/report-analysis",
    "/settings",
]
_BUILT_IN: tuple[tuple[int, str, list[tuple[str, str]]], ...] = (
    (1, "Admin", [(path, "Full Access") for path in _PAGES]),
    (2, "Manager", [(path, "Team Data") for path in _PAGES if path != "/settings"]),
    (3, "Employee", [(path, "Own Data") for path in _PAGES]),
    (4, "No Access", []),
)


def _key(name: str, type_: type[sa.types.TypeEngine[int]] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, type_(), autoincrement=False, nullable=False)


def upgrade() -> None:
    _organisations()
    _roles()
    _users()
    op.add_column("keys", sa.Column("role_id", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.add_column("rules", sa.Column("category", sa.String(length=64), nullable=True))
    _over_time()
    _jobs()
    _audit()


def _organisations() -> None:
    for name, default in (("questions_a_minute", "600"), ("batches_a_minute", "600"), ("audit_days", "365")):
        op.add_column("organisations", sa.Column(name, sa.Integer(), server_default=default, nullable=False))
    op.add_column(
        "organisations", sa.Column("own_erasure", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("organisations", sa.Column("job_id", sa.Integer(), nullable=True))


def _roles() -> None:
    roles = op.create_table(
        "roles",
        _key("organisation_id"),
        _key("id"),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_roles_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_roles")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_roles_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_roles_organisation_id_uuid")),
    )
    organisations = op.get_bind().execute(sa.text("SELECT id FROM organisations")).scalars().all()
    made = [
        {
            "organisation_id": organisation,
            "id": id_,
            "uuid": uuid4(),
            "name": name,
            "pages": json.dumps([{"path": path, "access": access} for path, access in pages]),
            "created_at": int(time.time()),
        }
        for organisation in organisations
        for id_, name, pages in _BUILT_IN
    ]
    if made:
        op.bulk_insert(roles, made)


def _users() -> None:
    op.add_column("users", sa.Column("role_id", sa.Integer(), server_default=sa.text("3"), nullable=False))
    op.execute("UPDATE users SET role_id = 1 WHERE is_admin")
    op.drop_column("users", "is_admin")
    op.add_column("users", sa.Column("password", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("work_mode", sa.String(length=8), server_default="office", nullable=False))
    op.add_column("users", sa.Column("deactivated_at", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("subject_generation", sa.Integer(), server_default="0", nullable=False))
    # Until now there was one generation, of totals and subjects.
    op.execute("UPDATE users SET subject_generation = generation")
    op.add_column("users", sa.Column("next_generation", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("next_subject_generation", sa.Integer(), nullable=True))


def _over_time() -> None:
    op.create_table(
        "leads",
        _key("organisation_id"),
        _key("team_id"),
        _key("user_id"),
        _key("first_day"),
        sa.Column("end_day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "user_id"], ["users.organisation_id", "users.id"], name=op.f("fk_leads_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"], ["teams.organisation_id", "teams.id"], name=op.f("fk_leads_teams")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "team_id", "user_id", "first_day", name=op.f("pk_leads")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_leads_user", "leads", ["organisation_id", "user_id"])
    op.create_table(
        "schedules",
        _key("organisation_id"),
        _key("user_id"),
        _key("first_day"),
        sa.Column("work_days", sa.SmallInteger(), nullable=False),
        sa.Column("expected_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_schedules_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", "first_day", name=op.f("pk_schedules")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holidays",
        _key("organisation_id"),
        _key("day"),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_holidays_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", "day", name=op.f("pk_holidays")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_holidays_organisation_id_uuid")),
        sqlite_with_rowid=False,
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        _key("organisation_id"),
        _key("id"),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_jobs_organisations")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_jobs_organisation_id_uuid")),
    )
    op.create_table(
        "job_people",
        _key("organisation_id"),
        _key("job_id"),
        _key("user_id"),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("seconds", "productive", "neutral", "unproductive", "idle")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", "user_id", name=op.f("pk_job_people")),
        sqlite_with_rowid=False,
    )


def _audit() -> None:
    op.create_table(
        "audit",
        _key("organisation_id"),
        _key("id", sa.BigInteger),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column("call", sa.String(length=128), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_audit")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_audit_organisation_id_uuid")),
    )
    op.create_table(
        "audit_people",
        _key("organisation_id"),
        _key("user_id"),
        _key("audit_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", "audit_id", name=op.f("pk_audit_people")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_people_entry", "audit_people", ["organisation_id", "audit_id"])
