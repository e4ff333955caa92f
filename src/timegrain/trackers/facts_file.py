"""timegrain's own file of one person's facts: JSON lines, each told apart by its `kind`.

The first says what the file is, then come devices, erased ranges, and facts by their start; the last counts
the facts, so that a file that was cut short is known. Instants are UTC, ends are exclusive. What text the
organisation did not keep is not there; a site's `host` is there without its URL.

```
{"kind":"timegrain-facts","version":1}
{"kind":"device","name":"laptop-7","reach":5,"timeout":120}
{"kind":"erased","start":"2026-02-03T10:00:00Z","end":"2026-02-03T11:00:00Z","device":null}
{"kind":"focus","device":"laptop-7","start":"2026-02-03T09:00:00.700Z","end":"2026-02-03T10:00:00Z","app":"Code"}
{"kind":"end","facts":1}
```
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from gzip import BadGzipFile
from typing import Annotated, NamedTuple

import msgspec

from timegrain.counting.facts import LONGEST_NAME, Away, Fact, Focus, Heartbeat, Page, Present
from timegrain.errors import TimegrainError
from timegrain.trackers.events import EPOCH

VERSION = 1
_MILLISECOND = timedelta(milliseconds=1)

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
DeviceName = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=r"^[^\x00]*$")]
"""No more than what a report's device may be: what is written here becomes a device as it stands."""

_OLDEST, _NEWEST = datetime(1999, 12, 31, tzinfo=UTC), datetime(2038, 1, 2, tzinfo=UTC)
"""All that can be erased: the years 2000 to 2037 of any zone."""


class FactsFileError(TimegrainError):
    """The file is none of ours, damaged, or cut short. The message says at which line."""

    code = "BAD_FACTS_FILE"
    status = 400
    label = "Bad facts file"


class _Line(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """One line."""


class HeaderLine(_Line, tag="timegrain-facts"):
    version: int


class DeviceLine(_Line, tag="device"):
    """`reach` and `timeout` in seconds."""

    name: DeviceName
    reach: Annotated[int, msgspec.Meta(ge=0, le=60)]
    timeout: Annotated[int, msgspec.Meta(ge=1, le=3600)]


class ErasedLine(_Line, tag="erased"):
    """Of every device, those to come too, where `device` is null."""

    start: Instant
    end: Instant
    device: DeviceName | None = None

    def __post_init__(self) -> None:
        if not _OLDEST <= self.start <= self.end <= _NEWEST:
            raise ValueError("not a range within the years 2000 to 2037")
        if milliseconds(self.start) // 1000 == milliseconds(self.end) // 1000:
            raise ValueError("shorter than a second")


class FactLine(_Line):
    """A fact of one device."""

    device: DeviceName
    start: Instant


class IntervalLine(FactLine):
    end: Instant


class FocusLine(IntervalLine, tag="focus"):
    app: str
    host: str = ""
    url: str = ""
    title: str = ""


class PageLine(IntervalLine, tag="page"):
    browser: str
    host: str = ""
    url: str = ""
    title: str = ""


class AwayLine(IntervalLine, tag="away"):
    """No input."""


class PresentLine(IntervalLine, tag="present"):
    """Input."""


class HeartbeatLine(FactLine, tag="heartbeat"):
    """Of one instant."""

    editor: str
    app: str
    host: str = ""
    url: str = ""
    title: str = ""


class EndLine(_Line, tag="end"):
    facts: int


Line = HeaderLine | DeviceLine | ErasedLine | FocusLine | PageLine | AwayLine | PresentLine | HeartbeatLine | EndLine
_DECODER = msgspec.json.Decoder(Line)
_encode = msgspec.json.Encoder().encode


class Told(NamedTuple):
    """A fact and the device that reported it."""

    device: str
    fact: Fact


def written(lines: Iterable[Line]) -> Iterator[bytes]:
    """Lines as they stand in the file; the header before them and the count after them are added."""
    facts = 0
    yield _encode(HeaderLine(VERSION)) + b"\n"
    for line in lines:
        facts += isinstance(line, FactLine)
        yield _encode(line) + b"\n"
    yield _encode(EndLine(facts)) + b"\n"


def read(file: Iterable[bytes]) -> Iterator[DeviceLine | ErasedLine | Told]:
    """What a file holds, in its order. Raises `FactsFileError`, also behind the last line of one cut short."""
    facts, number, ended = 0, 0, False
    for number, text in enumerate(_unpacked(file), 1):
        line = _line(text, number)
        if (number == 1) != isinstance(line, HeaderLine) or ended:
            raise FactsFileError(f"line {number}: out of place in a file of timegrain's facts")
        match line:
            case HeaderLine(version):
                if version != VERSION:
                    raise FactsFileError(f"line 1: version {version} of the format; this program reads {VERSION}")
            case EndLine(counted):
                if counted != facts:
                    raise FactsFileError(f"line {number}: {counted} facts were written, but {facts} are there")
                ended = True
            case DeviceLine() | ErasedLine():
                yield line
            case _:
                facts += 1
                yield Told(line.device, fact_of(line))
    if not ended:
        raise FactsFileError(f"the file was cut short behind line {number}")


def _unpacked(file: Iterable[bytes]) -> Iterator[bytes]:
    """The lines; one that is packed tells only here that it is damaged."""
    try:
        yield from file
    except (EOFError, BadGzipFile, zlib.error) as error:
        raise FactsFileError(f"the file is damaged: {error}") from None


def _line(text: bytes, number: int) -> Line:
    try:
        line: Line = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FactsFileError(f"line {number}: {error}") from None
    return line


def fact_of(line: FocusLine | PageLine | AwayLine | PresentLine | HeartbeatLine) -> Fact:
    start = milliseconds(line.start)
    if isinstance(line, HeartbeatLine):
        return Heartbeat(start, line.editor, line.app, line.url, line.title, line.host)
    end = milliseconds(line.end)
    match line:
        case FocusLine():
            return Focus(start, end, line.app, line.url, line.title, line.host)
        case PageLine():
            return Page(start, end, line.browser, line.url, line.title, line.host)
        case AwayLine():
            return Away(start, end)
        case PresentLine():
            return Present(start, end)


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MILLISECOND


def instant(at_ms: int) -> datetime:
    return EPOCH + at_ms * _MILLISECOND
