"""What the agent remembers, which facts it chooses, whose buckets it reads, and how long it waits."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timegrain.cli import main
from timegrain.counting.facts import Away, Focus, Page, Present
from timegrain.trackers.agent.activitywatch_server import Bucket, Read
from timegrain.trackers.agent.computer import chosen_host
from timegrain.trackers.agent.failures import FolderUnusable, HostUnclear
from timegrain.trackers.agent.gathering import OUTSIDE, Gathering
from timegrain.trackers.agent.rounds import HISTORY_AT, RECENT_AT, Due
from timegrain.trackers.agent.running import LONGEST_WAIT_S, MINUTE_S, Backoff
from timegrain.trackers.agent.settings import Settings, settings_of
from timegrain.trackers.agent.state import FILE, LAST_SENT, Gathered, State, digest
from timegrain.trackers.agent.timegrain_server import asked_wait_s
from timegrain.trackers.events import Event, Fact

NOW = 1_790_000_000_000
WINDOWS = Bucket("aw-watcher-window_PC", "currentwindow", "PC")
PAGES = Bucket("aw-watcher-web-firefox", "web.tab.current", "PC")


def told(*facts: Fact) -> list[Gathered]:
    return [Gathered(fact, "b") for fact in facts]


def waiting(state: State, *facts: Fact) -> list[Fact]:
    return [one.fact for one in state.unanswered(told(*facts))]


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_what_was_acknowledged_is_sent_again_only_where_it_grew_or_changed(state: State) -> None:
    focus = Focus(10, 20, "a", "https://a.example/", "")
    page = Page(10, 20, "Firefox", "https://a.example/", "")
    facts = (focus, page, Away(10, 20), Present(10, 20))
    assert waiting(state, *facts) == list(facts)
    state.answer(told(*facts), [], {}, NOW)
    assert waiting(state, *facts, focus._replace(end=19), page._replace(browser="firefox")) == []
    changed = (focus._replace(end=21), focus._replace(app="b"), page._replace(browser="chrome"), Away(11, 20))
    assert waiting(state, *changed) == list(changed)
    assert state.note_ms(LAST_SENT) == NOW


def test_what_was_refused_is_kept_aside_until_it_changes(state: State) -> None:
    focus = Focus(10, 20, "a" * 300)
    state.answer([], [(told(focus)[0], "BAD_ENTRY", "app has more than 255 characters")], {}, NOW)
    assert waiting(state, focus) == []
    assert waiting(state, focus._replace(app="a")) == [focus._replace(app="a")]
    (refusal,) = state.refusals()
    assert (refusal.list, refusal.start, refusal.code, refusal.at) == ("focus", 10, "BAD_ENTRY", NOW)
    assert state.note(LAST_SENT) is None
    state.answer(told(focus._replace(app="a")), [], {}, NOW)
    assert state.refusals() == []


def test_old_facts_and_buckets_that_are_gone_are_forgotten(state: State) -> None:
    old, new, elsewhere = Focus(10, 20, "a"), Focus(30, 40, "a"), Away(30, 40)
    state.answer(told(old, new), [], {}, NOW)
    state.answer([Gathered(elsewhere, "gone")], [], {}, NOW)
    state.write_marks([("b", 1, "7"), ("gone", 1, "7")])
    state.forget({"b": 25})
    assert waiting(state, old, new, elsewhere) == [old, elsewhere]
    assert (state.marks("b"), state.marks("gone")) == ({1: "7"}, {})
    state.answer(told(old), [], {"b": 25}, NOW)
    assert waiting(state, old) == [old]


def test_another_device_has_acknowledged_nothing_but_pauses_hold(state: State) -> None:
    focus = Focus(10, 20, "a")
    state.belong_to("ann")
    state.answer(told(focus), [], {}, NOW)
    state.write_marks([("b", 1, "7")])
    state.pause(5, 6)
    state.belong_to("ann")
    assert waiting(state, focus) == []
    state.belong_to("ben")
    assert waiting(state, focus) == [focus]
    assert (state.marks("b"), state.note(LAST_SENT), state.pauses()) == ({}, None, [(5, 6)])


def test_pauses_stay_for_good(state: State) -> None:
    state.pause(10, 100)
    state.pause(20, 50)
    state.resume(30)
    assert state.pauses() == [(10, 30), (20, 30)]
    state.pause(200, 300)
    state.resume(150)
    assert state.pauses()[-1] == (200, 300)


def test_the_state_is_private_holds_no_text_and_says_where_it_is_broken(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.answer(told(Focus(10, 20, "an app", "https://secret.example/path", "a title")), [], {}, NOW)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert not [text for text in (b"an app", b"secret.example", b"a title") if text in content]
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    state.close()
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    (tmp_path / f"{FILE}-wal").unlink(missing_ok=True)
    with pytest.raises(FolderUnusable, match=FILE):
        State(tmp_path)


@pytest.mark.parametrize("command", ["status", "pause 5m", "resume", "preview", "once"])
def test_a_state_that_is_damaged_inside_is_said_in_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = State(tmp_path)
    state.pause(NOW, NOW + 1)
    state.close()
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    monkeypatch.setattr("sys.argv", ["timegrain", "agent", "--home", str(tmp_path), *command.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert "malformed" in error


def test_digests_tell_texts_apart() -> None:
    assert digest(Focus(0, 1, "ab", "c")) != digest(Focus(0, 1, "a", "bc"))
    assert digest(Focus(0, 1, "a")) == digest(Focus(5, 9, "a"))


# --- Which facts --------------------------------------------------------------------------------------------

shown = st.tuples(st.sampled_from("ab"), st.sampled_from(("", "https://a.example/x", "https://b.example/")))
events = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), shown), min_size=1, max_size=6)


def event(start: int, length: int, said: tuple[str, str]) -> Event:
    return Event(start * 10**9, (start + length) * 10**9, {"app": said[0], "url": said[1]})


@given(events)
def test_of_facts_with_one_identity_the_one_that_stays_is_sent_whatever_their_order(
    drawn: list[tuple[int, int, tuple[str, str]]],
) -> None:
    settings = settings_of({"urls": "full"})
    found = []
    for order in itertools.islice(itertools.permutations(drawn), 10):
        gathering = Gathering(settings, [(0, NOW)], NOW)
        gathering.take(WINDOWS, Read([event(*one) for one in order], Counter()))
        found.append({one.fact for one in gathering.facts()})
    assert all(one == found[0] for one in found)
    hosts = {"": "", "https://a.example/x": "a.example", "https://b.example/": "b.example"}
    for start in {start for start, _, _ in drawn}:
        length, app, _, url = max((n, said[0], hosts[said[1]], said[1]) for at, n, said in drawn if at == start)
        assert Focus(start * 1000, (start + length) * 1000, app, url) in found[0]
    assert len(found[0]) == len({start for start, _, _ in drawn})


def test_what_is_left_out_is_counted_once() -> None:
    gathering = Gathering(Settings(), [(0, 5000)], 10_000)
    secret = Event(0, 10**9, {"url": "https://a.example/", "incognito": True})
    later = Event(20 * 10**9, 21 * 10**9, {"url": "https://a.example/"})
    outside = Event(6 * 10**9, 7 * 10**9, {"url": "https://a.example/"})
    for _ in range(2):
        gathering.take(PAGES, Read([secret, later, outside], Counter({"unreadable": 2})))
    assert list(gathering.facts()) == []
    assert gathering.left_out() == {"incognito": 1, "begins in the future": 1, OUTSIDE: 1, "unreadable": 2}


# --- Whose buckets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "wanted", "own", "host"),
    [
        (set(), "", "", ""),
        ({"a"}, "", "z", "a"),
        ({"a", "b"}, "", "b", "b"),
        ({"a", "b"}, "a", "b", "a"),
        (set(), "a", "", "a"),
    ],
)
def test_the_host(named: set[str], wanted: str, own: str, host: str) -> None:
    assert chosen_host(named, wanted, own) == host


@pytest.mark.parametrize(("wanted", "own"), [("", "c"), ("c", "a"), ("", "")])
def test_an_unclear_host_is_refused_with_the_names(wanted: str, own: str) -> None:
    with pytest.raises(HostUnclear, match="a, b") as unclear:
        chosen_host({"b", "a"}, wanted, own)
    assert "agent.toml" in unclear.value.message


# --- When ---------------------------------------------------------------------------------------------------


def test_what_is_due_by_the_clock_also_by_one_that_was_set_back(state: State) -> None:
    hour, day = 3_600_000, 86_400_000
    assert Due.by(state, NOW) == Due(True, True)
    state.write_notes({RECENT_AT: NOW, HISTORY_AT: NOW})
    assert Due.by(state, NOW + hour - 1) == Due(False, False)
    assert Due.by(state, NOW + hour) == Due(True, False)
    assert Due.by(state, NOW + day) == Due(True, True)
    assert Due.by(state, NOW - 1) == Due(True, True)


def test_waits_grow_are_shaken_and_obey_the_server() -> None:
    first = [Backoff().failed() for _ in range(200)]
    assert max(first) <= 5
    assert len(set(first)) > 100
    backoff = Backoff()
    later = [backoff.failed() for _ in range(400)]
    assert max(later) > LONGEST_WAIT_S / 2
    assert max(later) <= LONGEST_WAIT_S
    assert backoff.failed(at_least_s=5000.0) == 5000.0
    assert backoff.succeeded() == MINUTE_S
    assert backoff.failed() <= 5


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "Mon, 02 Mar 2026 08:02:00 GMT", "Date": "Mon, 02 Mar 2026 08:00:30 GMT"}, 90),
        ({"Retry-After": "Mon, 02 Mar 2026 08:00:00 GMT", "Date": "Mon, 02 Mar 2026 08:00:30 GMT"}, 0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": "Mon, 02 Mar 2026 08:00:30 GMT"}, 86_400),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": "today"}, 86_400),
        ({"Retry-After": "99999999999"}, 86_400),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_what_retry_after_asks_for_is_by_the_servers_clock_and_a_day_at_most(
    headers: dict[str, str], wait_s: float | None
) -> None:
    assert asked_wait_s(httpx.Headers(headers)) == wait_s
