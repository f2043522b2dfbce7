"""The list of a class: tried row by row, registered as one act, its receipt.

What was uploaded travels with the check page and is kept nowhere until it is registered: what is registered is what was
checked, by its digest. A list in which anything is wrong registers nobody (W 13), and goes back with red cells and the
reason beside them. The organiser tries its list on the same page and hands it in; the office opens what was handed in
there. `tests/console/test_roster_screens.py` and `tests/console/test_roster_handed_in.py` show it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, request

from api.cases.doing import Asked, Done, Reading
from api.cases.standing import logged_in
from api.cases.training import roster_offices, roster_shown, rosters, trainings
from api.cases.training.class_filings import class_of
from api.cases.training.roster_lists import NAMES
from api.cases.training.training_files import list_of
from api.console import sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.form import Fault, of_refusal
from api.console.moment import asked_moment
from api.console.records import passage_of
from api.console.screen import Asking, Page, Shown, onward
from api.console.training.training_deeds import ROSTER_MARKS
from api.console.training.training_forms import why_not_register
from api.console.training.training_papers import wanted
from api.house import House
from api.paper.saved import attached
from api.paper.sheets import FILE_BYTES_MOST
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of, turns_away
from api.routes.fields import Text
from api.routes.rosters import WORKBOOK
from api.words.year_page import moment as written
from ledger.errors import Refusal
from policies.words import base_vocabulary
from projections.basis import read_axes, written_time

SENT_MOST: Final = 4 * FILE_BYTES_MOST // 3 + 512 * 1024  # In base64, as it travels with the check page.
_LONG: Final = 2_000
_ROWS_A_SECOND: Final = 2_000  # Registered, as measured on two cores (tests/bench/results.md).


class Sent:
    """A file as it came with a form: chosen just now, handed in before, or carried along from the check."""

    def __init__(self, handed_in: bytes | None = None) -> None:
        chosen = request.files.get("file")
        if handed_in is not None:
            self.content, self.name = handed_in, "办班单位交来的名册"
            return
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
    no = logged_in(asking.house, asking.caller)
    return no or workbook(rosters.blank(), "学时登记名单模板", "roster-template.xlsx")


def workbook(content: bytes, words: str, name: str) -> Response:
    """A workbook to be saved."""
    return attached(content, WORKBOOK, words, name)


def form(asking: Asking, training_class: str) -> Shown:
    """Choose a file."""
    one = class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    return why_not_register(asking, training_class) or _form(asking, one, [], "")


def _form(
    asking: Asking, one: Mapping[str, Any], faults: Sequence[Fault], document: str, status: int = 200
) -> Page:
    house, name = asking.house, one["training_class"]
    registers = roster_offices.registers(house, asking.caller, name)
    is_open = next((each for each in one["rosters"] if each["status"] == "open"), None)
    return Page("roster_form.html", {"one": one, "faults": faults, "document": document, "open": is_open,
                                     "registers": registers, "most": FILE_BYTES_MOST >> 20,
                                     "brought": _brought(house, name)}, status=status)


def _brought(house: House, name: str) -> str | None:
    """The list that the organiser handed in and nobody sent back, by its digest."""
    found = class_of(Reading(house.ledger), name)
    return None if found is None else list_of(house, found.held, found.list_returned)


def send(asking: Asking, training_class: str) -> Shown:
    """Try a list, hand it back marked, or register it."""
    house, caller, step = asking.house, asking.caller, request.form.get("step", "")
    one, brought = class_now(asking, training_class), _handed_in(asking, training_class)
    if isinstance(one, Refusal):
        return one
    if isinstance(brought, Refusal):
        return brought
    sent = Sent(brought)
    document = request.form.get("document", "").strip()
    if not sent.content:
        return _form(asking, one, [Fault("file", "名册：请选择文件。")], document, 422)
    if document and not Text.is_plain(document, 100):
        fault = Fault("document", "确认的文件号：至多 100 个字符，不含看不见的字符。")
        return _form(asking, one, [fault], document, 422)
    fields = {"file": sent.content} | ({"document": document} if document else {})
    asked = sending.asked(house, caller) if step in ("register", "hand-in") else Asked(dry_run=True)
    run = rosters.hand_in if step == "hand-in" else rosters.register
    try:
        came = run(house, caller, training_class, {**fields, **({"name": sent.name} if sent.name else {})}, asked)
    except BadFields as bad:
        return _form(asking, one, [Fault("file", fault.detail) for fault in bad.faults], document, 422)
    if isinstance(came, Done) and step == "hand-in":
        assert came.receipt is not None, "what was handed in was recorded"
        return onward(f"/classes/{training_class}?{urlencode({'done': came.receipt.positions[0]})}")
    if isinstance(came, Done):
        return _to_receipt(asking, training_class, sent, came)
    if isinstance(came, Refusal):
        return _not_registered(asking, one, sent, document, came)
    if step == "returned" and (back := roster_shown.returned_workbook(came)) is not None:
        return workbook(back, "名单检查结果-请更正后重新导入", "roster-returned.xlsx")
    would, rows = roster_shown.preview(came), len(came.rows)
    registers = roster_offices.registers(house, caller, training_class)
    return Page("roster_check.html", {
        "one": one, "sent": sent.told, "document": document, "would": would, "names": _names(),
        "registers": registers, "is_brought": registers and sent.told["sha256"] == _brought(house, training_class),
        "wanted": wanted(house, [paper for paper in would["papers"] if paper["state"] != "handed_in"]),
        "documents": words.documents(house), "vocabulary": base_vocabulary(),
        "seconds": None if rows < _LONG else -(-rows // _ROWS_A_SECOND),
    })


def _handed_in(asking: Asking, training_class: str) -> bytes | Refusal | None:
    """What the organiser handed in, where whoever registers asks for that."""
    digest = request.form.get("list_sha256", "")
    found = class_of(Reading(asking.house.ledger), training_class)
    if not digest or found is None:
        return None
    no = why_not_register(asking, training_class)
    return no or rosters.handed_in(asking.house, found, digest)


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
    if turns_away(came):
        return came
    return _form(asking, one, [of_refusal(came, words.documents(asking.house))], document, status_of(came))


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
        "sees_people": trainings.may_see_people(house, asking.caller, training_class) is None,
        "mark": ROSTER_MARKS[roster["status"]], "again": "again" in request.args, "done": done_before(asking),
        "events": [each for each in passage_of(asking.house, training_class, one["basis"]["as_of"])
                   if each["position"] in roster["events"]],
        "recorded_at": written(written_time(last.recorded_at)),
    }, {**roster, "training_class": training_class, "basis": one["basis"]})
