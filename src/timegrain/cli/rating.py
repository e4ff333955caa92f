"""`rate`: one subject, many from a file, the starter catalogue; what is rated and what is not."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import click

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.session import Session, command
from timegrain.counting.facts import LONGEST_NAME
from timegrain.counting.instants import DAY
from timegrain.counting.ratings import STARTER
from timegrain.counting.subjects import NameKind
from timegrain.errors import Refused
from timegrain.figures.pieces import asker_of
from timegrain.figures.usage import used
from timegrain.policy_changes import made
from timegrain.rating_changes import (
    KINDS,
    LONGEST_CATEGORY,
    RATINGS,
    GivenRating,
    as_change,
    kind_name,
    starter_change,
    undoing,
)
from timegrain.starter.catalogue import category_of
from timegrain.storage import audit, people, ratings
from timegrain.storage.audit import Actor
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Changed
from timegrain.storage.people import Organisation
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.ratings import ORGANISATION
from timegrain.storage.roles import Level, Reach

COMMAND = Actor("timegrain rate")


class RateGroup(click.Group):
    """`rate SUBJECT RATING` beside `rate list`: a first word that is no command is a subject."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return "set", self.commands["set"], args
        return super().resolve_command(ctx, args)


@click.group(cls=RateGroup, context_settings={"ignore_unknown_options": False})
def rate() -> None:
    """Rate a subject: rate SUBJECT productive|neutral|unproductive."""


def _kind(app: bool, domain: bool) -> NameKind | None:
    if app and domain:
        raise click.UsageError("--app and --domain exclude each other")
    return NameKind.APPLICATION if app else NameKind.SITE if domain else None


def _require_host(given: GivenRating) -> None:
    if not given.kinds():
        raise Refused(f"{given.subject!r} is not a bare host name")


def _owner(database: Database, organisation: Organisation, team: str | None) -> int:
    if team is None:
        return ORGANISATION
    with database.read() as connection:
        return people.team_named(connection, organisation.id, team).id


