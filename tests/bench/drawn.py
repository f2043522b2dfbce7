"""Lines over an axis, drawn as SVG by a few lines of our own: what a table of a hundred rows would not let anybody see.

Nothing is measured here, so it yields no rows. Colours differ in lightness too, and each line says its name at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import log10
from typing import Any, NamedTuple

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BELOW = 890, 250, 70, 180, 34, 34
_COLOURS = ("#1b4f8a", "#c2571a", "#2f7d4f", "#8a2f6b", "#5b5b5b", "#b08d00", "#0f8a8a", "#a02c2c")


class Line(NamedTuple):
    """A line with its name: places across and up, in order."""

    name: str
    points: Sequence[tuple[float, float]]


class Band(NamedTuple):
    """A stretch of the axis with its name."""

    name: str
    begins: float
    ends: float


class Panel(NamedTuple):
    """One picture: what is up, what is across, the lines, whether up and across go by powers of ten."""

    title: str
    lines: Sequence[Line]
    across: str = ""
    bands: Sequence[Band] = ()
    by_tens: bool = False
    across_by_tens: bool = False


def rows() -> Iterator[Any]:
    """Nothing of its own."""
    yield from ()


def drawn(panels: Sequence[Panel]) -> str:
    """All of them, one below the other."""
    high = len(panels) * _HIGH
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{high}" viewBox="0 0 {_WIDE} {high}" '
        'font-family="sans-serif" font-size="12">', f'<rect width="{_WIDE}" height="{high}" fill="#ffffff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate(0 {number * _HIGH})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> Iterator[str]:
    places = [at for line in panel.lines for at, _ in line.points] + [one.ends for one in panel.bands] or [0, 1]
    values = [value for line in panel.lines for _, value in line.points] or [0, 1]
    x = _scale(places, _LEFT, _WIDE - _RIGHT, by_tens=panel.across_by_tens, from_nought=not panel.across_by_tens)
    y = _scale(values, _HIGH - _BELOW, _TOP, by_tens=panel.by_tens, from_nought=True)
    yield f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>'
    for number, band in enumerate(panel.bands):
        yield (f'<rect x="{x(band.begins):.1f}" y="{_TOP}" width="{x(band.ends) - x(band.begins):.1f}" '
               f'height="{_HIGH - _TOP - _BELOW}" fill="{"#f3f3f3" if number % 2 else "#fafafa"}"/>')
        yield f'<text x="{x(band.begins) + 4:.1f}" y="{_TOP + 12}" fill="#777">{escape(band.name)}</text>'
    for value in _ticks(values, by_tens=panel.by_tens, from_nought=True):
        yield f'<line x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{_short(value)}</text>'
    for place in _ticks(places, by_tens=panel.across_by_tens, from_nought=not panel.across_by_tens):
        yield f'<text x="{x(place):.1f}" y="{_HIGH - _BELOW + 16}" text-anchor="middle">{_short(place)}</text>'
    yield f'<text x="{_WIDE - _RIGHT}" y="{_HIGH - 4}" text-anchor="end" fill="#555">{escape(panel.across)}</text>'
    ends = list[float]()
    for number, line in enumerate(panel.lines):
        if line.points:
            colour = _COLOURS[number % len(_COLOURS)]
            path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in line.points)
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
            at = _apart(y(line.points[-1][1]), ends)
            yield f'<text x="{_WIDE - _RIGHT + 6}" y="{at + 4:.1f}" fill="{colour}">{escape(line.name)}</text>'


def _apart(at: float, others: list[float]) -> float:
    """Not upon the name of another line."""
    while any(abs(at - one) < 13 for one in others):
        at += 13
    others.append(at)
    return at


def _scale(
    values: Sequence[float], low: float, high: float, *, by_tens: bool, from_nought: bool
) -> Callable[[float], float]:
    found = _ticks(values, by_tens=by_tens, from_nought=from_nought)
    least, most = found[0], max(found[-1], max(values))

    def flat(value: float) -> float:
        return low + (value - least) / ((most - least) or 1) * (high - low)

    def in_tens(value: float) -> float:
        return low + (log10(max(value, least)) - log10(least)) / ((log10(most) - log10(least)) or 1) * (high - low)

    return in_tens if by_tens else flat


def _ticks(values: Sequence[float], *, by_tens: bool, from_nought: bool) -> list[float]:
    most = max(values)
    if by_tens:
        least, found = max(min(values), 0.001), [0.001]
        while found[-1] < most:
            found.append(found[-1] * 10)
        return [one for one in found if one * 10 > least]
    least = 0.0 if from_nought else min(values)
    if most == least:
        return [least]
    step = 10.0 ** int(log10(max(most - least, 1e-9)))
    while (most - least) / step > 5:
        step *= 2
    while (most - least) / step < 2.5:
        step /= 2
    return [least + number * step for number in range(int((most - least) / step) + 2)]


def _short(value: float) -> str:
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{sign}"
    return f"{value:.3g}"
