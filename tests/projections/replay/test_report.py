"""Drafts replayed over a history: who moves, by which clause, in a report that is the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace as replaced
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, any_book, course, exam, living

from ledger.events.study import Study
from ledger.vocabulary import Category
from policies.shelf import shipped
from projections.basis import Cited
from projections.books import Books
from projections.replay import folder, report
from projections.replay.checked import Disagreement
from projections.replay.comparison import Comparison, entries, person_years
from projections.replay.held import Held
from projections.replay.reading import Snapshot, read_all
from projections.replay.report import LawNamed, Nobody, Question
from projections.replay.tallies import newly, reached, verdicts

FIVE = tuple(book.id for book in shipped().books)


def paper(day: str, **rest: Any) -> Study:
    return Study(category=Category.PROFESSIONAL, route="paper", level="core", rank=1,
                 evidence_on=date.fromisoformat(day), **rest)


def confirmed(day: str, hours: int, category: Category = Category.PROFESSIONAL) -> Study:
    return Study(category=category, route="other", confirmed_centi=hours * 100, document="文",
                 evidence_on=date.fromisoformat(day))


def village(day: str, days_half: int) -> Study:
    """Service in a village: words that only the draft declares."""
    return Study(category=Category.PROFESSIONAL, route="service", days_half=days_half,
                 further={"kind_of_service": "village"}, evidence_on=date.fromisoformat(day))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One person for each draft, and one in Ningbo whom none of them touches."""
    with living(tmp_path_factory.mktemp("house") / "house") as house:
        house.people = people = {}  # type: ignore[attr-defined]
        for name, region, sector, studies in (
            ("A1", NINGBO, "natural_science_research", [paper("2026-05-09"), paper("2026-05-10")]),
            ("A2", HANGZHOU, "general", [exam("2025-06-05", 1), exam("2025-06-06", 1)]),
            ("A3", NINGBO, "construction", [
                *(one for year in range(2022, 2025) for one in (confirmed(f"{year}-03-01", 72),
                                                                course(f"{year}-04-01", 1_800))),
                village("2025-03-01", 40), village("2025-06-01", 42), course("2025-04-01", 3_000)]),
            ("A4", NINGBO, "environment", [confirmed("2024-03-01", 50), confirmed("2025-03-01", 70)]),
            ("A5", WENZHOU, "general", [
                one for year in (2020, 2021) for one in (
                    confirmed(f"{year}-03-01", 80), course(f"{year}-04-01", 1_200, Category.GENERAL_PUBLIC),
                    course(f"{year}-05-01", 600, Category.SECTOR_PUBLIC))]),
            ("A6", NINGBO, "marine_fisheries", [confirmed("2026-03-01", 70), course("2026-04-01", 2_000)]),
            ("untouched", NINGBO, "industry", [exam("2025-06-06", 2), course("2025-04-01", 2_000)]),
        ):
            person = people[name] = house.person(unit=house.unit(region, sector, name=f"{name} 单位"))
            for study in studies:
                house.registered(person, study)
        house.followed()
        yield house


@pytest.fixture(scope="module")
def held(house: House) -> Held:
    with Snapshot(house.folder / "answers") as snapshot:
        return read_all(snapshot)


def law(*names: str) -> LawNamed:
    return LawNamed(f"set:{','.join(names)}", tuple(Cited(name, any_book(name).digest, None) for name in names))


def asked(house: House, under: LawNamed, against: LawNamed, **rest: Any) -> Question:
    root = house.ledger.store.frontier(house.size).root()
    question = Question(under, against, house.size, "2026-06-01T12:00:00+08:00", root, None, None)
    return replaced(question, **rest)


def replayed(house: House, held: Held, *drafts: str, against: tuple[str, ...] = FIVE, **rest: Any) -> Comparison:
    question = asked(house, law(*FIVE, *drafts) if drafts else law(*FIVE), law(*against), **rest)
    return report.replayed(question, held, Books(any_book), house.folder / "answers")


