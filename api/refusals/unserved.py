"""What is said before there is anybody to ask: to what could not be read as a request, and to whoever is one too many.

Whoever comes from a browser is told on a page, others by a problem (`api.refusals.problems`); nothing of what they sent
is repeated. `tests/api/test_raw_requests.py` and `tests/api/test_lanes.py` show it.
"""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import Final

import structlog

from api.refusals.problems import KINDS, MEDIA_TYPE, code_of, problem

_PAGE: Final = (
    '<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}">'
    "<title>{title} - 学时账</title><h1>{title}</h1>"
    "<p>没有写入任何内容。本页在 {seconds} 秒后自动重试，请不要反复刷新。</p></html>"
)
_UNREAD: Final = (
    '<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title} - 学时账</title><h1>{title}</h1><p>{detail}</p>"
    "<p>请用浏览器的“后退”回到刚才的页面。追踪号 {trace}</p></html>"
)


def unread(status: HTTPStatus, found: object, *, wants_page: bool = False) -> tuple[dict[str, str], bytes]:
    """Refuse what could not be read as a request, before there is any service to ask: headers and body.

    Whoever sent a file that is too large from a browser is told on a page. What was found is logged by its type alone,
    and nothing of the request is repeated anywhere.
    """
    trace_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()  # They would be those of the last request that this thread answered.
    log = structlog.get_logger().bind(request_id=trace_id, status=int(status))
    if isinstance(found, Exception) and status is HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("failed", exc_info=found)
    else:
        log.info("unreadable", why=type(found).__name__)
    said = problem(code_of(status), trace_id, status=status)
    content_type, body = MEDIA_TYPE, json.dumps(said, ensure_ascii=False).encode()
    if wants_page:
        content_type = "text/html; charset=utf-8"
        body = _UNREAD.format(title=said["title"], detail=said["detail"], trace=trace_id).encode()
    return {
        "Connection": "close", "Content-Type": content_type, "Content-Length": str(len(body)),
        "Content-Language": "zh-CN", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        "X-Request-Id": trace_id,
    }, body


def turned_away(seconds: int, *, is_one_too_many: bool, wants_page: bool) -> tuple[HTTPStatus, dict[str, str], bytes]:
    """Tell whoever comes when too many do in how many seconds to come back, before anybody looks what they asked for.

    Whoever looks from a browser is told on a page, which comes back by itself.
    """
    code, trace_id = "too_many_at_once" if is_one_too_many else "overloaded", uuid.uuid4().hex
    kind = KINDS[code]
    if wants_page:
        content_type, body = "text/html; charset=utf-8", _PAGE.format(title=kind.title, seconds=seconds).encode()
    else:
        said = problem(code, trace_id) | {"seen": {"retry_after": seconds}}
        content_type, body = MEDIA_TYPE, json.dumps(said, ensure_ascii=False).encode()
    return HTTPStatus(kind.status), {
        "Retry-After": str(seconds), "Content-Type": content_type, "Content-Length": str(len(body)),
        "Content-Language": "zh-CN", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        "X-Request-Id": trace_id,
    }, body
