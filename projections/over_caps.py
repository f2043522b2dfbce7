"""Of what waits: what would count less than it is worth, since a cap of its year would then be full (超上限).

Each claim is judged with what its person has registered of its year, by the law at hand, as if it were approved last.
What was found stays known as long as neither the claim, nor what is registered of that person, nor where they belong
has changed: a list of a thousand is judged once, as much of it at a time as is asked for. What the law cannot read or
does not count is no matter of a cap.

`tests/projections/test_over_caps.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.assess import MANUAL, RULED
from projections.basis import Axes
from projections.belonging import Belonging, belongings, places
from projections.books import Books, Seat
from projections.entries_reading import Version, read_claim, read_registered, year_of
from projections.judging import first_day
from projections.people_reading import read_affiliations, read_departures
from projections.years import REVOKED

if TYPE_CHECKING:
    from projections.opened import Files

REMEMBERED_MOST: Final = 20_000

_BEGAN, _ENDED = (
    f"SELECT {{0}}, max({column}) FROM {{1}} WHERE {{0}} IN (SELECT value FROM json_each(:owners)) "
    f"AND {column} <= :as_of GROUP BY 1" for column in ("from_position", "to_position"))
_STATED: Final = (  # What goes on past a position was stated by then, and nothing of that has changed since.
    "SELECT {0}, max(iif(from_position <= :as_of, from_position, since_position)) FROM {1} "
    "WHERE {0} IN (SELECT value FROM json_each(:owners)) AND since_position <= :as_of GROUP BY 1"
)
_MOVED: Final = {
    "claims": _STATED,  # A version ends only where the next one begins.
    "affiliations": f"{_BEGAN} UNION ALL {_ENDED}", "departures": f"{_BEGAN} UNION ALL {_ENDED}",
}

Since = tuple[int, int, int]
"""The newest positions of a claim, of what its person registered, and of where they belong."""


class Found(NamedTuple):
    """Those beyond a cap, and how many were not judged yet."""

    over: frozenset[str]
    unknown: int = 0


class OverCaps:
    """What waits beyond its caps, with a memory."""

    def __init__(self, files: Files, books: Books) -> None:
        self._files, self._books = files, books
        self._known: dict[tuple[str, tuple[str, ...]], tuple[Since, bool]] = {}

    def among(self, waiting: Mapping[str, str], digests: tuple[str, ...], *, as_of: int | None = None,
              most: int | None = None) -> Found:
        """Of these claims, each given with its person, those that a cap of the law would cut.

        `most`: so many are judged anew, the first first; who asks again has the next ones judged.
        """
        at, persons = self._files.settle(Axes(as_of)), set(waiting.values())
        claims = self._moved("entries", "claim", "claims", waiting, at)
        registered = self._moved("entries", "person", "claims", persons, at)
        belongs = [self._moved("people", "person", table, persons, at) for table in ("affiliations", "departures")]
        found, judged, unknown = set[str](), 0, 0
        for claim, person in waiting.items():
            if claim not in claims:
                continue
            since = (claims[claim], registered[person], max(one.get(person, 0) for one in belongs))
            known = self._known.get((claim, digests))
            if known is None or known[0] != since:
                if judged == most:
                    unknown += 1
                    continue
                known, judged = self._keep(claim, digests, since, self._judged(claim, person, digests, at)), judged + 1
            if known[1]:
                found.add(claim)
        return Found(frozenset(found), unknown)

    def _moved(self, name: str, owner: str, table: str, owners: Collection[str], at: int) -> dict[str, int]:
        """When something of each of them changed last, up to a position."""
        found: dict[str, int] = {}
        values = {"owners": json.dumps(sorted(owners)), "as_of": at}
        for key, position in self._files.file(name, at)[0].rows(_MOVED[table].format(owner, table), values):
            found[key] = max(position, found.get(key, 0))
        return found

    def _keep(self, claim: str, digests: tuple[str, ...], since: Since, is_over: bool) -> tuple[Since, bool]:
        if len(self._known) >= REMEMBERED_MOST:
            self._known.clear()
        made = self._known[claim, digests] = since, is_over
        return made

    def _judged(self, claim: str, person: str, digests: tuple[str, ...], at: int) -> bool:
        (entries, _), (people, _) = self._files.file("entries", at), self._files.file("people", at)
        tried = read_claim(entries, claim, at)[-1]
        others = [one for one in read_registered(entries, person, at)
                  if one.status != REVOKED and one.claim != claim and _matters(one, year_of(tried))]
        belonged = belongings(read_affiliations(people, person, at), read_departures(people, person, at))
        return _is_cut(self._books.seat(digests), [*others, tried], belonged)


def _matters(one: Version, year: int) -> bool:
    """Whether an entry can have to do with a cap of a year: it is of that year, or may be the same as one that is."""
    return year_of(one) == year or one.study.occasion is not None or one.study.output is not None


def _is_cut(seat: Seat, standing: list[Version], belonged: list[Belonging]) -> bool:
    """Whether the last of them counts, and less than it is worth."""
    (entries, bad), last = seat.take_all(standing), len(standing) - 1
    if last in bad:
        return False
    ruled = seat.bench.judge_entries(places(belonged, first_day(standing)), entries)
    worth = ruled.weighed[last].ruling.assessed
    return ruled.status(last) in (RULED, MANUAL) and ruled.folded.counted[last] < worth
