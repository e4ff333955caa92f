"""Who may do what. The table is one piece of data; a call without a row is closed."""

from __future__ import annotations

from base64 import b64decode
from enum import Enum

from timegrain.errors import (
    ApiKeyMissing,
    AuthorizationHeaderMissing,
    Forbidden,
    InvalidApiKey,
    InvalidApiKeySchema,
)
from timegrain.storage.keys import Caller


class Action(Enum):
    READ = "read figures"
    SEND = "send facts for others"
    ERASE = "erase facts"


ALLOWED: dict[Action, frozenset[str]] = {
    Action.READ: frozenset({"admin", "reader"}),
    Action.SEND: frozenset({"admin", "writer"}),
    Action.ERASE: frozenset({"admin"}),
}


def bearer(header: str | None) -> str:
    """The key in an `Authorization` header. Raises one of the 401 errors."""
    if header is None:
        raise AuthorizationHeaderMissing
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidApiKeySchema
    if not token.strip():
        raise ApiKeyMissing
    return token.strip()


def token_of_tracker(header: str | None, in_query: str | None = None) -> str:
    """The token as editors and watchers send it: Bearer, Basic or `?api_key=`. Raises one of the 401 errors.

    Of a Basic pair it is the first part that is not empty: WakaTime's key has no password, a `.netrc` may
    hold it as one. Pairs that are not in Base64 are a wrong key.
    """
    if header is None and in_query:
        return in_query
    scheme, _, given = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return bearer(header)
    try:
        pair = b64decode(given.strip(), validate=True).decode()
    except ValueError:
        raise InvalidApiKey from None
    user, _, password = pair.partition(":")
    token = password if user and password else user or password
    if not token:
        raise ApiKeyMissing
    return token


def own_device(caller: Caller) -> tuple[int, str]:
    """The user and the device's name of a device token. Raises `Forbidden` for any other key."""
    if caller.user is None or caller.device is None:
        raise Forbidden("Trackers send with the token of their device")
    return caller.user, caller.device


def require(caller: Caller, action: Action) -> None:
    """Raises `Forbidden`."""
    if caller.role not in ALLOWED[action]:
        raise Forbidden(f"This key may not {action.value}")
