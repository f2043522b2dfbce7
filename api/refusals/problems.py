"""Every answer that is not what was asked for, as RFC 9457: one body, a stable code, a Chinese detail, a trace id.

`type` is `/problems/<code>`, a page this service itself answers, so an error leads somewhere without the outside world.
`ERRORS` is the one table from our packages' errors to HTTP. `tests/api/test_service.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from api.evidence.files import EvidenceDamaged, EvidenceStoreFailed
from api.refusals import meanings, refusals
from api.refusals.faults import BadFields
from ledger.access.log import NotCoded
from ledger.clock import ClockLeapt
from ledger.disk import DiskFailed, disk_failure
from ledger.envelope import NotText, TooLarge
from ledger.errors import LedgerError, Refusal
from ledger.identifiers.errors import BadIdentifier
from ledger.keys.file import VaultFailed
from ledger.keys.ring import KeyGone
from ledger.lease import LeaseUnreachable
from ledger.maps.file import MapBehind, MapFailed
from ledger.proving import NoSuchEvent, NotYetSigned
from ledger.reading import Held
from ledger.signing.signer import CannotPublish, LogBehind, LogForked, SignerElsewhere
from ledger.stores.append import Busy, Conflict, KeyReused, StoreFailed, TooManyEvents
from ledger.stores.cold import ArchiveAway
from ledger.stores.errors import Unreadable
from ledger.stores.on_standby import OnStandby
from policies.archive import DraftRulebook, RulebookMissing
from policies.authority import NobodyRegisters
from policies.errors import RulebookError, UnknownRulebook
from projections.differences.asked import BeingWeighed
from projections.differences.queue import DifferencesBehind
from projections.errors import (
    AsOfBeforeLedger,
    AsOfInFuture,
    AsOfMalformed,
    KindUnknown,
    LawChanged,
    LawMalformed,
    LawUnknown,
    NotBuilt,
    NotFollowedYet,
    ProjectionError,
    SectorUnknown,
    TitleUnknown,
    UnknownYear,
    ValidOnMalformed,
)
from projections.errors import Unreadable as ProjectionUnreadable

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: what happened and what to do, in words that hold for every case of it."""

    status: int
    title: str
    detail: str


_COME_BACK: Final = "请在 Retry-After 所示的秒数后以原来的键重试。"

KINDS: Final[dict[str, Kind]] = {  # The first of a status gives an error its words that has a code of its own.
    "bad_request": Kind(400, "请求无法读懂", "请求的格式不正确。请核对参数和请求体后重试。"),
    "idempotency_key_missing": Kind(400, "缺少 Idempotency-Key", "写入的请求须带此请求头；重试用同一个键。"),
    "idempotency_key_malformed": Kind(400, "Idempotency-Key 不能用", "应为 1 到 255 个可见的 ASCII 字符，不含空格。"),
    "idempotency_key_too_short": Kind(400, "Idempotency-Key 太短", "未登录时不得少于 16 个字符，不能让人猜到。"),
    "if_match_malformed": Kind(400, "If-Match 不能用", "应为读取时得到的 ETag，例如 \"v3\"；不接受 * 或多个值。"),
    "unauthorized": Kind(401, "尚未登录", "此操作需要登录。请登录后重试。"),
    "forbidden": Kind(403, "没有权限", "当前身份无权进行此操作。请联系本单位管理员。"),
    "not_found": Kind(404, "没有这个页面或记录", "请核对地址；记录一经登记不会被删除。"),
    "method_not_allowed": Kind(405, "此地址不支持这种方法", "允许的方法见 Allow 响应头。"),
    "not_acceptable": Kind(406, "无法给出所要的格式", "请在 Accept 请求头中接受 application/json。"),
    "request_timeout": Kind(408, "请求超时", "请求没有及时传完。请重试。"),
    "conflict": Kind(409, "与当前状态冲突", "记录已被他人改变。请重新读取后再试。"),
    "precondition_failed": Kind(412, "版本已变", "If-Match 所指的版本不是当前版本。请重新读取后再试。"),
    "content_too_large": Kind(413, "提交的内容过大", "没有写入任何内容。请换较小的文件，或分成几份；程序请分批提交。"),
    "bulk_size_exceeded": Kind(413, "一批的行数过多", "一批至多五百行。请分成几批提交，各用一个新的 Idempotency-Key。"),
    "uri_too_long": Kind(414, "地址过长", "请缩短查询条件。"),
    "unsupported_media_type": Kind(415, "不支持这种内容类型", "请以 application/json 提交。"),
    "unprocessable_content": Kind(422, "内容不符合规定", "请按所列各处的说明（errors）更正后重新提交。"),
    "cursor_malformed": Kind(422, "翻页的位置（cursor）不能用", "它只能原样用于得到它的那个查询。请从第一页重新开始。"),
    "not_tried": Kind(424, "未办理", "同一批中另有一行没有办成，这一行因此没有办理。请更正那一行后重新提交。"),
    "precondition_required": Kind(428, "缺少版本条件", "此操作须带 If-Match 请求头，其值为读取时的 ETag。"),
    "too_many_requests": Kind(429, "请求过于频繁", "请稍候再试；程序请等 Retry-After 所示的秒数。"),
    "request_header_fields_too_large": Kind(431, "请求头过大", "地址和请求头的长度有上限。请缩短后重试。"),
    "internal_server_error": Kind(500, "系统出错", "这是系统的错误，不是您的。请把追踪号告知管理员。"),
    "not_implemented": Kind(501, "不支持这种传输方式", "请求体请写明长度（Content-Length）或分块传送（chunked）。"),
    "service_unavailable": Kind(503, "暂时无法服务", "请稍候再试；程序请等 Retry-After 所示的秒数。"),
    "overloaded": Kind(503, "现在来的人太多", f"没有办理，也没有写入任何内容。{_COME_BACK}"),
    "too_many_at_once": Kind(429, "同时提出的请求过多", f"同一账号有太多请求还在等候，本次没有办理。{_COME_BACK}"),
}

