"""The real program, taken through the steps of a world.

What a client does goes over HTTP (batches, erasures, questions), what an administrator does through the same
functions that the command line calls.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert

from tests.memberships import change_memberships
from tests.serving import UNLIMITED
from timegrain import clock
from timegrain.counting.calendar import local_day
from timegrain.counting.memberships import ALWAYS, FOREVER, joined, left
from timegrain.counting.ratings import STARTER as STORED_STARTER
from timegrain.counting.ratings import Rating, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.jobs import JobRunner
from timegrain.policy_changes import changed_by, start_change
from timegrain.recounting import change_device, differences
from timegrain.retention import Retention
from timegrain.storage import devices, jobs, keys, people, ratings
from timegrain.storage.changes import Change
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job
from timegrain.storage.schema import employments, holidays, schedules

from .attendance import WEEKDAYS, Calendar
from .facts import OFact
from .replay import (
    STARTER,
    Batch,
    Erase,
    Heartbeats,
    MembershipChange,
    PolicyChange,
    Question,
    RatingChange,
    ReachChange,
    Retire,
    Start,
    Step,
    TimeoutChange,
    ZoneChange,
)

PolicyStep = RatingChange | PolicyChange | ZoneChange
Answer = list[tuple[date, tuple[int, ...]]]


SYSTEM = "wakatime/v1.102.1 (linux-6.1.0-unknown) go1.22.5"


def written(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_wakatime(one: OFact) -> dict[str, Any]:
    """A heartbeat as a plugin writes it: of a site, of a file (its title is made of project and name), of an app."""
    user_agent = f"{SYSTEM} {one.editor}/1.0 {one.editor}-wakatime/2.0"
    told: dict[str, Any] = {"time": one.start / 1000, "user_agent": user_agent, "category": "coding"}
    if one.url:
        return told | {"type": "url", "entity": one.url}
    if one.title:
        project, _, name = one.title.rpartition(" — ")
        return told | {"type": "file", "entity": f"/home/a/{name}", "project": project, "language": "Python"}
    return told | {"type": "app", "entity": one.app}


class Program:
    """One organisation of a database that other worlds may use too."""

    def __init__(self, database: Database, client: httpx.Client, name: str, start: Start) -> None:
        self.database, self.client = database, client
        with database.write(0, policy=True) as connection:
            self.id = people.add_organisation(connection, name, start.home_zone, "test", 0).id
            values = {"titles": start.text.titles, "urls": start.text.urls, "week_start": start.week_start}
            people.set_organisation_policy(connection, self.id, values)
            self.users = [
                people.add_user(connection, self.id, f"user {n}", f"{n}@example.com", 0) for n in range(start.users)
            ]
            people.set_organisation_policy(connection, self.id, dict(UNLIMITED))
            key = keys.add_key(connection, self.id, "oracle", "admin", 0)[1]
            self.headers = {"Authorization": f"Bearer {key}"}
            self.tokens: dict[tuple[int, int], str] = {}
            self.teams = [people.add_team(connection, self.id, f"team {n}", 0) for n in range(start.teams)]
        self.job: Job | None = None
        self.retention = Retention(database)

    def set_calendar(self, calendar: Calendar) -> None:
        """What decides working days."""
        numbers = [one.id for one in self.users]
        with self.database.write(self.id, policy=True) as connection:
            bits = {name: 1 << place for place, name in enumerate(WEEKDAYS)}
            hours = [
                (
                    self.id,
                    0 if one.user is None else numbers[one.user],
                    one.first.toordinal(),
                    sum(bits[name] for name in one.weekdays),
                    one.expected,
                )
                for one in calendar.hours
            ]
            store(connection, schedules, hours)
            for day in sorted(calendar.holidays):
                row = {"organisation_id": self.id, "day": day.toordinal(), "uuid": uuid4(), "name": str(day)}
                connection.execute(insert(holidays), row)
            held = [
                (self.id, numbers[one.user], one.first.toordinal(), one.end.toordinal() if one.end else FOREVER)
                for one in calendar.employments
            ]
            store(connection, employments, held)

    def begin(self, step: PolicyStep) -> bool:
        """Make the job of a change; whether it is in force at once, and else `advance` brings it there."""
        assert self.job is None
        match step:
            case RatingChange():
                change = self._rating(step)
            case PolicyChange():
                change = self._policy(step)
            case ZoneChange():
                change = Change(values={"zone": step.zone})
        self.job = start_change(self.database, self.id, change)
        return self._in_force()

    def advance(self) -> bool:
        """One transaction of the job, by a runner that knows nothing of those before; whether it is in force now."""
        assert self.job is not None
        # No time for a second person in one transaction.
        JobRunner(self.database, step_s=0).advance(self.id)
        with self.database.read() as connection:
            self.job = jobs.by_uuid(connection, self.id, self.job.uuid)
        return self._in_force()

    def _in_force(self) -> bool:
        assert self.job is not None
        if not self.job.finished:
            return False
        changed_by(self.job)
        self.job = None
        return True

    def apply(self, step: Step) -> Counter[str]:
        match step:
            case Batch():
                return self._record(step)
            case Heartbeats():
                self._beat(step)
            case RatingChange() | PolicyChange() | ZoneChange():
                in_force = self.begin(step)
                while not in_force:
                    in_force = self.advance()
            case ReachChange():
                user = self.users[step.user].id
                device = self._device(user, step.device)
                change_device(self.database, self.id, user, device, {"reach": step.seconds})
            case TimeoutChange():
                user = self.users[step.user].id
                device = self._device(user, step.device)
                change_device(self.database, self.id, user, device, {"timeout": step.seconds})
            case MembershipChange():
                self._membership(step)
            case Erase():
                self._erase(step)
            case Retire():
                self._retire(step)
            case Question():
                pass
        return Counter()

    def call(self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str] | None = None) -> Any:
        """What its answer holds."""
        answer = self.client.request(method, path, json=body, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return told["response"] if "response" in told else told["data"]

    def _record(self, step: Batch) -> Counter[str]:
        lists: dict[str, list[dict[str, str]]] = {"focus": [], "pages": [], "away": [], "present": []}
        for one in step.facts:
            entry = {"start": written(one.start), "end": written(one.end)}
            match one.kind:
                case "focus":
                    lists["focus"].append(entry | {"app": one.app, "url": one.url, "title": one.title})
                case "page":
                    lists["pages"].append(entry | {"browser": one.browser, "url": one.url, "title": one.title})
                case "away" | "present":
                    lists[one.kind].append(entry)
        user = str(self.users[step.user].uuid)
        outcome = self.call("POST", "/v1/activity", {"userId": user, "device": step.device, **lists})
        assert {one["code"] for one in outcome["rejected"]} <= {"TOO_OLD"}
        became = {name: outcome[name] for name in ("stored", "unchanged", "erased")}
        return +Counter({**became, "rejected": len(outcome["rejected"])})

    def _beat(self, step: Heartbeats) -> None:
        headers = {"Authorization": f"Bearer {self._token(step.user, step.device)}"}
        sent = [as_wakatime(one) for one in step.facts]
        path = "/api/v1/users/current/heartbeats.bulk"
        answer = self.client.post(path, json=sent, headers=headers)
        if answer.status_code == 400:
            assert answer.text.count("facts are kept from there") == 2, answer.text
            return
        assert {status for _, status in answer.json()["responses"]} <= {201, 400}, answer.text

    def _token(self, number: int, device: str) -> str:
        """A token of a device, of the form that editors take."""
        user = self.users[number].id
        device_id = self._device(user, device)
        if (user, device_id) not in self.tokens:
            with self.database.write(self.id, [user]) as connection:
                made = keys.add_key(connection, self.id, device, keys.DEVICE, 0, user, device_id, for_editor=True)
            self.tokens[user, device_id] = made[1]
        return self.tokens[user, device_id]

    def _erase(self, step: Erase) -> None:
        body: dict[str, Any] = {
            "userId": str(self.users[step.user].uuid),
            "startDate": written(step.start_s * 1000),
            "endDate": written(step.end_s * 1000 - 1000),
            "timeZone": "UTC",
        }
        if step.device is not None:
            body["device"] = step.device
        self.call("DELETE", "/v1/activity", body)

    def _retire(self, step: Retire) -> None:
        """Facts are kept as many days as lie between that one and today."""
        with self.database.read() as connection:
            zone = people.organisation_row(connection, self.id).zone
        kept = [
            None if day is None else local_day(zone, clock.now()) - day.toordinal()
            for day in (step.facts_from, step.slots_from)
        ]
        start_change(self.database, self.id, Change(values={"facts_days": kept[0], "slots_days": kept[1]}))
        self.retention.begin(self.id)

    def retire_some(self) -> bool:
        """One transaction of retention, by one that knows nothing of those before; whether anything is left."""
        return Retention(self.database, step_s=0, most_rows=7).advance(self.id)

    def _device(self, user: int, name: str) -> int:
        with self.database.write(self.id, [user]) as connection:
            known = devices.devices_of(connection, self.id, user).values()
            found = [one.id for one in known if one.name == name]
            return found[0] if found else devices.add_device(connection, self.id, user, name, 0).id

    def _rating(self, step: RatingChange) -> Change:
        whose = {None: ratings.ORGANISATION, STARTER: STORED_STARTER}
        team = whose[step.team] if step.team in whose else self.teams[step.team].id
        kinds = {
            "application": [NameKind.APPLICATION],
            "domain": [NameKind.SITE],
            "both": [NameKind.APPLICATION, NameKind.SITE],
        }[step.kind]
        keys = [(team, kind, rule_name(kind, step.subject)) for kind in kinds]
        if step.rating is None:
            return Change(remove=tuple(keys))
        rating = Rating[step.rating.upper()]
        return Change(tuple(ratings.StoredRule(*key, step.subject, rating, step.ignore_idle) for key in keys))

    def _policy(self, step: PolicyChange) -> Change:
        given = {
            "idle_threshold": step.limits.threshold,
            "away_limit": step.limits.away_limit,
            "unattended_limit": step.limits.unattended_limit,
            "idle_counting": step.limits.idle_counting,
            "week_start": step.week_start,
        }
        values = {name: value for name, value in given.items() if value is not None}
        return Change(values=values, user=None if step.user is None else self.users[step.user].id)

    def _membership(self, step: MembershipChange) -> None:
        team = self.teams[step.team].id
        day = step.from_day.toordinal() if step.from_day else ALWAYS
        user = self.users[step.user].id

        if step.action == "leave":
            change_memberships(self.database, self.id, user, lambda held: left(held, team, day))
        else:
            change_memberships(self.database, self.id, user, lambda held: joined(held, team, day, step.primary))
        with self.database.read() as connection:
            held = people.memberships_of(connection, self.id, user)
        expected = {
            (
                self.teams[one.team].id,
                one.first_day.toordinal() if one.first_day else ALWAYS,
                one.last_day_exclusive.toordinal() if one.last_day_exclusive else FOREVER,
                one.primary,
            )
            for one in step.memberships
        }
        assert set(map(tuple, held)) == expected

    def answer(self, question: Question) -> Answer:
        body = {
            "startDate": f"{question.first_day} 00:00:00",
            "endDate": f"{question.last_day} 23:59:59",
            "timeZone": question.zone,
            "userId": [str(self.users[n].uuid) for n in question.users],
            "teamId": [str(self.teams[n].uuid) for n in question.teams],
        }
        rows = self.call("POST", "/v1/dashboard/weekly-summary", body)["breakdownSummary"]
        classes = ("productive", "neutral", "unproductive", "idle")
        return [
            (date.fromisoformat(row["date"][:10]), tuple(row["metrics"][f"{name}TimeSpendSeconds"] for name in classes))
            for row in rows
        ]

    def differences(self) -> int:
        """Of what is stored from what the facts give."""
        return sum(differences(self.database, self.id, user.id) for user in self.users)
