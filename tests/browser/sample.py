"""The sample organisation served to a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.contract.served import bearing, succeeded
from tests.serving import served, unlimited
from timegrain import clock
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

PEOPLE, WEEKS = 35, 3


@dataclass(frozen=True)
class Sample:
    """`made` is what `timegrain demo --json` prints."""

    database: Database
    client: httpx.Client
    made: dict[str, Any]

    @property
    def base_url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def sign_in(self, role: str) -> dict[str, str]:
        """`email` and `password` of an `administrator`, a `team lead` or an `employee`."""
        return next(one for one in self.made["signIns"] if one["role"] == role)

    def ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """What the API says under `data`, to the key of an administrator."""
        return succeeded(self.client.request(method, path, json=body, headers=bearing(self.made["apiKey"])))

    def range_of(self, first: str, last: str, zone: str = "", **whom: Any) -> dict[str, Any]:
        """The body of most questions."""
        return {
            "startDate": f"{first} 00:00:00",
            "endDate": f"{last} 23:59:59",
            "timeZone": zone or self.made["zone"],
            "userId": [],
            "teamId": [],
            **whom,
        }


@contextmanager
def serving_sample(url: str, people: int = PEOPLE, weeks: int = WEEKS) -> Iterator[Sample]:
    database = Database(url)
    migrate(database)
    made = store_sample(database, sample_organisation(people, weeks, now=clock.now()), lambda *_: None, starter=True)
    unlimited(database)
    try:
        with served(database) as client:
            yield Sample(database, client, made)
    finally:
        database.close()