def who(house: House, found: Comparison) -> dict[tuple[str, int], dict[str, Any]]:
    names = {person: name for name, person in house.people.items()}  # type: ignore[attr-defined]
    return {(names[one["person"]], one["year"]): one for one in person_years(found)}


def test_a1_in_force_in_the_middle_of_a_year_moves_what_is_dated_from_that_day_on(house: House, held: Held) -> None:
    """浙科发才〔2026〕14号: a core paper is worth 20 from 2026-05-10; the day before it is worth what it was."""
    found = replayed(house, held, "natural-science-research/2026-05-10")

    (moved,) = entries(found)
    assert moved["new_clause"].startswith("natural-science-research/2026-05-10 ") and moved["how"] == "worth"
    assert (moved["year"], moved["new"]) == (2026, "20")
    assert set(who(house, found)) == {("A1", 2026)}


def test_a2_a_city_of_its_own_credits_moves_only_its_people_from_its_day_on(house: House, held: Held) -> None:
    """杭州学分制: an exam subject is worth 36."""
    found = replayed(house, held, "hangzhou-credits/2025-06-06")

    (moved,) = entries(found)
    assert (moved["new"], moved["how"]) == ("36", "worth")
    assert moved["new_clause"].startswith("hangzhou-credits/2025-06-06 ")
    assert set(who(house, found)) == {("A2", 2025)}


def test_a3_service_of_more_than_twenty_days_fills_the_year_and_the_cycle(house: House, held: Held) -> None:
    """浙建村函〔2026〕89号: 21 days are worth 60, 20 are not; the cycle then holds 366 of 360, its last year passes."""
    found = replayed(house, held, "zhejiang-construction/2022-01-01")

    (moved,) = entries(found)
    assert (moved["old"], moved["new"], moved["how"], moved["old_clause"]) == ("0", "60", "worth", None)
    assert moved["new_clause"] == "zhejiang-construction/2022-01-01 下乡服务"
    told = who(house, found)
    assert set(told) == {("A3", 2025)}
    assert (told["A3", 2025]["old"]["met"], told["A3", 2025]["new"]["met"]) == (None, True)
    assert not any("cycle" in name for name in told["A3", 2025]["new"]["open"] + told["A3", 2025]["new"]["short"])


def test_a4_a_notice_forgives_a_year_and_asks_for_the_sum_of_a_batch_later(house: House, held: Held) -> None:
    """2026 年度评审通知: what 2024 lacks in all is forgiven, by the year's total alone."""
    found = replayed(house, held, "zhejiang-review-notice/2024-01-01")
    totals = {f"{book} total" for book in ("zhejiang/2016-08-01", "zhejiang-environment/2018-07-15")}

    assert {name for name, _ in who(house, found)} <= {"A4"}
    (row,) = [row for row in found.rows.tolist() if found.gathered.coded.people[found.person_of_row[row]]
              == house.people["A4"] and found.year_of_row[row] == 2024]  # type: ignore[attr-defined]
    from projections.replay.checked import stands

    def listed(side: Any) -> set[str]:
        return {f"{book} {name}" for book, name, *_ in stands(
            side.compiled.dues, int(side.coded.standing[row]), 2024, int(side.replayed.minimums[row]))}

    assert totals <= listed(found.old) and not totals & listed(found.new)


def test_a5_the_same_entries_pass_before_wenzhous_rule_and_fail_under_it(house: House, held: Held) -> None:
    """温人社发: 一般公需 18 alone, where the province takes 公需 18 together; the first year judged is 2021."""
    province = tuple(name for name in FIVE if not name.startswith("wenzhou"))
    found = replayed(house, held, against=province)

    told = who(house, found)["A5", 2021]
    assert (told["old"]["met"], told["new"]["met"]) == (True, False)
    assert told["new"]["short"] == ["wenzhou/2020-11-27 general_public"]
    assert ("A5", 2020) not in who(house, found)
    question = asked(house, law(*FIVE), law(*province))
    assert report.summary(question, found, house.folder / "answers")["newly_failed"] == 1


