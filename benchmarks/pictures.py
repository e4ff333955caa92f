"""Curves as SVG: readable on light and dark, without a library and without a script."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 200, 40, 52
COLOURS = (("#1f6feb", "#58a6ff"), ("#bc4c00", "#f0883e"), ("#1a7f37", "#3fb950"), ("#8250df", "#d2a8ff"))
"""Of each line, on light and on dark; every further round of lines is dashed otherwise."""
DASHES = ("", "7 4", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Curve:
    """What its picture says. `limit` is a line across, at the goal."""

    title: str
    across: str
    up: str
    logarithmic: tuple[bool, bool]
    limit: float | None = None


CURVES = {
    "people": Curve("Time of a week against people", "people", "ms", (True, True)),
    "history": Curve("Time of a week of 35 people against history", "weeks of history", "ms", (False, False)),
    "load": Curve("p99 of a batch against offered load", "batches offered a second", "p99 in ms", (False, True), 100),
}


def drawn(curve: Curve, points: list[dict[str, Any]]) -> str:
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in points:
        lines.setdefault(one["line"], []).append((float(one["at"]), float(one["figure"])))
    across = _scale([x for line in lines.values() for x, _ in line], curve.logarithmic[0], LEFT, WIDTH - RIGHT)
    highest = [y for line in lines.values() for _, y in line] + ([curve.limit] if curve.limit else [])
    up = _scale(highest, curve.logarithmic[1], HEIGHT - BOTTOM, TOP)
    body = [
        f'<text class="title" x="{LEFT}" y="22">{escape(curve.title)}</text>',
        *(_grid(across, up)),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(curve.across)}</text>",
        f'<text x="14" y="{TOP - 8}">{escape(curve.up)}</text>',
    ]
    if curve.limit:
        y = up.place(curve.limit)
        body.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">goal</text>')
    for number, (name, line) in enumerate(lines.items()):
        body += _line(number, name, [(across.place(x), up.place(y)) for x, y in sorted(line)])
    return _svg(curve.title, body)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class _Scale:
    place: Callable[[float], float]
    ticks: list[float]


def _scale(values: list[float], logarithmic: bool, low: float, high: float) -> _Scale:
    least, most = (min(values), max(values)) if values else (0.0, 1.0)
    if logarithmic:
        first, last = math.floor(math.log10(max(least, 1e-3))), math.ceil(math.log10(max(most, 1e-3)))
        last = max(last, first + 1)
        ticks = [10.0**power for power in range(first, last + 1)]
        return _Scale(lambda v: low + (math.log10(max(v, 1e-3)) - first) / (last - first) * (high - low), ticks)
    step = 10 ** math.floor(math.log10(max(most, 1e-9)))
    step = next(step * part for part in (0.1, 0.2, 0.5, 1, 2) if most / (step * part) <= 8)
    top = math.ceil(most / step) * step
    ticks = [step * place for place in range(round(top / step) + 1)]
    return _Scale(lambda v: low + v / top * (high - low), ticks)


def _grid(across: _Scale, up: _Scale) -> list[str]:
    drawn = []
    for tick in up.ticks:
        y = up.place(tick)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_tick(tick)}</text>')
    for tick in across.ticks:
        x = across.place(tick)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_tick(tick)}</text>')
    return drawn


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:g}"


def _line(number: int, name: str, places: list[tuple[float, float]]) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    style = f'class="c{number % len(COLOURS)}" stroke-dasharray="{DASHES[number // len(COLOURS) % len(DASHES)]}"'
    y = TOP + 14 + number * 20
    x = WIDTH - RIGHT + 16
    return [
        f'<polyline {style} points="{path}"/>',
        *(f'<circle class="f{number % len(COLOURS)}" cx="{at:.1f}" cy="{up:.1f}" r="2.5"/>' for at, up in places),
        f'<line {style} x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}"/>',
        f'<text x="{x + 28}" y="{y + 4}">{escape(name)}</text>',
    ]


def _svg(title: str, body: list[str]) -> str:
    light = "".join(f".c{n}{{stroke:{on}}}.f{n}{{fill:{on}}}" for n, (on, _) in enumerate(COLOURS))
    dark = "".join(f".c{n}{{stroke:{on}}}.f{n}{{fill:{on}}}" for n, (_, on) in enumerate(COLOURS))
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}"
        ".paper{fill:#ffffff}.grid{stroke:#d1d9e0}"
        "polyline,line{fill:none;stroke-width:2}.grid{stroke-width:1}"
        f".limit{{stroke:#cf222e;stroke-dasharray:4 3}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.grid{stroke:#30363d}"
        f".limit{{stroke:#ff7b72}}{dark}}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            f' role="img" aria-label="{escape(title)}">',
            f"<style>{style}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
            *body,
            "</svg>",
            "",
        ]
    )
