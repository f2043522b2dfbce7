"""Twins on random histories: following is building at once, and the evaluated years are those of `evaluate`."""

from __future__ import annotations

import io
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, course, exam, living, seminar

from ledger.events.study import Study
from ledger.streams.claim import evolve
from ledger.vocabulary import Category
from policies.assess import Override
from policies.evaluate import main_evaluate
from projections.answers import projections
from projections.entries_reading import Version
from projections.facts import fields_of
from projections.files.batch import read_batch
from projections.files.content import content
from projections.files.file import ProjectionFile

PLACES = ((NINGBO, "industry"), (WENZHOU, "general"), (HANGZHOU, "environment"), (WENZHOU, "natural_resources"))
DAYS = ("2019-03-01", "2020-11-26", "2020-11-27", "2021-06-30", "2021-07-01", "2022-12-31")

studies = st.one_of(
    st.builds(seminar, st.sampled_from(DAYS), st.integers(1, 20),
              st.sampled_from(["national", "provincial", "municipal", "county"])),
    st.builds(exam, st.sampled_from(DAYS), st.integers(1, 6), occasion=st.sampled_from([None, "o1", "o2"])),
    st.builds(course, st.sampled_from(DAYS), st.integers(1, 4_000),
              st.sampled_from([Category.GENERAL_PUBLIC, Category.SECTOR_PUBLIC])),
    st.builds(lambda day, rank, level: Study(
        category=Category.PROFESSIONAL, route="paper", level=level, rank=rank,
        evidence_on=exam(day).evidence_on, output="p1"),
        st.sampled_from(DAYS), st.integers(1, 4), st.sampled_from(["core", "other"])),
    st.builds(lambda day, centi: Study(
        category=Category.PROFESSIONAL, route="other", confirmed_centi=centi, document="文",
        evidence_on=exam(day).evidence_on),
        st.sampled_from(DAYS), st.integers(1, 5_000)),
)
steps = st.lists(
    st.tuples(st.sampled_from(["register", "register", "register", "override", "submit", "revoke", "freeze", "correct",
                               "reinstate", "move", "leave", "roster", "open_roster"]),
              st.integers(0, 1_000), studies), min_size=3, max_size=16)


def live(house: House, history: list[tuple[str, int, Study]]) -> list[Any]:
    """Let two people live through a history; what cannot be done in their state is passed over."""
    units = [house.unit(region, sector) for region, sector in PLACES]
    people = [house.person(unit=units[0]), house.person(unit=units[1])]
    held: list[Any] = []
    for what, number, study in history:
        person = people[number % 2]
        claim = held[number % len(held)] if held else None
        state = None if claim is None else house.load(claim, evolve)
        if what == "register":
            held.append(house.registered(person, study))
        elif what == "override":
            held.append(house.registered(person, study, override=Override(number * 7, f"函〔2021〕{number % 3}号")))
        elif what == "submit":
            house.submit(person, study)
        elif what in ("roster", "open_roster"):
            act = house.roster(1)
            row = house.row(act, person, study)
            if what == "roster":
                act.close()
                held.append(row)
        elif what == "move":
            starts = ("2020-01-01", "2021-07-01", "2022-01-01")[number % 3]
            if starts not in {one.starts for one in house.followed().person(person).affiliations}:  # type: ignore[union-attr]
                house.affiliate(person, units[number % len(units)], starts)
        elif what == "leave":
            known = house.followed().person(person)
            assert known is not None
            if not known.departures and known.affiliations[-1].starts < "2023-01-01":
                house.leave(person, known.affiliations[-1].unit, "2023-01-01")  # type: ignore[arg-type]
        elif state is not None and what in ("revoke", "freeze") and state.status == "approved":
            getattr(house, what)(claim)
        elif state is not None and what == "correct" and state.status == "approved":
            house.correct(claim, study)
        elif state is not None and what == "reinstate" and state.status == "revoked":
            house.reinstate(claim)
    return people


