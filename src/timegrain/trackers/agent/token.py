"""The device token: in the system's keyring, or else in a file that only its user can read, with its server."""

from __future__ import annotations

from pathlib import Path

import keyring

from timegrain.trackers.agent.failures import TokenUnreadable
from timegrain.trackers.agent.home import write_private

FILE = "token"
SERVICE = "timegrain-agent"
IN_KEYRING, IN_FILE = "keyring", "file"


def keep_token(folder: Path, server: str, token: str) -> str:
    """Keep the token of a server; returns where."""
    path = folder / FILE
    try:
        keyring.set_password(SERVICE, server, token)
        if keyring.get_password(SERVICE, server) == token:  # a keyring that is switched off takes it and forgets it
            path.unlink(missing_ok=True)
            return IN_KEYRING
    except Exception:  # noqa: S110 - a system's keyring fails with whatever its own library raises
        pass
    write_private(path, f"{token}\n{server}\n")
    return IN_FILE


def sendable(token: str) -> bool:
    """Whether it can stand in a header at all."""
    return bool(token) and token.isascii() and token.isprintable()


def where_kept(folder: Path) -> str:
    return IN_FILE if (folder / FILE).exists() else IN_KEYRING


def read_token(folder: Path, server: str) -> str:
    """Raises `TokenUnreadable`."""
    path = folder / FILE
    try:
        kept = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    except OSError as error:
        raise TokenUnreadable(f"the token's file cannot be read: {error.strerror}") from None
    if kept is None:
        token = _from_keyring(server)
    else:
        token, _, whose = kept.strip().partition("\n")
        if whose != server:  # a token goes to its own server alone
            token = ""
    if not sendable(token):
        raise TokenUnreadable("there is no token for this server: run `timegrain agent pair URL TOKEN` again")
    return token


def _from_keyring(server: str) -> str:
    try:
        return keyring.get_password(SERVICE, server) or ""
    except Exception as error:
        raise TokenUnreadable(f"the system's keyring does not give the token: {type(error).__name__}") from None
