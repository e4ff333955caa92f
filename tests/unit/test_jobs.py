"""A change of policy is counted beside the figures that answer, whatever happens meanwhile, and in force at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from tests.memberships import change_memberships
from timegrain.alterations import prepare
from timegrain.batches import Batch
from timegrain.counted import counting
from timegrain.counting.facts import Away, Focus, Report
from timegrain.counting.memberships import ALWAYS, joined
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import Tally
from timegrain.erasing import erase
from timegrain.errors import Refused
from timegrain.generations import Following
from timegrain.job_steps import Steps
from timegrain.jobs import JobRunner
from timegrain.policy_changes import change_policy, change_rules, change_soon, changed_by, start_change
from timegrain.recording import record_all
from timegrain.recounting import change_device, differences, recount_everything
from timegrain.storage import jobs, people, ratings
from timegrain.storage.changes import Change
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.facts import FactKind
from timegrain.storage.jobs import Changed, Job
from timegrain.storage.policies import Policies, of_user
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.ratings import ORGANISATION, StoredRule
from timegrain.storage.schema import day_totals, facts, job_people, slot_subjects, slot_totals, users

START = 1_767_225_600
DAY, MINUTE = 86_400, 60
DAYS = 3
# An hour of Code and half an hour of mail a day, four minutes of which without input.
OLD = Tally(neutral=DAYS * 90 * MINUTE)
SHORTER = Tally(neutral=DAYS * 86 * MINUTE, idle=DAYS * 4 * MINUTE)
RATED = Tally(productive=DAYS * 60 * MINUTE, neutral=DAYS * 30 * MINUTE)
THRESHOLD = Change(values={"idle_threshold": 180})
CODE = StoredRule(ORGANISATION, NameKind.APPLICATION, "code", "Code", Rating.PRODUCTIVE, False)
RATING = Change((CODE,))


def report(day: int, app: str = "Code", device: str = "laptop") -> Report:
    start = (START + day * DAY) * 1000
    hour = 60 * MINUTE * 1000
    focus = [Focus(start, start + hour, app), Focus(start + hour, start + hour * 3 // 2, "Mail")]
    return Report(device, focus, away=[Away(start + 600_000, start + 600_000 + 4 * MINUTE * 1000)])


@dataclass
class Office:
    database: Database
    id: int
    users: list[int]

    def record(self, user: int, *reports: Report) -> None:
        with self.database.write(self.id, [user]) as connection:
            record_all(connection, Policies(), [Batch(self.id, user, one) for one in reports])

    def add_user(self) -> int:
        with self.database.write(self.id, policy=True) as connection:
            number = len(self.users)
            self.users.append(people.add_user(connection, self.id, f"u{number}", f"{number}@example.com", 0).id)
        return self.users[-1]

    def sums(self) -> list[Tally]:
        """Of each person, over all days, as a question answers them."""
        with self.database.read() as connection:
            policy = Policies().read(connection, self.id)
            first = 719_163 + START // DAY - 1
            found = []
            for user in self.users:
                meant = [Meant(user, of_user(connection, policy, user).generation, 0, 9_999_999)]
                rows = daily_totals(connection, self.id, "UTC", meant, "UTC", first, first + 30)
                found.append(Tally(*map(sum, zip(*(tally for _, tally in rows), strict=True))))
            return found

    def wrong(self) -> int:
        return sum(differences(self.database, self.id, user) for user in self.users)

    def advance(self) -> bool:
        """By a process of its own, one person a transaction."""
        return JobRunner(self.database, step_s=0).advance(self.id)

    def unread(self) -> int:
        """Rows of figures in generations that do not answer."""
        own = (slot_totals.c.organisation_id == users.c.organisation_id) & (slot_totals.c.user_id == users.c.id)
        others = (users.c.id.in_(self.users)) & (slot_totals.c.generation != users.c.generation)
        with self.database.read() as connection:
            found = select(func.count()).select_from(slot_totals.join(users, own)).where(others)
            return int(connection.execute(found).scalar_one())

    def differing(self) -> int:
        """Rows of differences that are not brought in."""
        own = (slot_subjects.c.organisation_id == users.c.organisation_id) & (slot_subjects.c.user_id == users.c.id)
        found = select(func.count()).select_from(slot_subjects.join(users, own))
        with self.database.read() as connection:
            of_difference = slot_subjects.c.generation == users.c.subject_difference
            return int(connection.execute(found.where(users.c.id.in_(self.users), of_difference)).scalar_one())

    def job(self, job: Job) -> Job:
        with self.database.read() as connection:
            found = jobs.by_uuid(connection, self.id, job.uuid)
        assert found is not None
        return found

    def finish(self, job: Job) -> Changed:
        while not self.job(job).finished:
            assert self.advance()
        return changed_by(self.job(job))


@pytest.fixture
def office(database: Database) -> Office:
    with database.write(0, policy=True) as connection:
        made = Office(database, people.add_organisation(connection, "o", "UTC", "test", 0).id, [])
    for _ in range(3):
        made.record(made.add_user(), *map(report, range(DAYS)))
    return made


@pytest.mark.parametrize(("change", "new"), [(THRESHOLD, SHORTER), (RATING, RATED)], ids=["threshold", "rating"])
def test_in_force_for_all_at_once_and_old_figures_go(office: Office, change: Change, new: Tally) -> None:
    job = start_change(office.database, office.id, change)
    seen = []
    while not office.job(job).finished:
        assert office.sums() == [OLD] * 3
        assert office.wrong() == 0
        seen.append((office.job(job).state, office.job(job).done))
        assert office.advance()
    assert seen == [("waiting", 0), *(("running", done) for done in range(4))]
    assert office.sums() == [new] * 3
    assert office.job(job).state == "done"
    while office.advance():
        assert office.sums() == [new] * 3
    assert office.wrong() == 0
    with office.database.read() as connection:
        for table, current in (
            (slot_totals, users.c.generation),
            (day_totals, users.c.generation),
            (slot_subjects, users.c.subject_generation),
        ):
            own = (table.c.organisation_id == users.c.organisation_id) & (table.c.user_id == users.c.id)
            earlier = select(func.count()).select_from(table.join(users, own)).where(table.c.generation != current)
            assert connection.execute(earlier).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(job_people)).scalar_one() == 0


def test_the_next_change_waits_until_the_difference_of_the_last_one_is_brought_in(office: Office) -> None:
    """Between them nothing is cleared, and a batch comes for seconds whose difference is there."""
    for seconds in (180, 60, 300):
        office.finish(start_change(office.database, office.id, Change(values={"idle_threshold": seconds})))
        assert office.differing() > 0
        assert office.wrong() == 0
        office.record(office.users[0], report(1, "Paint", str(seconds)))
        assert office.wrong() == 0
    while office.advance():
        assert office.wrong() == 0
    assert office.differing() == 0
    assert office.wrong() == 0


def test_several_processes_bring_a_difference_in_together(office: Office) -> None:
    for user in office.users:
        office.record(user, *(report(day) for day in range(100, 400, 100)))
    office.finish(start_change(office.database, office.id, THRESHOLD))

    def clear() -> None:
        while office.advance():
            pass

    threads = [threading.Thread(target=clear) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert office.differing() == 0
    assert office.wrong() == 0


def test_a_difference_is_brought_in_in_parts(office: Office) -> None:
    office.record(office.users[0], *(report(day) for day in range(100, 600, 100)))
    office.finish(start_change(office.database, office.id, THRESHOLD))
    left = [office.differing()]
    while office.advance():
        assert office.wrong() == 0
        left.append(office.differing())
    assert left[-1] == 0
    assert len({*left}) > 4


@pytest.mark.parametrize("change", [THRESHOLD, RATING, Change(values={"zone": "Asia/Kolkata"})], ids=str)
def test_a_long_history_is_counted_a_part_a_transaction(office: Office, change: Change) -> None:
    """Batches come for what is counted already and for what is not, and so does an erasure."""
    for user in office.users[:2]:
        office.record(user, *(report(day) for day in range(100, 600, 100)))
    job = start_change(office.database, office.id, change)
    steps = 0
    while not office.job(job).finished:
        assert office.advance()
        steps += 1
        if steps == 4:
            assert office.job(job).done == 0, "the first is not whole"
        if steps in (3, 4, 6, 9):
            for number, user in enumerate(office.users[:2]):
                app = "Zed" if steps == 4 else "Code"
                office.record(user, *(report(day + steps + number, app) for day in (-50, 110, 410)))
        if steps == 5:
            erase(office.database, office.id, office.users[0], (START + 100 * DAY, START + 101 * DAY))
        assert office.wrong() == 0
        assert office.sums()[2] in (OLD, SHORTER, RATED)
    assert steps > 9, "one a part"
    removals = 0
    while office.advance():
        removals += 1
        assert office.wrong() == 0
    assert removals > 6, "what is old goes in parts too"


@pytest.mark.parametrize("change", [THRESHOLD, RATING], ids=["threshold", "rating"])
def test_a_batch_after_the_preparing_counts(office: Office, change: Change) -> None:
    user = office.users[0]
    start_change(office.database, office.id, change)
    assert office.advance(), "it is pending"
    with office.database.read() as connection:
        policy = Policies().read(connection, office.id)
        assert policy.next is not None
        prepared = prepare(counting(connection, policy, user), policy.next)
    office.record(user, report(DAYS), report(1, "Zed", "desktop"))
    with office.database.write(office.id) as connection:
        office.database.lock_users(connection, office.id, [user])
        policy = Policies().read(connection, office.id)
        assert policy.next is not None
        assert Following(connection, policy, policy.next, [prepared]).count_part(prepared)
    assert office.wrong() == 0
    while office.advance():
        assert office.wrong() == 0


def test_a_job_that_cannot_be_counted_ends_and_holds_up_nobody(office: Office) -> None:
    with office.database.write(0, policy=True) as connection:
        other = Office(office.database, people.add_organisation(connection, "p", "UTC", "test", 0).id, [])
    other.record(other.add_user(), *map(report, range(DAYS)))
    with office.database.write(office.id, [office.users[1]]) as connection:
        # Of a device that there is not, under a stretch that is judged otherwise.
        lost = (
            office.id,
            office.users[1],
            START * 1000 + 660_000,
            99,
            int(FactKind.FOCUS),
            0,
            60_000,
            1,
            0,
            None,
            None,
        )
        store(connection, facts, [lost])
    failing = start_change(office.database, office.id, THRESHOLD)
    behind = start_change(office.database, office.id, RATING)
    elsewhere = start_change(office.database, other.id, THRESHOLD)
    JobRunner(office.database, retry_s=0).finish_all()
    failed = office.job(failing)
    assert (failed.state, failed.error and failed.error[0]) == ("failed", "CHANGE_FAILED")
    assert (office.job(behind).state, other.job(elsewhere).state) == ("done", "done")
    assert (office.sums(), other.sums()) == ([RATED] * 3, [SHORTER])
    with pytest.raises(Refused, match="KeyError"):
        changed_by(failed)
    with office.database.read() as connection:
        assert people.organisation_row(connection, office.id).job_id is None
        assert connection.execute(select(func.count()).select_from(job_people)).scalar_one() == 0
        assert (
            set(
                connection.execute(
                    select(slot_totals.c.generation, users.c.generation)
                    .join_from(
                        slot_totals,
                        users,
                        (slot_totals.c.organisation_id == users.c.organisation_id)
                        & (slot_totals.c.user_id == users.c.id),
                    )
                    .where(slot_totals.c.generation != users.c.generation)
                )
            )
            == set()
        )


def test_what_was_taken_back_goes_with_a_job_that_fails(office: Office) -> None:
    """Some of the first one's next figures are there, and another reach takes them back before it is given up."""
    user = office.users[0]
    office.record(user, *(report(day) for day in range(100, 600, 100)))
    failing = start_change(office.database, office.id, THRESHOLD)
    while not office.unread():
        assert office.advance()
    change_device(office.database, office.id, user, 1, {"reach": 60})
    assert office.unread(), "it is not removed at once"
    steps = Steps(office.database)
    while not steps.give_up(office.id, ValueError()):
        pass
    assert office.job(failing).state == "failed"
    while office.advance():
        pass
    assert office.unread() == 0


