"""What may be done to a record, a row an act: its address below the record's, in a few words, the use case, the body.

Each is a POST that wants the record to have been seen (If-Match) and answers with it. `tests/api/test_case_members.py`
shows some.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma

from api.cases.doing import Asked, Done
from api.house import House
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.door import Door, house
from ledger.errors import Refusal


class Acts:
    """The acts upon one kind of record, which is read at `/v1/<noun>/<id>`."""

    def __init__(
        self, door: Door, at: str, noun: str, answers: type[ma.Schema], show: Callable[[Any], dict[str, Any]]
    ) -> None:
        self._door, self._at, self._noun, self._answers, self._show = door, at, noun, answers, show
        self._record = at.rpartition(":")[2].removesuffix(">")  # What the path calls the record's id.

    def offer(
        self, act: str, summary: str, use_case: Callable[..., Done | Refusal], body: type[ma.Schema] | None = None,
        foresees: Callable[[House, Caller, Any], dict[str, Any]] | None = None,
    ) -> None:
        """Offer one. The use case is given the fields where there is a body, and with them what else the path names.

        `foresees`: what a trial tells besides, of the record as it would be.
        """

        def done(caller: Caller, fields: dict[str, Any], asked: Asked, **named: Any) -> Told | Refusal:
            record = named.pop(self._record)
            sent = () if body is None else ({**fields, **named},)
            came = use_case(house(), caller, record, *sent, asked)
            if isinstance(came, Refusal):
                return came
            more = {} if foresees is None or came.receipt is not None else foresees(house(), caller, came.state)
            return Told(came, more, f"/v1/{self._noun}/{came.stream}")

        done.__name__ = f"{self._noun}/{act}"  # A use case may be called like another; its address is its own.
        self._door.writes(f"{self._at}/{act}", summary=summary, body=body, answers=self._answers, show=self._show,
                          conditional=True)(done)
