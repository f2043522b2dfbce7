"""Lists of a case by the page, or as a file: its entries, what followed from it, the events that it rests on.

`tests/console/test_case_desk.py` and `tests/console/test_finding_screens.py` show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import request

from api.cases.investigating import case_desk, case_rests
from api.console import words
from api.console.claiming.claim import told_basis
from api.console.investigating.case_words import EFFECTS
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.paper.tables_out import Table
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.words import base_vocabulary

ROWS: Final = 50
_AT_ONCE: Final = 500


def entries(asking: Asking, case: str) -> Shown:
    """Every entry of a case as it now stands, by the page."""
    def ask(position: int, after: tuple[Any, ...] | None, limit: int) -> Any:
        return case_desk.named(asking.house, asking.caller, case, "claims", asking.purpose, as_of=position,
                               after=after, limit=limit)

    heads = ("学时", "人员", "年度", "途径", "核定学时", "培训班", "状态")
    return _paged(asking, case, "entries", "所涉的学时", ask, entry_row, heads, lambda one: (
        one["id"], one.get("person"), one.get("year"), one["study"], one["hours"], one.get("training_class"),
        one["mark"][2]))


def effects(asking: Asking, case: str) -> Shown:
    """Everything that followed from a case, or from one of its bulk acts, in the order in which it took effect."""
    act = request.args.get("act", "").strip()[:60] or None

    def ask(position: int, after: tuple[Any, ...] | None, limit: int) -> Any:
        return case_desk.followed(asking.house, asking.caller, case, asking.purpose, act=act, as_of=position,
                                  after=after, limit=limit)

    heads = ("事件", "办理", "编号", "人员", "批次")
    return _paged(asking, case, "effects", "随之发生的", ask, effect_row, heads, lambda one: (
        one["event"], one["words"], one["about"], one["person"], one["act"]))


def rests_on(asking: Asking, case: str) -> Shown:
    """Every event that a case rests on, its findings' too, by the page."""
    def ask(position: int, after: tuple[Any, ...] | None, limit: int) -> Any:
        return case_rests.rests_on(asking.house, asking.caller, case, asking.purpose, as_of=position, after=after,
                                   limit=limit)

    def show(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "time": written(one["recorded_at"])}

    return _paged(asking, case, "rests-on", "所依据的事件", ask, show, ("事件", "记录时间", "事项", "记录"),
                  lambda one: (one["event"], one["time"], one["words"], one["stream"]))


def _paged(
    asking: Asking, case: str, name: str, title: str, ask: Callable[..., Any],
    show: Callable[[Mapping[str, Any]], dict[str, Any]], heads: Sequence[str],
    cells: Callable[[dict[str, Any]], tuple[Any, ...]],
) -> Shown:
    """A list of a case: a page of it, or all of it as a file."""
    house, is_file = asking.house, request.path.endswith(".csv")
    moment = asked_moment(rest=("purpose", "act", "after"))
    position = moment.position(house)
    given = moment.rest.get("after", "").split("-")
    after = tuple(map(int, given)) if all(one.isdecimal() and len(one) < 16 for one in given) else None
    found: list[dict[str, Any]] = []
    while True:
        page = ask(position, after, _AT_ONCE if is_file else ROWS)
        if isinstance(page, Refusal):
            return page
        found += [show(one) for one in page.items]
        if (after := page.next) is None or not is_file:
            break
    basis = house.answers.reflects(position)
    table = Table(f"case-{name}", f"案件 {case}：{title}", heads, list(map(cells, found)), position,
                  basis["as_of_time"], {"批次": moment.rest["act"]} if "act" in moment.rest else {})
    return Page("case_list.html", {
        "moment": moment, "basis": told_basis(basis), "case": case, "at": f"/cases/{case}/{name}", "title": title,
        "kind": name, "rows": found, "next": None if after is None else "-".join(map(str, after)),
        "purpose": asking.purpose,
    }, {"case": case, "items": found, **basis}, table)


def entry_row(one: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a case as it now stands."""
    known = base_vocabulary()
    hours = one.get("assessed_centi")
    return {**one, "mark": words.state(one["status"]) if "status" in one else ("", "·", "（不在账本）"),
            "study": known.route_name(one["route"]) if "route" in one else "",
            "hours": None if hours is None else format_hours(hours)}


def effect_row(one: Mapping[str, Any]) -> dict[str, Any]:
    """Something that followed from a case."""
    at = "/claims/" if str(one["about"]).startswith("clm_") else "/sanctions/"
    return {**one, "words": EFFECTS.get(one["what"], one["what"]), "leads": at + one["about"]}
