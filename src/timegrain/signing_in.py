"""Signing in and out, and setting a password by a link: each in one transaction, and in the audit trail."""

from __future__ import annotations

from uuid import UUID

from timegrain import clock
from timegrain.errors import NotFound, RateLimited, SignInFailed, wrong
from timegrain.storage import audit, passwords, people, sessions, sign_in_failures, sign_in_links
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database

SIGN_IN, SIGN_OUT, SET_PASSWORD = "POST /sign-in", "POST /sign-out", "POST /password"


def sign_in(database: Database, organisation: int, email: str, password: str, address: str) -> str:
    """The cookie of a session. Raises `SignInFailed`, whatever the reason, and `RateLimited` after too many."""
    now = clock.now()
    with database.read() as connection:
        wait = sign_in_failures.seconds_to_wait(connection, organisation, email, address, now)
        if wait:
            raise RateLimited(f"Too many attempts: try again in {-(-wait // 60)} minutes", wait)
        found = people.sign_in_row(connection, organisation, email)
    # Outside of any transaction: it takes long on purpose.
    right = passwords.fits(password, found.password if found else None)
    with database.write(organisation, policy=True) as connection:
        if found is None or not right:
            sign_in_failures.note_failure(connection, organisation, email, address, now)
        else:
            sign_in_failures.forget_failures(connection, organisation, email, address)
            cookie = sessions.begin(connection, organisation, found.user, now)
            # Asked as every later request will: whoever left gets no session.
            if sessions.signed_in(connection, cookie, now) is not None:
                entry = Entry(Actor(SIGN_IN, found.user, None, address), (found.user,))
                audit.record(connection, organisation, entry)
                return cookie
            sessions.end(connection, organisation, found.user)
    raise SignInFailed


def sign_out(database: Database, organisation: int, user: int, session: UUID, address: str) -> None:
    with database.write(organisation, policy=True) as connection:
        sessions.end(connection, organisation, user, session)
        audit.record(connection, organisation, Entry(Actor(SIGN_OUT, user, None, address), (user,)))


def set_password(database: Database, token: str, password: str, address: str) -> tuple[int, str]:
    """By a link: all sessions of the person end, and the link is used up.

    Returns the organisation and the cookie of a new session. Raises `NotFound` for a link that holds no more,
    `ValidationFailed` for a password that may not be set.
    """
    if (message := passwords.what_is_wrong(password)) is not None:
        raise wrong("password", message)
    now, kept = clock.now(), passwords.hashed(password)
    with database.read() as connection:
        meant = sign_in_links.user_of_link(connection, token, now)
    if meant is None:
        raise NotFound(GONE)
    with database.write(meant[0], policy=True) as connection:
        if sign_in_links.user_of_link(connection, token, now) != meant:
            raise NotFound(GONE)
        organisation, user = meant
        people.set_user(connection, organisation, user, {"password": kept})
        sign_in_links.drop_link(connection, organisation, user)
        sessions.end(connection, organisation, user)
        audit.record(connection, organisation, Entry(Actor(SET_PASSWORD, user, None, address), (user,)))
        return organisation, sessions.begin(connection, organisation, user, now)


GONE = "This link was used already, or is too old. Ask for a new one."
