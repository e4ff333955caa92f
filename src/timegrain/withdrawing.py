"""What was erased or taken away since a backup, made to hold again in what was restored from it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from sqlalchemy import Connection

from timegrain import clock
from timegrain.erasing import erase_in
from timegrain.storage import audit, employments, people, removals, withdrawn
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database
from timegrain.storage.person_erasure import erase_person
from timegrain.storage.policies import ALL_DEVICES, raise_version
from timegrain.storage.schema import EMPLOYEE
from timegrain.storage.withdrawn import OfOrganisation, Standing, Withdrawn

RANGES, CORRECTIONS, PEOPLE = "erased ranges", "corrections", "erased people"
KEYS, LEFT, PASSWORDS, ROLES = "revoked keys", "people who left", "changed passwords", "changed roles"
SESSIONS, UNKNOWN = "ended sessions", "ranges of devices unknown then"


def withdraw_again(database: Database, known: list[Withdrawn], by: Actor) -> Counter[str]:
    """How much of what is gone again. All sessions and links end. The caller scrubs the database."""
    done: Counter[str] = Counter()
    with database.read() as connection:
        organisations = people.all_organisations(connection)
    for one in organisations:
        with database.write(one.id, policy=True) as connection:
            last_at = withdrawn.last_at(connection, one.id)
            for told in (of for each in known for of in each.organisations if of.organisation == one.uuid):
                _Again(connection, one.id, done).all(told, told.last_at >= last_at)
            done[SESSIONS] += withdrawn.end_all_sessions(connection, one.id)
            raise_version(connection, one.id)
            audit.record(connection, one.id, Entry(by))
    return done


class _Again:
    """One organisation in one transaction."""

    def __init__(self, connection: Connection, organisation: int, done: Counter[str]) -> None:
        self._connection, self._organisation, self._done = connection, organisation, done
        self._users: dict[UUID, int] = {one.uuid: one.id for one in people.all_users(connection, organisation)}

    def all(self, told: OfOrganisation, is_newer: bool) -> None:
        """How people stand is taken over only from a state that is newer than the backup."""
        connection, organisation = self._connection, self._organisation
        self._removals(told)
        self._ranges(told)
        self._done[KEYS] += withdrawn.revoke(connection, organisation, told.revoked, clock.now())
        for standing in told.people if is_newer else ():
            if (user := self._users.get(standing.user)) is not None:
                self._stand(user, standing)

    def _removals(self, told: OfOrganisation) -> None:
        connection, organisation = self._connection, self._organisation
        held = {one.uuid for one in removals.all_of(connection, organisation)}
        for one in told.removals:
            user = self._users.get(one.user)
            if one.uuid in held:
                continue
            removals.keep(connection, organisation, one)
            if user is None:
                continue
            if one.within is None:
                erase_person(connection, organisation, user)
                del self._users[one.user]
                self._done[PEOPLE] += 1
            else:
                device = withdrawn.device_with(connection, organisation, user, one.device)
                if one.device is None or device is not None:
                    erase_in(connection, organisation, user, one.within, device and device.name, remember=False)
                    self._done[CORRECTIONS] += 1

    def _ranges(self, told: OfOrganisation) -> None:
        connection, organisation = self._connection, self._organisation
        for one in told.ranges:
            user = self._users.get(one.user)
            if user is None:
                continue
            device = withdrawn.device_with(connection, organisation, user, one.device)
            name = device.name if device is not None else one.device_name
            if one.device is not None and name is None:
                # It reported nothing before the backup, and comes with a token of its own if at all.
                self._done[UNKNOWN] += 1
                continue
            id_ = ALL_DEVICES if one.device is None else device.id if device is not None else None
            within = one.start, one.end
            if id_ is None or not withdrawn.holds_range(connection, organisation, user, within, id_):
                erase_in(connection, organisation, user, within, name)
                self._done[RANGES] += 1

    def _stand(self, user: int, then: Standing) -> None:
        connection, organisation = self._connection, self._organisation
        row = people.user_row(connection, organisation, user)
        values: dict[str, object] = {}
        if then.deactivated_at is not None and row.deactivated_at is None:
            values["deactivated_at"] = then.deactivated_at
        if then.password_mark != withdrawn.mark(row.password):
            values["password"] = then.password
            self._done[PASSWORDS] += 1
        role = withdrawn.role_of(connection, organisation, then.role)
        # A role made since is not here: less than it opened, never more.
        if (role or EMPLOYEE) != row.role_id:
            values["role_id"] = role or EMPLOYEE
            self._done[ROLES] += 1
        ended = then.ends is not None and self._end(user, then.ends)
        self._done[LEFT] += "deactivated_at" in values or ended
        if values:
            people.set_user(connection, organisation, user, values)

    def _end(self, user: int, day: int) -> bool:
        held = employments.of_user(self._connection, self._organisation, user)
        if held and (held[-1][1] <= day or held[-1][0] >= day):
            return False
        employments.set_employments(self._connection, self._organisation, user, employments.ended(held, day))
        return True
