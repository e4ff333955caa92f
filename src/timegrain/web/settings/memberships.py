"""Forms that let somebody join, leave or lead a team, of the page of a person and of that of a team."""

from __future__ import annotations

from typing import Any

from timegrain.web.visits import Visit

_TO = {"join": "POST /v1/teams/{teamId}/members", "lead": "POST /v1/teams/{teamId}/leads"}
_FROM = {
    "leave": "DELETE /v1/teams/{teamId}/members/{userId}",
    "lead-no-more": "DELETE /v1/teams/{teamId}/leads/{userId}",
}
FORMS = (*_TO, *_FROM)


def place(visit: Visit, team: str, user: str) -> None:
    """What the form says in `do`: without a day from today on."""
    do, first = visit.form.one("do"), visit.form.one("from")
    if do in _FROM:
        visit.ask(_FROM[do], None, {"from": first} if first else {}, teamId=team, userId=user)
        return
    body: dict[str, Any] = {"userId": user, **({"from": first} if first else {})}
    if do == "join":
        body |= {"primary": "primary" in visit.form}
    if visit.form.one("to"):
        body["to"] = visit.form.one("to")
    visit.ask(_TO[do], body, teamId=team)