def test_a6_a_new_rulebook_of_the_same_shape_moves_nobody(house: House, held: Held) -> None:
    """浙海经发〔2026〕: 90/60/18 again, by another rulebook."""
    found = replayed(house, held, "zhejiang-marine-fisheries/2026-01-01")

    assert not len(found.changed) and not len(found.moved)


def test_of_what_had_happened_by_a_day_later_entries_are_left_out(house: House, held: Held) -> None:
    """A2 moves by an exam of 2025-06-06 and A1 by a paper of 2026-05-10: by the end of 2025 only the first."""
    drafts = ("natural-science-research/2026-05-10", "hangzhou-credits/2025-06-06")
    by_then = replayed(house, held, *drafts, valid_on=date(2025, 12, 31))

    assert set(who(house, replayed(house, held, *drafts))) == {("A1", 2026), ("A2", 2025)}
    assert set(who(house, by_then)) == {("A2", 2025)}
    question = asked(house, law(*FIVE, *drafts), law(*FIVE), valid_on=date(2025, 12, 31))
    assert report.summary(question, by_then, house.folder / "answers")["question"]["valid_on"] == "2025-12-31"
    with pytest.raises(Nobody):
        replayed(house, held, *drafts, valid_on=date(2019, 12, 31))


# The report


def written(house: House, held: Held, beside: Path, **rest: Any) -> tuple[dict[str, Any], str]:
    beside.mkdir()
    question = asked(house, law(*FIVE, "hangzhou-credits/2025-06-06"), law(*FIVE), **rest)
    found = report.replayed(question, held, Books(any_book), house.folder / "answers")
    return folder.write(question, found, house.folder / "answers", beside,
                        lambda told, digest: f"{digest} {told['people']}\n")


def test_the_same_question_gives_the_same_bytes(house: House, held: Held, tmp_path: Path) -> None:
    (told, digest), (_, again) = (written(house, held, tmp_path / name) for name in ("one", "two"))

    assert digest == again == hashlib.sha256((tmp_path / "one" / "report.json").read_bytes()).hexdigest()
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert sorted(told["files"]) == [
        "entries.csv", "entries.ndjson", "groups.csv", "hangzhou-credits.2025-06-06.toml", "person_years.csv",
        "person_years.ndjson", "titles.csv", "titles.ndjson"]
    (amended,) = told["amendments"]
    assert (amended["id"], amended["region"], amended["draft"]) == ("hangzhou-credits/2025-06-06", "3301", True)
    assert (amended["people"], amended["person_years"]) == (1, 1), "A2 alone belongs to Hangzhou, in 2025"
    assert told["names"]["documents"].keys() == {*FIVE, "hangzhou-credits/2025-06-06"}
    assert told["files"]["hangzhou-credits.2025-06-06.toml"] == amended["digest"], "the very bytes that were replayed"
    for line in (tmp_path / "one" / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "one" / name).read_bytes()).hexdigest() == sha256


