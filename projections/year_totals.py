"""The totals of a year as decided, of everyone: one line a person, one root over all lines, as of a position.

    <person> <entries> <professional> <sector_public> <general_public>          hours in hundredths

Assessed hours of what stands (approved or frozen) and was attributed to the year. Of decisions alone, no law is asked:
the same events give the same bytes for ever, which is what the close of a year wants. The lines stand in the order of
the persons' ids, and are leaves of a tree of RFC 6962, so that one person's line is proven and tells of nobody else.

What changed since is found by comparing two such lists: `changes` gives the persons, `changed_claims` the entries.
`tests/projections/test_year_totals.py` shows it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ledger.envelope import decode
from ledger.events.study import Study
from ledger.events.year import YearClosed, stream_of
from ledger.ledger import Ledger
from ledger.proof.merkle import check_inclusion, hash_leaf, hash_leaves, prove_inclusion, root_of
from projections.basis import written_time
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.tables.values import every_value

FORMAT: Final = "xueshi-year-totals/1"
CATEGORIES: Final = ("professional", "sector_public", "general_public")
_REGIONS: Final = (
    f"SELECT value FROM {every_value('affiliations', 'region')} "
    f"WHERE EXISTS (SELECT 1 FROM affiliations WHERE region = each.value AND {HOLDS})"
)

_study = msgspec.json.Decoder(Study).decode
_STANDING: Final = (
    "SELECT v.person, v.claim, v.status, s.study, d.year, d.assessed_centi, d.event FROM claims v "
    "JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event WHERE "
)
_ALL: Final = f"{_STANDING} v.status IN ('approved', 'frozen') AND {HOLDS} ORDER BY v.person, v.claim"
_OPEN: Final = (  # What is decided holds from then on; since it was stated it had been under review.
    "SELECT v.claim, s.study, iif(v.from_position <= :as_of, d.year, NULL) FROM claims v "
    "JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event "
    "WHERE (v.status IN ('under_review', 'returned') OR v.from_position > :as_of) AND v.since_position <= :as_of "
    "AND (v.to_position IS NULL OR v.to_position > :as_of) ORDER BY v.claim"
)
_MOVED: Final = (
    "SELECT DISTINCT claim FROM claims WHERE (from_position > :since AND from_position <= :as_of) "
    "OR (to_position > :since AND to_position <= :as_of)"
)


class Line(NamedTuple):
    """A person's year as decided."""

    person: str
    entries: int
    hours_centi: tuple[int, int, int]

    @property
    def text(self) -> bytes:
        """The leaf."""
        return f"{self.person} {self.entries} {' '.join(map(str, self.hours_centi))}\n".encode()

    @property
    def total_centi(self) -> int:
        return sum(self.hours_centi)


