"""Whose titles a law touches: years met after the title before, two in a row, and everyone with a title held again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import revoke_title
from projection_kit import HANGZHOU, NINGBO, House, any_book, living, seminar
from title_kit import just, plenty, titled

from policies.shelf import shipped
from projections.basis import Cited
from projections.books import Books
from projections.replay import report
from projections.replay.checked import Disagreement
from projections.replay.comparison import Comparison
from projections.replay.held import Held
from projections.replay.reading import Snapshot, read_all
from projections.replay.report import LawNamed, Question
from projections.replay.titles import Basis, Titles, count, groups, read_titles, touched

FIVE = tuple(book.id for book in shipped().books)
PROVINCE = ("zhejiang/2016-08-01",)
NINGBO_RULE = "ningbo-industry/2019-01-01 第九条"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Who became middle in 2023 on years of each kind; somebody in another city; somebody with a first title only."""
    with living(tmp_path_factory.mktemp("titles") / "house") as house:
        house.people = people = {}  # type: ignore[attr-defined]
        for name, region, sector, studied, days in (
            ("both", NINGBO, "industry", dict.fromkeys(range(2019, 2026), plenty), ("2018-11-30", "2023-12-01")),
            ("just", NINGBO, "industry", {**dict.fromkeys((2019, 2020, 2021), plenty),
                                            **dict.fromkeys(range(2022, 2026), just)},
             ("2018-11-30", "2023-12-01")),
            ("first", NINGBO, "industry", dict.fromkeys(range(2022, 2026), just), ("2023-12-01",)),
            ("elsewhere", HANGZHOU, "general", dict.fromkeys(range(2022, 2026), just), ("2018-11-30",)),
            ("none", NINGBO, "industry", {2024: just}, ()),
        ):
            person = people[name] = house.person(unit=house.unit(region, sector, name=name))
            titled(house, person, *days)
            for year, study in studied.items():
                for one in study(year):
                    house.registered(person, one)
        house.followed()
        yield house


@pytest.fixture(scope="module")
def held(house: House) -> Held:
    with Snapshot(house.folder / "answers") as snapshot:
        return read_all(snapshot)


def law(names: tuple[str, ...]) -> LawNamed:
    return LawNamed(f"set:{','.join(names)}", tuple(Cited(name, any_book(name).digest, None) for name in names))


def replayed(house: House, held: Held, day: str = "2025-12-31", **scope: Any) -> Comparison:
    question = Question(law(PROVINCE), law(FIVE), house.size, f"{day}T12:00:00+08:00",
                        house.ledger.store.frontier(house.size).root(), scope.get("region"), scope.get("sector"))
    return report.replayed(question, held, Books(any_book), house.folder / "answers")


def of(house: House, titles: Titles, name: str) -> dict[str, tuple[Basis, Basis]]:
    coded = {person: at for at, person in enumerate(sorted(house.people.values()))}  # type: ignore[attr-defined]
    number = coded[house.people[name]]  # type: ignore[attr-defined]
    return {titles.asked[at].kind: (titles.old[at], titles.new[at]) for at in titles.of(number)}


def test_a_granted_title_rests_on_the_years_met_after_the_one_before(house: House, held: Held) -> None:
    """N 9(1), N 10: of 2019 to 2023 five years were met by Ningbo's rule; without it 2022 and 2023 are not."""
    titles = replayed(house, held).titles

    assert of(house, titles, "just")["granted"] == (Basis(5, (2022, 2023), NINGBO_RULE), Basis(3, (), None))
    assert of(house, titles, "both")["granted"] == (Basis(5, (2022, 2023), NINGBO_RULE), Basis(5, (2022, 2023), None))


