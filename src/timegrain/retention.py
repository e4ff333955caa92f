"""What is older than the organisation keeps it goes, in small transactions that nobody waits for.

First everybody's boundary is set: from that moment the slots before it are frozen, and no question reads their
facts. Then the facts that decide nothing from there on are removed, some at a time, and titles and slots before their
own boundaries. So what stops anywhere has left every figure right, and goes on from there, in this process or in
another; any number may work together, for each step takes its user's lock and looks again at what is left.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.calendar import date_at, day_at, day_start
from timegrain.counting.instants import DAY
from timegrain.recounting import Progress, silent
from timegrain.storage import audit, facts, generations, names, people, retention, slots, stretches
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies, Policy, raise_version
from timegrain.storage.queries import deciding_facts
from timegrain.storage.retention import Boundaries, Retired, Standing
from timegrain.storage.slots import Owner

log = logging.getLogger("timegrain.retention")

EVERY_S = 3600.0
STEP_S = 0.02
"""A transaction begins no further part after this long: batches wait for it."""

PAUSE_S = 0.005
"""Between two transactions, so that those who wait get their turn."""

MOST_ROWS = 500
"""That one part of a step removes."""

DAYS_A_PART = 28
QUIET_S = 10
"""Names are removed of a user of whom nothing came this long while they were looked for."""


class Retention:
    """Of one database: removes where it is called, and once started each hour in a thread of its own."""

    def __init__(
        self,
        database: Database,
        step_s: float = STEP_S,
        pause_s: float = PAUSE_S,
        most_rows: int = MOST_ROWS,
        ran: Callable[[bool], object] = bool,
    ) -> None:
        """`ran` is told of each hourly run whether it went well."""
        self._database, self._ran = database, ran
        self._step_s, self._pause_s, self._most = step_s, pause_s, most_rows
        self._policies = Policies()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._hourly, name="timegrain-retention", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """After the transaction that is being done."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _hourly(self) -> None:
        while not self._closing.is_set():
            try:
                self.run_all()
                self._ran(True)
            except Exception as error:
                self._ran(False)
                # The type alone: an exception's text may hold somebody's title. The next round tries again.
                log.error(json.dumps({"retention": "failed", "error": type(error).__name__}))
            self._closing.wait(EVERY_S)

    def run_all(self) -> None:
        """Every organisation, one after the other."""
        with self._database.read() as connection:
            organisations = people.all_organisations(connection)
        for one in organisations:
            self.run(one.id)

    def run(self, organisation: int, progress: Progress = silent) -> None:
        """Remove all that is older than the organisation keeps it."""
        self.begin(organisation)
        while not self._closing.is_set() and self.advance(organisation, progress):
            self._closing.wait(self._pause_s)

    def begin(self, organisation: int) -> None:
        """Set everybody's boundaries to where they are by now; not while a change of policy is being counted.

        Of it some people's figures, or a part of them, are ready: all are frozen under one policy or the other.
        """
        with self._database.read() as connection:
            to = retention.boundaries(connection, organisation, clock.now())
            if not retention.has_work(connection, organisation, to):
                return
        with self._database.write(organisation, policy=True) as connection:
            if people.organisation_row(connection, organisation).job_id is not None:
                return
            to = retention.boundaries(connection, organisation, clock.now())
            if retention.begin(connection, organisation, to, clock.now()):
                raise_version(connection, organisation)

    def advance(self, organisation: int, progress: Progress = silent) -> bool:
        """One small transaction of what is next; False where nothing is left."""
        return self._database.again(partial(self._advance, organisation, progress))

    def _advance(self, organisation: int, progress: Progress) -> bool:
        with self._database.read() as connection:
            users = retention.retiring(connection, organisation)
            run = retention.last_run(connection, organisation)
        if run is not None and run.total:
            progress(run.done, run.total)
        if not users:
            self._finish(organisation)
            return False
        if not self._step(organisation, users[0]):
            self._finish_user(organisation, users[0])
        return True

    def _step(self, organisation: int, user: int) -> bool:
        """Remove some of a user; False where nothing is left."""
        with self._database.write(organisation, [user]) as connection:
            held = retention.standing(connection, organisation, user)
            if held is None:
                return True
            policy = self._policies.read(connection, organisation)
            to = retention.boundaries(connection, organisation, clock.now())
            parts = _Parts(connection, policy, user, held, to, self._most)
            enough = time.monotonic() + self._step_s
            while (found := parts.remove()) and time.monotonic() < enough:
                pass
            retention.note(connection, organisation, user, parts.held, parts.gone)
            return found

    def _finish_user(self, organisation: int, user: int) -> None:
        """Names that nothing holds any more are looked for beside the writer, which that would keep too long."""
        with self._database.read() as connection:
            came, now = retention.last_report(connection, organisation, user), clock.now()
            unused = names.unused_names(connection, organisation, user)
        with self._database.write(organisation, [user]) as connection:
            if retention.standing(connection, organisation, user) is None:
                return
            quiet = came < now - QUIET_S and came == retention.last_report(connection, organisation, user)
            if unused and quiet:
                names.drop_names(connection, organisation, user, unused)
            retention.finish_user(connection, organisation, user)

    def _finish(self, organisation: int) -> None:
        with self._database.read() as connection:
            run = retention.last_run(connection, organisation)
            zone = people.organisation_row(connection, organisation).zone
            to = retention.boundaries(connection, organisation, clock.now())
        if run is None or run.finished_at is not None:
            return
        with self._database.write(organisation) as connection:
            run = retention.last_run(connection, organisation)
            if run is None or not retention.finish(connection, organisation, clock.now()):
                return
            if run.facts or run.texts or run.slots:
                gone = {"facts": run.facts, "titles": run.texts, "quarterHours": run.slots}
                after = {**as_dates(zone, to), "removed": gone}
                audit.record(connection, organisation, Entry(Actor("timegrain retention"), after=after))


