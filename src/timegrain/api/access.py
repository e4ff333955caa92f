"""Who may ask what. The table is one piece of data; a route without a row is closed, and fails the tests."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Mapping
from enum import Enum
from typing import NamedTuple

from timegrain.errors import (
    ApiKeyMissing,
    AuthorizationHeaderMissing,
    Forbidden,
    InvalidApiKey,
    InvalidApiKeySchema,
)
from timegrain.storage.keys import DEVICE, Caller
from timegrain.storage.roles import SETTINGS, Level, Reach


class Way(Enum):
    """What opens a route."""

    PAGE = "a role with one of its pages; the page's level says about whom"
    SEND = "sending facts for others, or with a device's token its own"
    DEVICE = "a device's token"
    KEY = "any key"
    CONCERNED = "full access to the settings, or any key of a person: then for what concerns them"


class Row(NamedTuple):
    way: Way
    pages: tuple[str, ...] = ()
    least: Level = Level.OWN
    """The lowest level of a page that opens it."""


def _page(*pages: str) -> Row:
    return Row(Way.PAGE, pages)


_CHANGE = Row(Way.PAGE, (SETTINGS,), Level.FULL)
_SEND, _DEVICE, _KEY, _CONCERNED = Row(Way.SEND), Row(Way.DEVICE), Row(Way.KEY), Row(Way.CONCERNED)

ACCESS: Mapping[str, Row] = {
    "POST /v1/dashboard/weekly-summary": _page("/"),
    "POST /v1/dashboard/work-summary": _page("/"),
    "POST /v1/dashboard/work-time-analysis": _page("/"),
    "POST /v1/dashboard/productivity-analysis": _page("/", "/insights/productivity-analysis"),
    "POST /v1/dashboard/recent-screenshot": _page("/", "/proof-of-work/screenshot"),
    "POST /v1/my-team": _page("/my-team"),
    "POST /v1/proof-of-work/timesheet": _page("/proof-of-work/timesheet"),
    "POST /v1/proof-of-work/app-usage/work-summary": _page("/proof-of-work/app-usage"),
    "POST /v1/proof-of-work/timeline": _page("/proof-of-work/timeline"),
    "POST /v1/explain": _page("/proof-of-work/timeline"),
    "POST /v1/report-analysis/monthly-summary": _page("/report-analysis"),
    "POST /v1/report-analysis/extra-hours-summary": _page("/report-analysis"),
    "POST /v1/app-usage": _page("/proof-of-work/app-usage"),
    "GET /v1/subjects": _page("/proof-of-work/app-usage"),
    "POST /v1/proof-of-work/screenshot": _page("/proof-of-work/screenshot"),
    # The page of what is exported.
    "POST /v1/export": _page(
        "/proof-of-work/timesheet", "/proof-of-work/app-usage", "/report-analysis", "/proof-of-work/timeline"
    ),
    "POST /v1/activity": _SEND,
    # Of oneself where the organisation lets people erase their own time.
    "DELETE /v1/activity": _page(SETTINGS),
    "GET /v1/me": _KEY,
    "POST /v1/employees": _CHANGE,
    "PATCH /v1/employees": _CHANGE,
    "POST /v1/employees/filter": _page(SETTINGS),
    "GET /v1/settings/idle-alert": _page(SETTINGS),
    "GET /v1/access-management": _CHANGE,
    "POST /v1/access-management": _CHANGE,
    "PATCH /v1/access-management": _CHANGE,
    "DELETE /v1/access-management": _CHANGE,
    "GET /v1/users": _page(SETTINGS),
    "GET /v1/users/{userId}": _page(SETTINGS),
    "GET /v1/teams": _page(SETTINGS),
    "GET /v1/teams/{teamId}": _page(SETTINGS),
    "GET /v1/teams/{teamId}/members": _page(SETTINGS),
    "GET /v1/teams/{teamId}/leads": _page(SETTINGS),
    "POST /v1/users": _CHANGE,
    "PATCH /v1/users/{userId}": _CHANGE,
    "DELETE /v1/users/{userId}": _CHANGE,
    "POST /v1/teams": _CHANGE,
    "PATCH /v1/teams/{teamId}": _CHANGE,
    "DELETE /v1/teams/{teamId}": _CHANGE,
    "POST /v1/teams/{teamId}/members": _CHANGE,
    "DELETE /v1/teams/{teamId}/members/{userId}": _CHANGE,
    "POST /v1/teams/{teamId}/leads": _CHANGE,
    "DELETE /v1/teams/{teamId}/leads/{userId}": _CHANGE,
    "GET /v1/devices": _page(SETTINGS),
    "POST /v1/devices": _CHANGE,
    "GET /v1/devices/{deviceId}": _page(SETTINGS),
    "PATCH /v1/devices/{deviceId}": _CHANGE,
    "POST /v1/devices/{deviceId}/tokens": _CHANGE,
    "DELETE /v1/devices/{deviceId}": _CHANGE,
    "GET /v1/keys": _page(SETTINGS),
    "POST /v1/keys": _CHANGE,
    "DELETE /v1/keys/{keyId}": _CHANGE,
    "GET /v1/ratings": _page(SETTINGS),
    "PUT /v1/ratings": _CHANGE,
    "GET /v1/policy": _page(SETTINGS),
    "PATCH /v1/policy": _CHANGE,
    "GET /v1/users/{userId}/policy": _page(SETTINGS),
    "PATCH /v1/users/{userId}/policy": _CHANGE,
    "GET /v1/holidays": _page(SETTINGS),
    "POST /v1/holidays": _CHANGE,
    "DELETE /v1/holidays/{holidayId}": _CHANGE,
    "GET /v1/jobs": _CHANGE,
    "GET /v1/jobs/{jobId}": _CHANGE,
    "POST /v1/audit/{auditId}/undo": _CHANGE,
    "GET /v1/audit": _CONCERNED,
    "POST /api/0/buckets/{bucket}": _DEVICE,
    "POST /api/0/buckets/{bucket}/heartbeat": _DEVICE,
    "POST /api/0/buckets/{bucket}/events": _DEVICE,
    "POST /api/v1/users/current/heartbeats": _DEVICE,
    "POST /api/v1/users/current/heartbeats.bulk": _DEVICE,
}
"""By method and path of the route."""


def is_batch(operation: str) -> bool:
    """Whether this is how devices report."""
    return ACCESS[operation].way in (Way.SEND, Way.DEVICE)


_HEIGHT = {Level.OWN: 0, Level.TEAM: 1, Level.FULL: 2}


def reach(caller: Caller, operation: str, pages: tuple[str, ...] | None = None) -> Reach:
    """Whom the caller may see through this route, by `pages` of its row where they are given. Raises `Forbidden`."""
    row = ACCESS.get(operation)
    if row is None:
        raise Forbidden("This call is closed")
    level = Level.OWN
    if row.way is Way.PAGE:
        level = _level(caller, row if pages is None else row._replace(pages=pages))
    elif row.way is Way.SEND:
        if caller.role not in ("writer", DEVICE) and _opened(caller, (SETTINGS,)) is not Level.FULL:
            raise Forbidden("This key may not send facts for others")
    elif row.way is Way.CONCERNED:
        if _opened(caller, (SETTINGS,)) is Level.FULL:
            level = Level.FULL
        elif caller.user is None or caller.device is not None:
            raise Forbidden("This key belongs to nobody")
    elif row.way is Way.DEVICE and caller.device is None:
        raise Forbidden("Trackers send with the token of their device")
    return Reach(level, caller.user, caller.user_uuid, caller.today)


def _opened(caller: Caller, pages: Collection[str]) -> Level | None:
    """The highest level at which a role has one of these pages; None where it has none of them."""
    levels = [page.access for page in caller.pages if page.path in pages]
    return max(levels, key=_HEIGHT.__getitem__, default=None)


def _level(caller: Caller, row: Row) -> Level:
    level = _opened(caller, row.pages)
    if level is None or _HEIGHT[level] < _HEIGHT[row.least]:
        raise Forbidden("The role of this key does not open this call")
    return level


def token_in(ways: Collection[str], header: str | None, in_query: str | None) -> str:
    """The key, sent in one of the ways that a route takes. Raises one of the 401 errors."""
    if "basic" not in ways:
        return _bearer(header)
    return _token_of_tracker(header, in_query if "query" in ways else None)


def _bearer(header: str | None) -> str:
    if header is None:
        raise AuthorizationHeaderMissing
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidApiKeySchema
    if not token.strip():
        raise ApiKeyMissing
    return token.strip()


def _token_of_tracker(header: str | None, in_query: str | None) -> str:
    """The token as editors and watchers send it: Bearer, Basic or `?api_key=`.

    Of a Basic pair it is the first part that is not empty: WakaTime's key has no password, a `.netrc` may
    hold it as one. Pairs that are not in Base64 are a wrong key.
    """
    if header is None and in_query:
        return in_query
    scheme, _, given = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return _bearer(header)
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
