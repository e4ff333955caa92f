"""Who may do what. The table is one piece of data; a call without a row is closed."""

from __future__ import annotations

from enum import Enum

from timegrain.errors import ApiKeyMissing, AuthorizationHeaderMissing, Forbidden, InvalidApiKeySchema
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


def require(caller: Caller, action: Action) -> None:
    """Raises `Forbidden`."""
    if caller.role not in ALLOWED[action]:
        raise Forbidden(f"This key may not {action.value}")