def _batch(office: Office) -> None:
    for user in office.users:
        office.record(user, report(DAYS))


def _first_of_its_subject(office: Office) -> None:
    office.record(office.users[0], report(DAYS, "Zed"))
    office.record(office.users[2], report(DAYS, "Zed"))


def _new_user(office: Office) -> None:
    office.record(office.add_user(), report(0))


def _erasure(office: Office) -> None:
    erase(office.database, office.id, office.users[0], (START, START + DAY))
    erase(office.database, office.id, office.users[2], (START + 60, START + 600))


def _reach(office: Office) -> None:
    for user in office.users:
        change_device(office.database, office.id, user, 1, {"reach": 60})


def _membership(office: Office) -> None:
    with office.database.write(office.id, policy=True) as connection:
        team = people.add_team(connection, office.id, "t", 0).id
        ratings.put(connection, office.id, [CODE._replace(team=team, rating=Rating.UNPRODUCTIVE, ignore_idle=True)])
    for user in office.users[:2]:
        change_memberships(office.database, office.id, user, lambda held: joined(held, team, ALWAYS, primary=True))


def _recount(office: Office) -> None:
    recount_everything(office.database, office.id, office.users)


@pytest.mark.parametrize(
    "change",
    [
        THRESHOLD,
        Change((CODE, CODE._replace(name="zed", subject="Zed", ignore_idle=True))),
        Change((CODE._replace(name="zed", subject="Zed"),)),
        Change(values={"zone": "Asia/Kolkata"}),
    ],
    ids=["threshold", "rating", "rating-of-nothing-yet", "zone"],
)
@pytest.mark.parametrize(
    "meanwhile", [_batch, _first_of_its_subject, _new_user, _erasure, _reach, _membership, _recount]
)
def test_what_happens_meanwhile_is_counted_under_both(
    office: Office, change: Change, meanwhile: Callable[[Office], None]
) -> None:
    job = start_change(office.database, office.id, change)
    for _ in range(3):
        assert office.advance()
    assert office.job(job).done == 2, "two of three are counted"
    meanwhile(office)
    assert office.wrong() == 0
    office.finish(job)
    assert office.wrong() == 0


