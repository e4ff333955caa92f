"""A device whose watchers send straight to the server, as a client of `/api/0`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from tests.contract.served import Office, bearing, succeeded
from timegrain.counting.instants import DEFAULT_REACH
from timegrain.storage import devices, keys, people

DAY = datetime(2026, 2, 2, tzinfo=UTC)
"""A Monday."""


def event(at: float, duration: float = 0, day: int = 0, **data: object) -> dict[str, Any]:
    """Seconds after 08:00 of a day after that Monday."""
    start = DAY + timedelta(days=day, hours=8, seconds=at)
    return {"timestamp": start.isoformat(), "duration": duration, "data": data}


@dataclass(frozen=True)
class Watched:
    """A device; `headers` carry its token."""

    office: Office
    user: str
    name: str
    token: str

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return self.office.client.post(f"/api/0/{path}", json=body, headers=headers or bearing(self.token))

    def create(self, bucket: str, type_: str = "currentwindow") -> None:
        answer = self.post(f"buckets/{bucket}", {"client": "c", "type": type_, "hostname": "h"})
        assert (answer.status_code, answer.text) in ((200, "{}"), (304, ""))

    def beat(self, bucket: str, written: object, pulsetime: float = 5) -> httpx.Response:
        return self.post(f"buckets/{bucket}/heartbeat?pulsetime={pulsetime}", written)

    def beaten(self, bucket: str, written: dict[str, Any], pulsetime: float = 5) -> tuple[float, float]:
        """Where the event that it became begins, in seconds after 08:00 of its day, and its duration."""
        answer = self.beat(bucket, written, pulsetime)
        assert answer.status_code == 200, answer.text
        kept = answer.json()
        assert set(kept) == {"id", "timestamp", "duration", "data"}
        assert (kept["id"], kept["data"]) == (None, written["data"])
        start = datetime.fromisoformat(kept["timestamp"])
        return (start - start.replace(hour=8, minute=0, second=0, microsecond=0)).total_seconds(), kept["duration"]

    def seconds(self, last: int = 6) -> dict[str, tuple[int, int]]:
        """Total and idle seconds of the days up to `last` days after that Monday that have any."""
        end = DAY.date() + timedelta(days=last)
        answer = self.office.ask(
            startDate=f"{DAY.date()} 00:00:00", endDate=f"{end} 23:59:59", timeZone="UTC", userId=[self.user]
        )
        rows = {row["date"][:10]: row["metrics"] for row in succeeded(answer)["breakdownSummary"]}
        return {
            day: (found["totalTimeSpendSeconds"], found["idleTimeSpendSeconds"])
            for day, found in rows.items()
            if found["totalTimeSpendSeconds"]
        }


def on(day: int) -> str:
    return str(date(2026, 2, 2) + timedelta(days=day))


def device_of(
    office: Office, name: str = "laptop", mail: str = "ben@example.com", reach: int = DEFAULT_REACH
) -> Watched:
    """A device of a user, both made where they are missing."""
    with office.database.write(0, policy=True) as connection:
        organisation = people.all_organisations(connection)[0].id
        known = {one.email: one for one in people.all_users(connection, organisation)}
        if mail in known:
            user, uuid = known[mail].id, known[mail].uuid
        else:
            added = people.add_user(connection, organisation, mail, mail, 0)
            user, uuid = added.id, added.uuid
        device = devices.add_device(connection, organisation, user, name, 0)
        devices.set_device(connection, organisation, user, device.id, {"reach": reach})
        token = keys.add_key(connection, organisation, name, keys.DEVICE, 0, user, device.id)[1]
    return Watched(office, str(uuid), name, token)
