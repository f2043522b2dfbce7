"""What a source is told back, and how its records and ours compare: by day, by position, against a snapshot (P 14).

A comparison is shown before it is recorded; which of the two is right it never says (AMB-05).
`tests/console/test_import_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, request

from api.cases import exports
from api.cases.doing import Asked, Done
from api.cases.importing import import_comparisons, import_reports, imports
from api.cases.importing.import_comparisons import WHAT, Comparison
from api.console import sending, words
from api.console.claiming.claim import told_basis
from api.console.deeds import Subject
from api.console.form import Fault, of_refusal
from api.console.importing.imports import see
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.training.rosters import Sent
from api.paper.saved import attached
from api.paper.sheets import FILE_BYTES_MOST
from api.paper.tables_out import Table, file_of
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.refusals.refusals import status_of, turns_away
from api.routes.fields import Day
from api.routes.imports import rows_of
from api.whole import whole
from api.words.telling import source_of
from api.words.year_page import moment as written
from ledger.errors import Refusal

CHANGES: Final = {"corrected": "更正", "frozen": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复",
                  "freed": "在册的另一条已撤销，可以再报送"}
_CHANGES_MOST: Final = 200


def report(asking: Asking) -> Shown:
    """By source and day: sent, accepted, known already, refused, and what was put right or undone since."""
    house, moment = asking.house, asked_moment(rest=("system", "starts", "ends"))
    position = moment.position(house)
    days: dict[str, date] = {}
    for name in ("starts", "ends"):
        if name in moment.rest:
            try:
                days[name] = date.fromisoformat(moment.rest[name])
            except ValueError:
                return _report(asking, [], [Fault(name, "日期：请写成 2026-11-22 这样。")], None, 422)
    query = {**days} | ({"system": moment.rest["system"]} if "system" in moment.rest else {})
    table = exports.reconciliation(house, asking.caller, query, as_of=position)
    if isinstance(table, Refusal):
        return table
    found = import_reports.reconciliation(house, asking.caller, moment.rest.get("system"), days.get("starts"),
                                          days.get("ends"), as_of=position)
    return found if isinstance(found, Refusal) else _report(asking, found["items"], [], table, 200)


def _report(asking: Asking, items: Sequence[dict[str, Any]], faults: Sequence[Fault], table: Table | None,
            status: int) -> Page:
    house, moment = asking.house, asked_moment(rest=("system", "starts", "ends"))
    basis = house.answers.reflects(house.answers.position() if table is None else table.as_of)
    most = max((one["sent"] for one in items), default=0) or 1
    return Page("import_report.html", {
        "moment": moment, "basis": told_basis(basis), "rows": [{**one, "wide": one["sent"] * 240 // most}
                                                             for one in items], "faults": faults,
        "source_of": source_of,
    }, {"items": list(items), **basis}, table, status)


def changes(asking: Asking) -> Shown:
    """What was put right, frozen or undone here to what a source sent, past a position."""
    given = asked_moment((), rest=("system", "after")).rest
    system, after = given.get("system"), given.get("after", "")
    if system is None:
        return Page("import_changes.html", {"system": None, "found": None, "words": CHANGES, "written": written})
    at = whole(after) or 0
    found = import_reports.changes(asking.house, asking.caller, system, after=at, limit=_CHANGES_MOST)
    if isinstance(found, Refusal):
        return found
    return Page("import_changes.html", {"system": system, "found": found, "words": CHANGES, "written": written}, found)


# Against a snapshot


def form(asking: Asking, batch: str) -> Shown:
    """Choose the snapshot, and say of which day it is."""
    found, subject = imports.importer(asking.house, asking.caller, batch), see(asking, batch)
    if isinstance(found, Refusal) or isinstance(subject, Refusal):
        return found if isinstance(found, Refusal) else subject  # type: ignore[return-value]
    if subject.state["outcome"] is None:
        return Refusal.because("import_not_closed", status=subject.state["status"])
    return _form(asking, subject, [], 200)


def _form(asking: Asking, subject: Subject, faults: Sequence[Fault], status: int) -> Page:
    return Page("import_compare.html", {
        "subject": subject, "faults": faults, "on": request.form.get("on") or str(asking.house.today), "would": None,
        "most": FILE_BYTES_MOST >> 20, "what": WHAT,
    }, status=status)


def send(asking: Asking, batch: str) -> Shown:
    """Compare, hand out every difference, or record that it was compared."""
    house, step, sent, subject = asking.house, request.form.get("step", ""), Sent(), see(asking, batch)
    if isinstance(subject, Refusal):
        return subject
    day = _day(request.form.get("on", ""))
    if day is None or not sent.content:
        faults = [] if day is not None else [Fault("on", "快照的日期：请写成 2026-11-22 这样。")]
        return _form(asking, subject, faults + ([] if sent.content else [Fault("file", "快照：请选择文件。")]), 422)
    asked = sending.asked(house, asking.caller) if step == "record" else Asked(dry_run=True)
    fields = {"file": sent.content, "on": day, "form": "xlsx"}
    try:
        came = import_comparisons.reconcile(house, asking.caller, batch, fields, lambda: rows_of(sent.content), asked)
    except BadFields as bad:
        at = {"/on": "on"}
        return _form(asking, subject, [Fault(at.get(one.pointer, "file"), one.detail) for one in bad.faults], 422)
    except Problem as bad:
        return _form(asking, subject, [Fault("file", bad.detail or "读不出这个文件。")], 422)
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        return _form(asking, subject, [of_refusal(came, words.documents(house))], status_of(came))
    if isinstance(came, Done):
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(f"/imports/{batch}?{urlencode({'done': event})}")
    if step == "differences":
        return _differences(asking, came)
    return Page("import_compare.html", {
        "subject": subject, "faults": [], "on": request.form["on"], "would": import_comparisons.preview(came),
        "sent": sent.told, "most": FILE_BYTES_MOST >> 20, "what": WHAT,
    })


def _day(text: str) -> date | None:
    read: Any = Day()
    try:
        found: date = read.deserialize(text.strip())
        return found
    except ma.ValidationError:
        return None


def _differences(asking: Asking, comparison: Comparison) -> Response:
    made = file_of(import_comparisons.table(asking.house, comparison), "xlsx")
    return attached(made.content, made.media_type, made.words, made.name)
