"""What is read of WakaTime's heartbeats: instants, editors, projects, and the facts that they become."""

from __future__ import annotations

from itertools import permutations

import pytest

from timegrain.counting.facts import Heartbeat
from timegrain.errors import ValidationFailed
from timegrain.trackers.wakatime import (
    LAST_PROJECT,
    EntityType,
    Told,
    editor_of,
    fact_of,
    milliseconds,
    project_in,
    with_projects,
)

SYSTEM = "wakatime/v1.102.1 (linux-6.1.0-13-amd64-x86_64) go1.22.5"


@pytest.mark.parametrize(
    ("user_agent", "editor"),
    [
        (f"{SYSTEM} vscode/1.86.0 vscode-wakatime/24.4.0", "vscode"),
        (f"{SYSTEM} VisualStudio/17.8 visualstudio-wakatime/17.0.0", "VisualStudio"),
        (f"{SYSTEM} vim/802 vim-wakatime/11.1.1", "vim"),
        (f"{SYSTEM} sublime-wakatime/11.1.0", "sublime"),
        (f"{SYSTEM} Unknown/0", "unknown"),
        (
            "wakatime/13.0.7 (Linux-5.4.0-x86_64-with-glibc2.29) Python3.8.5.final.0 emacs/27.1 emacs-wakatime/1",
            "emacs",
        ),
        ("wakatime/13.0.7 (Windows-10.0.19045-unknown) python/3.8 pycharm/2021 pycharm-wakatime/13", "pycharm"),
        ("wakatime/13.0.6", "unknown"),
        ("wakatime/13.0.6 ( go1.22 vscode/1", "vscode"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0", "unknown"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/120.0 firefox-wakatime/3.0.1", "firefox"),
        ("curl/8.5.0", "unknown"),
        ("", "unknown"),
        (f"{SYSTEM} -wakatime/1", "unknown"),
        (f"{SYSTEM} /1.0", "unknown"),
    ],
)
def test_editors(user_agent: str, editor: str) -> None:
    assert editor_of(user_agent) == editor


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1772440503.12, 1772440503120),
        (1585598059, 1585598059000),
        (1772440503.9999, 1772440503999),
        (1772440503.001, 1772440503001),
        (0, 0),
    ],
)
def test_instants(time: float, expected: int) -> None:
    assert milliseconds(time) == expected


def test_each_millisecond_of_a_float_is_itself() -> None:
    assert [milliseconds(1772440503 + n / 1000) - 1772440503000 for n in range(1000)] == list(range(1000))


@pytest.mark.parametrize("time", [-1, 1772440503000, 1e300])
def test_what_is_no_instant_is_refused_by_its_field(time: float) -> None:
    with pytest.raises(ValidationFailed) as refused:
        milliseconds(time)
    assert [detail.field for detail in refused.value.details] == ["time"]


@pytest.mark.parametrize(
    ("type_", "entity", "project", "expected"),
    [
        ("file", "/home/a/app/main.py", "app", Heartbeat(1, "vim", "vim", "", "app — main.py")),
        ("file", "C:\\Users\\a\\app\\main.py", "app", Heartbeat(1, "vim", "vim", "", "app — main.py")),
        ("file", "ssh://a@host:22/srv/x.py", "", Heartbeat(1, "vim", "vim", "", "x.py")),
        ("file", "main.py", "", Heartbeat(1, "vim", "vim", "", "main.py")),
        ("file", "/home/a/app/", "app", Heartbeat(1, "vim", "vim", "", "app — app")),
        ("file", "/", "app", Heartbeat(1, "vim", "vim", "", "app")),
        ("app", "Figma", "app", Heartbeat(1, "vim", "Figma")),
        ("domain", "github.com", "app", Heartbeat(1, "vim", "vim", "https://github.com")),
        ("domain", "http://github.com", "app", Heartbeat(1, "vim", "vim", "http://github.com")),
        ("url", "https://github.com/pulls", "app", Heartbeat(1, "vim", "vim", "https://github.com/pulls")),
    ],
)
def test_facts(type_: EntityType, entity: str, project: str, expected: Heartbeat) -> None:
    assert fact_of(Told(1, "vim", type_, entity, project)) == expected
    assert expected.end == expected.start


def test_the_project_is_read_back_from_a_title() -> None:
    for project in ("app", ""):
        assert project_in(fact_of(Told(1, "vim", "file", "/a/main.py", project)).title) == project


def told(at: int, project: str, editor: str = "vim") -> Told:
    return Told(at, editor, "file", f"/{at}.py", project)


def test_the_last_project_is_that_of_the_editor_before() -> None:
    """By time, whatever their order; those before the first that names one are asked for once an editor."""
    asked: list[tuple[str, int]] = []

    def last_project(editor: str, at: int) -> str:
        asked.append((editor, at))
        return f"kept of {editor}"

    sent = [
        told(1, LAST_PROJECT),
        told(2, LAST_PROJECT),
        told(3, "app"),
        told(4, "other", "emacs"),
        told(5, ""),
        told(6, LAST_PROJECT, "VIM"),
        told(7, LAST_PROJECT, "emacs"),
        told(8, LAST_PROJECT, "code"),
    ]
    expected = {1: "kept of vim", 2: "kept of vim", 3: "app", 4: "other", 5: "", 6: "app", 7: "other"}
    for order in permutations(sent[:5]):
        asked.clear()
        resolved = with_projects([*order, *sent[5:]], last_project)
        assert {one.at: one.project for one in resolved} == {**expected, 8: "kept of code"}
        assert [one.at for one in resolved] == [*(one.at for one in order), 6, 7, 8]
        assert asked == [("vim", 1), ("code", 8)]
