"""The three axes worked through: the table in `projections/answers.md`, asked of the history that it tells.

The history, in the order in which it was recorded. An exam in Ningbo counts 6 a subject by N 6(8), a municipal seminar
24 by N 6(1); an exam in the environment sector 30 by E 8(2); a public course its hours.

    2020-12-01  the ledger begins, under P, N and W
    2020-12-10  Chen of Ningbo: a seminar and an exam of one subject, both of 2020
                Lin of Wenzhou: two courses of 18 hours, one before W is in force and one after
    2021-04-01  the exam of Chen is corrected to three subjects
    2021-06-01  Chen: a seminar of 2021; Wu of Hangzhou's environment sector: an exam of 2021, for which an authority
                confirms 20 hours by a document, since no rulebook that is enacted has a rate
    2021-10-01  Chen: an exam of 2021-09-01
    2022-01-10  E is enacted, in force from 2018-07-15
    2023-03-01  Chen turns out to have moved to an environment station in Hangzhou on 2021-07-01
    2023-06-01  Chen's seminar of 2021 is revoked
    2024-05-01  what another system had recorded of Xu on 2019-12-20 is imported
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import (
    DETAILS,
    HANGZHOU,
    NINGBO,
    WENZHOU,
    House,
    any_book,
    close_house,
    course,
    exam,
    open_house,
    seminar,
)

from ledger.events.source import Source
from ledger.events.study import Ruling
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.vocabulary import ClaimId
from projections.basis import Axes, axes_of, read_axes
from projections.errors import AsOfBeforeLedger, AsOfInFuture, LawUnknown

ANSWERS = Path(__file__).parents[2] / "projections" / "answers.md"
ROW = re.compile(r"^\| (?P<question>[^|]+) \| (?P<who>Chen|Lin|Wu|Xu) (?P<year>\d{4}) \|(?P<axes>[^|]*)\| "
                 r"(?P<decided>[\d.]+) \| (?P<evaluated>[\d.]+) \| [^|]+ \|$", re.MULTILINE)
ASKED = [found.groupdict() for found in ROW.finditer(ANSWERS.read_text("utf-8"))]
AXIS = re.compile(r"`--(as-of|valid-on|law) ([^`]+)`")


class Told:
    """The register as the history left it, and who is who."""

    def __init__(self, house: House) -> None:
        self.house, self.people = house, dict[str, Any]()

    def ask(self, who: str, axes: dict[str, str] | Axes, year: int | None = None) -> Any:
        answers = self.house.followed()
        asked = axes if isinstance(axes, Axes) else read_axes(**axes)
        return answers.years(self.people[who], asked, year)

    def total(self, who: str, year: int, **axes: str) -> tuple[str, str]:
        (found,) = self.ask(who, axes, year)["years"]
        return found["decided"]["total"], found["evaluated"]["total"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    house = open_house(tmp_path_factory.mktemp("axes") / "house")
    yield _history(house)
    close_house(house)


def _history(house: House) -> Told:
    told, on = Told(house), house.clock.on
    on("2020-12-01")
    house.settle()
    house.enact("zhejiang/2016-08-01", "ningbo-industry/2019-01-01", "wenzhou/2020-11-27")
    works, office = house.unit(NINGBO, "industry"), house.unit(WENZHOU, "general")
    station = house.unit(HANGZHOU, "environment")
    people = told.people
    people |= {"Chen": house.person(unit=works), "Lin": house.person(unit=office), "Wu": house.person(unit=station)}
    on("2020-12-10")
    house.registered(people["Chen"], seminar("2020-05-03"))
    studied = house.registered(people["Chen"], exam("2020-10-10"))
    house.registered(people["Lin"], course("2020-06-06"), ruling=p_10())
    house.registered(people["Lin"], course("2020-12-06"))
    on("2021-04-01")
    house.correct(studied, exam("2020-10-10", subjects=3))
    on("2021-06-01")
    doubtful = house.registered(people["Chen"], seminar("2021-05-03"))
    house.registered(people["Wu"], exam("2021-03-01"), ruling=Ruling(
        assessed_centi=2_000, status="manual", clauses=("浙环函〔2021〕8号",)))
    on("2021-10-01")
    house.registered(people["Chen"], exam("2021-09-01"))
    on("2022-01-10")
    house.enact("zhejiang-environment/2018-07-15")
    on("2023-03-01")
    house.affiliate(people["Chen"], station, "2021-07-01")
    on("2023-06-01")
    house.revoke(doubtful)
    on("2024-05-01")
    people["Xu"] = house.person(unit=works, starts="2019-01-01")
    _imported(house, people["Xu"])
    on("2026-01-01")
    return told


def p_10() -> Ruling:
    """P 10 gives a course its hours; until W was in force it alone had courses in Wenzhou."""
    book = any_book("zhejiang/2016-08-01")
    return Ruling(assessed_centi=1_800, status="ruled", rulebook=book.id, digest=book.digest,  # type: ignore[arg-type]
                  clauses=("第十条",))


def _imported(house: House, person: Any) -> None:
    study = exam("2019-12-01")
    submission = review.SubmitClaim(
        claim=ClaimId(house.new("clm")), person=person, on=date(2024, 5, 1), study=study,
        details=DETAILS, steps=("sector_authority",), origin="import",
        role="sector_authority",
        source=Source(system="ningbo-2019", record="r-77", version="1", recorded_at="2019-12-20T09:00:00+08:00"))
    command = review.RegisterClaim(submission=submission, ruling=house.ruling(person, study), year=2019)
    house.record(review.decide_registration(None, command, house.load(person, persons.evolve), house.officer))


def axes_in(row: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in AXIS.findall(row["axes"])}


def test_the_readme_asks_each_kind_of_question() -> None:
    assert len(ASKED) == 16
    assert {name for row in ASKED for name in axes_in(row)} == {"as_of", "valid_on", "law"}


@pytest.mark.parametrize("row", ASKED, ids=[f"{row['question'].strip()}-{at}" for at, row in enumerate(ASKED)])
def test_a_worked_example_comes_out_as_the_readme_says(told: Told, row: dict[str, str]) -> None:
    assert told.total(row["who"], int(row["year"]), **axes_in(row)) == (row["decided"], row["evaluated"])


def test_every_answer_echoes_its_axes_and_gives_the_same_bytes_after_the_log_has_grown(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    told, kept = _history(house), []
    for row in ASKED:
        answer = told.ask(row["who"], axes_in(row))
        basis, axes = answer["basis"], axes_in(row)
        assert basis["law"] == axes.get("law", "then")
        assert basis["valid_on"] == axes.get("valid_on")
        assert 0 < basis["as_of"] <= basis["log_size"] <= house.size
        assert basis["root"] == house.ledger.store.frontier(basis["log_size"]).root().hex()
        kept.append((row["who"], basis, json.dumps(answer)))
    size = house.size
    house.registered(told.people["Chen"], exam("2020-11-11"))
    house.enact("zhejiang-natural-resources/2021-01-01", "hangzhou-credits/2025-06-06")
    house.affiliate(told.people["Lin"], house.unit(HANGZHOU, "environment"), "2020-12-01")

    assert house.size > size
    for who, basis, written in kept:
        assert json.dumps(told.ask(who, axes_of(json.loads(json.dumps(basis))))) == written
    close_house(house)


def test_where_a_rule_does_not_reach_nothing_is_ruled_and_nothing_is_failed(told: Told) -> None:
    (year,) = told.ask("Chen", {"law": "set:wenzhou/2020-11-27"}, 2020)["years"]

    # Chen belonged to Ningbo: Wenzhou's rule says nothing of them, so neither hours nor requirement.
    assert {entry["evaluated"]["status"] for entry in year["entries"]} == {"unruled"}
    assert year["evaluated"]["minimums"] == [] and year["evaluated"]["met"] is None


def test_a_back_dated_transfer_is_told_with_its_reason_and_its_event(told: Told) -> None:
    house = told.house
    answer = told.ask("Chen", {}, 2021)
    (difference,) = answer["years"][0]["differences"]
    moved = answer["affiliations"][1]

    assert (difference["kind"], difference["decided"], difference["evaluated"]) == ("belonging", "6", "30")
    assert (moved["from"], moved["region"]) == ("2021-07-01", HANGZHOU)
    recorded = house.ledger.at(moved["event"])
    assert recorded is not None
    before = told.ask("Chen", {"as_of": str(moved["event"] - 1)}, 2021)
    assert [one["region"] for one in before["affiliations"]] == [NINGBO], "nobody knew it until then"


def test_a_rulebook_enacted_after_the_year_it_judges_is_the_law_of_that_year_from_then_on(told: Told) -> None:
    cited = {as_of: [one["id"] for one in told.ask("Wu", {"as_of": as_of, "law": law})["basis"]["rulebooks"]]
             for as_of, law in (("2021-12-31", "then"), ("2022-01-10", "then"))}

    assert "zhejiang-environment/2018-07-15" not in cited["2021-12-31"]
    assert "zhejiang-environment/2018-07-15" in cited["2022-01-10"]
    basis = told.ask("Wu", {"as_of": "2021-12-31", "law": "now"})["basis"]
    (event,) = [one["event"] for one in basis["rulebooks"] if one["id"] == "zhejiang-environment/2018-07-15"]
    assert basis["as_of"] < event <= basis["log_size"], "known to the law of now, not to what was known"


def test_before_the_first_event_what_was_said_is_unknown_and_imports_say_what_their_source_knew(told: Told) -> None:
    for as_of in ("2020-11-30", "2019-12-31T00:00:00+08:00", "0"):
        with pytest.raises(AsOfBeforeLedger, match="2020-12-01"):
            told.ask("Xu", {"as_of": as_of})
    (year,) = told.ask("Xu", {}, 2019)["years"]
    assert year["entries"][0]["source"] == {
        "system": "ningbo-2019", "source_recorded_at": "2019-12-20T09:00:00+08:00"}
    (own,) = told.ask("Chen", {"as_of": "2021-03-01"}, 2020)["years"]
    assert {entry["source"] for entry in own["entries"]} == {None}


def test_what_cannot_be_answered_says_so(told: Told) -> None:
    size = told.house.size
    for as_of in (str(size + 1), "2026-01-02", "2999-01-01T00:00:00Z"):
        with pytest.raises(AsOfInFuture, match=str(size)):
            told.ask("Chen", {"as_of": as_of})
    with pytest.raises(LawUnknown, match="atlantis/2020-01-01。请核对编号"):
        told.ask("Chen", {"law": "set:atlantis/2020-01-01"})
    for written, meant in (("wenzhou", "wenzhou/2020-11-27"), ("wenzhou/2020-11-28", "wenzhou/2020-11-27"),
                           ("wenzou/2020-11-27", "wenzhou/2020-11-27")):
        with pytest.raises(LawUnknown, match=f"是否想写 {meant}？"):
            told.ask("Chen", {"law": f"set:{written}"})
    assert told.ask("Xu", {"as_of": "2023-01-01"}) is None, "nobody of that name was registered yet"
