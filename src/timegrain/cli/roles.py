"""`role`: the pages that people and keys may open, and whose data behind them."""

from __future__ import annotations

from typing import Any

import click

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.session import Session, command
from timegrain.storage import roles
from timegrain.storage.roles import Level, Page, Role

_LEVELS = {"full": Level.FULL, "team": Level.TEAM, "own": Level.OWN}
PAGES = click.option(
    "--page",
    "pages",
    multiple=True,
    metavar="PATH=full|team|own",
    help="May be repeated: a page that it opens, for everybody's, the led teams' or one's own data.",
)


def _pages(given: tuple[str, ...]) -> list[Page]:
    found = []
    for one in given:
        path, _, level = one.rpartition("=")
        if not path or level not in _LEVELS:
            raise click.UsageError(f"{one!r} is not PATH=full, PATH=team or PATH=own")
        found.append(Page(path, _LEVELS[level]))
    return found


def _row(role: Role) -> dict[str, Any]:
    pages = [{"path": page.path, "access": page.access.value} for page in role.pages]
    return {"roleId": str(role.uuid), "name": role.name, "pages": pages}


@click.group()
def role() -> None:
    """Roles: which pages they open, and whose data."""


@command(role, "list")
def role_list(session: Session) -> None:
    """The roles, built in and own."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = roles.all_roles(connection, organisation.id)
        shown = table("Role", "Page", "Access")
        for one in found:
            for page in one.pages or (Page("", Level.OWN),):
                shown.add_row(one.name, page.path, page.access.value if page.path else "")
        session.answer({"roles": [_row(one) for one in found]}, shown)


@command(role, "add")
@click.argument("name", callback=named)
@PAGES
def role_add(session: Session, name: str, pages: tuple[str, ...]) -> None:
    """Make a role."""
    opened = _pages(pages)
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            made = roles.add_role(connection, organisation.id, name, opened, clock.now())
            session.record(connection, organisation)
        session.answer(_row(made), f"Role {name}: {made.uuid}")


@command(role, "set")
@click.argument("name")
@click.option("--name", "to", callback=named, help="Another name.")
@PAGES
def role_set(session: Session, name: str, to: str | None, pages: tuple[str, ...]) -> None:
    """Rename a role; with pages it opens these instead of its own."""
    if to is None and not pages:
        raise click.UsageError("give --name or --page")
    opened = _pages(pages) or None
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            meant = roles.role_named(roles.all_roles(connection, organisation.id), name)
            made = roles.set_role(connection, organisation.id, meant.uuid, to or meant.name, opened)
            session.record(connection, organisation)
        session.answer(_row(made), f"Role {made.name} opens {len(made.pages)} pages.")


@command(role, "remove")
@click.argument("name")
def role_remove(session: Session, name: str) -> None:
    """Remove a role that nobody has."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            meant = roles.role_named(roles.all_roles(connection, organisation.id), name)
            roles.remove_role(connection, organisation.id, meant.uuid)
            session.record(connection, organisation)
        session.answer({"roleId": str(meant.uuid), "removed": True}, f"Role {meant.name} is gone.")
