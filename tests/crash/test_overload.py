"""Ten times as many clients as a server takes on: it refuses, stays small, keeps what it acknowledged, and recovers."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.contract.served import timegrain
from tests.crash.test_kill import FIRST, serving
from tests.serving import unlimited
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database

SENDERS, ASKERS = 320, 80
"""Ten times as many as are worked on at once."""
REQUESTS_EACH = 2
LARGE_SENDERS, LARGE = 12, 2_500
"""Batches so large that only two are taken on at once."""
MOST_MB = 300
TLS = httpx.create_ssl_context()  # made once: it takes longer than a request


class Client(threading.Thread):
    def __init__(self, address: str, key: str) -> None:
        super().__init__(daemon=True)
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=address, headers=headers, timeout=120, verify=TLS)
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        for _ in range(REQUESTS_EACH):
            try:
                self.once()
            except httpx.TransportError as error:
                self.wrong.append(repr(error))

    def once(self) -> None:
        raise NotImplementedError

    def seen(self, answer: httpx.Response) -> bool:
        """Whether it was done; a refusal has our envelope and says when to come again."""
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            return True
        body = answer.json()
        told = (answer.status_code, body["success"], body["error"]["code"], "retry-after" in answer.headers)
        if told != (503, False, "OVERLOADED", True) or int(answer.headers["retry-after"]) < 1:
            self.wrong.append(f"{told} {answer.text}")
        return False


class Sender(Client):
    def __init__(self, address: str, key: str, user: str, days: count[int], facts: int) -> None:
        super().__init__(address, key)
        self._user, self._days, self._facts = user, days, facts
        self.acknowledged: list[int] = []
        self.sent: list[int] = []

    def once(self) -> None:
        day = next(self._days)
        on = FIRST + timedelta(days=day)
        focus = [
            {"start": f"{on}T12:00:00Z", "end": f"{on}T12:10:00Z", "app": f"app {n}", "title": "t" * 100}
            for n in range(self._facts)
        ]
        body = {"userId": self._user, "device": "laptop", "focus": focus}
        self.sent.append(day)
        if self.seen(self.client.post("/v1/activity", json=body)):
            self.acknowledged.append(day)


class Asker(Client):
    question: dict[str, object]

    def once(self) -> None:
        self.seen(self.client.post("/v1/dashboard/weekly-summary", json=self.question))


class Watcher(Client):
    def __init__(self, address: str, key: str, over: threading.Event) -> None:
        super().__init__(address, key)
        self._over = over

    def run(self) -> None:
        while not self._over.wait(0.2):
            answer = self.client.get("/health")
            if not self.seen(answer):
                self.wrong.append(answer.text)


@pytest.mark.slow
def test_ten_times_what_it_takes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/timegrain.db"
    made = timegrain(url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(url)
    unlimited(database)
    key, user, days, over = made["apiKey"], made["userId"], count(), threading.Event()
    range_ = {"startDate": "2010-01-01 00:00:00", "endDate": "2011-01-01 23:59:59", "timeZone": "America/New_York"}
    Asker.question = {**range_, "userId": [user], "teamId": []}
    with serving(url, tmp_path / "serve.log") as (server, address):
        senders = [Sender(address, key, user, days, 20) for _ in range(SENDERS)]
        senders += [Sender(address, key, user, days, LARGE) for _ in range(LARGE_SENDERS)]
        askers = [Asker(address, key) for _ in range(ASKERS)]
        watcher = Watcher(address, key, over)
        everybody: list[Client] = [watcher, *senders, *askers]
        for one in everybody:
            one.start()
        for one in everybody[1:]:
            one.join(300)
            assert not one.is_alive()
        over.set()
        watcher.join(60)
        assert [told for one in everybody for told in one.wrong] == []
        counted = sum((one.statuses for one in everybody[1:]), Counter())
        assert counted[503] > 0, "the server was never overloaded"
        assert counted[200] > 0
        assert watcher.statuses[200] > 0
        after = Asker(address, key)
        after.run()
        assert after.statuses == {200: REQUESTS_EACH}, "it is over, and the server is idle again"
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())
        assert peak is not None
        assert int(peak[1]) / 1024 <= MOST_MB
        print(json.dumps({"peak": int(peak[1]) // 1024, "answers": counted}))
    acknowledged = {day for one in senders for day in one.acknowledged}
    sent = {day for one in senders for day in one.sent}
    with database.read() as connection:
        number = people.all_users(connection, 1)[0].id
        rows = connection.exec_driver_sql("SELECT day, sum(neutral) FROM day_totals GROUP BY day")
        stored = {row[0] - FIRST.toordinal(): row[1] for row in rows}
    assert {stored.get(day) for day in acknowledged} == {600}
    assert {stored.get(day) for day in sent - acknowledged} <= {None}, "what was refused was written"
    assert differences(database, 1, number) == 0
    database.close()
