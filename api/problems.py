"""Every answer that is not what was asked for, as RFC 9457: one body, a stable code, a Chinese detail, a trace id.

`type` is `/problems/<code>`, a page this service itself answers, so an error leads somewhere without the outside world.
`ERRORS` is the one table from our packages' errors to HTTP. `tests/api/test_service.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.envelope import TooLarge
from ledger.errors import LedgerError
from ledger.identifiers.errors import BadIdentifier
from ledger.ledger import Held
from ledger.proving import NoSuchEvent, NotYetSigned
from ledger.stores.append import Busy, Conflict, KeyReused, StoreFailed, TooManyEvents
from ledger.vault import KeyGone

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: what happened and what to do, in words that hold for every case of it."""

    status: int
    title: str
    detail: str


KINDS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "请求无法读懂", "请求的格式不正确。请核对参数和请求体后重试。"),
    "unauthorized": Kind(401, "尚未登录", "此操作需要登录。请登录后重试。"),
    "forbidden": Kind(403, "没有权限", "当前身份无权进行此操作。请联系本单位管理员。"),
    "not_found": Kind(404, "没有这个页面或记录", "请核对地址；记录一经登记不会被删除。"),
    "method_not_allowed": Kind(405, "此地址不支持这种方法", "允许的方法见 Allow 响应头。"),
    "not_acceptable": Kind(406, "无法给出所要的格式", "请在 Accept 请求头中接受 application/json。"),
    "request_timeout": Kind(408, "请求超时", "请求没有及时传完。请重试。"),
    "conflict": Kind(409, "与当前状态冲突", "记录已被他人改变。请重新读取后再试。"),
    "precondition_failed": Kind(412, "版本已变", "If-Match 所指的版本不是当前版本。请重新读取后再试。"),
    "content_too_large": Kind(413, "请求体过大", "请分批提交。"),
    "uri_too_long": Kind(414, "地址过长", "请缩短查询条件。"),
    "unsupported_media_type": Kind(415, "不支持这种内容类型", "请以 application/json 提交。"),
    "unprocessable_content": Kind(422, "内容不符合规定", "请按 errors 中的说明更正后重新提交。"),
    "precondition_required": Kind(428, "缺少版本条件", "此操作须带 If-Match 请求头，其值为读取时的 ETag。"),
    "too_many_requests": Kind(429, "请求过于频繁", "请在 Retry-After 所示的秒数后重试。"),
    "internal_server_error": Kind(500, "系统出错", "这是系统的错误，不是您的。请把追踪号告知管理员。"),
    "service_unavailable": Kind(503, "暂时无法服务", "请在 Retry-After 所示的秒数后重试。"),
}

# What is not listed is found by its nearest listed base; the code and the Chinese text are the error's own. Most errors
# say that the world is wrong (a bad disk, a wrong key), which is never the asker's fault: 500.
ERRORS: Final[dict[type[Exception], int]] = {
    LedgerError: 500,
    BadIdentifier: 422,
    Busy: 503,
    Conflict: 409,
    Held: 409,
    KeyGone: 409,
    KeyReused: 422,
    NoSuchEvent: 404,
    NotYetSigned: 409,
    StoreFailed: 503,
    TooLarge: 413,
    TooManyEvents: 413,
}


def code_of(status: int) -> str:
    """The code of a status that has no closer one."""
    for code, kind in KINDS.items():
        if kind.status == status:
            return code
    return "bad_request" if status < 500 else "internal_server_error"


def problem(code: str, trace_id: str, *, detail: str | None = None, status: int | None = None) -> dict[str, object]:
    """The body. A code outside `KINDS` is an error's own and takes the words of its status."""
    kind = KINDS.get(code) or KINDS[code_of(status or 500)]
    return {
        "type": f"/problems/{code}" if code in KINDS else "about:blank",
        "title": kind.title,
        "status": status or kind.status,
        "detail": detail or kind.detail,
        "code": code,
        "trace_id": trace_id,
    }


def of_error(error: Exception, trace_id: str) -> dict[str, object] | None:
    """The body for an error of one of our packages; None when it is none of ours, which makes it a bug."""
    for base in type(error).__mro__:
        if base in ERRORS:
            assert isinstance(error, LedgerError)
            return problem(error.code, trace_id, detail=str(error), status=ERRORS[base])
    return None