def check_twins(history: list[tuple[str, int, Study]]) -> None:
    with tempfile.TemporaryDirectory() as folder, living(Path(folder) / "house") as house:
        people = live(house, history)
        house.followed()
        house.follower.stop()
        rng = random.Random(len(history))
        for projection in projections():
            assert built(house, projection, Path(folder) / "a.db", lambda: house.size) == built(
                house, projection, Path(folder) / "b.db", lambda: rng.randint(1, 7)), projection.name
        for person in people:
            check_evaluated(house, person)


def built(house: House, projection: Any, path: Path, at_once: Any) -> Any:
    """The content of a projection that was made in batches of some size."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    file = ProjectionFile(projection, path)
    while batch := read_batch(house.ledger, file.position, at_once()):
        file.apply(batch, house.ledger)
    found = content(file.connection)
    file.connection.close()
    return found


def check_evaluated(house: House, person: Any) -> None:
    """What `xueshi evaluate` says of the exported facts, entry by entry and year by year."""
    from projections.basis import Axes

    answers = house.answers
    answer = answers.years(person, Axes())
    assert answer is not None
    claims = [version for version in registered(answers, person, answer["basis"]["as_of"])
              if version.status != "revoked"]
    if not any(version.decision.override for version in claims if version.decision):
        check_lines(answer, evaluated([*affiliation_lines(answer), *entry_lines(claims)]))
    if not any(version.decision.status == "manual" for version in claims if version.decision):  # type: ignore[union-attr]
        moved = len(answer["affiliations"]) > 1
        assert moved or not any(year["differs"] for year in answer["years"]), "decided under the same law"


def check_lines(answer: Any, rulings: Any) -> None:
    """Of people to whom no authority gave hours past a row's: a line of facts cannot say that it did."""
    ours = {entry["claim"]: entry["evaluated"] for year in answer["years"] for entry in year["entries"]}
    for ruling in rulings["entry"]:
        mine = ours[ruling["id"]]
        assert {name: mine[name] for name in ("status", "assessed", "counted", "rulebook", "clause", "flags", "why")} \
            == {name: ruling[name] for name in ("status", "assessed", "counted", "rulebook", "clause", "flags", "why")}
    years = {year["year"]: year["evaluated"] for year in answer["years"]}
    for ruling in rulings["year"]:
        expected = {name: value for name, value in ruling.items() if name not in ("kind", "person", "year")}
        assert years[ruling["year"]] == expected


def registered(answers: Any, person: str, as_of: int) -> list[Version]:
    from projections.entries_reading import read_registered

    return read_registered(answers._entries, person, as_of)


def affiliation_lines(answer: Any) -> list[dict[str, Any]]:
    return [{"kind": "affiliation", "person": answer["person"], "from": one["from"], "region": one["region"],
             "sector": one["sector"], **({"to": one["to"]} if one["to"] else {})} for one in answer["affiliations"]]


def entry_lines(claims: list[Version]) -> list[dict[str, Any]]:
    return [{"kind": "entry", "id": one.claim, "person": one.person, "submitted_on": one.submitted_on,
             **fields_of(one.study)} for one in claims]


def evaluated(lines: list[dict[str, Any]]) -> dict[str, list[Any]]:
    source, out, complaints = io.BytesIO(b"\n".join(map(msgspec.json.encode, lines))), io.BytesIO(), io.StringIO()
    assert main_evaluate(source, out, complaints, None, True) == 0, complaints.getvalue()
    found: dict[str, list[Any]] = {"entry": [], "year": []}
    for line in out.getvalue().splitlines():
        ruling = json.loads(line)
        found[ruling["kind"]].append(ruling)
    return found


def many_times(
    check: Callable[[Any], None], many: int, record_property: Callable[[str, object], None],
    phases: Sequence[Phase] = tuple(Phase),
) -> None:
    """Hold a check against so many random histories, the same each time, and record how many there were."""
    record_property("tried", many)
    settings(max_examples=many, derandomize=True, deadline=None, phases=phases)(given(steps)(check))()


@settings(max_examples=10, derandomize=True, deadline=None)
@given(steps)
def test_followed_or_built_at_once_the_rows_and_the_years_are_the_same(history: list[tuple[str, int, Study]]) -> None:
    check_twins(history)


@pytest.mark.torture
def test_followed_or_built_at_once_many_times(record_property: Any) -> None:
    many_times(check_twins, 200, record_property)
