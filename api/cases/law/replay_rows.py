"""The rows of a replay that speak of people: to officials whose sight holds these people, for a purpose, recorded.

A row is read from the report's own file and told with the number of its line, so that whoever has the whole file can
hold one against the other. Whom an official may look at is asked of today, as everywhere; of the others nothing is
told, not even how many. `tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.law.replay_reports import place_of, settled, sums_of
from api.cases.looked import record_looks
from api.cases.standing import by_actor, looking, may_look, may_see, places, seeing_scopes
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import Job
from ledger.errors import Refusal
from ledger.streams import person as persons
from ledger.streams.standing import Actor
from ledger.vocabulary import parse_hours

_AT_ONCE: Final = 250
_LINES_MOST: Final = 5_000
"""So many lines are looked through for a page: of a report on a province one county's people may stand far apart."""


RANKED_MOST: Final = 64 * 1024 * 1024
"""Of a file of so many bytes the rows are put in the order of their change, anew for each page; a longer one is not."""


class _Change(msgspec.Struct):
    change: str


class Rows(NamedTuple):
    """Some rows, and after which line, at which byte, the next ones begin."""

    items: tuple[dict[str, Any], ...]
    next: tuple[int, int] | None
    question: dict[str, Any]
    digest: str                    # Of the report,
    sha256: str                    # and of the file that the rows are of.
    names: Mapping[str, Any]       # What people call what the report names by codes.

    @property
    def as_of(self) -> int:
        """Up to where the replay knew."""
        return int(self.question["as_of"])


def may_read(house: House, caller: Caller, job: str) -> Refusal | None:
    """Say why somebody may not read what a job says of people."""
    found = _reading(house, caller, job)
    return found if isinstance(found, Refusal) else None


def _reading(house: House, caller: Caller, job: str) -> tuple[Actor, Job] | Refusal:
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    if no := may_look(asking):
        return no
    found = house.jobs.find(job)
    if found is None or settled(house, found) is not None:
        return Refusal.because("job_absent")  # What the office that asked for it has not got, nobody has.
    return asking, found


def rows(
    house: House, caller: Caller, job: str, kind: str, purpose: str | None, *, after: tuple[int, int], limit: int,
    what: tuple[str, ...] = ("replay",), largest_first: bool = False,
) -> Rows | Refusal:
    """Some rows of one file, of people within the asker's sight.

    `what`: what whoever asks shows beside them; `largest_first`: by how much hours change, where `can_rank`.
    """
    reading = _reading(house, caller, job)
    if isinstance(reading, Refusal):
        return reading
    asking, found = reading
    if purpose is None:
        return Refusal.because("purpose_missing")
    assert found.outcome is not None, "it is done"
    folder, name = place_of(house, job), f"{kind}.ndjson"
    find = _ranked_within if largest_first else _within
    items, following = find(house, asking, folder / name, after, limit)
    if items:
        record_looks(house, by_actor(caller, asking, seeing_scopes(asking)[0].role), (one["person"] for one in items),
                     purpose, what=what, route="replay")
    return Rows(tuple(items), following, found.question, found.outcome["digest"], sums_of(folder)[name],
                found.outcome.get("names", {}))


def _within(
    house: House, asking: Actor, path: Path, after: tuple[int, int], limit: int
) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
    """Rows of people whom the asker may see, and where to go on; fewer than there may be, where they stand apart."""
    line, offset = after
    items: list[dict[str, Any]] = []
    with path.open("rb") as file:
        file.seek(offset)
        while line - after[0] < _LINES_MOST:
            some = [one for _ in range(_AT_ONCE) if (one := file.readline())]
            told = [json.loads(one) for one in some]
            seen = _seen(house, asking, [one["person"] for one in told])
            for one, row in zip(some, told, strict=True):
                line, offset = line + 1, offset + len(one)
                if row["person"] in seen:
                    items.append({"line": line, **row})
                if len(items) == limit:
                    return items, (line, offset) if offset < path.stat().st_size else None
            if len(some) < _AT_ONCE:
                return items, None
    return items, (line, offset)


def can_rank(house: House, job: str, kind: str) -> bool:
    """Say whether a file of hours is short enough for its rows to be ordered by how much these change."""
    return kind != "titles" and (place_of(house, job) / f"{kind}.ndjson").stat().st_size <= RANKED_MOST


def _ranked_within(
    house: House, asking: Actor, path: Path, after: tuple[int, int], limit: int
) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
    """The same, largest change first: a place is one among those in this order."""
    read, offset = msgspec.json.Decoder(_Change).decode, 0
    places: list[tuple[int, int, int]] = []
    items: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line, one in enumerate(file, 1):
            change = read(one).change
            places.append((-parse_hours(change.lstrip("+-")), line, offset))
            offset += len(one)
        places.sort()
        at, last = after[0], after[0] + _LINES_MOST
        while at < min(last, len(places)):
            told: list[dict[str, Any]] = []
            for _, line, begins in places[at:min(at + _AT_ONCE, last)]:
                file.seek(begins)
                told.append({"line": line, **json.loads(file.readline())})
            seen = _seen(house, asking, [one["person"] for one in told])
            for row in told:
                at += 1
                if row["person"] in seen:
                    items.append(row)
                if len(items) == limit:
                    return items, (at, 0) if at < len(places) else None
    return items, (at, 0) if at < len(places) else None


def _seen(house: House, asking: Actor, people: list[str]) -> set[str]:
    """Of these people, whom somebody may look at."""
    loaded = house.ledger.load_each(list(dict.fromkeys(people)), persons.evolve)
    return {person for person, found in loaded.items() if found.state is not None
            and any(may_see(asking, matter) is None for matter in places(found.state, house.today))}
