"""Pairing: whose token it is, what its organisation collects, and where the token is kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from timegrain import clock
from timegrain.errors import Refused
from timegrain.trackers.agent.failures import TokenRefused
from timegrain.trackers.agent.rounds import history_start, reach_back
from timegrain.trackers.agent.settings import checked_address, read_settings
from timegrain.trackers.agent.state import WHOSE, opened
from timegrain.trackers.agent.timegrain_server import Device, TimegrainServer
from timegrain.trackers.agent.token import keep_token, sendable
from timegrain.trackers.agent.web import loopback
from timegrain.trackers.agent.written import changed, write_settings
from timegrain.trackers.events import DAY_MS

ORGANISATION, USER, DEVICE = "organisation", "user", "device"
"""Notes for `agent status`."""

_TITLES = {
    "none": ("no titles", "Titles are not kept."),
    "self": ("titles where you send them", "Titles are shown to you alone."),
    "managers": ("titles where you send them", "Titles are shown to you and to those who may see your figures."),
}
_URLS = {"host": "of URLs the host alone", "full": "full URLs where you send them"}


class Pairing(NamedTuple):
    device: Device
    token_in: str


def pair(folder: Path, server: str, token: str, changes: dict[str, str | int], insecure: bool) -> Pairing:
    """Make `server` the one that facts go to, with further `changes` of the settings.

    Raises `BadSettings`, `Refused`, and what the server raises; then nothing has changed.
    """
    url = checked_address(server, "URL")
    if url.scheme == "http" and not loopback(url.host) and not insecure:
        raise Refused(f"{server} has no TLS: anybody on the way could read the token and the facts (--insecure)")
    if not sendable(token):
        raise TokenRefused("this is no device's token: `timegrain device add` shows one")
    changed(folder, {"server": server, **changes})
    with closing(TimegrainServer(server, token)) as asked:
        device = asked.device()
    with opened(folder) as state:
        whose = f"{device.organisation_id} {device.user_id} {device.device}"
        if state.note(WHOSE) != whose:
            state.belong_to("")  # first: should this end before the last line, the new server is not taken for the old
        token_in = keep_token(folder, server, token)
        write_settings(folder, {"server": server, **changes})
        state.belong_to(whose)
        now_ms = clock.now_ms()
        settings = read_settings(folder)
        start = history_start(state, settings, now_ms)
        if "history_days" in changes:  # what stood in the file holds for the first sending alone
            start = now_ms - settings.history_days * DAY_MS
        reach_back(state, start)
        state.write_notes({ORGANISATION: device.organisation, USER: device.user, DEVICE: device.device})
    return Pairing(device, token_in)


def collected(device: Device) -> str:
    """The organisation's own notice, or else what it keeps and who sees it, in two sentences."""
    if device.notice:
        return device.notice
    titles, seen = _TITLES.get(device.titles, _TITLES["managers"])
    urls = _URLS.get(device.urls, _URLS["full"])
    return (
        f"{device.organisation} keeps which applications and websites were in front and when there was keyboard or "
        f"mouse input, {urls}, {titles}.\n"
        f"Your figures are seen by those who hold a key of {device.organisation}. {seen}"
    )
