"""`agent.toml`: what it says, what is refused and how, and what pairing changes in it."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from timegrain.trackers.agent.activitywatch_server import ActivityWatch
from timegrain.trackers.agent.failures import ActivityWatchAway, BadSettings, ProxyUnusable, ServerAway
from timegrain.trackers.agent.settings import FILE, Hours, Settings, read_settings, settings_of
from timegrain.trackers.agent.timegrain_server import TimegrainServer
from timegrain.trackers.agent.written import FIRST, write_settings


def written(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_everything_is_as_at_first(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings() == read_settings(written(tmp_path, FIRST))


def test_the_commented_examples_are_settings(tmp_path: Path) -> None:
    examples = "\n".join(line.removeprefix("# ") for line in FIRST.splitlines() if " = [" in line or "[[" in line)
    hours = '\n[hours]\ndays = ["mon", "fri"]\nfrom = "08:00"\nto = "18:00"\nzone = "Europe/Berlin"'
    examples = examples.replace('days = ["mon", "tue", "wed", "thu", "fri"]', "")
    settings = read_settings(written(tmp_path, examples + hours))
    (never,) = settings.never
    assert never.apps == {"keepassxc", "signal"}
    assert never.sites == ("bank.example",)
    assert [pattern.pattern for pattern in never.titles] == ["salary", "^Re: health"]
    assert settings.hours == Hours(frozenset({0, 4}), time(8), time(18), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ({"title": True}, "title"),
        ({"titles": "yes"}, "titles"),
        ({"titles": 1}, "titles"),
        ({"urls": "hosts"}, "urls"),
        ({"history_days": -1}, "history_days"),
        ({"history_days": True}, "history_days"),
        ({"history_days": 1.5}, "history_days"),
        ({"server": "timegrain.example"}, "server"),
        ({"server": "ftp://timegrain.example"}, "server"),
        ({"server": "https://u:p@timegrain.example"}, "server"),
        ({"activitywatch": 5600}, "activitywatch"),
        ({"activitywatch_key": "кл"}, "activitywatch_key"),
        ({"activitywatch_key": "a\nb"}, "activitywatch_key"),
        ({"host": ["a"]}, "host"),
        ({"never": {"apps": ["a"]}}, "[[never]]"),
        ({"never": [{"apps": ["a"]}, {"send": "nothing"}]}, "never[2]"),
        ({"never": [{"app": ["a"]}]}, "never[1].app"),
        ({"never": [{"apps": "a"}]}, "never[1].apps"),
        ({"never": [{"apps": [" "]}]}, "never[1].apps"),
        ({"never": [{"sites": ["a.example/path"]}]}, "never[1].sites"),
        ({"never": [{"titles": ["("]}]}, "never[1].titles"),
        ({"never": [{"apps": ["a"], "send": "all"}]}, "never[1].send"),
        ({"hours": []}, "hours"),
        ({"hours": {"days": ["someday"]}}, "hours.days"),
        ({"hours": {"days": []}}, "hours.days"),
        ({"hours": {"from": "8:00"}}, "hours.from"),
        ({"hours": {"from": "24:00"}}, "hours.from"),
        ({"hours": {"to": "25:00"}}, "hours.to"),
        ({"hours": {"from": "08:00", "to": "08:00"}}, "hours.to"),
        ({"hours": {"zone": "Mars/Base"}}, "hours.zone"),
        ({"hours": {"zone": ""}}, "hours.zone"),
        ({"hours": {"until": "18:00"}}, "hours.until"),
    ],
)
def test_a_mistake_is_named(table: dict[str, Any], names: str) -> None:
    with pytest.raises(BadSettings) as wrong:
        settings_of(table)
    assert f" {names} " in f" {wrong.value.message} ".replace(";", " ;").replace("as", " as ")
    assert wrong.value.message.startswith(FILE)
    assert "\n" not in wrong.value.message


def test_what_is_no_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="not TOML"):
        read_settings(written(tmp_path, "titles ="))


def test_the_mark_with_which_editors_of_windows_begin_a_file_is_read_over(tmp_path: Path) -> None:
    written(tmp_path, "\ufefftitles = true\n")
    assert read_settings(tmp_path).titles
    write_settings(tmp_path, {"server": "https://t.example"})
    assert read_settings(tmp_path) == Settings(titles=True, server="https://t.example")


@pytest.mark.parametrize("proxy", ["socks://ann:secret@127.0.0.1:9/", "socks5://ann:secret@127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_said_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ProxyUnusable) as refused:
        TimegrainServer("https://timegrain.example", "tg_1_x")
    assert "secret" not in refused.value.message
    TimegrainServer("http://127.0.0.1:9", "tg_1_x").close()


@pytest.mark.parametrize("address", ["http://a..b", f"http://{'a' * 300}"])
def test_an_address_that_cannot_be_looked_up_is_one_that_cannot_be_reached(address: str) -> None:
    with closing(TimegrainServer(address, "tg_1_x")) as server, pytest.raises(ServerAway):
        server.device()
    with closing(ActivityWatch(address)) as activitywatch, pytest.raises(ActivityWatchAway):
        activitywatch.buckets()


def test_the_first_file_is_private_and_has_the_server(tmp_path: Path) -> None:
    write_settings(tmp_path, {"server": "https://t.example", "history_days": 7})
    settings = read_settings(tmp_path)
    assert (settings.server, settings.history_days) == ("https://t.example", 7)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert len((tmp_path / FILE).read_text().splitlines()) == len(FIRST.splitlines())


def test_pairing_changes_its_own_lines_alone(tmp_path: Path) -> None:
    before = 'titles = true # mine\nserver = "http://127.0.0.1:1" # old\n\n[[never]]\nserver = ["x"]\n'
    written(tmp_path, before.replace("server = [", "apps = ["))
    write_settings(tmp_path, {"server": 'https://t.example/"q', "history_days": 3})
    after = (tmp_path / FILE).read_text()
    assert 'titles = true # mine\nserver = "https://t.example/\\"q" # old\n' in after
    assert read_settings(tmp_path).never[0].apps == {"x"}
    assert read_settings(tmp_path).history_days == 3


@pytest.mark.parametrize("text", ["titles =", "colour = 1", 'server = """\nhttps://a.example"""'])
def test_a_file_that_cannot_be_changed_stays(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    with pytest.raises(BadSettings):
        write_settings(tmp_path, {"server": "https://t.example"})
    assert (tmp_path / FILE).read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
