"""Gathered from columns and judged by the kernel, everyone comes out as `Answers.years` says, as of any position."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from msgspec.structs import replace
from projection_kit import NINGBO, WENZHOU, House, any_book, course, exam, living, seminar
from test_random_histories import live, many_times, steps

from ledger.events.study import Study
from ledger.vocabulary import Category
from policies.assess import Override
from policies.errors import BadLine
from policies.law import Law
from policies.shelf import drafts, shipped
from projections.basis import Axes
from projections.books import Seat
from projections.entries_reading import Version
from projections.replay.checked import answered_account, replayed_account
from projections.replay.compiled import compile_over
from projections.replay.gathered import gather, read_under
from projections.replay.kernel import replay
from projections.replay.reading import Snapshot, read_all, read_people
from projections.replay.segments import merged
from projections.replay.studies import is_readable

FIVE = tuple(book.id for book in shipped().books)
SETS = {"the five": FIVE, "with every draft": (*FIVE, *(book.id for book in drafts().books))}


def they_agree(
    house: House, held: Any, as_of: int, *, valid_on: date | None = None, fast: bool = False
) -> None:
    """Of everyone, under each law."""
    gathered = gather(held, as_of, valid_on)
    for names in SETS.values():
        law = Law(any_book(name) for name in names)
        coded = read_under(gathered, law)
        compiled = compile_over(law, coded)
        replayed = replay(coded, compiled, fast=fast)
        for number, person in enumerate(coded.people):
            axes = Axes(as_of=as_of, valid_on=valid_on, law=f"set:{','.join(names)}")
            answer = house.answers.years(person, axes)  # type: ignore[arg-type]
            assert answer is not None
            assert replayed_account(gathered, compiled, replayed, number) == answered_account(answer)
        everyone = {person for (person,) in house.answers._entries.rows(
            "SELECT DISTINCT person FROM claims WHERE status IN ('approved', 'frozen', 'revoked') "
            f"AND from_position <= {as_of} AND coalesce(to_position, {as_of} + 1) > {as_of}")}
        assert set(coded.people) == everyone if valid_on is None else set(coded.people) <= everyone


def held_now(house: House) -> Any:
    house.followed()
    with Snapshot(house.folder / "answers") as snapshot:
        return read_all(snapshot)


def check(history: list[tuple[str, int, Study]]) -> None:
    with TemporaryDirectory() as folder, living(Path(folder) / "house") as house:
        people = live(house, history)
        half = house.size
        before = held_now(house)
        live(house, [(what, number + 1, study) for what, number, study in reversed(history)])
        held = held_now(house)
        rng = random.Random(len(history))
        for as_of in (house.size, half, rng.randint(1, house.size)):
            they_agree(house, held, as_of)
        they_agree(house, held, half, valid_on=date(rng.randint(2018, 2024), rng.randint(1, 12), rng.randint(1, 28)))
        with Snapshot(house.folder / "answers") as snapshot:
            changed = read_people(snapshot, [*people, *map(str, held.people.astype(str))])
        they_agree(house, merged(before, changed), rng.randint(1, house.size))


@settings(max_examples=6, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(steps)
def test_everyone_comes_out_as_the_answers_say_as_of_any_position(history: list[tuple[str, int, Study]]) -> None:
    check(history)


@pytest.mark.torture
def test_everyone_comes_out_as_the_answers_say_many_times(record_property: Any) -> None:
    many_times(check, 200, record_property, phases=(Phase.generate,))


def test_frozen_entries_count_and_revoked_ones_leave_their_room(tmp_path: Path) -> None:
    """Two seminars over the cap of a class of entries; a chosen year; a year of nothing but a revoked entry."""
    with living(tmp_path / "house") as house:
        unit = house.unit(NINGBO, "industry")
        one, two, nobody = house.person(unit=unit), house.person(unit=unit), house.person(unit=unit)
        claims = [house.registered(one, exam(f"2021-05-0{day}", 3)) for day in range(1, 5)]
        house.freeze(claims[0])
        house.revoke(claims[1])
        house.registered(two, exam("2022-03-01", 2), year=2021)
        house.registered(two, exam("2021-06-01", 5))
        house.revoke(house.registered(nobody, seminar("2023-05-03", 10, "municipal")))
        held = held_now(house)

        they_agree(house, held, house.size)
        they_agree(house, held, house.size, fast=True)
        gathered = gather(held, house.size)
        assert len(gathered.claims) == 5 and nobody in gathered.coded.people


def test_hours_that_an_authority_gave_past_a_rows_are_given_by_every_law_that_leaves_it_room(tmp_path: Path) -> None:
    """N 6(1), AMB-21: 30 for five days with a document; a second class shares the cap of 36; a correction ends it."""
    with living(tmp_path / "house") as house:
        unit = house.unit(NINGBO, "industry")
        one, two = house.person(unit=unit), house.person(unit=unit)
        word = Override(3_000, "甬人社函〔2021〕9号")
        house.registered(one, seminar("2021-06-01", 10), override=word)
        house.registered(one, seminar("2021-07-01", 10))
        corrected = house.registered(two, seminar("2021-06-01", 10), override=word)
        before = house.size
        house.correct(corrected, seminar("2021-06-01", 10))
        held = held_now(house)

        for as_of in (before, house.size):
            they_agree(house, held, as_of)
            they_agree(house, held, as_of, fast=True)
        year = house.year(one, 2021)
        first, second = year["entries"]
        assert (year["decided"]["total"], year["evaluated"]["total"], year["differs"]) == ("36", "36", False)
        assert first["decided"]["clauses"] == ["第六条（一）", word.document]
        assert [first["evaluated"][name] for name in ("assessed", "counted", "flags")] == ["30", "30", ["override"]]
        assert any(word.document in step["arithmetic"] for step in first["evaluated"]["why"])
        assert second["evaluated"]["counted"] == "6"
        assert house.total(two, 2021, as_of=str(before)) == ("30", "30")
        assert house.total(two, 2021) == ("24", "24")


def test_a_transfer_entered_late_and_a_gap_between_two_units_are_as_in_the_answers(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        here, there = house.unit(NINGBO, "industry"), house.unit(WENZHOU, "general")
        mover, leaver, late = (house.person(unit=here, starts="2019-01-01") for _ in range(3))
        for person in (mover, leaver, late):
            for year in range(2018, 2024):
                house.registered(person, course(f"{year}-06-01", 2_000))
        house.affiliate(mover, there, "2021-07-01")
        house.leave(leaver, here, "2020-12-31")
        house.affiliate(leaver, there, "2022-03-01")
        house.leave(leaver, there, "2022-08-01")
        before = house.size
        house.affiliate(late, there, "2020-01-01")
        held = held_now(house)

        for as_of in (before, house.size):
            they_agree(house, held, as_of)
        # The days on which somebody came or went, and the days before.
        for valid_on in ("2018-12-31", "2019-01-01", "2020-12-31", "2021-06-30", "2021-07-01", "2022-07-31"):
            they_agree(house, held, house.size, valid_on=date.fromisoformat(valid_on))


DAY = date(2021, 5, 3)
PLAIN = exam("2021-05-03", 2)


@pytest.mark.parametrize("study", [
    PLAIN, replace(PLAIN, starts=DAY, ends=date(2021, 5, 2)), replace(PLAIN, filed_on=DAY), replace(PLAIN, occasion=""),
    replace(PLAIN, starts=DAY, filed_on=date(2021, 4, 1)), replace(PLAIN, evidence_on=date(1949, 12, 31)),
    replace(PLAIN, evidence_on=date(2100, 1, 1)), replace(PLAIN, output=""), replace(PLAIN, ends=date(1949, 1, 1)),
    replace(PLAIN, document=""), replace(PLAIN, starts=DAY, ends=DAY),
    replace(PLAIN, confirmed_centi=500, document="文"), replace(PLAIN, document="文"),
    Study(category=Category.PROFESSIONAL, route="nothing", evidence_on=DAY),
    replace(PLAIN, further={"kind_of_service": "village"}),
])
def test_what_cannot_be_read_for_its_dates_and_keys_is_told_as_a_bench_would(study: Study) -> None:
    version = Version("clm_1", "per_1", "approved", 1, 0, "self", "2021-05-04", 1, 1, (), study, 0, None, 1, None)
    bad = Seat(Law(shipped().books)).take(version).bad
    loose = bad is not None and bad.field in ("date", "starts", "ends", "filed_on", "occasion", "output")
    unread = loose or (isinstance(bad, BadLine) and bad.field == "document" and study.document == "")

    assert is_readable(study) is not unread