def as_dates(zone: str, to: Boundaries) -> dict[str, str | None]:
    """From when each is kept, as answers and the audit trail have it."""
    return {f"{name}From": None if second is None else date_at(zone, second) for name, second in to._asdict().items()}


class _Parts:
    """What a step removes of one user, a part after the other."""

    def __init__(
        self, connection: Connection, policy: Policy, user: int, held: Standing, to: Boundaries, most: int
    ) -> None:
        self._connection, self._policy, self._user = connection, policy, user
        self._whom = (connection, policy.organisation, user)
        self.held, self._to, self._most = held, to, most
        self.gone = Retired()

    def remove(self) -> bool:
        """Remove one part; False where nothing is left."""
        return self._facts() or self._texts() or self._slots()

    def _facts(self) -> bool:
        since = self.held.facts_from
        if since is None:
            return False
        gone = facts.retire(*self._whom, since, self._most)
        self.gone = self.gone._replace(facts=self.gone.facts + gone)
        return bool(gone) or bool(stretches.retire(*self._whom, since, self._most))

    def _texts(self) -> bool:
        since, low = self.held.titles_from, self.held.texts_gone_to
        if since is None or (low is not None and low >= since * 1000):
            return False
        if low is None:
            first = deciding_facts.bounds(*self._whom)
            low = since * 1000 if first is None else min(first[0], since) * 1000
        high = min(since, low // 1000 + DAYS_A_PART * DAY) * 1000
        gone, low = facts.retire_texts(*self._whom, (low, high), self._most)
        self.gone = self.gone._replace(texts=self.gone.texts + gone)
        self.held = self.held._replace(texts_gone_to=low)
        return True

    def _slots(self) -> bool:
        """Only what is frozen goes: nothing can count it again."""
        held = self.held
        if self._to.slots is None or held.facts_from is None:
            return False
        since = min(self._to.slots, held.facts_from)
        if held.slots_from is not None and held.slots_from >= since:
            return False
        owner = Owner(
            self._policy.organisation,
            self._user,
            held.generation,
            held.subject_generation,
            held.subject_difference,
        )
        owners = [(owner, self._policy.zone)]
        following = generations.following(self._connection, owner) if self._policy.next else None
        if following is not None and self._policy.next is not None:
            owners.append((following[0], self._policy.next.zone))
        firsts = [whole[0] for one, _ in owners for whole in slots.before(self._connection, one, since)]
        if not firsts:
            self.held = held._replace(slots_from=since)
            return True
        zone = self._policy.zone
        end = min(since, day_start(zone, day_at(zone, min(firsts)) + DAYS_A_PART))
        gone = [slots.forget(self._connection, one, [(min(firsts), end)], of_zone) for one, of_zone in owners]
        if self._policy.next is not None:
            # What a job found out from these slots, and has not written yet, would bring them back.
            raise_version(self._connection, self._policy.organisation)
        self.gone = self.gone._replace(slots=self.gone.slots + gone[0])
        self.held = held._replace(slots_from=max(end, held.slots_from or end))
        return True
