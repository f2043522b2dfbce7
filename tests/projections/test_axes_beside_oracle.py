"""Any question on the three axes, beside a reader who knows only the contract and a second copy of the law.

Random lives are lived in a register: studies registered, corrected, frozen, revoked, reinstated; moves entered late;
rulebooks enacted after years that they judge. A witness beside it writes down at which position it saw what, in plain
lines. Of any position, any day and any law the witness takes the lines that were known, had happened and are ruled,
and hands them to the oracle of `tests/policies`, which shares nothing with the house: the hours must be the same, as
decided and as evaluated. And an answer that was given early is given again to the byte at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from projection_kit import House, living

from ledger.events.study import Study
from ledger.vocabulary import Category, parse_hours
from projections.basis import axes_of, read_axes
from tests.policies.oracle import generate, plain, worth

Fact = dict[str, Any]

FIVE = (worth.P, worth.E, worth.N, worth.W, worth.R)
LATE = (worth.W, worth.R)  # Enacted while people already study under them.
NOWHERE = {"region": "", "sector": ""}
TOLD = ("status", "rulebook", "clause", "assessed", "counted", "flags")
WHOLE = ("route", "level", "year", "subjects", "courses", "characters", "minutes", "document", "rank", "organiser",
         "organiser_level", "approved_by", "completed_by", "platform", "major", "occasion", "output")
QUANTITIES = (("hours", "hours_centi", 1), ("confirmed_hours", "confirmed_centi", 1), ("days", "days_half", 50))
ENDS = {"revoke": "revoked", "freeze": "frozen"}


class Seen(NamedTuple):
    """A study as it stood from a position on, and what it was decided to be worth."""

    since: int
    line: Fact
    status: str
    worth: worth.Worth


@dataclass
class Witness:
    """What somebody beside the register wrote down: when each thing became known, in the contract's own lines."""

    person: str
    moves: list[tuple[int, Fact]] = field(default_factory=list)
    leaves: list[tuple[int, str, str]] = field(default_factory=list)  # When known, from which first day, the last day.
    studies: dict[str, list[Seen]] = field(default_factory=dict)      # In the order of registration.

    def places(self, at: int, until: str = "9999") -> list[Fact]:
        """Where the person belonged, by what was known and had happened."""
        lines = [dict(line) for since, line in self.moves if since <= at and line["from"] <= until]
        for since, starts, last in self.leaves:
            for line in lines:
                if since <= at and last <= until and line["from"] == starts:
                    line["to"] = last
        return lines

    def standing(self, at: int, until: str = "9999") -> list[Seen]:
        """What is registered and not revoked, of evidence up to a day."""
        known = ([one for one in seen if one.since <= at] for seen in self.studies.values())
        return [seen[-1] for seen in known
                if seen and seen[-1].status != "revoked" and seen[-1].line["date"] <= until]


@contextmanager
def knowing(*books: str) -> Iterator[None]:
    """Let the oracle know these rulebooks alone."""
    reaches = worth.reaches

    def among(book: str, affiliation: Fact, day: date) -> bool:
        return book in books and reaches(book, affiliation, day)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worth, "reaches", among)
        patch.setattr(plain, "reaches", among)
        yield


def worth_of(line: Fact, places: list[Fact]) -> worth.Worth:
    """What a study is worth by itself; on a day that nobody employed them, what it is worth nowhere."""
    return worth.assess(line, worth.affiliation_on(places, date.fromisoformat(line["date"])) or NOWHERE)


def decided(line: Fact, witness: Witness) -> worth.Worth:
    """What the kit's officers decide: under all five, and knowing of no last day."""
    return worth_of(line, [line for _, line in witness.moves])


