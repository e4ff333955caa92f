"""Run by the peer's own Python: each line on standard input is one call of the client; it answers a line each."""

from __future__ import annotations

import json
import sys

from aw_client import ActivityWatchClient  # type: ignore[import-not-found]
from aw_core.models import Event  # type: ignore[import-not-found]


def main() -> None:
    client = ActivityWatchClient("timegrain-tests", testing=True, host="127.0.0.1", port=int(sys.argv[1]))
    for line in sys.stdin:
        call = json.loads(line)
        bucket = call["bucket"]
        match call["do"]:
            case "create":
                client.client_hostname = call["hostname"]
                client.create_bucket(bucket, event_type=call["type"])
            case "insert":
                client.insert_events(bucket, [Event(**event) for event in call["events"]])
            case "beat":
                client.heartbeat(bucket, Event(**call["event"]), pulsetime=call["pulsetime"])
            case "delete":
                client.delete_bucket(bucket, force=True)
        print("done", flush=True)


if __name__ == "__main__":
    main()
