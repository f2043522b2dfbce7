"""What the pages of records have in common: the purpose that is asked for first, the events, what was said.

`tests/console/test_registering.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.cases.events import events_of
from api.console import words
from api.house import House
from api.words.year_page import region
from ledger.ids import PREFIXES
from policies.words import base_vocabulary

_PLACES: Final = {PREFIXES[kind]: f"/{kind}s/" for kind in ("claim", "transfer", "unit", "application")}


def place_of(id_: str) -> str:
    """Where a record that waits is shown; empty for one that has no screen."""
    return next((place + id_ for prefix, place in _PLACES.items() if id_.startswith(prefix)), "")


def passage(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What happened to a record, the newest first, with what was said."""
    said = {one["event"]: one["words"] for one in body.get("said", ())}
    return [words.event(one, said) for one in reversed(body["events"])]


def passage_of(
    house: House, stream: str, position: int, said: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The same of a record by its stream, up to a position."""
    return passage({"events": events_of(house, stream, as_of=position)["items"], "said": said})


def seat(region_code: str, sector: str) -> str:
    """A place and a sector in words."""
    return f"{region(region_code)} · {base_vocabulary().sectors.get(sector, sector)}"


def unit_name(house: House, unit: str | None) -> str:
    """A unit by the name that it has now."""
    found = None if unit is None else house.answers.unit(unit)
    return "" if found is None else found.names[-1].name


def named_units(house: House, units: Sequence[str | None]) -> dict[str, str]:
    """Several units by their names."""
    return {unit: unit_name(house, unit) for unit in dict.fromkeys(units) if unit is not None}
