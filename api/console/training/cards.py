"""Who is registered for a class by its lists, as a page and to be taken away; and the cards that it issued.

Both are of people, so they are shown for a purpose, masked where names are, and everyone on them is recorded as seen.
`tests/console/test_roster_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.claiming.queue import PURPOSE
from api.cases.training import card_issuing, roster_exports, trainings
from api.cases.training import cards as _cards
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import WORDS, Deed, Pairs, Room, Subject, named, offered
from api.console.form import Fault, Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import passage_of
from api.console.screen import Asking, Page, Shown, onward
from api.console.training.rosters import class_now, workbook
from api.console.training.training_forms import may_certify
from api.console.words import Mark
from api.paper.tables_out import Table, file_of
from api.refusals.refusals import status_of
from api.routes.schemas.common import Words
from api.routes.schemas.filings import CardBody
from api.words.telling import RESULTS
from ledger.errors import LedgerError, Refusal
from ledger.streams.training_card import Card
from projections.basis import read_axes

CARD_MARKS: Final[Mapping[str, Mark]] = {"issued": ("met", "✓", "有效"), "voided": ("short", "⊘", "已作废")}
_SHOWN_MOST: Final = 500
"""So many people are shown on a page; of more, whoever needs them takes the file, and all are recorded as seen."""


# Who is registered


def people(asking: Asking, training_class: str) -> Shown:
    """Everyone on the lists that were registered, for a purpose, masked; as a page, or to be taken away."""
    table = _registered(asking, training_class)
    if not isinstance(table, Table):
        return table
    one, moment = class_now(asking, training_class), asked_moment(rest=("purpose",))
    if isinstance(one, Refusal):
        return one
    basis = asking.house.answers.reflects(table.as_of)
    rows = [dict(zip(table.heads, map(_cell, row), strict=True)) for row in table.rows]
    return Page("roster_people.html", {
        "moment": moment, "basis": told_basis(basis), "one": one, "heads": table.heads, "many": len(rows),
        "rows": rows if len(rows) <= _SHOWN_MOST else [], "purposes": words.PURPOSES,
        "may_certify": moment.is_now and bool(one["held"]) and may_certify(asking, training_class),
    }, {"items": rows, **basis}, table)


def people_workbook(asking: Asking, training_class: str) -> Shown:
    """The same as a workbook."""
    table = _registered(asking, training_class)
    if not isinstance(table, Table):
        return table
    made = file_of(table, "xlsx")
    return workbook(made.content, made.words, made.name)


def _registered(asking: Asking, training_class: str) -> Table | Shown:
    moment = asked_moment(rest=("purpose",))
    position = moment.position(asking.house)
    return roster_exports.class_roster(asking.house, asking.caller, moment.rest, as_of=position,
                                       training_class=training_class)


def _cell(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, int) else str(value)


# Cards


def cards(asking: Asking, training_class: str) -> Shown:
    """The cards of a class, void ones too, for a purpose."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    found = _cards.cards_of_class(house, asking.caller, training_class, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    one = class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    basis = house.answers.reflects(position)
    rows = [{**each, "mark": CARD_MARKS[each["status"]], "result_words": RESULTS[each["result"]]} for each in found]
    table = Table("cards", "学时登记卡", ("登记卡", "卡号", "人员", "出勤天数", "学时", "考核", "状态"), [
        (each["card"], each["number"], each["person"], each["attended_days"], each["hours"], each["result_words"],
         each["mark"][2]) for each in rows], position, basis["as_of_time"])
    return Page("cards.html", {
        "moment": moment, "basis": told_basis(basis), "one": one, "rows": rows,
        "may_certify": moment.is_now and bool(one["held"]) and may_certify(asking, training_class),
    }, {"items": found, **basis}, table)