def test_a_dry_run_tells_what_the_change_comes_to(office: Office) -> None:
    change = Change((CODE, CODE._replace(name="nothing", subject="Nothing")), values={"idle_threshold": 180})
    dry = start_change(office.database, office.id, change, dry_run=True)
    foretold = office.finish(dry)
    assert office.sums() == [OLD] * 3
    with office.database.read() as connection:
        assert ratings.all_rules(connection, office.id) == []
        assert people.organisation_row(connection, office.id).idle_threshold == 300
        assert set(connection.execute(select(users.c.generation, users.c.next_generation))) == {(0, None)}
    assert office.finish(start_change(office.database, office.id, change)) == foretold
    moved = Tally(3 * DAYS * 56 * MINUTE, -3 * DAYS * 60 * MINUTE, 0, 3 * DAYS * 4 * MINUTE)
    assert foretold == Changed(
        1, 3 * DAYS * 60 * MINUTE, 3, moved, ((None, CODE), (None, change.put[1])), {"idle_threshold": 300}
    )


def test_what_it_was_before_undoes_it(office: Office) -> None:
    change_rules(office.database, office.id, put=[CODE])
    unproductive = CODE._replace(rating=Rating.UNPRODUCTIVE)
    changed = change_rules(office.database, office.id, put=[unproductive])
    assert changed.rules == ((CODE, unproductive),)
    put = [before for before, _ in changed.rules if before]
    change_rules(office.database, office.id, put=put)
    assert office.sums() == [RATED] * 3
    assert change_rules(office.database, office.id, remove=[CODE.key]).rules == ((CODE, None),)
    assert office.sums() == [OLD] * 3


