"""Imports over HTTP: a file tried, taken over or given up; what was set aside; what was changed here; how it adds up.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.importing import import_comparisons, import_reports, import_shown, imports
from api.cases.importing.import_comparisons import Comparison
from api.cases.importing.import_lists import Line, Wrong, blank, listing
from api.cases.importing.import_records import Sent
from api.cases.importing.import_rows import Listed, returned_workbook
from api.cases.importing.import_words import in_its_cells, malformed
from api.cases.standing import logged_in
from api.operational.callers import Caller
from api.paper.saved import attached
from api.paper.sheets import Columns
from api.paper.tables_out import file_of
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.rosters import WORKBOOK
from api.routes.schemas.imports import (
    AbandonmentBody,
    ChangesAnswer,
    ChangesQuery,
    ForkDecisionBody,
    ImportBody,
    ImportRow,
    ReconciliationBody,
    ReportAnswer,
    ReportQuery,
    RowsAnswer,
    RowsQuery,
    TakenAnswer,
)
from api.routes.sent import line_of
from ledger.errors import Refusal

door = Door("imports", __name__, description="其他系统的记录：试办、导入、放弃、更正回传、对账")

_AT: Final = "/v1/imports/<import:batch>"
_ROW: Final = ImportRow()


@door.reads("/v1/import-template", summary="导入模板（XLSX）：各列和写法，均为文本", answers=None,
            content_type=WORKBOOK)
def template(caller: Caller) -> Response | Refusal:
    if no := logged_in(house(), caller):
        return no
    return attached(blank(), WORKBOOK, "导入模板", "import.xlsx")


@door.writes("/v1/imports", summary="导入其他系统的记录；试办给出逐行的结果和退回的工作簿", body=ImportBody,
             answers=TakenAnswer, show=import_shown.view)
def take(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Response | Refusal:
    found = imports.take(house(), caller, fields, lambda: rows_of(fields["file"]), asked)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, Done):
        return Told(found, {}, f"/v1/imports/{found.stream}")
    back = returned_workbook(found)
    workbook = None if back is None else base64.b64encode(back).decode("ascii")
    return answer({"dry_run": True, "would": {**import_shown.preview(found), "workbook": workbook}})


def rows_of(content: bytes) -> Listed:
    """Take a file apart into rows whose form has been checked."""
    lines, sheet, columns = listing(content)
    return Listed([_sent(one, columns) for one in lines], sheet, columns)


def _sent(line: Line, columns: Columns | None) -> Sent:
    """A row whose form has been checked."""
    if line.wrong is not None:
        return Sent(line.row, None, line.wrong)
    found = line_of(line.text, _ROW)
    if "status" not in found:  # A problem has one.
        return Sent(line.row, found)
    errors = [one for one in found.get("errors", ()) if "pointer" in one]
    if not errors:
        words = "这一行不是正确的 JSON（须为 UTF-8，每个名称只写一次）。"  # Nothing else is told without a place.
        return Sent(line.row, None, Wrong("row_malformed", words))
    wrong = malformed([(one["pointer"], one["detail"]) for one in errors])
    return Sent(line.row, None, in_its_cells(wrong, line.row, columns))


@door.writes(f"{_AT}/abandonment", summary="放弃未完成的导入：其中各行都不生效，文件可再导入", body=AbandonmentBody,
             answers=TakenAnswer, show=import_shown.view, conditional=True)
def abandon(caller: Caller, fields: dict[str, Any], asked: Asked, batch: str) -> Told | Refusal:
    found = imports.abandon(house(), caller, batch, fields, asked)
    return found if isinstance(found, Refusal) else Told(found, {}, f"/v1/imports/{batch}")


@door.writes(f"{_AT}/fork-decision", body=ForkDecisionBody, answers=TakenAnswer, show=import_shown.view,
             conditional=True, summary="对签署了两份互相矛盾的历史的账作出决定：以已接受的为准，或不再接受")
def decide_fork(caller: Caller, fields: dict[str, Any], asked: Asked, batch: str) -> Told | Refusal:
    found = imports.decide_fork(house(), caller, batch, fields, asked)
    return found if isinstance(found, Refusal) else Told(found, {}, f"/v1/imports/{batch}")


@door.writes(f"{_AT}/reconciliation", body=ReconciliationBody, answers=TakenAnswer, show=import_shown.view,
             conditional=True, summary="与来源以后的快照对账；试办只比较：来源改了什么、没了什么，本系统改了什么")
def reconcile(caller: Caller, fields: dict[str, Any], asked: Asked, batch: str) -> Told | Response | Refusal:
    found = import_comparisons.reconcile(house(), caller, batch, fields, lambda: rows_of(fields["file"]), asked)
    if isinstance(found, Comparison):
        made = file_of(import_comparisons.table(house(), found), fields["form"])
        table = {"name": made.name, "content": base64.b64encode(made.content).decode("ascii")}
        return answer({"dry_run": True, "would": {**import_comparisons.preview(found), "table": table}})
    return found if isinstance(found, Refusal) else Told(found, {}, f"/v1/imports/{batch}")


@door.reads(f"{_AT}/rows", summary="一次导入中未接受的行和原因", query=RowsQuery, answers=RowsAnswer)
def set_aside(caller: Caller, query: dict[str, Any], batch: str) -> dict[str, Any] | Refusal:
    def ask(as_of: int) -> dict[str, Any] | Refusal:
        found = imports.set_aside(house(), caller, batch, query.get("after", 0), query.get("limit", 200), as_of=as_of)
        return found if isinstance(found, Refusal) else {"items": [import_shown.aside_view(one) for one in found]}

    return as_it_stood(query, ask)


@door.reads("/v1/imports/changes", summary="更正回传：本系统对来源所报记录的更正、冻结、撤销等", query=ChangesQuery,
            answers=ChangesAnswer)
def changes(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return import_reports.changes(house(), caller, query["system"], after=query.get("after", 0),
                                  limit=query.get("limit", 200))


@door.reads("/v1/imports/report", summary="对账：按来源和日期，报送、接受、重复、拒绝、后来更正和撤销的行数",
            query=ReportQuery, answers=ReportAnswer)
def report(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: import_reports.reconciliation(
        house(), caller, query.get("system"), query.get("starts"), query.get("ends"), as_of=as_of))
