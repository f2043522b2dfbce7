"""What growth was measured, as a page with tables and a drawing."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.drawn import Line, Panel, drawn
from tests.bench.growth import power, power_of_page
from tests.bench.growth.measured import LAST_YEAR, Measured

PAGE = Path(__file__).parents[1] / "growth.md"
DRAWING = PAGE.with_suffix(".svg")

_COSTS: tuple[tuple[str, str, str], ...] = (
    ("append_s", "append the history (decide, seal, write)", "s"), ("build_s", "build every answer", "s"),
    ("coded_s", "code the ledger", "s"), ("replay_s", "replay, with its report", "s"), ("fsck_s", "fsck", "s"),
    ("ledger_bytes", "ledger", "B"), ("keys_bytes", "keys of persons", "B"), ("answers_bytes", "answers", "B"),
    ("coded_bytes", "coded ledger", "B"),
)


def write(found: Sequence[Measured], at: str) -> None:
    """Both files."""
    PAGE.write_text(page(found, at), encoding="utf-8")
    DRAWING.write_text(drawing(found), encoding="utf-8")


def page(found: Sequence[Measured], at: str) -> str:
    """The page, of a commit and a day; what people add to it stands beside it, since all of it is written anew."""
    sizes = [f"{one.people:,}" for one in found]
    small, large = found[0], found[-1]
    lines = [
        "# How cost grows", "",
        f"Written by `python -m tests.bench.growth --write` at {at}: Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, load of the machine "
        f"{os.getloadavg()[0]:.1f}. Demos of {_span(large.years)}, one seed. Seconds are those of processors, "
        "of all processes together, starting included, the less of two runs but for the history and the answers; "
        "pages are the processor time of the thread that answers. "
        "*Power*: 1 where twice as many people cost twice as much, 0 where it stays the same; from the smallest to the "
        "largest. What was seen besides stands in [`screens.md`](screens.md).",
        "", f"![how cost grows]({DRAWING.name})", "",
        f"| people | {' | '.join(sizes)} | power |", f"|---|{'---:|' * (len(found) + 1)}",
        f"| events | {' | '.join(f'{one.events:,}' for one in found)} | {power(small, large, 'events')} |",
        f"| entries | {' | '.join(f'{one.entries:,}' for one in found)} | {power(small, large, 'entries')} |",
    ]
    for name, words, unit in _COSTS:
        cells = " | ".join(_shown(getattr(one, name), unit) for one in found)
        lines.append(f"| {words} | {cells} | {power(small, large, name)} |")
    lines += ["", "## Of a person and year", "", f"| people | {' | '.join(sizes)} |", f"|---|{'---:|' * len(found)}"]
    lines.append(f"| events | {' | '.join(f'{one.events / one.person_years:.1f}' for one in found)} |")
    for name, words, unit in _COSTS:
        cells = " | ".join(_each(getattr(one, name) / one.person_years, unit) for one in found)
        lines.append(f"| {words} | {cells} |")
    lines += ["", "## Pages", "", "Milliseconds, p50 / p99.", "", f"| people | {' | '.join(sizes)} | power of p50 |",
              f"|---|{'---:|' * (len(found) + 1)}"]
    for name in large.pages:
        cells = " | ".join(" / ".join(f"{micros / 1_000:.1f}" for micros in one.pages[name]) for one in found)
        lines.append(f"| {name} | {cells} | {power_of_page(small, large, name)} |")
    lines += ["", "## The answers, file by file", "", f"| people | {' | '.join(sizes)} | bytes a person and year |",
              f"|---|{'---:|' * (len(found) + 1)}"]
    for name in sorted(large.by_answer, key=lambda name: -large.by_answer[name]):
        cells = " | ".join(_shown(one.by_answer.get(name, 0), "B") for one in found)
        lines.append(f"| {name} | {cells} | {large.by_answer[name] / large.person_years:,.0f} |")
    return "\n".join([*lines, ""])


def _span(years: int) -> str:
    return str(LAST_YEAR) if years == 1 else f"{LAST_YEAR - years + 1} to {LAST_YEAR}"


def _shown(value: float, unit: str) -> str:
    return f"{value:,.1f} s" if unit == "s" else f"{value / 1e6:,.1f} MB"


def _each(value: float, unit: str) -> str:
    return f"{value * 1e6:,.0f} µs" if unit == "s" else f"{value:,.0f} B"


def drawing(found: Sequence[Measured]) -> str:
    """Bytes, seconds and pages against people, both by powers of ten: what is proportional is a straight line."""
    def lines(names: dict[str, Callable[[Measured], float]]) -> list[Line]:
        return [Line(name, [(one.people, max(read(one), 0.001)) for one in found]) for name, read in names.items()]

    pages: dict[str, Callable[[Measured], float]] = {
        name: lambda one, name=name: one.pages[name][0] / 1_000 for name in found[-1].pages}  # type: ignore[misc]
    return drawn([
        Panel("megabytes", lines({
            "ledger": lambda one: one.ledger_bytes / 1e6, "answers": lambda one: one.answers_bytes / 1e6,
            "keys": lambda one: one.keys_bytes / 1e6, "coded": lambda one: one.coded_bytes / 1e6,
        }), "people", by_tens=True, across_by_tens=True),
        Panel("seconds of processors", lines({
            "append": lambda one: one.append_s, "answers": lambda one: one.build_s, "coded": lambda one: one.coded_s,
            "replay": lambda one: one.replay_s, "fsck": lambda one: one.fsck_s,
        }), "people", by_tens=True, across_by_tens=True),
        Panel("pages, p50, ms", lines(pages), "people", by_tens=True, across_by_tens=True),
    ])
