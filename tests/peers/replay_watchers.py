"""Run by the peer's own Python: the calls on standard input, in order, through one ActivityWatchClient."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from aw_client import ActivityWatchClient  # type: ignore[import-not-found]
from aw_core.models import Event  # type: ignore[import-not-found]

SENT_WITHIN_S = 120


def queued(client: Any, bucket: str, type_: str, beats: list[dict[str, Any]], pulsetime: float) -> None:
    """Through the client's own queue, which merges them first; returns when all that it let out is sent."""
    client.create_bucket(bucket, event_type=type_, queued=True)
    for beat in beats:
        client.heartbeat(bucket, Event(**beat), pulsetime=pulsetime, queued=True)
    client.connect()
    queue = client.request_queue
    deadline = time.monotonic() + SENT_WITHIN_S
    while queue._persistqueue.qsize():
        queue.join(0.05)
        if time.monotonic() > deadline or not queue.is_alive():
            raise TimeoutError("the client's queue did not get empty")
    client.disconnect()  # after the one that is being sent


def main() -> None:
    host, calls = sys.argv[2], json.load(sys.stdin)
    client = ActivityWatchClient(f"replay-{host}", testing=True, host="127.0.0.1", port=int(sys.argv[1]))
    client.client_hostname = host
    assert client.get_info()["testing"] in (True, False)
    for call in calls:
        match call:
            case ["create", bucket, type_]:
                client.create_bucket(bucket, event_type=type_)
            case ["beat", bucket, beat, pulsetime]:
                client.heartbeat(bucket, Event(**beat), pulsetime=pulsetime)
            case ["queued", bucket, type_, beats, pulsetime]:
                queued(client, bucket, type_, beats, pulsetime)
            case ["insert", bucket, event]:
                client.insert_event(bucket, Event(**event))
            case ["inserts", bucket, events]:
                client.insert_events(bucket, [Event(**event) for event in events])
            case _:
                raise ValueError(call[0])


if __name__ == "__main__":
    main()