def test_changes_wait_in_order_for_what_then_holds(office: Office) -> None:
    first = start_change(office.database, office.id, Change(values={"idle_threshold": 1800}))
    second = start_change(office.database, office.id, Change(values={"away_limit": 2400}))
    with pytest.raises(Refused, match="the organisation: 30 ≤ 20 ≤ 240"):
        start_change(office.database, office.id, Change(values={"away_limit": 1200}))
    with office.database.write(office.id, policy=True) as connection:
        # Nobody else writes limits but jobs; if somebody does, the one that no longer fits fails.
        people.set_user(connection, office.id, office.users[1], {"idle_threshold": 3000})
    office.finish(first)
    with pytest.raises(Refused, match=r"1@example\.com"):
        office.finish(second)
    assert office.job(second).error == ("REFUSED", office.job(second).error[1])  # type: ignore[index]
    with office.database.read() as connection:
        row = people.organisation_row(connection, office.id)
        assert (row.idle_threshold, row.away_limit, row.job_id) == (1800, 3600, None)


def test_the_server_goes_on_where_a_caller_waits_no_longer(office: Office) -> None:
    runner = JobRunner(office.database, step_s=0)
    job = change_soon(runner, office.id, THRESHOLD, seconds=0)
    assert (job.state, office.sums()) == ("waiting", [OLD] * 3)
    runner.start()
    finished = any(office.job(job).finished for _ in range(20_000))
    runner.close()
    assert finished
    assert office.sums() == [SHORTER] * 3
    assert change_soon(runner, office.id, RATING, seconds=60).state == "done"


def test_two_changes_at_once_end_in_one_of_the_orders(office: Office) -> None:
    thresholds = [180, 240, 200, 3000]
    threads = [
        threading.Thread(target=change_policy, args=(office.database, office.id, {"idle_threshold": seconds}))
        for seconds in thresholds
    ]
    threads.append(threading.Thread(target=change_rules, args=(office.database, office.id, [CODE])))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with office.database.read() as connection:
        done = jobs.listed(connection, office.id)
        assert [one.state for one in done] == ["done"] * 5
        last = next(one.change.values["idle_threshold"] for one in done if one.change.values)
        assert people.organisation_row(connection, office.id).idle_threshold == last
    idle = 0 if last > 240 else DAYS * 4 * MINUTE
    assert office.sums() == [Tally(DAYS * 60 * MINUTE - idle, DAYS * 30 * MINUTE, 0, idle)] * 3
    assert office.wrong() == 0
