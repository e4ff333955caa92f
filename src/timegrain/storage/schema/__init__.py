"""The tables. Every large one has `organisation_id` first in its key, by which Citus distributes it.

Inside, organisations, users, devices, teams and names are small integers; UUIDs are for the API's edge.
Seconds and milliseconds are since 1970, days are proleptic Gregorian ordinals, ends are exclusive.

Under the facts everything can be counted again: `stretches`, `slot_totals`, `slot_subjects` and
`day_totals`. The last three carry a generation, of which a user's current one counts: a job fills the next
while questions read this one, and then flips `users.generation`. Of `slot_subjects` it fills but the difference
to what is there, `users.subject_difference`, which is added whenever they are read.

The tables that grow have no foreign keys: a check a row would double the cost of a batch, and all their
rows are written in a transaction that holds the user's lock.
"""

from __future__ import annotations

from timegrain.storage.schema.base import metadata
from timegrain.storage.schema.facts import (
    HEARTBEAT_KIND,
    LONG_MS,
    buckets,
    erasures,
    facts,
    names,
    removals,
    texts,
)
from timegrain.storage.schema.figures import (
    day_totals,
    slot_subjects,
    slot_totals,
    stretches,
)
from timegrain.storage.schema.people import (
    ADMIN,
    EMPLOYEE,
    MANAGER,
    NO_ACCESS,
    devices,
    employments,
    keys,
    leads,
    memberships,
    organisations,
    roles,
    teams,
    users,
)
from timegrain.storage.schema.policy import (
    audit,
    audit_people,
    holidays,
    job_people,
    jobs,
    retirements,
    rules,
    schedules,
)
from timegrain.storage.schema.sign_in import sessions, sign_in_failures, sign_in_links

DISTRIBUTED = (
    users,
    roles,
    employments,
    teams,
    memberships,
    leads,
    devices,
    keys,
    sessions,
    sign_in_links,
    sign_in_failures,
    rules,
    schedules,
    holidays,
    jobs,
    job_people,
    retirements,
    audit,
    audit_people,
    buckets,
    names,
    texts,
    facts,
    erasures,
    removals,
    stretches,
    slot_totals,
    slot_subjects,
    day_totals,
)
"""By `organisation_id`, co-located, where there is Citus (`distribution.py`); `organisations` is a reference table."""

__all__ = [
    "ADMIN",
    "DISTRIBUTED",
    "EMPLOYEE",
    "HEARTBEAT_KIND",
    "LONG_MS",
    "MANAGER",
    "NO_ACCESS",
    "audit",
    "audit_people",
    "buckets",
    "day_totals",
    "devices",
    "employments",
    "erasures",
    "facts",
    "holidays",
    "job_people",
    "jobs",
    "keys",
    "leads",
    "memberships",
    "metadata",
    "names",
    "organisations",
    "removals",
    "retirements",
    "roles",
    "rules",
    "schedules",
    "sessions",
    "sign_in_failures",
    "sign_in_links",
    "slot_subjects",
    "slot_totals",
    "stretches",
    "teams",
    "texts",
    "users",
]
