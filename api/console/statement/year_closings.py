"""The close of a year (年度关账) in the console: what was closed, one close beside what stands now, one's own line.

A close is read before it is made: what it would fix and what is still open is added up first, and only then does the
office put its name to it. What was decided later stands beside it as such; nothing of a close is ever changed.
`tests/console/test_year_closing_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import year_closing
from api.cases.doing import Asked
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.form import Fault, Field, of_refusal
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.paper.saved import attached
from api.paper.tables_out import Table
from api.refusals.refusals import status_of, turns_away
from api.routes.fields import QueryNumber
from api.routes.schemas.year_closings import YearClosingBody
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.streams.claim import Status
from ledger.vocabulary import format_hours, parse_hours
from policies.words import base_vocabulary

LIST: Final = "/year-closings"
YEARS_BACK: Final = 5
"""So many years past are offered to be closed: an older one is closed through the API."""


class FormBody(YearClosingBody):
    """What a form says of a close: in a form, the year is text."""

    year = QueryNumber(2000, 2100, required=True)


_PURPOSE: Final = "annual_review"
_SUMS: Final = (("people", "人数"), ("entries", "登记项数"), ("total", "核定学时合计"))
_HEADS: Final = ("年度", "人数", "登记项数", "核定学时合计", "当时未办结", "关账时间", "事件", "文件")


def listed(asking: Asking) -> Shown:
    """Every year that is closed, the newest first."""
    moment = asked_moment()
    position = moment.position(asking.house)
    found = year_closing.every(asking.house, asking.caller, as_of=position)
    if isinstance(found, Refusal):
        return found
    items = found["items"]
    basis = asking.house.answers.reflects(position)
    table = Table("year-closings", "年度关账", _HEADS, [
        (one["year"], one["people"], one["entries"], one["total"], one["still_open"], one["recorded_at"], one["event"],
         one["document"]) for one in items], position, basis["as_of_time"])
    no = None if asking.capacity.is_person else year_closing.may_close(asking.house, asking.caller)
    reads = not asking.capacity.is_person and (no is None or no.code == "outside_scope")
    return Page("year_closings.html", {
        "moment": moment, "basis": told_basis(basis), "rows": [_told(one) for one in items], "reads": reads,
        "can_close": moment.is_now and reads and no is None, "why": of_refusal(no).words if no else None,
    }, {"items": items, **basis}, table)


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "time": written(one["recorded_at"])}


# A new one


def new(asking: Asking) -> Shown:
    """Which year, and by which document."""
    if no := year_closing.may_close(asking.house, asking.caller):
        return no
    return _form(asking, MultiDict(), [])


def send(asking: Asking) -> Shown:
    """Add it up and show it; then do it."""
    typed, fields = request.form, _fields(asking)
    content, faults = deeds.read(FormBody, fields, typed)
    if faults:
        return _form(asking, typed, faults)
    is_for_real = typed.get("step") == "do"
    asked = sending.asked(asking.house, asking.caller) if is_for_real else Asked(dry_run=True)
    came = year_closing.close(asking.house, asking.caller, content, asked)
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        return _form(asking, typed, [of_refusal(came)], status=status_of(came))
    if came.receipt is not None:
        return onward(f"{LIST}/{content['year']}?done={came.receipt.positions[0]}")
    if typed.get("step") == "back":
        return _form(asking, typed, [])
    return Page("year_closing_check.html", {"one": year_closing.view(came.state), "sums": _SUMS})


def _fields(asking: Asking) -> list[Field]:
    closed = year_closing.every(asking.house, asking.caller, as_of=asking.house.ledger.store.size())
    done = set() if isinstance(closed, Refusal) else {one["year"] for one in closed["items"]}
    last = asking.house.today.year - 1
    left = [year for year in range(last, last - YEARS_BACK, -1) if year not in done]
    return [
        Field("year", "年度", "choice", tuple((str(year), f"{year} 年度") for year in left), is_required=True,
              value=str(left[0]) if left else "", hint="已经结束而没有关账的"),
        Field("document", "公布的文件号", hint="有的话填写", most=200),
    ]


def _form(asking: Asking, typed: MultiDict[str, str], faults: Sequence[Fault], *, status: int | None = None) -> Shown:
    fields = deeds.filled(_fields(asking), typed, faults)
    return Page("year_closing_new.html", {"fields": fields, "faults": faults, "none": not fields[0].options},
                status=status or (422 if faults else 200))


# One


def detail(asking: Asking, year: int) -> Shown:
    """A close beside what stands now, with everything decided in between, and what proves it."""
    found = year_closing.one(asking.house, asking.caller, year)
    if isinstance(found, Refusal):
        return found
    rows = [_changed(one) for one in found["changes"]]
    now = found["now"]
    basis = asking.house.answers.reflects(now["as_of"])
    heads = ("申报", "关账时", "关账时学时", "现在", "现在学时", "变化")
    table = Table(f"year-{year}-changes", f"{year} 年度关账后的更正", heads, [
        (one["claim"], one["before"][2], one["hours_before"], one["after"][2], one["hours_after"], one["change"])
        for one in rows], now["as_of"], basis["as_of_time"],
        {"更正": f"{found['changed_claims']} 项，列出前 {len(rows)} 项"} if found["changed_claims"] > len(rows) else {})
    return Page("year_closing.html", {
        "one": _told(found), "now": now, "rows": rows, "purpose": _PURPOSE, "done": done_before(asking),
        "sums": [{"words": name, "before": found[code], "after": now[code], "change": _difference(
            str(found[code]), str(now[code]))} for code, name in _SUMS],
        "stamped": year_closing.stamped(asking.house, found["event"]), "basis": told_basis(basis),
    }, {**found, **basis}, table)


def _changed(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "before": _state(one["status_before"]), "after": _state(one["status_after"]),
            "change": _difference(one["hours_before"], one["hours_after"])}


def _state(status: str | None) -> words.Mark:
    """How an entry stood; of one that did not count, that it did not."""
    return ("", "–", "不在其中") if status is None else words.state(Status(status))


def _difference(before: str, after: str) -> str:
    more = parse_hours(after) - parse_hours(before)
    return f"{'+' if more > 0 else '−'}{format_hours(abs(more))}" if more else "0"


# One's own line


def line(asking: Asking, year: int) -> Shown:
    """A person's own line in a close: what it says, and the file that proves it."""
    found = year_closing.line(asking.house, asking.caller, year, asking.caller.id)
    if isinstance(found, Refusal):
        return found
    categories = base_vocabulary().categories
    return Page("year_closing_line.html", {
        "one": _told(found), "hours": [(categories.get(code, "合计"), value) for code, value in found["hours"].items()],
        "person": asking.caller.id, "stamped": year_closing.stamped(asking.house, found["event"]),
    }, found)


def line_file(asking: Asking, year: int) -> Shown:
    """The same as a file that `xueshi verify` checks with the log's key alone."""
    found = year_closing.line(asking.house, asking.caller, year, asking.caller.id)
    if isinstance(found, Refusal):
        return found
    return attached(found["file"], "text/plain; charset=utf-8", f"{year}年度关账-本人学时", f"year-{year}-line.txt")
