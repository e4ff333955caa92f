"""From what is stored of one user to what counting takes: devices with their facts, names, what holds when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from timegrain.counting.fronts import Interval
from timegrain.counting.heartbeats import with_heartbeats
from timegrain.counting.instants import Range
from timegrain.counting.ratings import RuleBook
from timegrain.counting.spans import DeviceFacts, Named, Period
from timegrain.counting.subjects import BROWSER_OF, LOCKED, NameKind
from timegrain.storage.devices import Device
from timegrain.storage.facts import FactKind
from timegrain.storage.names import Name
from timegrain.storage.policies import ALL_DEVICES, UserPolicy
from timegrain.storage.queries.deciding_facts import FactRow


def by_device(rows: Iterable[FactRow]) -> dict[int, list[FactRow]]:
    found: dict[int, list[FactRow]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(row)
    return found


def device_facts(
    device: Device,
    rows: Sequence[FactRow],
    names: Mapping[int, Name],
    stretches: Iterable[Range],
    erased: Sequence[tuple[int, Range]],
) -> DeviceFacts:
    """`rows` by start; `stretches` of this device; `erased` of any, as in `UserPolicy`."""
    made = DeviceFacts(device.id, device.name, device.reach)
    heartbeats: dict[int, list[Interval]] = {}
    for start, _, kind, browser, length, app, site in rows:
        if kind == FactKind.FOCUS:
            made.focus.append(Interval(start, start + length, app, site))
        elif kind == FactKind.PAGE:
            made.pages.setdefault(browser, []).append(Interval(start, start + length, browser, site))
        else:
            heartbeats.setdefault(browser, []).append(Interval(start, start, app, site))
    if heartbeats:
        # By name: the order in which names came to be stored must not show.
        by_editor = {names[editor].spelling: beats for editor, beats in heartbeats.items()}
        made.focus = with_heartbeats(made.focus, by_editor, device.timeout)
    made.stretches = sorted(stretches)
    made.erased = sorted(seconds for erased_on, seconds in erased if erased_on in (device.id, ALL_DEVICES))
    return made


def named(names: Mapping[int, Name]) -> Named:
    browsers = {name.name: id_ for id_, name in names.items() if name.kind is NameKind.BROWSER}
    applications = {id_: name.name for id_, name in names.items() if name.kind is NameKind.APPLICATION}
    return Named(
        frozenset(id_ for id_, name in applications.items() if name in LOCKED),
        {id_: browsers[BROWSER_OF[name]] for id_, name in applications.items() if BROWSER_OF.get(name) in browsers},
    )


def periods(user: UserPolicy, book: RuleBook, names: Mapping[int, Name], within: Range) -> Iterator[Period]:
    """The seconds `within` by primary team, and what then holds for each name."""
    for start, end, team in user.periods:
        if start < within[1] and end > within[0]:
            settled = {id_: book.settle(team, name.kind, name.name) for id_, name in names.items()}
            yield Period(start, end, settled.__getitem__)
