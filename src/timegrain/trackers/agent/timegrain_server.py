"""The timegrain server, as a device's token sees it: who it is for, and where its facts go."""

from __future__ import annotations

import gzip
from email.utils import formatdate, parsedate_to_datetime
from typing import Any, NamedTuple

import httpx
import msgspec

from timegrain import clock
from timegrain.trackers.agent.failures import ServerAway, ServerUnknown, TokenRefused
from timegrain.trackers.agent.web import FAILURES, client

TIMEOUT_S = 60.0
LONGEST_ASKED_S = 86_400
"""A server that asks for more does so by mistake, and would never hear of this computer again."""
BUSY = (408, 425, 429)
ACTIVITY = "v1/activity"


class TooLargeError(Exception):
    """The body is over the server's limits."""


class NotTakenError(Exception):
    """The body is refused as a whole; the argument says why."""


class Device(NamedTuple):
    """Whose token it is, and what the organisation keeps and says."""

    organisation_id: str
    organisation: str
    user_id: str
    user: str
    device: str
    titles: str
    urls: str
    notice: str | None


class Rejection(msgspec.Struct):
    list: str
    index: int
    code: str
    message: str
    retryable: bool


class _Result(msgspec.Struct):
    stored: int
    unchanged: int
    erased: int
    rejected: list[Rejection]


class _Answer(msgspec.Struct):
    data: _Result


class TimegrainServer:
    """Every method raises `TokenRefused`, `ServerAway` or `ServerUnknown`."""

    def __init__(self, address: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._client = client(address, headers, TIMEOUT_S)

    def close(self) -> None:
        self._client.close()

    def device(self) -> Device:
        """Whose token this is. Raises `TokenRefused` for a key that is no device's."""
        answer = self._asked("GET", "v1/me")
        self._expect_success(answer)
        try:
            me: dict[str, Any] = msgspec.json.decode(answer.content)["data"]
            if me["role"] != "device":
                raise TokenRefused("this is no device's token but an API key: `timegrain user add` shows a token")
            organisation, user = me["organisation"], me["user"]
            return Device(
                str(organisation["organisationId"]),
                str(organisation["name"]),
                str(user["userId"]),
                str(user["name"]),
                str(me["device"]),
                str(organisation["titles"]),
                str(organisation["urls"]),
                organisation["notice"] or None,
            )
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
            raise self._unknown("its answer is not timegrain's") from None

    def send(self, body: bytes, entries: int) -> list[Rejection]:
        """Send a batch of that many entries; those that were not rejected are on the server's disk.

        Raises `TooLargeError` and `NotTakenError` where another cut of the batch may fare better.
        """
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = self._asked("POST", ACTIVITY, gzip.compress(body, mtime=0), headers)
        if answer.status_code == 413:
            raise TooLargeError
        if answer.status_code == 400:
            raise NotTakenError(_message(answer))
        self._expect_success(answer)
        try:
            result = msgspec.json.decode(answer.content, type=_Answer).data
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._unknown("its answer is not timegrain's") from None
        if result.stored + result.unchanged + result.erased + len(result.rejected) != entries:
            raise self._unknown("its answer does not account for every fact")
        return result.rejected

    def _asked(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        now = {"Date": formatdate(clock.now_ms() / 1000, usegmt=True)}
        try:
            return self._client.request(method, path, content=body, headers=now | (headers or {}))
        except FAILURES as error:
            raise ServerAway(f"{self._client.base_url} cannot be reached: {type(error).__name__}") from None

    def _expect_success(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status in (401, 403):
            raise TokenRefused(f"the server refuses the token ({status}): {_message(answer)}")
        if status in BUSY or status >= 500:
            raise ServerAway(f"the server answered {status}", asked_wait_s(answer.headers))
        raise self._unknown(f"it answered {status}")

    def _unknown(self, why: str) -> ServerUnknown:
        return ServerUnknown(f"what answers at {self._client.base_url} is no timegrain server: {why}")


def _message(answer: httpx.Response) -> str:
    try:
        return str(msgspec.json.decode(answer.content)["error"]["message"])[:200]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return "without a reason"


def asked_wait_s(headers: httpx.Headers) -> float | None:
    """What `Retry-After` says, as seconds or as a date, which is by the server's clock: this one may be wrong."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(min(int(said[:10]), LONGEST_ASKED_S))
    until = _seconds(said)
    if until is None:
        return None
    now = _seconds(headers.get("date", ""))
    return min(max(0.0, until - (clock.now_ms() / 1000 if now is None else now)), float(LONGEST_ASKED_S))


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
