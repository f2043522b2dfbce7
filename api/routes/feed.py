"""The feed over HTTP, by long poll. `tests/api/test_feed.py` shows it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from flask import Response

from api.cases.log import feed
from api.operational.callers import Caller
from api.routes.answers import Answer
from api.routes.door import Door, house
from api.routes.schemas.feed import CloudEvent, FeedQuery
from ledger.errors import Refusal

BATCH: Final = "application/cloudevents-batch+json"
_LIMIT: Final = 200

door = Door("feed", __name__, description="事件流")


@door.reads("/v1/feed", summary="事件流（CloudEvents，长轮询）：权限内的记录有何变动，从某个位置继续", query=FeedQuery,
            answers=CloudEvent(many=True), content_type=BATCH)
def events(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    limit = query.get("limit", _LIMIT)
    told = feed.feed(house(), caller, after=query.get("after", 0), limit=limit, wait_s=query.get("wait", 0))
    if isinstance(told, Refusal):
        return told
    response = Answer(msgspec.json.encode(told.items), status=200, content_type=BATCH)
    following = urlencode({**query, "after": told.position})
    response.headers["Link"] = f'</v1/feed?{following}>; rel="next"'
    return response
