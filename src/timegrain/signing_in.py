"""Signing in and out, and setting a password: each in one transaction, and in the audit trail."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.calendar import local_day
from timegrain.errors import NotFound, RateLimited, Refused, SignInFailed, wrong
from timegrain.storage import audit, passwords, people, sessions, sign_in_failures, sign_in_links
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import SIGN_INS, Database
from timegrain.storage.people import SignInRow
from timegrain.storage.queries.accounts import accounts
from timegrain.storage.sign_in_failures import Attempt

SIGN_IN, SIGN_OUT, SET_PASSWORD, END_SESSIONS = "POST /sign-in", "POST /sign-out", "POST /password", "POST /sessions"
GONE = "This link was used already, or is too old. Ask for a new one."


class Person(NamedTuple):
    """Who signed in, and from where they ask."""

    organisation: int
    user: int
    address: str

    def entry(self, call: str) -> Entry:
        return Entry(Actor(call, self.user, None, self.address), (self.user,))


def sign_in(database: Database, attempt: Attempt, password: str) -> str:
    """The cookie of a session. Raises `SignInFailed`, whatever the reason, and `RateLimited` after too many."""
    found = _of_password(database, attempt, password)
    now, organisation = clock.now(), attempt.organisation
    with database.write(organisation, (SIGN_INS,)) as connection:
        cookie = sessions.begin(connection, organisation, found.user, now)
        # Asked as every later request will: whoever left gets no session. The password may be another meanwhile.
        still = people.sign_in_row(connection, organisation, attempt.email)
        if still != found or sessions.signed_in(connection, cookie, now) is None:
            raise SignInFailed
        sign_in_failures.forgive(connection, attempt)
        me = Person(organisation, found.user, attempt.address)
        audit.record(connection, organisation, me.entry(SIGN_IN))
    return cookie


def _of_password(database: Database, attempt: Attempt, password: str) -> SignInRow:
    """Who has this mail and password; the caller forgives the attempt, which counts as a failure from its start.

    So attempts that are made at once are no more than those one after the other.
    """
    with database.write(attempt.organisation, (SIGN_INS,)) as connection:
        now = clock.now()
        wait = sign_in_failures.count_attempt(connection, attempt, now)
        found = None if wait else people.sign_in_row(connection, attempt.organisation, attempt.email)
    if wait:
        raise RateLimited(f"Too many attempts: try again in {-(-wait // 60)} minutes", wait)
    # Outside of any transaction: it takes long on purpose, also where there is no such person.
    if passwords.fits(password, found.password if found else None) and found is not None:
        return found
    raise SignInFailed


def end_sessions(database: Database, me: Person, session: UUID | None, call: str = END_SESSIONS) -> None:
    """One of a person's own, or (None) all of them."""
    with database.write(me.organisation, (SIGN_INS,)) as connection:
        if sessions.end(connection, me.organisation, me.user, session):
            audit.record(connection, me.organisation, me.entry(call))


def make_sign_in_link(database: Database, organisation: int, user: int, by: Actor) -> str:
    """The token of a link that lets somebody set a password, once; their last one is refused from here on.

    Raises `Refused` for a person who is not active.
    """
    with database.write(organisation, policy=True) as connection:
        today = local_day(people.organisation_row(connection, organisation).zone, clock.now())
        (account,) = accounts(connection, organisation, [user])
        if not account.active(today):
            raise Refused(f"{account.name} is not active, and so cannot sign in")
        audit.record(connection, organisation, Entry(by, (user,)))
        return sign_in_links.make_link(connection, organisation, user, clock.now())


def link_address(base: str, token: str) -> str:
    """What is given to the person; `base` is where they see the server."""
    return f"{base.rstrip('/')}/password/{token}"


def set_password(database: Database, token: str, password: str, address: str) -> str:
    """By a link, which is used up; the person's sessions end. Returns the cookie of a new one.

    Raises `NotFound` for a link that holds no more, `ValidationFailed` for a password that may not be set.
    """
    now = clock.now()
    with database.read() as connection:
        meant = sign_in_links.user_of_link(connection, token, now)
    if meant is None:
        raise NotFound(GONE)
    # Only for whoever has a link: hashing takes long on purpose.
    kept = hashed(password)
    with database.write(meant[0], policy=True) as connection:
        if sign_in_links.user_of_link(connection, token, now) != meant:
            raise NotFound(GONE)
        return put_password(connection, Person(*meant, address), kept)


def change_password(database: Database, me: Person, email: str, old: str, new: str) -> str:
    """One's own; all sessions end. Returns the cookie of a new one.

    Raises `ValidationFailed` where the old one is wrong or the new one may not be set, `RateLimited` after too
    many attempts.
    """
    kept, attempt = hashed(new), Attempt(me.organisation, email, me.address)
    try:
        found = _of_password(database, attempt, old)
    except SignInFailed:
        raise wrong("old", "is not your password") from None
    with database.write(me.organisation, policy=True) as connection:
        if people.sign_in_row(connection, me.organisation, email) != found:
            raise wrong("old", "is not your password any more")
        sign_in_failures.forgive(connection, attempt)
        return put_password(connection, me, kept)


def hashed(password: str) -> str:
    """What is kept of a password that somebody chose. Raises `ValidationFailed` for one that may not be set."""
    if (message := passwords.what_is_wrong(password)) is not None:
        raise wrong("password", message)
    return passwords.hashed(password)


def put_password(connection: Connection, me: Person, kept: str, call: str = SET_PASSWORD) -> str:
    """End all sessions of the person, and return the cookie of a new one."""
    people.set_user(connection, me.organisation, me.user, {"password": kept})
    lock_out(connection, me.organisation, me.user)
    audit.record(connection, me.organisation, me.entry(call))
    return sessions.begin(connection, me.organisation, me.user, clock.now())


def lock_out(connection: Connection, organisation: int, user: int) -> None:
    """End all sessions of a person and their link: they have another password, or left."""
    sign_in_links.drop_link(connection, organisation, user)
    sessions.end(connection, organisation, user)
