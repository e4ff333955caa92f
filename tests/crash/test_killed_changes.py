"""SIGKILL in the middle of changes of policy: the figures are the old or the new ones, and the change goes on."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.contract.served import timegrain
from tests.crash.launcher import Launcher
from tests.crash.test_kill import FIRST, Sender, answering
from tests.serving import unlimited
from timegrain.counting.facts import Away, Focus, Report
from timegrain.counting.tallies import Tally
from timegrain.jobs import JobRunner
from timegrain.recording import record_in_bulk
from timegrain.recounting import differences
from timegrain.storage import jobs, people
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job
from timegrain.storage.policies import Policies, of_user
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import Meant

ROUNDS = {"sqlite": 10, "postgresql": 6, "citus": 6}
"""By database: a change goes on from its last transaction by the same steps on all of them. The last two rounds leave
the first application productive, and a threshold of three minutes.
"""
CLIENTS = 3
PEOPLE, DAYS = 24, 120
BEFORE = FIRST - timedelta(days=DAYS)
"""The day on which everybody's stored time begins; what is sent comes later."""
NEUTRAL, AWAY = 1800, 240


class OfOneDay(Sender):
    """An hour of two applications a day, four minutes of which without input, which a threshold of three makes idle."""

    def _batch(self, day: int) -> dict[str, object]:
        on = FIRST + timedelta(days=day)
        focus = [
            {"start": f"{on}T12:00:00Z", "end": f"{on}T12:30:00Z", "app": "first"},
            {"start": f"{on}T12:30:00Z", "end": f"{on}T13:00:00Z", "app": "second"},
        ]
        away = [{"start": f"{on}T12:10:00Z", "end": f"{on}T12:14:00Z"}]
        return {"userId": self._user, "device": f"device {day % 3}", "focus": focus, "away": away}


class Asker(threading.Thread):
    """Asks for a stored week of everybody, until the server is gone. Each answer is of one policy."""

    def __init__(self, address: str, key: str, users: list[str]) -> None:
        super().__init__(daemon=True)
        self._address, self._headers = address, {"Authorization": f"Bearer {key}"}
        day = f"{BEFORE + timedelta(days=30)}"
        self._question = {"startDate": f"{day} 00:00:00", "endDate": f"{day} 23:59:59", "timeZone": "UTC"}
        self._question |= {"userId": users, "teamId": []}  # type: ignore[dict-item]
        self.wrong: list[object] = []
        self.answers = 0

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=30) as client:
            while True:
                try:
                    answer = client.post(f"{self._address}/v1/dashboard/weekly-summary", json=self._question)
                except httpx.TransportError:
                    return
                week = answer.json()["data"]["overallSummary"]
                idle, rated = week["totalIdleTimeSpendSeconds"], week["totalProductiveTimeSpendSeconds"]
                possible = {expected(True, True), expected(True, False), expected(False, True), expected(False, False)}
                days = 7 * PEOPLE
                if (rated / days, idle / days) not in {(one.productive, one.idle) for one in possible}:
                    self.wrong.append(week)
                self.answers += 1


def expected(short: bool, rated: bool) -> Tally:
    """Of a day, where the threshold is three minutes, and where the first application is productive."""
    idle = AWAY if short else 0
    first = 1800 - idle
    return Tally(first if rated else 0, NEUTRAL if rated else NEUTRAL + first, 0, idle)


def stored_day(number: int) -> Report:
    start = int((BEFORE.toordinal() - 719_163 + number) * 86_400 + 12 * 3600) * 1000
    focus = [
        Focus(start, start + 1_800_000, "first"),
        Focus(start + 1_800_000, start + 3_600_000, "second"),
    ]
    return Report("device", focus, away=[Away(start + 600_000, start + 840_000)])


@pytest.mark.slow
def test_kills_in_the_middle_of_changes(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds = ROUNDS[request.node.callspec.params["database_url"]]
    made = timegrain(database_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(database_url)
    unlimited(database)
    with database.write(1, policy=True) as connection:
        others = [people.add_user(connection, 1, f"{n}", f"{n}@example.com", 0) for n in range(PEOPLE)]
    for one in others:
        list(record_in_bulk(database, 1, one.id, map(stored_day, range(DAYS))))
    rng, lock, numbers = random.Random(11), threading.Lock(), iter(range(100_000))

    def days() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            yield number

    acknowledged: set[int] = set()
    sent: set[int] = set()
    met = answers = 0
    launcher = Launcher()
    for round_ in range(rounds):
        change = (
            ["policy", "--idle-minutes", str(3 + 2 * (round_ // 2 % 2))]
            if round_ % 2
            else ["rate", "first", "neutral" if round_ // 2 % 2 else "productive", "--app"]
        )
        enough = threading.Semaphore(0)
        server, address = answering(launcher, database_url, tmp_path / "serve.log")
        senders = [OfOneDay(address, made["apiKey"], made["userId"], days(), enough) for _ in range(CLIENTS)]
        asker = Asker(address, made["apiKey"], [str(one.uuid) for one in others])
        changing = launcher.start(["--database", database_url, *change], tmp_path / "change.log")
        for thread in (*senders, asker):
            thread.start()
        while len(all_jobs(database)) <= round_:
            assert enough.acquire(timeout=30)
        for _ in range(rng.randint(1, 12)):
            assert enough.acquire(timeout=30)
        for process in (server, changing):
            process.kill()
        for thread in (*senders, asker):
            thread.join(30)
            assert not thread.is_alive()
        met += not all_jobs(database)[0].finished
        answers += asker.answers
        assert asker.wrong == []
        for sender in senders:
            acknowledged.update(sender.acknowledged)
            sent.update(sender.acknowledged, {sender.in_flight} - {None})  # type: ignore[arg-type]
    launcher.close()
    assert met >= rounds / 2, f"only {met} of {rounds} kills met a change that was being counted"
    assert answers > 0
    check(database, rounds, acknowledged, sent)


def all_jobs(database: Database) -> list[Job]:
    """The newest first."""
    with database.read() as connection:
        return jobs.listed(connection, 1)


def check(database: Database, changes: int, acknowledged: set[int], sent: set[int]) -> None:
    """What was left goes on to its end, and every day is of the last policy."""
    JobRunner(database).finish_all()
    assert [one.state for one in all_jobs(database)] == ["done"] * changes
    with database.read() as connection:
        policy = Policies().read(connection, 1)
        of_a_day = expected(short=True, rated=True)
        everybody = people.all_users(connection, 1)
        for person in everybody:
            meant = [Meant(person.id, of_user(connection, policy, person.id).generation, 0, 9_999_999)]
            first = FIRST.toordinal()
            rows = dict(daily_totals(connection, 1, "UTC", meant, "UTC", first - DAYS, first + max(sent)))
            if person.email == "a@example.com":
                assert {rows[first + day] for day in acknowledged} == {of_a_day}
                assert {rows[first + day] for day in sent - acknowledged} <= {Tally(), of_a_day}
            else:
                assert {rows[first - DAYS + day] for day in range(DAYS)} == {of_a_day}
    for person in everybody:
        assert differences(database, 1, person.id) == 0
    database.close()
