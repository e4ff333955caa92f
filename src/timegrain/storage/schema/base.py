"""What all tables share: how they name their constraints, and the keys by which they hang together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, MetaData, SmallInteger

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str, type_: type[Integer] | type[BigInteger] | type[SmallInteger] = Integer) -> Column[int]:
    return Column(name, type_, primary_key=True, autoincrement=False)


def of_user() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation_id", "user_id"], ["users.organisation_id", "users.id"])


def of_team() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation_id", "team_id"], ["teams.organisation_id", "teams.id"])
