"""A course that a system sends and that stands here under its title already: the row is set aside (N 8, W 11, P 14).

A record of a classroom bears no certificate, and a printed certificate names no record: of the two the title tells,
within one year and category. Where the record came first the certificate is refused by the same reading
(`api.cases.claiming.same_course`); where the certificate came first the record is set aside here, and the claim that
stands instead is named. Once that is revoked, the record comes in with the next file.

Reading: what one system sends it tells apart by its own numbers, so only what others registered is looked at; a newer
version of a record that stands here goes on correcting it. What another ledger registered comes in as it decided, and
is set aside only where both name the course (`import_courses`): pattern D09 finds the rest.

The answers are asked as far as they are, and the log from there on: no file waits until the one before it was followed.
Asked twice, when a file is judged and before its rows take force. `tests/api/test_import_of_a_course.py` shows it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from api.cases.claiming.claims import sealed_details
from api.cases.doing import Reading
from api.cases.importing.import_lists import Wrong
from api.cases.importing.import_records import Known, Read, said_no
from api.house import House
from ledger.envelope import decode_each
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.stores.append import NothingSince
from ledger.streams import claim as claims
from ledger.streams.claim_review import RegisterClaim
from ledger.streams.course_hours import ROUTE
from projections.files.projection import HOLDS
from projections.findings.alike import title as as_read

CODE: Final = "course_looks_registered"
_OF_ROUTE: Final = (
    "SELECT c.person, c.claim FROM claims c JOIN studies s ON s.event = c.study_event LEFT JOIN sources o "
    "ON o.claim = c.claim WHERE c.person IN (SELECT value FROM json_each(:people)) AND o.system IS NOT :system "
    f"AND json_extract(s.study, '$.route') = '{ROUTE}' AND {HOLDS}"
)
_IN_A_LEAF: Final = f'"route":"{ROUTE}"'.encode()
_AT_ONCE: Final = 5_000


class Course(NamedTuple):
    """A course as a record that is new here."""

    record: str
    person: str
    study: Study
    year: int
    title: str         # As it is compared.
    is_written: bool   # Before a kill: it stands in the file's own act and is not set aside any more.


class Alike:
    """The courses that a system's file brings, and what of them others registered here."""

    def __init__(self, house: House, system: str) -> None:
        self._house, self._system = house, system
        self._coming: list[Course] = []

    def among(self, courses: Sequence[Course]) -> dict[str, Wrong]:
        """Why records are set aside; the others are noted."""
        there = self._standing([one for one in courses if not one.is_written])
        self._coming += [one for one in courses if one.record not in there]
        return {record: said_no(no)._replace(at=("title",), claim=str(no.seen["claim"]))
                for record, no in there.items()}

    def none_since(self, reading: Reading) -> Refusal | None:
        """Say that one of them stands by now; what is decided rests on nobody having recorded a course since."""
        if not self._coming:
            return None
        reading.guards.append(NothingSince(ROUTE, self._house.ledger.store.size()))
        return next(iter(self._standing(self._coming).values()), None)

    def _standing(self, courses: Sequence[Course]) -> dict[str, Refusal]:
        """By its record, as which claim of another hand each of these stands already."""
        if not courses:
            return {}
        others = self._others({one.person for one in courses})
        loaded = self._house.ledger.load_each([claim for some in others.values() for claim in some], claims.evolve)
        there = {claim: one.state for claim, one in loaded.items() if one.state is not None and one.state.is_registered}
        found = dict[str, Refusal]()
        for course in courses:
            for claim in others.get(course.person, ()):
                if (other := there.get(claim)) is not None and self._is_one(course, other):
                    found[course.record] = Refusal.because(CODE, claim=claim, date=other.study.evidence_on)
                    break
        return found

    def _is_one(self, course: Course, other: claims.Claim) -> bool:
        """Whether it is the same course: by the name that both give it, else by its title, in one year."""
        source, its = other.submitted.source, other.study
        if (source is not None and source.system == self._system) or (
                its.route, its.category, other.year) != (ROUTE, course.study.category, course.year):
            return False
        if None not in (its.occasion, course.study.occasion):
            return its.occasion == course.study.occasion
        details = sealed_details(self._house, other.claim)
        return details is not None and as_read(details.title) == course.title

    def _others(self, people: set[str]) -> dict[str, list[str]]:
        """The claims of courses that others ever made for these people, oldest first."""
        reader, at = self._house.answers.file("entries")
        found = defaultdict[str, dict[str, None]](dict)
        asked = {"people": json.dumps(sorted(people)), "system": self._system, "as_of": at}
        for person, claim in (*reader.rows(_OF_ROUTE, asked), *self._since(at)):
            if person in people:
                found[person][claim] = None
        return {person: list(some) for person, some in found.items()}

    def _since(self, at: int) -> Iterator[tuple[str, str]]:
        """The same of everyone, past where the answers are."""
        ours = b'"system":' + msgspec.json.encode(self._system)
        while leaves := self._house.ledger.store.leaves(at, _AT_ONCE):
            at += len(leaves)
            for one in decode_each([leaf for leaf in leaves if _IN_A_LEAF in leaf and ours not in leaf]):
                if (claim := getattr(one.event, "claim", None)) is not None:
                    yield one.event.person, claim


def course_of(one: Read, person: str, row: object, known: Known | None) -> list[Course]:
    """The course that a row brings as a new claim, or brought before a kill; none where it is none."""
    title, is_written = as_read(one.details.title), row is None
    if one.there is not None or one.study.route != ROUTE or title is None:
        return []
    if not isinstance(row, RegisterClaim) and not (is_written and (known is None or known.claim is None)):
        return []  # A correction: it stands here.
    year = row.year if isinstance(row, RegisterClaim) else one.study.year or one.study.evidence_on.year
    return [Course(one.source.record, person, one.study, year, title, is_written)]
