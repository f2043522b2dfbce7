"""The list of a class: tried row by row, registered as one act, its receipt; who is registered, and their cards.

What was uploaded travels with the check page and is kept nowhere until it is registered: what is registered is what was
checked, by its digest. A list in which anything is wrong registers nobody (W 13), and goes back with red cells and the
reason beside them. `tests/console/test_roster_screens.py` shows it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.datastructures import MultiDict

from api.cases import filings, roster_exports, rosters, trainings
from api.cases.doing import Asked, Done
from api.cases.faults import BadFields
from api.cases.queue import PURPOSE
from api.cases.roster_lists import NAMES
from api.cases.standing import logged_in
from api.commands.telling import RESULTS
from api.console import deeds, sending, words
from api.console.claim import done_before, told_basis
from api.console.deeds import WORDS, Deed, Pairs, Room, Subject, named, offered
from api.console.form import Fault, Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.training_forms import may_certify
from api.console.trainings import ROSTER_MARKS, told_events
from api.console.words import Mark
from api.routes.fields import Text
from api.routes.rosters import WORKBOOK
from api.routes.schemas.common import Words
from api.routes.schemas.filings import CardBody
from api.sheets import FILE_BYTES_MOST
from api.tables_out import Table, file_of
from api.year_page import moment as written
from ledger.errors import LedgerError, Refusal
from ledger.streams.training_card import Card
from policies.words import base_vocabulary
from projections.basis import read_axes, written_time

SENT_MOST: Final = 4 * FILE_BYTES_MOST // 3 + 512 * 1024  # In base64, as it travels with the check page.
CARD_MARKS: Final[Mapping[str, Mark]] = {"issued": ("met", "✓", "有效"), "voided": ("short", "⊘", "已作废")}
_SHOWN_MOST: Final = 500
"""So many people are shown on a page; of more, whoever needs them takes the file, and all are recorded as seen."""
_LONG: Final = 2_000
_ROWS_A_SECOND: Final = 2_000  # Registered, as measured on two cores (tests/bench/results.md).


class Sent:
    """A file as it came with a form: chosen just now, or carried along from the check."""

    def __init__(self) -> None:
        chosen = request.files.get("file")
        if chosen is not None and chosen.filename:
            with chosen.stream:  # A large one is a file on disk until it is closed.
                self.content = chosen.stream.read(FILE_BYTES_MOST + 1)
            self.name = chosen.filename.replace("\\", "/").rpartition("/")[2][:100]
        else:
            try:
                self.content = base64.b64decode(request.form.get("content", ""), validate=True)
            except ValueError:
                self.content = b""
            self.name = request.form.get("name", "")[:100]

    @property
    def told(self) -> dict[str, Any]:
        """What a page says of it, and carries along."""
        return {"name": self.name, "bytes": len(self.content), "sha256": hashlib.sha256(self.content).hexdigest(),
                "content": base64.b64encode(self.content).decode("ascii")}


# Put in


def blank(asking: Asking, training_class: str) -> Shown:
    """The workbook to be filled in."""
    return logged_in(asking.house, asking.caller) or workbook(rosters.blank(), "roster-template.xlsx")


def workbook(content: bytes, name: str) -> Response:
    """A workbook to be saved."""
    return Response(content, content_type=WORKBOOK,
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


def form(asking: Asking, training_class: str) -> Shown:
    """Choose a file."""
    one = class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    no = _no(asking, training_class)
    return no if no is not None else _form(one, [], "")


def _no(asking: Asking, training_class: str) -> Refusal | None:
    """Say why whoever asks registers no list of this class; an empty one is turned away only for being empty."""
    try:
        came = rosters.register(asking.house, asking.caller, training_class, {"file": b""}, Asked(dry_run=True))
    except BadFields:
        return None
    return came if isinstance(came, Refusal) and came.code != "roster_open" else None


def _form(one: Mapping[str, Any], faults: Sequence[Fault], document: str, status: int = 200) -> Page:
    is_open = next((each for each in one["rosters"] if each["status"] == "open"), None)
    return Page("roster_form.html", {"one": one, "faults": faults, "document": document, "open": is_open,
                                     "most": FILE_BYTES_MOST >> 20}, status=status)


def send(asking: Asking, training_class: str) -> Shown:
    """Try a list, hand it back marked, or register it."""
    house, caller, step = asking.house, asking.caller, request.form.get("step", "")
    one, sent = class_now(asking, training_class), Sent()
    if isinstance(one, Refusal):
        return one
    document = request.form.get("document", "").strip()
    if not sent.content:
        return _form(one, [Fault("file", "名册：请选择文件。")], document, 422)
    if document and not Text.is_plain(document, 100):
        return _form(one, [Fault("document", "确认的文件号：至多 100 个字符，不含看不见的字符。")], document, 422)
    fields = {"file": sent.content} | ({"document": document} if document else {})
    asked = sending.asked(house, caller) if step == "register" else Asked(dry_run=True)
    try:
        came = rosters.register(house, caller, training_class, fields, asked)
    except BadFields as bad:
        return _form(one, [Fault("file", fault.detail) for fault in bad.faults], document, 422)
    if isinstance(came, Done):
        return _to_receipt(asking, training_class, sent, came)
    if isinstance(came, Refusal):
        return _not_registered(asking, one, sent, document, came)
    if step == "returned" and (back := rosters.returned_workbook(came)) is not None:
        return workbook(back, "roster-returned.xlsx")
    would, rows = rosters.preview(came), len(came.rows)
    return Page("roster_check.html", {
        "one": one, "sent": sent.told, "document": document, "would": would, "names": _names(),
        "documents": words.documents(house), "vocabulary": base_vocabulary(),
        "seconds": None if rows < _LONG else -(-rows // _ROWS_A_SECOND),
    })


def _names() -> dict[str, str]:
    return {name: spellings[0] for name, spellings in NAMES.items()}


def _to_receipt(asking: Asking, training_class: str, sent: Sent, came: Done) -> Shown:
    one = class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    roster = _of_file(one, sent)
    assert roster is not None and came.receipt is not None, "what was registered stands there"
    about = {"again": 1} if came.replayed else {"done": came.receipt.positions[0]}
    return onward(f"/classes/{training_class}/rosters/{roster['act']}?{urlencode(about)}")


def _not_registered(asking: Asking, one: Mapping[str, Any], sent: Sent, document: str, came: Refusal) -> Shown:
    """Of the same file the receipt is shown; anything else is said over the form."""
    roster = _of_file(one, sent)
    if came.code == "roster_exists" and roster is not None:
        return onward(f"/classes/{one['training_class']}/rosters/{roster['act']}?again=1")
    if deeds.status_of(came) in (401, 403, 404):
        return came
    return _form(one, [of_refusal(came, words.documents(asking.house))], document, deeds.status_of(came))


def _of_file(one: Mapping[str, Any], sent: Sent) -> Mapping[str, Any] | None:
    digest = sent.told["sha256"]
    return next((each for each in reversed(one["rosters"])
                 if each["list_sha256"] == digest and each["status"] != "abandoned"), None)


def class_now(asking: Asking, name: str) -> dict[str, Any] | Refusal:
    """A class as it stands."""
    return trainings.training_class(asking.house, asking.caller, name, read_axes(None, None, None))


def receipt(asking: Asking, training_class: str, act: str) -> Shown:
    """What came of a list: its file by its digest, when and by which event."""
    house, moment = asking.house, asked_moment()
    one = trainings.training_class(house, asking.caller, training_class, moment.read())
    if isinstance(one, Refusal):
        return one
    roster = next((each for each in one["rosters"] if each["act"] == act), None)
    if roster is None:
        return Refusal.because("act_absent")
    last = house.stored(roster["events"][-1]).envelope
    return Page("roster_receipt.html", {
        "moment": moment, "basis": told_basis(one["basis"]), "one": one, "roster": roster,
        "mark": ROSTER_MARKS[roster["status"]], "again": "again" in request.args, "done": done_before(asking),
        "events": [each for each in told_events(training_class, asking, [], one["basis"]["as_of"])
                   if each["position"] in roster["events"]],
        "recorded_at": written(written_time(last.recorded_at)),
    }, {**roster, "training_class": training_class, "basis": one["basis"]})


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
    return workbook(made.content, made.name)


def _registered(asking: Asking, training_class: str) -> Table | Shown:
    moment = asked_moment(rest=("purpose",))
    position = moment.position(asking.house)
    if isinstance(position, Refusal):
        return position
    place = f"/classes/{training_class}/people"
    if "purpose" not in moment.rest and request.path == place and not asking.capacity.is_person:
        return Page("purpose.html", {"purposes": words.PURPOSES, "action": place, "kept": moment.past})
    return roster_exports.class_roster(asking.house, asking.caller, moment.rest, as_of=position,
                                       training_class=training_class)


def _cell(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, int) else str(value)


# Cards


def cards(asking: Asking, training_class: str) -> Shown:
    """The cards of a class, void ones too, for a purpose."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position, place = moment.position(house), f"/classes/{training_class}/cards"
    if isinstance(position, Refusal):
        return position
    if "purpose" not in moment.rest and request.path == place and not asking.capacity.is_person:
        return Page("purpose.html", {"purposes": words.PURPOSES, "action": place, "kept": moment.past})
    found = trainings.cards_of_class(house, asking.caller, training_class, moment.rest.get("purpose"), as_of=position)
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
    if isinstance(position, Refusal):
        return position
    if "purpose" not in moment.rest and not asking.capacity.is_person and not request.path.endswith(".json"):
        return Page("purpose.html", {"purposes": words.PURPOSES, "action": f"/cards/{card}", "kept": moment.past})
    found = trainings.card(house, asking.caller, card, moment.rest.get("purpose"), as_of=position)
    if isinstance(found, Refusal):
        return found
    held = trainings.training_class(house, asking.caller, found["training_class"], read_axes(None, None, None))
    basis = house.answers.reflects(position)
    return Page("card.html", {
        "moment": moment, "basis": told_basis(basis), "one": found, "state": CARD_MARKS[found["status"]],
        "held": None if isinstance(held, Refusal) else held, "result": RESULTS[found["result"]],
        "offers": offered(asking, CARDS, _subject(found)) if moment.is_now else [], "done": done_before(asking),
        "events": told_events(card, asking, [], position),
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
    if isinstance(position, Refusal):
        return position
    found = trainings.card(house, asking.caller, card, PURPOSE, as_of=position)
    return found if isinstance(found, Refusal) else _subject(found)


CARDS: Final = Room(_see_card, named(
    Deed("voiding", "作废", filings.void_card, Words, lambda _, __: [WORDS], lambda _, __: {"words": "-"}, look="bad",
         note="作废后记为一个事件，原来的登记卡仍可查到；有误的，另行出具。"),
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
        came = filings.issue_card(house, asking.caller, {**fields, "training_class": training_class},
                                  sending.asked(house, asking.caller))
    except LedgerError as error:
        return _card_form(asking, training_class, request.form, [Fault("", str(error))], 409)
    if isinstance(came, Refusal):
        field = {"person_absent": "person", "attendance_unfit": "attended_days", "name_taken": "number"}
        fault = Fault(field.get(came.code, ""), of_refusal(came).words)
        return _card_form(asking, training_class, request.form, [fault], deeds.status_of(came))
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
