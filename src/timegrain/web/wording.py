"""What is wrong with a field, in words for people: the API tells programs the type that it expected."""

from __future__ import annotations

import re

_NAMES = {
    "userId": "person",
    "teamId": "team",
    "roleId": "role",
    "roleName": "name",
    "userName": "name",
    "emailId": "mail",
    "email": "mail",
    "from": "first day",
    "to": "last day",
}
"""Fields whose name in the API is none of a form's."""

_MESSAGES = (
    (r"Expected `(?:str|array)` of length >= 1$", "must not be empty"),
    (r"Expected `str` of length >= (\d+)", r"must have at least \1 characters"),
    (r"Expected `str` of length <= (\d+)", r"must have at most \1 characters"),
    (r"Expected `str` matching regex .*@.*", "must be a mail address"),
    (r"Expected `str` matching regex .*", "must not be empty"),
    (r"Expected `int` >= (-?\d+)", r"must be \1 or more"),
    (r"Expected `int` <= (-?\d+)", r"must be \1 or less"),
    (r"Expected `int.*", "must be a whole number"),
    (r"Invalid RFC3339 encoded date|Expected `date.*", "must be a date"),
    (r"Invalid UUID|Expected `uuid.*", "must be chosen"),
    (r"Invalid enum value.*", "must be chosen"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "is not there"),
    (r"Object missing required field.*", "must be given"),
)


def field_name(field: str) -> str:
    """`joined on` of `joinedOn`, `person` of `userId`."""
    last = field.rpartition(".")[2]
    return _NAMES.get(last) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).lower()


def field_message(message: str) -> str:
    for pattern, words in _MESSAGES:
        if found := re.match(pattern, message):
            return found.expand(words)
    return message