def study_of(line: Fact) -> Study:
    """The study that a line of the contract tells of."""
    days = {name: date.fromisoformat(line[name]) for name in ("starts", "ends", "filed_on") if name in line}
    hours = {to: parse_hours(line[name]) // per for name, to, per in QUANTITIES if name in line}
    return Study(category=Category(line["category"]), evidence_on=date.fromisoformat(line["date"]),
                 **{name: line[name] for name in WHOLE if name in line}, **days, **hours)


# Lives


def live(house: House, random: Random) -> Witness:
    """One life, with everything that happens to it in a random order."""
    lines = generate.life(random, "p")
    entries = [line for line in lines if line["kind"] == "entry"][:24]
    first, *later = sorted((line for line in lines if line["kind"] == "affiliation"), key=lambda line: line["from"])
    witness = Witness(house.person())
    move(house, witness, first)
    acts = [*later, *entries, *random.choices(("correct", "revoke", "reinstate", "freeze"), k=len(entries) // 2)]
    random.shuffle(acts)
    for act in acts:
        if isinstance(act, str):
            change(house, witness, random, act, entries)
        elif act["kind"] == "affiliation":
            move(house, witness, act)
        else:
            register(house, witness, act)
    return witness


def move(house: House, witness: Witness, line: Fact) -> None:
    unit = house.unit(line["region"], line["sector"])
    house.affiliate(witness.person, unit, line["from"], line.get("major"))  # type: ignore[arg-type]
    witness.moves.append((house.size, {name: value for name, value in line.items() if name != "to"}))
    is_ended_before = any(line["from"] < other["from"] <= line.get("to", "") for _, other in witness.moves)
    if "to" in line and not is_ended_before:  # The register takes no last day that a later move has already brought.
        house.leave(witness.person, unit, line["to"])  # type: ignore[arg-type]
        witness.leaves.append((house.size, line["from"], line["to"]))


def register(house: House, witness: Witness, line: Fact) -> None:
    places = witness.places(house.size)
    employed = max(places, key=lambda place: place["from"]).get("to", "2030-01-01")
    claim = house.submit(witness.person, study_of(line), on=employed)  # type: ignore[arg-type]
    house.approve(claim, year=plain.year_of(line))
    witness.studies[claim] = [Seen(house.size, {**line, "id": claim}, "approved", decided(line, witness))]


def change(house: House, witness: Witness, random: Random, act: str, entries: list[Fact]) -> None:
    """Something happens to one study, if there is one in the state for it."""
    wanted = "revoked" if act == "reinstate" else "approved"
    open_to = [claim for claim, seen in witness.studies.items() if seen[-1].status == wanted]
    if not open_to:
        return
    claim = random.choice(open_to)
    seen = witness.studies[claim]
    if act == "correct":
        line = {**random.choice(entries), "id": claim}
        house.correct(claim, study_of(line), year=plain.year_of(line))  # type: ignore[arg-type]
        seen.append(Seen(house.size, line, "approved", decided(line, witness)))
    else:
        getattr(house, act)(claim)
        seen.append(seen[-1]._replace(since=house.size, status=ENDS.get(act, "approved")))


# Questions


def questions(random: Random, began: int, size: int, many: int = 10) -> Iterator[dict[str, str]]:
    """Of a position, perhaps of a day, under one law or another."""
    for _ in range(many):
        law = random.choice(("then", "then", "now", "set:" + ",".join(random.sample(FIVE, k=random.randint(1, 4)))))
        question = {"as_of": str(random.randint(began, size)), "law": law}
        if random.random() < 0.5:
            question["valid_on"] = date.fromordinal(
                random.randint(*(date(year, 1, 1).toordinal() for year in (2016, 2026)))).isoformat()
        yield question


def hold(answer: Any, witness: Witness, books: list[str], at: int, until: str) -> int:
    """One answer beside what the oracle says of the same; gives how many studies were compared."""
    places, standing = witness.places(at, until), witness.standing(at, until)
    entries = {entry["claim"]: entry for year in answer["years"] for entry in year["entries"]}
    counting = {claim for claim, one in entries.items() if one["status"] != "revoked"}
    assert counting == {one.line["id"] for one in standing}
    as_decided = plain.count([(one.line, one.worth) for one in standing])
    with knowing(*books):
        evaluated = plain.count([(one.line, worth_of(one.line, places)) for one in standing])
        lines = [plain.year_line("p", year["year"], places, evaluated) for year in answer["years"]]
    for one in map(plain.entry_line, evaluated):
        assert {name: entries[one["id"]]["evaluated"][name] for name in TOLD} == {name: one[name] for name in TOLD}
    for year, line in zip(answer["years"], lines, strict=True):
        assert {"kind": "year", "person": "p", "year": year["year"], **year["evaluated"]} == {
            **line, "why": year["evaluated"]["why"]}
        own = [one for one in as_decided if one.year == year["year"]]
        assert year["decided"]["total"] == plain.text(sum((one.counted for one in own), worth.ZERO))
    for one in as_decided:
        told = entries[one.entry["id"]]["decided"]
        assert (told["assessed"], told["counted"]) == (plain.text(one.worth.assessed), plain.text(one.counted))
    return len(standing)


def check(folder: Path, seed: int, lives: int) -> int:
    """The lives of one seed, each asked about once it was lived, and again when all were; gives what was compared."""
    random, compared, kept = Random(seed), 0, list[tuple[str, str]]()
    with living(folder, under=tuple(book for book in FIVE if book not in LATE)) as house:
        since = {book: 0 for book in FIVE if book not in LATE}
        for number in range(lives):
            witness = live(house, random)
            if number < len(LATE):
                house.enact(LATE[number])
                since[LATE[number]] = house.size
            for question in questions(random, witness.moves[0][0], house.size):
                answer = house.followed().years(witness.person, read_axes(**question))  # type: ignore[arg-type]
                kept.append((witness.person, json.dumps(answer)))
                at, law = int(question["as_of"]), question["law"]
                known = house.size if law == "now" else at
                books = law[4:].split(",") if ":" in law else [book for book, event in since.items() if event <= known]
                try:
                    compared += hold(answer, witness, books, at, question.get("valid_on", "9999"))
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, life {number}, {question}") from error
        for person, written in kept:
            axes = axes_of(json.loads(written)["basis"])
            assert json.dumps(house.answers.years(person, axes)) == written  # type: ignore[arg-type]
    return compared


def test_of_any_position_day_and_law_the_hours_are_those_of_a_second_reading(tmp_path: Path) -> None:
    assert check(tmp_path / "house", seed=1, lives=5) > 250


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_of_many_lives_too(tmp_path: Path, record_property: Any) -> None:
    record_property("tried", sum(check(tmp_path / str(seed), seed, lives=12) for seed in range(2, 22)))
