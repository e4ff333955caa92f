"""Writes `agent.toml`: a commented one at first, later only the lines that pairing is about."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from timegrain.trackers.agent.failures import BadSettings
from timegrain.trackers.agent.home import write_private
from timegrain.trackers.agent.settings import ENCODING, FILE, read_settings, settings_of

FIRST = """\
# What the timegrain agent reads and sends. Read anew each minute; a mistake here stops sending until it is mended.
server = ""                                 # where facts are sent
activitywatch = "http://127.0.0.1:5600"     # the local ActivityWatch server
activitywatch_key = ""                      # its API key, where it has one
history_days = 30                           # how far back the first sending goes
host = ""                                   # which computer's buckets, where ActivityWatch holds several

titles = false                              # send the titles of windows and pages
urls = "host"                               # "host": only https://example.com/, "full": all of it, "none": no URL

# Never told. Any of the three is enough; a site is the host and all under it; titles are regular expressions that
# are searched, ignoring case. send = "private": that something private was in front; "nothing": not even that.
# [[never]]
# apps = ["KeePassXC", "Signal"]
# sites = ["bank.example"]
# titles = ["salary", "^Re: health"]
# send = "private"

# Only in these hours, by this computer's clock or that of the zone named; without this: always.
# [hours]
# days = ["mon", "tue", "wed", "thu", "fri"]
# from = "08:00"
# to = "18:00"
# zone = "Europe/Berlin"
"""


def write_settings(folder: Path, changes: dict[str, str | int]) -> None:
    """Set these keys and leave everything else as it is. Raises `BadSettings`, and then changes nothing."""
    write_private(folder / FILE, changed(folder, changes))


def changed(folder: Path, changes: dict[str, str | int]) -> str:
    """What `write_settings` would write. Raises `BadSettings`."""
    path = folder / FILE
    text = path.read_text(encoding=ENCODING) if path.exists() else FIRST
    read_settings(folder)
    for key, value in changes.items():
        text = _with(text, key, json.dumps(value, ensure_ascii=False))
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{FILE}: cannot be changed, write the server into it yourself: {error}") from None
    if any(table.get(key) != value for key, value in changes.items()):
        raise BadSettings(f"{FILE}: cannot be changed, write {', '.join(changes)} into it yourself")
    settings_of(table)
    return text


def _with(text: str, key: str, value: str) -> str:
    """`key = value` at the top level, in the line that has the key or before everything else."""
    table = re.search(r"^\s*\[", text, re.MULTILINE)
    top, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    line = re.compile(rf"""^([ \t]*{key}[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*'|\d+)""", re.MULTILINE)
    changed, found = line.subn(lambda match: match[1] + value, top, count=1)
    return (changed if found else f"{key} = {value}\n{top}") + rest
