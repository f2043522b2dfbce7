"""The report of a replay: what was asked, on which basis, what it came to; and people judged a second time.

Nothing in it says when or by whom it was made: the same question gives the same report. `folder.py` writes it.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from projections.basis import Basis, Cited
from projections.books import Books
from projections.entries import Entries
from projections.errors import ProjectionError
from projections.files.reader import Reader
from projections.people import People
from projections.people_reading import read_unit
from projections.replay.checked import Disagreement, answered_account, replayed_account
from projections.replay.comparison import Comparison, compare
from projections.replay.gathered import gather
from projections.replay.held import Held
from projections.replay.names import names_of
from projections.replay.sides import Engine, Side, judge_both, sides
from projections.replay.tallies import (
    EDGES,
    Group,
    by_cause,
    by_place,
    by_year,
    histogram,
    newly,
    newly_short,
    reached,
    verdicts,
)
from projections.replay.titles import GRANTED, LESS, NEXT, count, groups, read_titles, weigh_plainly
from projections.sanctions import Sanctions
from projections.years import person_years, read_history

FORMAT: Final = 5   # 2 knew no `valid_on`, 3 no names and no reach; whatever they say is asked again all the same.
READABLE: Final = frozenset({2, 3, 4, FORMAT})
FIRST_TITLES_SINCE: Final = 5
SAMPLE: Final = 24
UNITS_NAMED: Final = 200

Progress = Callable[[str, int, int], None]


class Nobody(ProjectionError):
    """The region and sector that are asked about hold nobody."""

    code = "replay_nobody"

    def __init__(self, region: str | None, sector: str | None) -> None:
        words = "、".join(one for one in (region and f"区划 {region}", sector and f"行业 {sector}") if one)
        asked = f"{words} 范围内" if words else "账本中"
        super().__init__(f"{asked}没有一个人有登记的学时，无可重放。请核对区划代码和行业，或改用更晚的 --as-of。")


class LawNamed(NamedTuple):
    """A law as it was asked for, and the rulebooks that it is made of."""

    name: str
    rulebooks: tuple[Cited, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """Equal digests are equal law."""
        return tuple(one.digest for one in self.rulebooks)

    def as_json(self) -> dict[str, Any]:
        """The law as the report says it."""
        return {"law": self.name, "rulebooks": [one._asdict() for one in self.rulebooks]}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the history."""

    under: LawNamed
    against: LawNamed
    as_of: int
    as_of_time: str | None
    root: bytes
    region: str | None      # A code of six digits; zeros at its end stand for all that it holds.
    sector: str | None
    valid_on: date | None = None

    @property
    def today(self) -> date:
        """The day of what is known, or an earlier one that is asked about: the next title is applied for then."""
        assert self.as_of_time is not None, "of what was known before the first event nobody is asked about"
        known = date.fromisoformat(self.as_of_time[:10])
        return known if self.valid_on is None else min(known, self.valid_on)

    @property
    def digest(self) -> str:
        """Equal questions, equal digest: who is judged a second time follows from it."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The question as the report says it."""
        return {
            "as_of": self.as_of, "as_of_time": self.as_of_time,
            "valid_on": None if self.valid_on is None else self.valid_on.isoformat(), "log_size": self.as_of,
            "root": self.root.hex(), "region": self.region, "sector": self.sector,
            "under": self.under.as_json(), "against": self.against.as_json(),
        }


def prefix_of(region: str | None) -> str:
    """What codes within a region begin with: 330000 → 33, 330200 → 3302."""
    code = region or ""
    while code.endswith("00"):
        code = code[:-2]
    return code


def replayed(
    question: Question, held: Held, books: Books, folder: Path, progress: Progress = lambda step, done, total: None,
    *, engine: Engine = judge_both, form: int = FORMAT,
) -> Comparison:
    """Replay the history under both laws, and judge some people a second time; raises Nobody or Disagreement.

    `form`: the format of what was announced, where that is asked again: an older one spoke of no first titles.
    """
    progress("gather", 0, 1)
    gathered = gather(held, question.as_of, question.valid_on)
    against, under = (books.seat(one.digests).bench.law for one in (question.against, question.under))
    old, new = sides(gathered, against, under, engine, progress)
    people = gathered.coded.people
    readers = Reader(People(), folder), Reader(Sanctions(), folder)
    asked = read_titles(*readers, people, question.as_of, question.today, question.valid_on) if people else ()
    found = compare(gathered, old, new, asked, region=prefix_of(question.region), sector=question.sector,
                    first_on=question.today if people and form >= FIRST_TITLES_SINCE else None)
    if not len(found.rows):
        raise Nobody(question.region, question.sector)
    _check(question, found, books, folder, progress)
    return found


def _check(question: Question, found: Comparison, books: Books, folder: Path, progress: Progress) -> None:
    """Judge some people by `Answers.years`, half of them of those who changed."""
    readers = Reader(People(), folder), Reader(Entries(), folder)
    numbers = _sample(question, found)
    laws = ((question.against, found.old), (question.under, found.new))
    for done, number in enumerate(numbers):
        progress("check", done, len(numbers))
        person = found.gathered.coded.people[number]
        for law, judged in laws:
            basis = Basis(question.as_of, None, question.valid_on, law.name, law.rulebooks, question.as_of,
                          question.root)
            answer = person_years(read_history(*readers, person, basis), books, person, basis)
            _demand_equal(person, law.name, found, judged, number, answer)
    progress("check", len(numbers), len(numbers))