# What is not listed is found by its nearest listed base; the code and the Chinese text are the error's own. Most errors
# say that the world is wrong (a bad disk, a wrong key), which is never the asker's fault: 500.
ERRORS: Final[dict[type[Exception], int]] = {
    LedgerError: 500,
    ArchiveAway: 503,
    BadIdentifier: 422,
    Busy: 503,
    CannotPublish: 503,
    ClockLeapt: 503,
    Conflict: 409,
    DiskFailed: 503,
    Held: 409,
    KeyGone: 409,
    KeyReused: 422,
    LeaseUnreachable: 503,
    LogBehind: 503,
    LogForked: 503,
    MapBehind: 503,
    MapFailed: 503,
    NoSuchEvent: 404,
    OnStandby: 503,
    NotText: 422,
    NotCoded: 422,
    NotYetSigned: 409,
    SignerElsewhere: 503,
    StoreFailed: 503,
    TooLarge: 413,
    TooManyEvents: 413,
    Unreadable: 503,
    VaultFailed: 503,
    RulebookError: 422,
    RulebookMissing: 500,
    DraftRulebook: 422,
    NobodyRegisters: 422,
    UnknownRulebook: 404,
    ProjectionError: 500,
    NotBuilt: 503,
    NotFollowedYet: 503,
    ProjectionUnreadable: 503,
    DifferencesBehind: 503,
    BeingWeighed: 503,
    EvidenceDamaged: 500,
    EvidenceStoreFailed: 503,
    AsOfMalformed: 422,
    AsOfBeforeLedger: 422,
    AsOfInFuture: 422,
    ValidOnMalformed: 422,
    KindUnknown: 422,
    LawMalformed: 422,
    LawChanged: 422,
    LawUnknown: 422,
    SectorUnknown: 422,
    TitleUnknown: 422,
    UnknownYear: 422,
}


def code_of(status: int) -> str:
    """The code of a status that has no closer one."""
    for code, kind in KINDS.items():
        if kind.status == status:
            return code
    return "bad_request" if status < 500 else "internal_server_error"


def in_english(code: str) -> str:
    """A code in words: each is a short English sentence, and stands for the same for ever."""
    return code.replace("_", " ").capitalize()


def type_of(code: str) -> str:
    """Where a code is explained; of one that is not ours there is nothing to say (RFC 9457, 4.2.1)."""
    return "about:blank" if explained(code) is None else f"/problems/{code}"