def _category(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is not None and not 0 < len(name) <= LONGEST_CATEGORY:
        raise click.BadParameter(f"1 to {LONGEST_CATEGORY} characters")
    return name


_dry = click.option("--dry-run", is_flag=True, help="Only say what would change.")


def _made(session: Session, database: Database, organisation: Organisation, change: Change, dry: bool) -> Changed:
    with session.progress("Counting") as progress:
        return made(database, organisation.id, change, progress, dry, COMMAND)


@command(rate, "set", hidden=True)
@click.argument("subject", callback=named)
@click.argument("rating", type=click.Choice(list(RATINGS)))
@click.option("--team", metavar="NAME")
@click.option("--app", is_flag=True, help="Rate the application alone.")
@click.option("--domain", is_flag=True, help="Rate the domain alone.")
@click.option("--ignore-idle/--no-ignore-idle", default=None, help="Whether it counts without input, too.")
@click.option("--category", callback=_category, metavar="NAME")
@_dry
def rate_set(
    session: Session,
    subject: str,
    rating: str,
    team: str | None,
    app: bool,
    domain: bool,
    ignore_idle: bool | None,
    category: str | None,
    dry_run: bool,
) -> None:
    """Rate a subject for the organisation, or for a team."""
    given = GivenRating(subject, RATINGS[rating], _kind(app, domain), ignore_idle, category)
    _require_host(given)
    with session.opened() as (database, organisation):
        change = as_change([given._replace(team=_owner(database, organisation, team))])
        changed = _made(session, database, organisation, change, dry_run)
    text = f"{subject} {'would be' if dry_run else 'is'} {rating}: {_said(changed, dry_run)}"
    session.answer({"subject": subject, "rating": rating, **_counts(changed)}, text)


def _counts(changed: Changed) -> dict[str, Any]:
    return {
        "matchedSubjects": changed.subjects,
        "changedSeconds": changed.seconds,
        "changedPeople": changed.people,
        "byClass": changed.moved._asdict(),
        **({} if changed.holds_from is None else {"holdsFrom": changed.holds_from}),
    }


def _said(changed: Changed, dry: bool) -> str:
    would = "would change class" if dry else "changed class"
    since = "" if changed.holds_from is None else f" Ignore idle holds from {changed.holds_from}, ratings for all time."
    seconds = f"{changed.seconds} seconds of {changed.people} people {would}"
    return f"{changed.subjects} stored subjects match, {seconds}.{since}"


@command(rate, "list")
def rate_list(session: Session) -> None:
    """All rules."""
    with session.opened() as (database, organisation), database.read() as connection:
        found = ratings.all_rules(connection, organisation.id)
        teams = {one.id: one.name for one in people.all_teams(connection, organisation.id)}
    shown = table("Subject", "Kind", "Rating", "Ignore idle", "Category", "Whose")
    rows = []
    for one in found:
        kind, rating, category = kind_name(one.kind), one.rating.name.lower(), one.category or ""
        ignored = {None: "as the organisation", True: "yes", False: "no"}[one.ignore_idle]
        whose = "starter catalogue" if one.team == STARTER else teams.get(one.team, "")
        shown.add_row(one.subject, kind, rating, ignored, category, whose)
        rows.append(
            {
                "subject": one.subject,
                "kind": kind,
                "rating": rating,
                "ignoreIdle": one.ignore_idle,
                "category": one.category,
                "team": teams.get(one.team),
                "starter": one.team == STARTER,
            }
        )
    session.answer({"rules": rows}, shown)


@command(rate, "remove")
@click.argument("subject")
@click.option("--team", metavar="NAME")
@click.option("--app", is_flag=True)
@click.option("--domain", is_flag=True)
@_dry
def rate_remove(session: Session, subject: str, team: str | None, app: bool, domain: bool, dry_run: bool) -> None:
    """Remove a rule."""
    given = GivenRating(subject, None, _kind(app, domain))
    _require_host(given)
    with session.opened() as (database, organisation):
        given = given._replace(team=_owner(database, organisation, team))
        with database.read() as connection:
            known = {one.key for one in ratings.all_rules(connection, organisation.id)}
        gone = [key for key in given.rule_keys() if key in known]
        if not gone:
            raise Refused(f"there is no such rule for {subject!r}")
        changed = _made(session, database, organisation, Change(remove=tuple(gone)), dry_run)
    text = f"The rule for {subject} {'would be' if dry_run else 'is'} gone: {_said(changed, dry_run)}"
    session.answer({"subject": subject, **_counts(changed)}, text)


COLUMNS = ("subject", "kind", "rating", "ignore_idle", "team", "category")
_YES_NO: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


@command(rate, "export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
def rate_export(session: Session, file: TextIO) -> None:
    """Write the rules of the organisation and its teams as CSV, to standard output without FILE."""
    if session.as_json:
        raise click.UsageError("a file of rules is CSV; `rate list --json` is for JSON")
    with session.opened() as (database, organisation), database.read() as connection:
        found = [one for one in ratings.all_rules(connection, organisation.id) if one.team != STARTER]
        teams = {one.id: one.name for one in people.all_teams(connection, organisation.id)}
    written = csv.writer(file, lineterminator="\n")
    written.writerow(COLUMNS)
    for one in found:
        ignored = next(word for word, value in _YES_NO.items() if value is one.ignore_idle)
        rating, kind = one.rating.name.lower(), kind_name(one.kind)
        written.writerow((one.subject, kind, rating, ignored, teams.get(one.team, ""), one.category or ""))


@command(rate, "import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_dry
def rate_import(session: Session, file: Path, dry_run: bool) -> None:
    """Set the rules of a CSV file, all at once; one without a rating is removed."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            teams = {one.name: one.id for one in people.all_teams(connection, organisation.id)}
        given = list(_read(file, teams))
        changed = _made(session, database, organisation, as_change(given), dry_run)
    text = f"{len(given)} ratings {'read' if dry_run else 'set'}: {_said(changed, dry_run)}"
    session.answer({"ratings": len(given), "dryRun": dry_run, **_counts(changed)}, text)


def _read(file: Path, teams: Mapping[str, int]) -> Iterator[GivenRating]:
    """Raises `Refused` with the line that cannot be read."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            missing = {"subject", "rating"} - set(rows.fieldnames or ())
            unknown = set(rows.fieldnames or ()) - set(COLUMNS)
            if missing or unknown:
                raise Refused(f"{file.name}: the first line must name columns of {', '.join(COLUMNS)}")
            for row in rows:
                yield _given(f"{file.name}, line {rows.line_num}", row, teams)
    except (UnicodeDecodeError, csv.Error):
        raise Refused(f"{file.name} is not CSV in UTF-8") from None


def _given(where: str, row: Mapping[str | None, Any], teams: Mapping[str, int]) -> GivenRating:
    if None in row or None in row.values():
        raise Refused(f"{where}: not as many fields as the first line names")
    fields = {str(name): str(value).strip() for name, value in row.items()}
    subject, team, category = fields["subject"], fields.get("team", ""), fields.get("category", "")
    if not subject or "\0" in f"{subject}{category}" or len(subject) > LONGEST_NAME or len(category) > LONGEST_CATEGORY:
        raise Refused(f"{where}: a subject has 1 to {LONGEST_NAME} characters, a category at most {LONGEST_CATEGORY}")
    if team and team not in teams:
        raise Refused(f"{where}: there is no team named {team!r}")
    given = GivenRating(
        subject,
        _one_of(where, {**RATINGS, "": None}, fields["rating"]),
        _one_of(where, {**KINDS, "": None}, fields.get("kind", "")),
        _one_of(where, _YES_NO, fields.get("ignore_idle", "")),
        category or None,
        teams[team] if team else ORGANISATION,
    )
    if not given.kinds():
        raise Refused(f"{where}: {subject!r} is not a bare host name")
    return given


def _one_of(where: str, words: Mapping[str, Any], word: str) -> Any:
    if word.lower() not in words:
        raise Refused(f"{where}: {word!r} is none of {', '.join(filter(None, words))}")
    return words[word.lower()]


@command(rate, "undo")
@click.argument("entry", metavar="[AUDIT_ID]", type=click.UUID, required=False)
@_dry
def rate_undo(session: Session, entry: UUID | None, dry_run: bool) -> None:
    """Put ratings back as they were before a change: the last one, or that of an entry of the audit trail."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = audit.ratings_changed(connection, organisation.id, entry)
            teams = {one.uuid: one.id for one in people.all_teams(connection, organisation.id)}
        if found is None:
            raise Refused("the audit trail holds no such change of ratings")
        change = undoing(found.before, found.after, teams)
        changed = _made(session, database, organisation, change, dry_run)
    text = f"{len(found.before)} rules {'would be' if dry_run else 'are'} as before: {_said(changed, dry_run)}"
    session.answer({"auditId": str(found.uuid), "dryRun": dry_run, **_counts(changed)}, text)


@command(rate, "unrated")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="How far to look back.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
def rate_unrated(session: Session, days: int, limit: int) -> None:
    """The most used subjects that no rule of the organisation or the starter catalogue rates."""
    now = clock.now()
    everybody = Reach(Level.FULL, None, None, 0)
    with session.opened() as (database, organisation), database.read() as connection:
        profiles = profiles_within(connection, organisation.id, everybody)
        uses, book, _ = used(asker_of(connection, organisation.id), profiles, (now - days * DAY, now))
    unrated = [(subject, use) for subject, use in uses.items() if book.rule_for(None, *subject) is None]
    shown = table("Subject", "Kind", "Seconds", "People", "Category")
    rows = []
    for (kind, name), use in sorted(unrated, key=lambda one: (-one[1].seconds, one[0]))[:limit]:
        row = {
            "subject": use.spelling.strip() or name,
            "kind": kind_name(kind),
            "seconds": use.seconds,
            "people": use.people,
            "category": category_of(kind, name),
        }
        shown.add_row(*(str(value or "") for value in row.values()))
        rows.append(row)
    session.answer({"subjects": rows}, shown)


@command(rate, "starter")
@click.argument("state", type=click.Choice(["on", "off"]))
@_dry
def rate_starter(session: Session, state: str, dry_run: bool) -> None:
    """Adopt the starter catalogue as this version has it, or give it up."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            held = ratings.all_rules(connection, organisation.id)
        change = starter_change(held, adopt=state == "on")
        changed = _made(session, database, organisation, change, dry_run)
    text = f"The starter catalogue {'would be' if dry_run else 'is'} {state}: {_said(changed, dry_run)}"
    session.answer({"starter": state, "dryRun": dry_run, **_counts(changed)}, text)