def _demand_equal(
    person: str, law: str, found: Comparison, judged: Side, number: int, answer: Mapping[str, Any]
) -> None:
    titles = found.titles
    rows = [(titles.asked[at], int(titles.zone[at]), titles.old[at], titles.new[at]) for at in titles.of(number)]
    if not rows and found.first_titles is not None:
        rows = found.first_titles.of(number)   # Among the titles a first one stands where it is touched alone.
    asked = [(one, found.place_of(zone), old if judged is found.old else new) for one, zone, old, new in rows]
    mine = replayed_account(found.gathered, judged.compiled, judged.replayed, number)
    theirs = answered_account(answer)
    met = {year: told["met"] for year, told in theirs.years.items()}
    mine = mine._replace(titles=tuple(basis for *_, basis in asked))
    theirs = theirs._replace(titles=tuple(
        weigh_plainly(judged.compiled.law, place, one, met) for one, place, _ in asked))
    if mine != theirs:
        raise Disagreement(person, law, replayed=mine, answered=theirs)


def _sample(question: Question, found: Comparison) -> list[int]:
    """Who is judged a second time: fixed by the question, as far as the people are the same."""
    pools = (found.person_of_row[found.changed], found.titles.people_touched, found.person_of_row[found.rows])
    chosen: set[int] = set()
    for pool, many in zip(pools, (SAMPLE // 2, SAMPLE * 3 // 4, SAMPLE), strict=True):
        for draw in range(2 * SAMPLE if len(pool) else 0):
            if len(chosen) >= many:
                break
            seed = hashlib.sha256(f"{question.digest} {many} {draw}".encode()).digest()
            chosen.add(int(pool[int.from_bytes(seed[:8], "big") % len(pool)]))
    return sorted(chosen)


# What it came to


def summary(question: Question, found: Comparison, folder: Path) -> dict[str, Any]:
    """What the replay came to."""
    units = by_place(found, "unit")
    reader = Reader(People(), folder)
    failed, passed = newly(found)
    gain = found.gain[found.rows]
    return {
        "format": FORMAT,
        "question": question.as_json(),
        "people": found.people, "person_years": len(found.rows), "entries": _entries_within(found),
        "changed_people": len(set(found.person_of_row[found.changed].tolist())),
        "changed_person_years": len(found.changed), "moved_entries": len(found.moved),
        "gained": format_hours(int(gain[gain > 0].sum())), "given_up": format_hours(int(-gain[gain < 0].sum())),
        "newly_failed": int(failed[found.rows].sum()), "newly_passed": int(passed[found.rows].sum()),
        "touched_titles": count(found.titles, GRANTED, LESS), "touched_applications": count(found.titles, NEXT),
        "amendments": amendments(question, found), "names": names_of(
            book for side in (found.old, found.new) for book in side.compiled.law.books),
        "verdicts": [{"old": old, "new": new, "person_years": many} for (old, new), many in verdicts(found).items()],
        "histogram": {"begins": [format_signed(edge) for edge in EDGES], "person_years": histogram(found)},
        "newly_short": [{"minimum": name, "person_years": many} for name, many in newly_short(found)],
        "by_year": [_group(one) for one in by_year(found)],
        **{f"by_{kind}": [_group(one) for one in by_place(found, kind)] for kind in ("city", "sector")},
        "by_unit": [_group(one) for one in units], "units": len(units),
        "unit_names": {one.name: _unit_name(reader, one.name, question.as_of)
                       for one in units[:UNITS_NAMED] if one.name},
        "by_clause": [
            {"how": cause.how, "old_clause": cause.old, "new_clause": cause.new, "entries": many,
             "gained": format_hours(gained), "given_up": format_hours(given_up)}
            for cause, many, gained, given_up in by_cause(found)
        ],
        "titles": groups(found.titles, found.gathered.coded),
        "judged_twice": SAMPLE,
    }


def amendments(question: Question, found: Comparison) -> list[dict[str, Any]]:
    """The rulebooks that only the new law has: what the report is about, and where they are to hold."""
    against = set(question.against.digests)
    return [
        {"id": book.id, "digest": book.digest, "document": book.document, "region": book.scope.region,
         "sector": book.scope.sector, "draft": book.draft, **reached(found, book)._asdict()}
        for book in sorted(found.new.compiled.law.books, key=lambda book: book.id) if book.digest not in against
    ]


def format_signed(centi: int) -> str:
    """Hours, also below nought."""
    return f"-{format_hours(-centi)}" if centi < 0 else format_hours(centi)


def _unit_name(reader: Reader, unit: str, as_of: int) -> str:
    """What a unit was last called; a public fact."""
    found = read_unit(reader, unit, as_of)
    return unit if found is None else found.names[-1].name


def _entries_within(found: Comparison) -> int:
    people = sorted(set(found.person_of_row[found.rows].tolist()))
    first = found.gathered.coded.first_entry
    return int((first[1:][people] - first[:-1][people]).sum())


def _group(one: Group) -> dict[str, Any]:
    return {**one._asdict(), "gained": format_hours(one.gained), "given_up": format_hours(one.given_up)}
