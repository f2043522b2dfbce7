"""A refusal that is about one field stands at that field as well as at the top, in every form."""

from __future__ import annotations

from dataclasses import dataclass

from api.console.form import Fault, Field, of_refusal
from api.console.marking import ABOUT, marked
from api.refusals.refusals import lines
from ledger.errors import Refusal
from tests.console.console_kit import Browser, Cast, Read


@dataclass(frozen=True)
class Block:
    """Fields within something else."""

    fields: tuple[Field, ...]


def test_what_is_about_a_field_is_a_refusal_that_there_is() -> None:
    assert {code.partition(".")[0] for code in ABOUT} <= set(lines())


def test_it_is_found_by_its_name_wherever_in_the_form_it_stands() -> None:
    fields = [Field("title", "名称"), Field("study.year", "年度"), Field("hidden.year", "年度", "hidden")]
    for told in ({"fields": fields}, {"form": Block(tuple(fields))}, {"blocks": [("一", fields)]}):
        made = marked({**told, "faults": [of_refusal(Refusal.because("year_locked"))]})
        assert made["faults"][0].field == "study-year"
        assert str(made).count("fault='该年度") + str(made).count(lines()["year_locked"].what) >= 1


def test_a_form_without_such_a_field_and_a_refusal_of_something_else_stay_as_they_are() -> None:
    told = {"fields": [Field("title", "名称")], "faults": [of_refusal(Refusal.because("year_locked"))]}

    assert marked(told)["fields"] == told["fields"] and marked(told)["faults"] == told["faults"]
    plain = {"fields": [Field("year", "年度")], "faults": [Fault("", "别的")]}
    assert marked(plain) == plain


def test_whoever_files_the_same_year_twice_finds_the_year_marked_and_a_link_to_it(cast: Cast) -> None:
    town = cast.town
    planner = Browser(town, town.officer(town.unit("秀洲学院", "330400", "industry"), "recognised_organiser", "3304"))

    def filed() -> Read:
        check = Read(planner.send(planner.get("/plans/new"), "下一步：核对", year="2032", items__0__title="班",
                                  items__0__route="filed_training", items__0__days="2", items__0__headcount="30"))
        return check if check.status != 200 else Read(planner.send(check, "提交申报"))

    assert filed().status == 200
    again = filed()
    assert again.status in (409, 422)
    year = next(told for tag, told in again.tags if told.get("id") == "year" and tag in ("input", "select"))
    assert year["aria-invalid"] == "true" and "f-year" in year["aria-describedby"]
    assert any(address == "#year" for _, address in again.links)
