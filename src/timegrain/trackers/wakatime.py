"""A WakaTime heartbeat as a fact, and the editor that a user agent names.

Of what an editor sends, the instant, the editor, the entity and the project's name are read. Nothing is kept of
branch, language, lines or machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from timegrain.counting.facts import Heartbeat
from timegrain.counting.subjects import application
from timegrain.errors import wrong

EntityType = Literal["file", "app", "domain", "url"]

LAST_PROJECT = "<<LAST_PROJECT>>"
"""What an editor sends that means the project of the heartbeat before."""

UNKNOWN = "unknown"
BETWEEN = " — "
"""In a title, between project and file name."""

_IN_BRACKETS = re.compile(r"\([^)]*\)")
_SEPARATORS = re.compile(r"[/\\]")
_PLUGIN = "-wakatime"
_NO_EDITORS = frozenset({UNKNOWN, "go", "python"})
_LATEST_S = 253_402_300_800
"""The year 10000: a later time is one in milliseconds."""


class Told(NamedTuple):
    """What is read of a heartbeat. `at` is milliseconds; `project` may be `LAST_PROJECT`, or "" for none."""

    at: int
    editor: str
    type: EntityType
    entity: str
    project: str


def milliseconds(time: float) -> int:
    """Of UNIX seconds. Raises `ValidationFailed`."""
    if not 0 <= time < _LATEST_S:
        raise wrong("time", "not UNIX seconds")
    return round(time * 1_000_000) // 1000  # the nearest microsecond, which a float of today's still tells


def editor_of(user_agent: str) -> str:
    """`wakatime/v1.102.1 (linux-6.1-x86_64) go1.22.5 vscode/1.86.0 vscode-wakatime/24.4.0` → `vscode`.

    Without an editor the plugin's name, else `unknown`.
    """
    parted = [token.partition("/") for token in _IN_BRACKETS.sub(" ", user_agent).split()]
    products = [name for name, slash, _ in parted if name and slash]
    # A browser's own user agent names engines, which are no editors.
    told = products[1:] if products and products[0].lower() == "wakatime" else []
    for name in told:
        if not name.lower().endswith(_PLUGIN) and name.lower() not in _NO_EDITORS:
            return name
    plugins = (name[: -len(_PLUGIN)] for name in products if name.lower().endswith(_PLUGIN))
    return next(filter(None, plugins), UNKNOWN)


def with_projects(heartbeats: Sequence[Told], last_project: Callable[[str, int], str]) -> list[Told]:
    """`LAST_PROJECT` resolved: the project of the newest earlier heartbeat of that editor that names one.

    Where none of these does, `last_project` is asked, once an editor, with the editor and the instant.
    """
    known: dict[str, str] = {}
    resolved = list(heartbeats)
    for place in sorted(range(len(resolved)), key=lambda place: resolved[place].at):
        one = resolved[place]
        editor = application(one.editor)
        if one.project == LAST_PROJECT:
            if editor not in known:
                known[editor] = last_project(one.editor, one.at)
            resolved[place] = one._replace(project=known[editor])
        elif one.project:
            known[editor] = one.project
    return resolved


def fact_of(told: Told) -> Heartbeat:
    """The fact: an app or a site is in front by its own name, a file by the editor's, with its base name alone."""
    match told.type:
        case "file":
            name = _SEPARATORS.split(told.entity.rstrip("/\\"))[-1]
            title = BETWEEN.join(filter(None, (told.project, name)))
            return Heartbeat(told.at, told.editor, told.editor, title=title)
        case "app":
            return Heartbeat(told.at, told.editor, told.entity)
        case "domain":
            # A browser's plugin says `https://github.com`.
            url = told.entity if "://" in told.entity else f"https://{told.entity}"
            return Heartbeat(told.at, told.editor, told.editor, url)
        case "url":
            return Heartbeat(told.at, told.editor, told.editor, told.entity)


def project_in(title: str) -> str:
    """The project in a title that `fact_of` made, "" where there is none."""
    project, between, _ = title.partition(BETWEEN)
    return project if between else ""
