"""Evidence files over HTTP: sent under their digest, opened through the claim, plan or class that cites them.

Bytes travel as they are. The name that a file has with its owner travels in Content-Disposition (RFC 6266), never in an
address, where logs would keep it. `tests/api/test_evidence.py` and `tests/api/test_training_files.py` show it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, request
from werkzeug.http import parse_options_header

from api.cases.claiming import evidence
from api.cases.taking_in import Opened
from api.cases.training import training_files
from api.evidence.files import MOST
from api.evidence.types import ENDINGS, LISTS, TYPES
from api.operational.callers import Caller
from api.paper.saved import as_it_is_called
from api.refusals.faults import BadFields, Fault
from api.routes.door import Door, house
from api.routes.fields import Text
from api.routes.schemas.common import Purpose
from api.routes.schemas.evidence import FileAnswer, FilesAnswer
from ledger.errors import Refusal

door = Door("evidence", __name__, description="佐证文件：上传、查看")

_NAME_MOST: Final = 200
_PERSON: Final = "/v1/persons/<person:person>/evidence"
_DISPOSITION: Final = {
    "in": "header", "name": "Content-Disposition",
    "description": "文件名，如 attachment; filename*=UTF-8\'\'%E8%AF%81%E4%B9%A6.pdf（RFC 6266）；可不带",
    "schema": {"type": "string"},
}


@door.takes(f"{_PERSON}/<sha256:sha256>", summary="上传佐证文件（PDF、JPEG、PNG、OFD，至多 20 MB）",
            answers=FileAnswer, media_types=(*TYPES, "application/octet-stream"), most=MOST,
            parameters=(_DISPOSITION,))
def upload(
    caller: Caller, read: Callable[[], bytes], person: str, sha256: str
) -> tuple[dict[str, Any], bool] | Refusal:
    return evidence.keep(house(), caller, person, sha256, _name(), read)


@door.reads(_PERSON, summary="本人上传的佐证文件", answers=FilesAnswer)
def listed(caller: Caller, person: str) -> dict[str, Any] | Refusal:
    return evidence.of_person(house(), caller, person)


@door.reads("/v1/claims/<claim:claim>/evidence/<sha256:sha256>", summary="打开一项申报的佐证文件", query=Purpose,
            answers=None, content_type=TYPES[0], or_types=TYPES[1:])
def opened(caller: Caller, query: dict[str, Any], claim: str, sha256: str) -> Response | Refusal:
    return _handed_out(evidence.open_file(house(), caller, claim, sha256, query.get("purpose")), sha256)


@door.takes("/v1/units/<unit:unit>/evidence/<sha256:sha256>", answers=FileAnswer, most=MOST, parameters=(_DISPOSITION,),
            summary="上传办班材料（PDF、JPEG、PNG、OFD，名单也可为 XLSX、CSV），由计划、申报和举办情况以摘要引用",
            media_types=(*TYPES, *LISTS, "application/octet-stream"))
def upload_of_training(
    caller: Caller, read: Callable[[], bytes], unit: str, sha256: str
) -> tuple[dict[str, Any], bool] | Refusal:
    return training_files.keep(house(), caller, unit, sha256, _name(), read)


@door.reads("/v1/classes/<class:training_class>/evidence/<sha256:sha256>", query=Purpose, answers=None,
            summary="打开一个培训班的材料（办班单位和受理、登记的部门）", content_type=TYPES[0],
            or_types=(*TYPES[1:], *LISTS))
def opened_of_class(
    caller: Caller, query: dict[str, Any], training_class: str, sha256: str
) -> Response | Refusal:
    return _handed_out(training_files.open_file(house(), caller, training_class, sha256, query.get("purpose")), sha256)


@door.reads("/v1/plans/<plan:plan>/evidence/<sha256:sha256>", query=Purpose, answers=None,
            summary="打开一个年度计划的材料（办班单位和受理的部门）", content_type=TYPES[0], or_types=TYPES[1:])
def opened_of_plan(caller: Caller, query: dict[str, Any], plan: str, sha256: str) -> Response | Refusal:
    return _handed_out(training_files.open_file(house(), caller, plan, sha256, query.get("purpose")), sha256)


def _handed_out(found: Opened | Refusal, sha256: str) -> Response | Refusal:
    if isinstance(found, Refusal):
        return found
    response = Response(found.content, content_type=found.about.media_type)
    named = found.about.name or f"{sha256}.{ENDINGS[found.about.media_type]}"
    response.headers["Content-Disposition"] = as_it_is_called(named)
    # Whatever a reader makes of it, it runs nothing and reaches nothing of this house.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _name() -> str | None:
    """The name that the file has with its owner: words for people, which never become a path."""
    _, options = parse_options_header(request.headers.get("Content-Disposition"))
    name = options.get("filename")
    if name is None:
        return None
    if not Text.is_plain(name, _NAME_MOST) or any(one in name for one in "/\\") or name.strip(". ") == "":
        words = f"文件名应为不含路径的文字，至多 {_NAME_MOST} 个字符。"
        raise BadFields([Fault("/Content-Disposition", "invalid", words)])
    return name