def card(asking: Asking, card: str) -> Shown:
    """One card, to whom it is about or to an office for a purpose."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    found = _cards.card(house, asking.caller, card, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    held = trainings.training_class(house, asking.caller, found["training_class"], read_axes(None, None, None))
    basis = house.answers.reflects(position)
    return Page("card.html", {
        "moment": moment, "basis": told_basis(basis), "one": found, "state": CARD_MARKS[found["status"]],
        "held": None if isinstance(held, Refusal) else held, "result": RESULTS[found["result"]],
        "offers": offered(asking, CARDS, _subject(found)) if moment.is_now else [], "done": done_before(asking),
        "events": passage_of(asking.house, card, position),
        "kept": {"purpose": moment.rest["purpose"]} if "purpose" in moment.rest else {},
    }, {**found, **basis})


def _subject(one: Mapping[str, Any]) -> Subject:
    title = f"学时登记卡 {one['number'] or '（号码已注销）'}"
    return Subject(one["card"], f"/cards/{one['card']}", title, one["version"], _stands(one["status"]),
                   _becomes, PURPOSE, one)


def _becomes(state: Card) -> Pairs:
    return _stands(state.status.value)


def _stands(status: str) -> Pairs:
    return [("状态", CARD_MARKS[status])]


def _see_card(asking: Asking, card: str) -> Subject | Refusal:
    house = asking.house
    position = Moment((), {}, {}).position(house)
    found = _cards.card(house, asking.caller, card, PURPOSE, as_of=position)
    return found if isinstance(found, Refusal) else _subject(found)


CARDS: Final = Room(_see_card, named(
    Deed("voiding", "作废", card_issuing.void_card, Words, lambda _, __: [WORDS], lambda _, __: {"words": "-"},
         look="bad", note="作废后记为一个事件，原来的登记卡仍可查到；有误的，另行出具。"),
))


class _CardBody(CardBody):
    """A card of the class in the address."""

    class Meta(CardBody.Meta):
        exclude = ("training_class",)


def _card_fields(one: Mapping[str, Any]) -> list[Field]:
    return [
        Field("person", "人员编号", hint="以 per_ 开头；见“已登记的人员”", is_required=True,
              value=request.args.get("person", "")),
        Field("number", "卡号", hint="本单位内不重复，如 2026-017", is_required=True),
        Field("attended_days", "出勤天数", "decimal", is_required=True,
              value=request.args.get("days") or str(one["held"]["days"])),
        Field("hours", "学时", "decimal", is_required=True, value=request.args.get("hours", "")),
        Field("result", "考核", "choice", tuple(RESULTS.items()), is_required=True, value="passed"),
    ]


def new_card(asking: Asking, training_class: str) -> Shown:
    """Certify to somebody what they attended."""
    return _card_form(asking, training_class, MultiDict(), [], 200)


def issue_card(asking: Asking, training_class: str) -> Shown:
    """Issue it, and show it."""
    house, one = asking.house, class_now(asking, training_class)
    if isinstance(one, Refusal) or one["held"] is None:
        return one if isinstance(one, Refusal) else Refusal.because("class_not_held")
    fields, faults = deeds.read(_CardBody, _card_fields(one), request.form)
    if faults:
        return _card_form(asking, training_class, request.form, faults, 422)
    try:
        came = card_issuing.issue_card(house, asking.caller, {**fields, "training_class": training_class},
                                  sending.asked(house, asking.caller))
    except LedgerError as error:
        return _card_form(asking, training_class, request.form, [Fault("", str(error))], 409)
    if isinstance(came, Refusal):
        field = {"person_absent": "person", "attendance_unfit": "attended_days", "name_taken": "number"}
        fault = Fault(field.get(came.code, ""), of_refusal(came).words)
        return _card_form(asking, training_class, request.form, [fault], status_of(came))
    event = came.receipt.positions[0] if came.receipt is not None else 0
    return onward(f"/cards/{came.stream}?{urlencode({'purpose': PURPOSE, 'done': event})}")


def _card_form(
    asking: Asking, training_class: str, typed: MultiDict[str, str], faults: Sequence[Fault], status: int
) -> Shown:
    one = class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    if one["held"] is None:
        return Refusal.because("class_not_held")
    if not may_certify(asking, training_class):
        return Refusal.because("not_the_organiser")
    return Page("card_form.html", {
        "one": one, "fields": deeds.filled(_card_fields(one), typed, faults), "faults": faults,
    }, status=status)