class Totals(NamedTuple):
    """Everyone's."""

    year: int
    as_of: int
    lines: tuple[Line, ...]

    @property
    def root(self) -> bytes:
        """What the close of the year fixes."""
        return root_of(hash_leaves(line.text for line in self.lines))

    @property
    def entries(self) -> int:
        return sum(line.entries for line in self.lines)

    @property
    def total_centi(self) -> int:
        return sum(line.total_centi for line in self.lines)

    def of(self, person: str) -> tuple[int, Line] | None:
        """A person's line with its place."""
        place = bisect_left(self.lines, person, key=lambda line: line.person)
        found = self.lines[place:place + 1]
        return (place, found[0]) if found and found[0].person == person else None

    def read_hashes(self, subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
        """For `prove_inclusion`."""
        return [root_of(hash_leaves(line.text for line in self.lines[index << level:(index + 1) << level]))
                for level, index in subtrees]

    def prove(self, place: int) -> list[bytes]:
        """The path from a line to the root."""
        return prove_inclusion(place, len(self.lines), self)


class Change(NamedTuple):
    """A person whose line differs from what it was; None where there was, or is, none."""

    person: str
    before: Line | None
    after: Line | None


class ChangedClaim(NamedTuple):
    """An entry that counts otherwise in the year than it did: status and hundredths of hours, 0 where not in it."""

    claim: str
    person: str
    before: tuple[str, int]
    after: tuple[str, int]


def check_line(line: bytes, place: int, people: int, path: Sequence[bytes], root: bytes) -> None:
    """See that a line is one of those that were closed; raises Unprovable."""
    check_inclusion(hash_leaf(line), place, people, path, root)


def year_totals(entries: Reader, year: int, as_of: int) -> Totals:
    """Add up everyone's."""
    lines: list[Line] = []
    person, count, sums = "", 0, [0, 0, 0]
    for whose, _, _, study, decided, centi, _ in entries.rows_one_by_one(_ALL, {"as_of": as_of}):
        if whose != person:
            if count:
                lines.append(Line(person, count, (sums[0], sums[1], sums[2])))
            person, count, sums = whose, 0, [0, 0, 0]
        read = _study(study)
        if _year(read, decided) == year:
            count += 1
            sums[CATEGORIES.index(read.category)] += centi or 0
    if count:
        lines.append(Line(person, count, (sums[0], sums[1], sums[2])))
    return Totals(year, as_of, tuple(lines))


def still_open(entries: Reader, year: int, as_of: int) -> list[str]:
    """The claims of a year that are not decided."""
    return [claim for claim, study, decided in entries.rows(_OPEN, {"as_of": as_of})
            if _year(_study(study), decided) == year]


def changes(before: Totals, after: Totals) -> Iterator[Change]:
    """The persons whose lines differ, by their ids."""
    was, now = ({line.person: line for line in each.lines} for each in (before, after))
    for person in sorted({*was, *now}):
        if was.get(person) != now.get(person):
            yield Change(person, was.get(person), now.get(person))


def changed_claims(entries: Reader, year: int, since: int, as_of: int) -> list[ChangedClaim]:
    """The entries that count otherwise in a year than they did as of `since`."""
    moved = [claim for (claim,) in entries.rows(_MOVED, {"since": since, "as_of": as_of})]
    found = []
    for claim in sorted(moved):
        was, now = (entries.rows(f"{_STANDING} v.claim = :claim AND {HOLDS}", {"claim": claim, "as_of": at})
                    for at in (since, as_of))
        before, after = (_counts(rows[0], year) if rows else ("", 0) for rows in (was, now))
        if before != after:
            found.append(ChangedClaim(claim, (now or was)[0][0], before, after))
    return found


def regions_of(people: Reader, as_of: int) -> tuple[str, ...]:
    """Every place that somebody belonged to."""
    return tuple(sorted(region for (region,) in people.rows(_REGIONS, {"as_of": as_of}) if region))


def closing_of(ledger: Ledger, year: int) -> tuple[int, int, YearClosed] | None:
    """The close of a year, if it was: where it is recorded, when (microseconds), and what it says."""
    for position, leaf in ledger.store.stream(stream_of(year)):
        envelope = decode(leaf)
        if isinstance(envelope.event, YearClosed):
            return position, envelope.recorded_at, envelope.event
    return None


class Closings:
    """The years that are closed, looked up once for each length of the log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: tuple[int, dict[int, tuple[int, int, YearClosed] | None]] = (-1, {})

    def mark(self, answer: dict[str, Any], as_of: int) -> dict[str, Any]:
        """Say in an answer of a person's years which are closed, and which of their entries were decided since.

        Such an entry was registered, corrected, frozen or revoked after the events that the close rests on.
        """
        size = self._ledger.store.size()
        if self._known[0] != size:  # A close that was found stays; of what was not, the log may know by now.
            self._known = size, {year: one for year, one in self._known[1].items() if one is not None}
        for year in answer["years"]:
            number = year["year"]
            if number not in self._known[1]:
                self._known[1][number] = closing_of(self._ledger, number)
            if (found := self._known[1][number]) is None or found[0] > as_of:
                continue
            position, at, closed = found
            late = [entry for entry in year["entries"] if _is_late(entry, closed.as_of)]
            for entry in late:
                entry["after_close"] = True
            year["closed"] = {"event": position, "as_of": closed.as_of, "recorded_at": written_time(at),
                              "changed": len(late)}
        return answer


def _is_late(entry: dict[str, Any], as_of: int) -> bool:
    decided: int = entry["decided"]["event"]
    return decided > as_of or (entry["status"] != "approved" and entry["events"][-1] > as_of)


def _counts(row: tuple[Any, ...], year: int) -> tuple[str, int]:
    _, _, status, study, decided, centi, _ = row
    if status not in ("approved", "frozen", "revoked") or _year(_study(study), decided) != year:
        return "", 0
    return status, 0 if status == "revoked" else centi or 0


def _year(study: Study, decided: int | None) -> int:
    return decided or study.year or study.evidence_on.year
