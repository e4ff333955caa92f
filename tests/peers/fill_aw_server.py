"""Run by the peer's own Python: sends the buckets on standard input to the server at the port given."""

from __future__ import annotations

import json
import sys

from aw_client import ActivityWatchClient  # type: ignore[import-not-found]
from aw_core.models import Event  # type: ignore[import-not-found]


def main() -> None:
    client = ActivityWatchClient("timegrain-tests", testing=True, host="127.0.0.1", port=int(sys.argv[1]))
    for bucket in json.load(sys.stdin):
        client.client_hostname = bucket["hostname"]
        client.create_bucket(bucket["id"], event_type=bucket["type"])
        client.insert_events(bucket["id"], [Event(**event) for event in bucket["events"]])
        for beat in bucket["heartbeats"]:
            client.heartbeat(bucket["id"], Event(**beat), pulsetime=bucket["pulsetime"])


if __name__ == "__main__":
    main()
