"""The real program, taken through the steps of a world: recording, recounting, erasing, asking."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.counting.memberships import ALWAYS, FOREVER, joined, left
from timegrain.counting.ratings import Rating, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.erasing import erase
from timegrain.recording import Batch as RealBatch
from timegrain.recording import record_all
from timegrain.recounting import (
    change_memberships,
    change_policy,
    change_reach,
    change_rules,
    differences,
)
from timegrain.storage import people, ratings
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.queries.people_meant import people_meant
from timegrain.summary import asked, weekly_summary

from .replay import (
    Batch,
    Erase,
    MembershipChange,
    PolicyChange,
    Question,
    RatingChange,
    ReachChange,
    Start,
    Step,
    ZoneChange,
)

Answer = list[tuple[date, tuple[int, int, int, int]]]


class Program:
    """One organisation of a database that other worlds may use too."""

    def __init__(self, database: Database, name: str, start: Start) -> None:
        self.database = database
        self.policies = Policies()
        with database.write(0, policy=True) as connection:
            self.id = people.add_organisation(connection, name, start.home_zone, "test", 0).id
            values = {"titles": start.text.titles, "urls": start.text.urls, "week_start": start.week_start}
            people.set_organisation_policy(connection, self.id, values)
            self.users = [
                people.add_user(connection, self.id, f"user {n}", f"{n}@example.com", 0) for n in range(start.users)
            ]
            self.teams = [people.add_team(connection, self.id, f"team {n}", 0) for n in range(start.teams)]

    def apply(self, step: Step) -> Counter[str]:
        match step:
            case Batch():
                return self._record(step)
            case RatingChange():
                self._rate(step)
            case PolicyChange():
                self._policy(step)
            case ReachChange():
                user = self.users[step.user].id
                change_reach(self.database, self.id, user, self._device(user, step.device), step.seconds)
            case ZoneChange():
                change_policy(self.database, self.id, {"zone": step.zone})
            case MembershipChange():
                self._membership(step)
            case Erase():
                user = self.users[step.user].id
                erase(self.database, self.id, user, (step.start_s, step.end_s), step.device)
            case Question():
                pass
        return Counter()

    def _record(self, step: Batch) -> Counter[str]:
        made: dict[str, list[Any]] = {"focus": [], "page": [], "away": [], "present": []}
        for one in step.facts:
            match one.kind:
                case "focus":
                    made["focus"].append(Focus(one.start, one.end, one.app, one.url, one.title))
                case "page":
                    made["page"].append(Page(one.start, one.end, one.browser, one.url, one.title))
                case "away":
                    made["away"].append(Away(one.start, one.end))
                case "present":
                    made["present"].append(Present(one.start, one.end))
        report = Report(step.device, *made.values())
        user = self.users[step.user].id
        with self.database.write(self.id, [user]) as connection:
            outcome = record_all(connection, self.policies, [RealBatch(self.id, user, report)])[0]
        assert outcome.rejected == []
        counted = {"stored": outcome.stored, "unchanged": outcome.unchanged, "erased": outcome.erased}
        return +Counter(counted)

    def _device(self, user: int, name: str) -> int:
        with self.database.write(self.id, [user]) as connection:
            known = people.devices_of(connection, self.id, user).values()
            found = [one.id for one in known if one.name == name]
            return found[0] if found else people.add_device(connection, self.id, user, name, 0).id

    def _rate(self, step: RatingChange) -> None:
        team = ratings.ORGANISATION if step.team is None else self.teams[step.team].id
        kinds = {
            "application": [NameKind.APPLICATION],
            "domain": [NameKind.SITE],
            "both": [NameKind.APPLICATION, NameKind.SITE],
        }[step.kind]
        keys = [(team, kind, rule_name(kind, step.subject)) for kind in kinds]
        if step.rating is None:
            change_rules(self.database, self.id, remove=keys)
            return
        rating = Rating[step.rating.upper()]
        put = [ratings.StoredRule(*key, step.subject, rating, step.ignore_idle) for key in keys]
        change_rules(self.database, self.id, put=put)

    def _policy(self, step: PolicyChange) -> None:
        given = {
            "idle_threshold": step.limits.threshold,
            "away_limit": step.limits.away_limit,
            "unattended_limit": step.limits.unattended_limit,
            "idle_counting": step.limits.idle_counting,
            "week_start": step.week_start,
        }
        values = {name: value for name, value in given.items() if value is not None}
        user = None if step.user is None else self.users[step.user].id
        change_policy(self.database, self.id, values, user)

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
        with self.database.read() as connection:
            row = people.organisation_row(connection, self.id)
            meant = people_meant(
                connection,
                self.id,
                [self.users[n].uuid for n in question.users],
                [self.teams[n].uuid for n in question.teams],
            )
            range_ = asked(f"{question.first_day} 00:00:00", f"{question.last_day} 23:59:59", question.zone)
            summary = weekly_summary(connection, self.id, row.zone, row.week_start, meant, range_, question.zone)
        return [
            (
                date.fromisoformat(one.date[:10]),
                (
                    one.metrics.productive_time_spend_seconds,
                    one.metrics.neutral_time_spend_seconds,
                    one.metrics.unproductive_time_spend_seconds,
                    one.metrics.idle_time_spend_seconds,
                ),
            )
            for one in summary.breakdown_summary
        ]

    def differences(self) -> int:
        """Of what is stored from what the facts give."""
        return sum(differences(self.database, self.id, user.id) for user in self.users)
