"""Whose first title a law touches: two years in a row of whoever has none, by the rule of the place (N 9(2))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exam_kit import revoke_title
from projection_kit import HANGZHOU, NINGBO, House, any_book, living
from title_kit import just, plenty, titled

from policies.archive import examine
from policies.rulebook import Rulebook
from policies.shelf import shipped
from projections.basis import Cited, read_axes
from projections.books import Books
from projections.eligibility import Question as Asking
from projections.eligibility import eligibility
from projections.replay import folder as reports
from projections.replay import report
from projections.replay.checked import Disagreement
from projections.replay.comparison import Comparison
from projections.replay.held import Held
from projections.replay.reading import Snapshot, read_all
from projections.replay.report import LawNamed, Question
from projections.replay.titles import Basis, groups, touched

FIVE = tuple(book.id for book in shipped().books)
NINGBO_BOOK = "ningbo-industry/2019-01-01"
RULE = f"{NINGBO_BOOK} 第九条"
POORER, STRICTER, SILENT, SILENT_POORER = (f"{NINGBO_BOOK}.{revision}" for revision in (6, 7, 8, 9))


def poorer() -> Rulebook:
    """The same, with a day of a seminar at 3 instead of 6: 15 for five days instead of 24."""
    book = any_book(NINGBO_BOOK)
    source = book.source.replace(b"municipal = 6, county = 6", b"municipal = 3, county = 3")
    assert source != book.source
    text = Path("policies/texts/N-ningbo-industry-2018-244.txt")
    return replace(examine(source, text.read_bytes()), id=POORER, digest="6" * 64)


def stricter() -> Rulebook:
    """The same, without leave to look back a year in the first half (N 9(2) says 可调整)."""
    book = any_book(NINGBO_BOOK)
    assert book.application is not None
    return replace(book, id=STRICTER, digest="7" * 64, application=replace(
        book.application, first_half_pairs=book.application.other_pairs))


def book_of(name: str) -> Rulebook:
    silent = (replace(any_book(NINGBO_BOOK), id=SILENT, digest="8" * 64, application=None),
              replace(poorer(), id=SILENT_POORER, digest="9" * 64, application=None))
    for one in (poorer(), stricter(), *silent):
        if name in (one.id, one.digest):
            return one
    return any_book(name)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """People without a title, who met two years in a row in several ways; and one who has a title."""
    with living(tmp_path_factory.mktemp("first") / "house") as house:
        house.people = people = {}  # type: ignore[attr-defined]
        for name, region, sector, studied in (
            ("well off", NINGBO, "industry", dict.fromkeys((2024, 2025), plenty)),
            ("by seminars", NINGBO, "industry", dict.fromkeys((2024, 2025), just)),
            ("one year", NINGBO, "industry", {2025: plenty}),
            ("long ago", NINGBO, "industry", dict.fromkeys((2019, 2020), plenty)),
            ("of general trades", NINGBO, "general", dict.fromkeys((2024, 2025), just)),
            ("of another city", HANGZHOU, "industry", dict.fromkeys((2024, 2025), just)),
            ("titled", NINGBO, "industry", dict.fromkeys((2024, 2025), just)),
            ("titled no more", NINGBO, "industry", dict.fromkeys((2024, 2025), just)),
        ):
            person = people[name] = house.person(unit=house.unit(region, sector, name=name))
            claims = [house.registered(person, one) for year, study in studied.items() for one in study(year)]
            if name.startswith("titled"):
                titled(house, person, "2023-12-01")
            if name == "titled no more":
                revoke_title(house, person, (claims[0],), "2023-12-01", "2025-06-01", "assistant")
        house.followed()
        yield house


@pytest.fixture(scope="module")
def held(house: House) -> Held:
    with Snapshot(house.folder / "answers") as snapshot:
        return read_all(snapshot)


def law(names: tuple[str, ...]) -> LawNamed:
    return LawNamed(f"set:{','.join(names)}", tuple(Cited(name, book_of(name).digest, None) for name in names))


def without_ningbo(*others: str) -> tuple[str, ...]:
    return (*(name for name in FIVE if name != NINGBO_BOOK), *others)


def asked(house: House, under: tuple[str, ...], against: tuple[str, ...], day: str) -> Question:
    return Question(law(under), law(against), house.size, f"{day}T12:00:00+08:00",
                    house.ledger.store.frontier(house.size).root(), None, None)


def replayed(
    house: House, held: Held, under: tuple[str, ...], against: tuple[str, ...] = FIVE, day: str = "2025-12-31",
    **rest: Any,
) -> Comparison:
    question = asked(house, under, against, day)
    return report.replayed(question, held, Books(book_of), house.folder / "answers", **rest)


def first(house: House, found: Comparison) -> dict[str, str]:
    """Whose first title is touched, and how."""
    names = {person: name for name, person in house.people.items()}  # type: ignore[attr-defined]
    return {names[one["person"]]: one["effect"] for one in touched(found.titles, found.gathered.coded)
            if one["kind"] == "first"}


def test_whose_two_years_rest_on_what_is_amended_falls_short_of_a_first_title(house: House, held: Held) -> None:
    """A seminar at 15 instead of 24 leaves 81 of 90 hours; whoever has plenty, or fell short before, is untouched."""
    found = replayed(house, held, without_ningbo(POORER))

    assert first(house, found) == {"by seminars": "less", "titled no more": "less"}
    back = replayed(house, held, FIVE, without_ningbo(POORER))
    assert first(house, back) == {"by seminars": "more", "titled no more": "more"}


def test_a_row_says_which_years_and_which_rule_and_counts_nothing(house: House, held: Held) -> None:
    found = replayed(house, held, without_ningbo(POORER))
    (row,) = [one for one in touched(found.titles, found.gathered.coded)
              if one["person"] == house.people["by seminars"]]  # type: ignore[attr-defined]

    assert {name: row[name] for name in ("level", "after", "on", "region", "sector")} == {
        "level": None, "after": None, "on": "2025-12-31", "region": NINGBO, "sector": "industry"}
    assert row["old"] == {"years_met": None, "consecutive": [2024, 2025], "rule": RULE}
    assert row["new"] == {"years_met": None, "consecutive": [], "rule": f"{POORER} 第九条"}
    assert {"kind": "first", "effect": "less", "city": "330200", "rule": f"{POORER} 第九条", "titles": 2,
            "people": 2} in groups(found.titles, found.gathered.coded)


def test_where_the_rule_on_applying_goes_nobody_falls_short_any_more(house: House, held: Held) -> None:
    """The province asks no first title for two years in a row: whoever fell short in Ningbo does no more."""
    found = replayed(house, held, without_ningbo())

    assert first(house, found) == {"one year": "more", "long ago": "more"}


def test_in_the_first_half_of_a_year_the_rule_alone_may_move_somebody(house: House, held: Held) -> None:
    """In May 2026 the years 2024 and 2025 do (N 9(2)); without that leave this year and the last are asked for."""
    assert first(house, replayed(house, held, without_ningbo(STRICTER), day="2026-05-20")) == {
        "well off": "less", "by seminars": "less", "titled no more": "less"}
    assert first(house, replayed(house, held, without_ningbo(STRICTER), day="2026-09-20")) == {}


def test_where_no_rule_speaks_of_applying_no_first_title_is_touched(house: House, held: Held) -> None:
    found = replayed(house, held, without_ningbo(SILENT_POORER), without_ningbo(SILENT))

    assert first(house, found) == {} and len(found.changed), "years are met no more, and no text asks for them"


def test_it_is_what_the_same_person_is_told_who_asks_for_a_first_title(house: House, held: Held) -> None:
    """Every one of them by the interpreter: short is `eligible` false, whatever is not is left open."""
    found = replayed(house, held, without_ningbo(POORER), day="2026-05-20").first_titles
    assert found is not None
    asking = Asking(date(2026, 5, 20), 1, is_first=True)
    coded = {person: at for at, person in enumerate(sorted(house.people.values()))}  # type: ignore[attr-defined]

    for name, person in house.people.items():  # type: ignore[attr-defined]
        rows = found.of(coded[person])
        assert bool(rows) == (name != "titled")
        for _, _, old, _ in rows:
            told = eligibility(house.answers, person, asking, read_axes(None, None, f"set:{','.join(FIVE)}"))
            assert told is not None
            assert (told["hours"]["eligible"] is False, tuple(told["hours"]["consecutive"])) == (
                old.is_short, old.consecutive), name


def test_a_first_title_that_an_answer_does_not_bear_out_stops_the_report(
    house: House, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Touched or not: somebody who was not carried over into a row is held against the answers all the same."""
    plainly = report.weigh_plainly

    def another(law: Any, place: Any, one: Any, met: Any) -> Basis:
        basis = plainly(law, place, one, met)
        return basis._replace(consecutive=(2024, 2025)) if one.kind == "first" else basis

    monkeypatch.setattr(report, "weigh_plainly", another)
    with pytest.raises(Disagreement):
        replayed(house, held, without_ningbo(STRICTER), day="2026-09-20")


def test_what_was_announced_before_first_titles_were_told_is_asked_again_without_them(
    house: House, held: Held
) -> None:
    found = replayed(house, held, without_ningbo(POORER), form=4)

    assert first(house, found) == {} and found.first_titles is None
    assert 4 in report.READABLE and report.FORMAT > 4


def test_titles_and_first_titles_stand_in_the_order_of_people_and_give_the_same_bytes_again(
    house: House, held: Held, tmp_path: Path
) -> None:
    question = asked(house, without_ningbo(POORER), FIVE, "2025-12-31")
    told = []
    for name in ("one", "two"):
        beside = tmp_path / name
        beside.mkdir()
        found = report.replayed(question, held, Books(book_of), house.folder / "answers")
        _, digest = reports.write(question, found, house.folder / "answers", beside, lambda told, digest: "")
        told.append((digest, (beside / "titles.csv").read_text("utf-8-sig")))

    people = [one.person for one in found.titles.asked]
    assert told[0] == told[1] and people == sorted(people)
    assert np.array_equal(found.titles.people_touched, sorted(found.titles.people_touched.tolist()))
    assert f",first,,,2025-12-31,{NINGBO},industry,less,,2024；2025,{RULE},,,{POORER} 第九条" in told[0][1]