def test_tables_and_lines_say_the_same_and_name_nobody(house: House, held: Held, tmp_path: Path) -> None:
    told, _ = written(house, held, tmp_path / "one")
    lines = [json.loads(line) for line in (tmp_path / "one" / "person_years.ndjson").read_text().splitlines()]
    with (tmp_path / "one" / "person_years.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(lines) == len(rows) == told["changed_person_years"] == 1
    assert [row["person"] for row in rows] == [house.people["A2"]]  # type: ignore[attr-defined]
    assert (rows[0]["old_total"], rows[0]["new_total"]) == (lines[0]["old"]["total"], lines[0]["new"]["total"])
    assert rows[0]["change"] == lines[0]["change"] == f"+{told['gained']}"
    assert sum(one["person_years"] for one in told["verdicts"]) == told["person_years"]
    assert sum(told["histogram"]["person_years"]) == told["person_years"]
    assert sum(one["person_years"] for one in told["by_city"]) == told["person_years"]
    assert all("李明" not in path.read_text(encoding="utf-8-sig") for path in (tmp_path / "one").iterdir())


def test_newly_failed_or_passed_is_also_what_had_been_undetermined(house: House, held: Held) -> None:
    """Under Wenzhou's rule alone nothing is asked of anybody elsewhere."""
    found = replayed(house, held, against=("wenzhou/2020-11-27",))
    (failed, passed), told = newly(found), verdicts(found)

    assert told[None, False] and told[None, True]
    assert (failed[found.rows].sum(), passed[found.rows].sum()) == (
        told[None, False] + told[True, False], told[None, True] + told[False, True])


def test_whom_a_draft_may_rule_is_counted_from_the_year_it_comes_into_force(house: House, held: Held) -> None:
    """Each of the two belonged to their sector before there was a draft about it."""
    found = replayed(house, held, "zhejiang-construction/2022-01-01", "zhejiang-marine-fisheries/2026-01-01")
    construction, fisheries = (reached(found, any_book(name)) for name in (
        "zhejiang-construction/2022-01-01", "zhejiang-marine-fisheries/2026-01-01"))

    assert construction == (1, 4) and fisheries == (1, 1)
    city = replayed(house, held, "zhejiang-construction/2022-01-01", region="330100")
    assert reached(city, any_book("zhejiang-construction/2022-01-01")) == (0, 0), "the one it may rule is of Ningbo"


def test_a_region_and_a_sector_narrow_what_is_counted(house: House, held: Held) -> None:
    whole = replayed(house, held, "hangzhou-credits/2025-06-06")
    city = replayed(house, held, "hangzhou-credits/2025-06-06", region="330100")
    other = replayed(house, held, "hangzhou-credits/2025-06-06", region="330200", sector="industry")

    assert whole.people == len(house.people)  # type: ignore[attr-defined]
    assert (city.people, len(city.changed)) == (1, 1)
    assert (other.people, len(other.changed)) == (1, 0)
    assert replayed(house, held, "hangzhou-credits/2025-06-06", sector="general").people == 2
    with pytest.raises(Nobody):
        replayed(house, held, "hangzhou-credits/2025-06-06", region="331100")
    with pytest.raises(Nobody):
        replayed(house, held, as_of=3)


def test_one_disagreement_with_an_answer_stops_the_report(house: House, held: Held) -> None:
    """Columns that say another day than the rows that answers read."""
    days = held.claims["day"].copy()
    days[held.people[held.claims["person"]].astype(str) == house.people["A2"]] -= 400  # type: ignore[attr-defined]
    wrong = replaced(held, claims={**held.claims, "day": days})

    with pytest.raises(Disagreement) as stopped:
        replayed(house, wrong, "hangzhou-credits/2025-06-06")
    assert stopped.value.person == house.people["A2"]  # type: ignore[attr-defined]
    assert stopped.value.replayed != stopped.value.answered


def test_what_another_took_and_what_a_cap_leaves_are_told_apart_from_what_is_worth_more(tmp_path: Path) -> None:
    """Of one occasion the degree is worth more under the draft: the paper is lost, the last one has room (R 6(3))."""
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(HANGZHOU, "natural_resources"))
        both = {"occasion": "同一场"}
        papers = [paper("2025-01-01", **both), *(paper(f"2025-0{month}-01") for month in (2, 3, 4))]
        degree = Study(category=Category.PROFESSIONAL, route="degree", further={"related": "yes"},
                       evidence_on=date(2025, 7, 1), **both)
        for study in (*papers, degree):
            house.registered(person, study)
        house.followed()
        with Snapshot(house.folder / "answers") as snapshot:
            found = replayed(house, read_all(snapshot), "hangzhou-credits/2025-06-06")

        moved = [(one["how"], one["old"], one["new"]) for one in entries(found)]
        assert moved == [("duplicate", "8", "0"), ("room", "0", "8"), ("worth", "0", "90")]
        (year,) = person_years(found)
        assert (year["region"], year["sector"], year["change"]) == (HANGZHOU, "natural_resources", "+90")
