"""The close of a year over HTTP. `tests/api/test_year_closing.py` shows it."""

from __future__ import annotations

from typing import Any

from api.cases import year_closing
from api.cases.doing import Asked, Done
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.histories import PublicAsOf
from api.routes.schemas.year_closings import (
    YearClosedLineAnswer,
    YearClosedNowAnswer,
    YearClosingAnswer,
    YearClosingBody,
    YearClosingsAnswer,
)
from ledger.errors import Refusal

door = Door("year_closings", __name__, description="年度关账")


@door.writes("/v1/year-closings", summary="年度关账：固定一年的合计；先试办（dry_run）看合计和未办结的申报",
             body=YearClosingBody, answers=YearClosingAnswer, show=year_closing.view)
def close(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Refusal:
    done: Done | Refusal = year_closing.close(house(), caller, fields, asked)
    return done if isinstance(done, Refusal) else Told(done, place=f"/v1/year-closings/{fields['year']}")


@door.reads("/v1/year-closings", summary="已关账的年度", query=PublicAsOf, answers=YearClosingsAnswer)
def every(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: year_closing.every(house(), caller, as_of=as_of))


@door.reads("/v1/year-closings/<int:year>", summary="一年的关账：当时的合计、现在的合计、关账后的更正",
            answers=YearClosedNowAnswer)
def one(caller: Caller, year: int) -> dict[str, Any] | Refusal:
    return year_closing.one(house(), caller, year)


@door.reads("/v1/year-closings/<int:year>/persons/<person:person>", summary="一个人在关账中的一行及其证明",
            answers=YearClosedLineAnswer)
def line(caller: Caller, year: int, person: str) -> dict[str, Any] | Refusal:
    return year_closing.line(house(), caller, year, person)