def problem(code: str, trace_id: str, *, detail: str | None = None, status: int | None = None) -> dict[str, object]:
    """The body. A code outside `KINDS` is an error's own; one that nobody explains takes the words of its status."""
    kind, own = KINDS.get(code) or KINDS[code_of(status or 500)], None if code in KINDS else meanings.line_of(code)
    return {
        "type": type_of(code),
        "title": kind.title if own is None else own.title,
        "status": status or kind.status,
        "detail": detail or kind.detail,
        "code": code,
        "trace_id": trace_id,
    }


class Problem(Exception):
    """A kind of problem that a door found itself, with what else the answer shall say."""

    def __init__(self, code: str, *, detail: str | None = None, **members: object) -> None:
        assert code in KINDS, code
        self.code, self.detail, self.members = code, detail, members
        super().__init__(code)


def of_error(error: Exception, trace_id: str, *, to_operator: bool = False) -> dict[str, object] | None:
    """The body for an error of one of our packages; None when it is a bug. A disk that fails is none."""
    if isinstance(error, Problem):
        return problem(error.code, trace_id, detail=error.detail) | error.members
    error = disk_failure(error) or error
    if isinstance(error, BadFields):
        return invalid(trace_id, (fault._asdict() for fault in error.faults))
    for base in type(error).__mro__:
        if base in ERRORS:
            code = getattr(error, "code", "internal_server_error")
            retry_after = getattr(error, "retry_after", getattr(error, "retry_after_s", None))
            seen = {} if retry_after is None else {"seen": {"retry_after": retry_after, **getattr(error, "seen", {})}}
            told = str(error) if to_operator else told_of(error)
            return problem(code, trace_id, detail=told, status=ERRORS[base]) | seen
    return None


def told_of(error: Exception) -> str:
    """What a stranger is told of an error: of what only the operator can mend nothing that names the machine."""
    if told := getattr(error, "told", ""):
        return str(told)
    status = next((ERRORS[base] for base in type(error).__mro__ if base in ERRORS), 500)
    line = meanings.line_of(getattr(error, "code", "")) if status >= 500 else None
    return str(error) if status < 500 else KINDS[code_of(status)].detail if line is None else line.detail


def logged_as(error: Exception) -> dict[str, object]:
    """What the log is told of an error, for whoever mends it: also which file it is about, that no answer names."""
    of = [getattr(error, name, None) for name in ("path", "folder", "filename")]
    of.append(getattr(getattr(error, "place", None), "folder", None))
    place = next((str(one) for one in of if isinstance(one, Path | str) and Path(one).is_absolute()), None)
    return {"exc_info": error} if place is None else {"exc_info": error, "place": place}


def of_refusal(refusal: Refusal, trace_id: str) -> dict[str, object]:
    """The body for a no of the ledger, the law or a use case: what, why, the cure, and what was seen."""
    line = refusals.line_of(refusal)
    seen = {name: value for name, value in refusal.seen.items() if name != "current"}
    current = {"current": refusal.seen["current"]} if "current" in refusal.seen else {}
    return {
        "type": f"/problems/{refusal.code}", "title": line.title, "status": line.status, "detail": line.detail,
        "code": refusal.code, "trace_id": trace_id, "seen": seen, **current,
    }


FAULTS_MOST: Final = 100
"""Whoever sends a million wrong names is told of the first: an answer must not be many times what was sent."""


def first_of(faults: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first things that are wrong, and whether there are more."""
    told = list(islice(faults, FAULTS_MOST + 1))
    if len(told) > FAULTS_MOST:
        told[-1] = {"code": "more", "detail": "不对的地方不止这些；请先更正以上各处。"}
    return told


def invalid(trace_id: str, errors: Iterable[dict[str, Any]]) -> dict[str, object]:
    """The body for fields that cannot be used: each with its place, a code and the cure."""
    return problem("unprocessable_content", trace_id) | {"errors": first_of(errors)}


def explained(code: str) -> dict[str, object] | None:
    """The page of a problem: what its code means, in words that hold for every case of it."""
    if (kind := KINDS.get(code)) is not None:
        return {"code": code, "status": kind.status, "title": kind.title, "detail": kind.detail}
    if (line := refusals.lines().get(code) or meanings.line_of(code)) is not None:
        return {"code": code, "status": line.status, "title": line.title, "detail": line.detail}
    return None
