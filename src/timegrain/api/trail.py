"""What the audit trail gets of a call that was answered: changes at once, looks through the journal."""

from __future__ import annotations

from typing import Any

from timegrain.api.access import is_batch
from timegrain.api.calls import Call
from timegrain.api.routes import Route
from timegrain.storage.keys import DEVICE


def leave_trail(call: Call, route: Route[Any]) -> None:
    """After the work, before the answer. What devices send is no entry, nor is a look at oneself alone."""
    house, organisation = call.house, call.caller.organisation
    if call.caller.role != DEVICE and call.caller.key is not None:
        house.journal.used(organisation, call.caller.key)
    if call.trail.recorded or is_batch(route.operation):
        return
    if route.is_change:
        with house.database.write(organisation) as connection:
            call.record(connection)
    elif call.about - {call.caller.user}:
        house.journal.looked(organisation, call.actor, call.about, call.caller.policy_version)
