"""How time is counted here: found from each figure, in the words of the docs, with a picture that holds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.contract.served import Office, succeeded
from tests.web.visiting import visitor
from timegrain.counting.stretches import Limits
from timegrain.web.counting import WORDS, moments
from timegrain.web.views import CLASSES

RULES = Path(__file__).parents[2] / "docs" / "counting.md"


def text_of(html: str) -> str:
    """As a person reads it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def meanings(page: str) -> dict[str, str]:
    """What the page says of each word."""
    found = re.findall(r'<div id="(\w+)"><dt>.*?</dt><dd>(.*?)</dd>', page, re.DOTALL)
    return {name: text_of(said) for name, said in found}


def test_a_figure_tells_what_it_means_and_leads_to_the_whole(office: Office) -> None:
    office.run("policy", "--idle-minutes", "7", "--away-limit-minutes", "45")
    office.send(focus=[{"start": "2026-02-09T05:00:00Z", "end": "2026-02-09T05:30:00Z", "app": "Excel"}])
    anna = visitor(office)
    week = anna.get("/week?week=2026-02-09")
    told = dict(re.findall(r'<div class="pop">((?:(?!</div>).)*)<p><a href="/counting#(\w+)">', week, re.DOTALL))
    beside = {name: text_of(said) for said, name in told.items()}
    assert tuple(beside) == CLASSES
    assert "no input for 7 minutes or longer" in beside["idle"]
    assert "A pause longer than 45 minutes is untracked" in beside["idle"]
    assert "rated neutral or not rated yet. It says nothing about the person" in beside["neutral"]
    whole = meanings(anna.get("/counting"))
    assert tuple(whole) == WORDS
    for name in CLASSES:
        assert whole[name].lower() in beside[name].lower(), name


def test_the_limits_are_those_of_the_reader(office: Office) -> None:
    office.run("policy", "--user", "anna@example.com", "--idle-minutes", "9", "--idle", "off")
    read = text_of(visitor(office).get("/counting"))
    assert "Idle threshold 9 minutes" in read
    assert "Idle counting off" in read


def test_the_words_are_those_of_the_rules(sqlite_office: Office) -> None:
    rules = text_of(RULES.read_text())
    for name, said in meanings(visitor(sqlite_office).get("/counting")).items():
        assert f"{name.capitalize()}: {said[0].lower()}{said[1:]}" in rules, name


@pytest.mark.parametrize(
    ("limits", "policy"),
    [
        (Limits(), []),
        (
            Limits(60, 60, 1200),
            ["--idle-minutes", "1", "--away-limit-minutes", "1", "--unattended-limit-minutes", "20"],
        ),
        (Limits(idle_counting=False), ["--idle", "off"]),
    ],
)
def test_the_server_counts_the_picture_as_it_is_drawn(sqlite_office: Office, limits: Limits, policy: list[str]) -> None:
    if policy:
        sqlite_office.run("policy", *policy)
    drawn = moments(limits)
    at, focus, away = datetime.fromisoformat("2026-02-03T09:00:00+05:30"), [], []
    for one in drawn:
        edges = {"start": at.isoformat(), "end": (at := at + timedelta(seconds=one.seconds)).isoformat()}
        focus.append({**edges, "app": one.front})
        away += [edges] if one.paused else []
        sqlite_office.run("rate", one.front, one.rating, *(["--ignore-idle"] if one.ignores_idle else []))
    sqlite_office.send(focus=focus, away=away)
    counted = succeeded(sqlite_office.ask(startDate="2026-02-03 00:00:00", endDate="2026-02-03 23:59:59"))
    for name in ("productive", "neutral", "unproductive", "idle"):
        expected = sum(one.seconds for one in drawn if one.counts == name)
        assert counted["overallSummary"][f"total{name.capitalize()}TimeSpendSeconds"] == expected, name