def test_the_next_title_rests_on_the_years_after_the_last_up_to_the_day_that_is_asked_about(
    house: House, held: Held
) -> None:
    """N 9(2): in the first half of a year the two years before will do as well, later only this year and the last."""
    late, early = replayed(house, held).titles, replayed(house, held, "2026-05-01").titles
    autumn = replayed(house, held, "2026-09-01").titles

    assert of(house, late, "just")["next"] == (Basis(2, (2024, 2025), NINGBO_RULE), Basis(0, (), None))
    assert of(house, early, "just")["next"][0] == Basis(2, (2024, 2025), NINGBO_RULE)
    assert of(house, autumn, "just")["next"][0] == Basis(2, (), NINGBO_RULE)


def test_a_first_title_rests_on_no_count_and_whoever_has_none_is_asked_for_two_years_alone(
    house: House, held: Held
) -> None:
    """N 9(2): of 2024 alone somebody falls short in Ningbo; where no rule speaks, nobody does."""
    titles = replayed(house, held).titles

    assert set(of(house, titles, "first")) == {"next"}
    assert of(house, titles, "none") == {"first": (Basis(None, (), NINGBO_RULE), Basis(None, (), None))}


def test_touched_are_those_for_whom_the_number_or_the_pair_differs(house: House, held: Held) -> None:
    found = replayed(house, held)
    coded = found.gathered.coded
    names = {person: name for name, person in house.people.items()}  # type: ignore[attr-defined]
    listed = [(names[one["person"]], one["kind"], one["effect"]) for one in touched(found.titles, coded)]

    assert listed == [("just", "granted", "less"), ("just", "next", "less"), ("first", "next", "less"),
                      ("none", "first", "more")]
    assert count(found.titles, "granted", "less") == 1 and count(found.titles, "next") == 2
    assert groups(found.titles, coded) == [
        {"kind": "next", "effect": "less", "city": "330200", "rule": NINGBO_RULE, "titles": 2, "people": 2},
        {"kind": "first", "effect": "more", "city": "330200", "rule": NINGBO_RULE, "titles": 1, "people": 1},
        {"kind": "granted", "effect": "less", "city": "330200", "rule": NINGBO_RULE, "titles": 1, "people": 1}]
    assert not len(replayed(house, held, region="330100").titles.touched), "others belong there"
    told = report.summary(Question(law(PROVINCE), law(FIVE), house.size, "2025-12-31T12:00:00+08:00", b"", None, None),
                          found, house.folder / "answers")
    assert (told["touched_titles"], told["touched_applications"]) == (1, 2)


def test_a_title_is_known_from_its_event_on(house: House, held: Held) -> None:
    readers = house.answers._people, house.answers.file("sanctions")[0]
    people = tuple(sorted(house.people.values()))  # type: ignore[attr-defined]
    today = date(2026, 1, 1)

    assert read_titles(*readers, people, 1, today) == ()
    assert len(read_titles(*readers, people, house.size, today)) == 6
    assert len(read_titles(*readers, people[:1], house.size, today)) == 2


def test_a_title_that_was_taken_away_is_none_from_its_event_on(tmp_path: Path) -> None:  # N 10
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        titled(house, person, "2018-11-30", "2021-12-01", "2023-12-01")
        claim = house.registered(person, seminar("2022-05-03"))
        before = house.size
        revoke_title(house, person, (claim,), "2021-12-01", "2024-05-01", "middle")
        house.followed()
        readers = house.answers._people, house.answers.file("sanctions")[0]
        asked = [[(one.kind, one.level, one.after.year) for one in
                  read_titles(*readers, (person,), at, date(2026, 1, 1))] for at in (before, house.size)]

    assert asked == [
        [("granted", "middle", 2018), ("granted", "senior", 2021), ("next", "senior", 2023)],
        [("granted", "senior", 2018), ("next", "senior", 2023)]]


def test_a_title_that_an_answer_does_not_bear_out_stops_the_report(
    house: House, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter's verdicts, counted one by one, are what the columns are held against."""
    plainly = report.weigh_plainly

    def another(*given: Any) -> Basis:
        basis = plainly(*given)
        return basis._replace(years_met=basis.years_met + 1)

    monkeypatch.setattr(report, "weigh_plainly", another)
    with pytest.raises(Disagreement):
        replayed(house, held)
