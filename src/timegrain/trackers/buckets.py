"""What an ActivityWatch server says of its buckets, in an export as over HTTP: its JSON, and whose they are."""

from __future__ import annotations

import json

from timegrain.trackers.events import INPUT, WINDOWS, parsed, watcher_and_host


class ActivityWatchFormatError(Exception):
    """This is nothing that ActivityWatch writes. The message is one line and says where."""

    code = "BAD_EXPORT"


def document(data: bytes) -> object:
    """Raises `ActivityWatchFormatError`."""
    try:
        return parsed(data)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ActivityWatchFormatError(f"Not JSON at {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ActivityWatchFormatError(f"Not readable as JSON: {type(error).__name__}") from error


def host_of(bucket: str, type_: str, hostname: str) -> str:
    """The computer that a bucket's events are from, or "" where neither its `hostname` nor its id says so."""
    # A window watcher's `unknown` is a name like any other (phones have it); elsewhere it says nothing.
    if hostname and (type_ in (WINDOWS, INPUT) or hostname.lower() != "unknown"):
        return hostname
    return watcher_and_host(bucket)[1]
