"""The systems that records are taken over from, over HTTP. `tests/api/test_import_sources.py` shows it."""

from __future__ import annotations

from typing import Any

from api.cases.doing import Asked
from api.cases.importing import sources
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.histories import PublicAsOf
from api.routes.schemas.import_sources import (
    ImportSourceAnswer,
    ImportSourceBody,
    ImportSourceClosingBody,
    ImportSourcesAnswer,
)
from ledger.errors import Refusal

door = Door("import_sources", __name__, description="导入的来源系统：登记、停用、列出")


@door.writes("/v1/import-sources", summary="登记一个来源系统：名称、种类、地区和可以报送的科目",
             body=ImportSourceBody, answers=ImportSourceAnswer, show=sources.view)
def register(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Refusal:
    done = sources.register(house(), caller, fields, asked)
    return done if isinstance(done, Refusal) else Told(done, {}, "/v1/import-sources")


@door.reads("/v1/import-sources", summary="登记过的来源系统", query=PublicAsOf, answers=ImportSourcesAnswer)
def listed(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    def ask(as_of: int) -> dict[str, Any] | Refusal:
        found = sources.listed(house(), caller, as_of=as_of)
        return found if isinstance(found, Refusal) else {"items": found}

    return as_it_stood(query, ask)


@door.writes("/v1/import-source-closings", summary="停用一个来源系统：不再导入，已导入的不受影响",
             body=ImportSourceClosingBody, answers=ImportSourceAnswer, show=sources.view)
def close(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Refusal:
    done = sources.close(house(), caller, fields, asked)
    return done if isinstance(done, Refusal) else Told(done, {}, "/v1/import-sources")
