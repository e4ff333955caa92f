"""Which buckets of an ActivityWatch server are this computer's."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from timegrain.trackers.agent.activitywatch_server import ActivityWatch, Bucket
from timegrain.trackers.agent.failures import HostUnclear
from timegrain.trackers.buckets import host_of
from timegrain.trackers.events import INPUT, PAGES, WINDOWS

SYNCED = "-synced-from-"
OTHER_HOST, FROM_SYNC = "buckets of other computers", "buckets synced from elsewhere"


class Computer(NamedTuple):
    """The buckets of this computer that become facts, and the others by the reason for which they are left out."""

    buckets: list[Bucket]
    left_out: Counter[str]


def this_computer(server: ActivityWatch, wanted: str) -> Computer:
    """`wanted` names the host, "" where it is to be found out. Raises `HostUnclear`, `ActivityWatchAway`."""
    buckets = server.buckets()
    left_out: Counter[str] = Counter()
    ours: list[tuple[Bucket, str]] = []
    for bucket in buckets:
        if bucket.type not in (WINDOWS, PAGES, INPUT):
            left_out[f"buckets of type {bucket.type}"] += 1
        elif SYNCED in bucket.id:
            left_out[FROM_SYNC] += 1
        else:
            ours.append((bucket, host_of(*bucket)))
    named = {host for _, host in ours if host}
    chosen = chosen_host(named, wanted, server.hostname() if len(named) > 1 and not wanted else "")
    left_out[OTHER_HOST] += sum(host not in ("", chosen) for _, host in ours)
    return Computer([bucket for bucket, host in ours if host in ("", chosen)], +left_out)


def chosen_host(named: set[str], wanted: str, own: str) -> str:
    """Of the hosts that buckets name: the one wanted, the only one, or the server's own. Raises `HostUnclear`."""
    names = ", ".join(sorted(named))
    if wanted:
        if named and wanted not in named:
            raise HostUnclear(f"ActivityWatch holds no buckets of host {wanted!r} (agent.toml); it holds: {names}")
        return wanted
    if len(named) <= 1:
        return next(iter(named), "")
    if own in named:
        return own
    raise HostUnclear(f"ActivityWatch holds several computers' buckets: set host in agent.toml to one of {names}")
