"""What is sent and answered when another system's records are brought in. `tests/api/test_http_imports.py` shows it."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import marshmallow as ma

from api.paper.tables_out import FORMS
from api.routes.bodies import Body, Query
from api.routes.fields import Choice, Day, Id, Number, Part, QueryNumber, Region, Shaped, Text, Word
from api.routes.schemas.claims import DetailsBody, StudyBody
from api.routes.schemas.common import Answer, Recorded
from api.routes.schemas.histories import PublicAsOf, Reflects
from api.routes.schemas.questions import LOG_SIZE_MOST
from api.routes.schemas.rosters import File
from api.routes.schemas.trainings import MomentQuery
from api.words.codes import FORK_OUTCOMES
from ledger.identifiers.id_number import KINDS

LINE: Final = {
    "record": "nb-2026-000017", "version": 1, "id_number": "330102199003070019", "name": "李明",
    "study": {"category": "general_public", "route": "course", "date": "2026-05-04", "hours": "4",
              "completed_by": "exam"},
    "details": {"title": "网络课程"},
}
"""A record as a source sends it; the tests read it as one (`tests/api/test_openapi.py`)."""
NDJSON: Final = base64.b64encode(json.dumps(LINE, ensure_ascii=False).encode() + b"\n").decode("ascii")


class System(Shaped):
    """The code of another system."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^[a-z][a-z0-9_-]{0,39}$", "来源系统代码，小写英文", example="ningbo", **kwargs)


class AnySystem(Shaped):
    """The same where it is asked about: also another ledger, by the name of its log."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^([a-z][a-z0-9_-]{0,39}|log:[^\\s+]{1,200})$", "来源系统代码，或 log: 加账的名称",
                         example="ningbo", **kwargs)


class ImportRow(Body):
    """One record of the source, a line of an NDJSON file: which, in which version, whose, and what was studied."""

    record = Shaped("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}$", "来源系统自己的记录号，不含个人信息", required=True,
                    example="nb-2026-000017", metadata={"description": "来源系统自己的记录号，不含个人信息"})
    version = Number(1, 1_000_000_000, required=True, metadata={"description": "来源每次更正加一", "example": 1})
    recorded_at = Text(40, metadata={"description": "来源登记的时间"})
    id_kind = Choice(*KINDS, load_default="resident_id")
    id_number = Text(60, required=True)
    name = Text(100, required=True)
    study = Part(StudyBody, required=True)
    details = Part(DetailsBody, required=True)


class ImportBody(Body):
    """A file of a source's records, of some days, of one place."""

    system = System(required=True)
    file = File(required=True, metadata={"description": "NDJSON（每行一个 ImportRow）、XLSX 或 CSV",
                                         "example": NDJSON})
    starts = Day(required=True, metadata={"description": "所属期间的第一天"})
    ends = Day(required=True, metadata={"description": "所属期间的最后一天"})
    region = Region(required=True, metadata={"description": "记录所属地区", "example": "330200"})
    sector = Word(metadata={"description": "只含一个行业的记录时", "example": "industry"})
    on_behalf_of = Id("unit", metadata={"description": "代哪个单位报送；不写即本单位的系统"})
    seen = Number(0, LOG_SIZE_MOST, metadata={"description": "来源已取回更正清单到哪个位置（changes 的 position）"})


class AbandonmentBody(Body):
    """Why an import is given up, as a code."""

    why = Word(required=True, metadata={"description": "原因代码", "example": "wrong_period"})


class ForkDecisionBody(Body):
    """What becomes of a ledger that signed two histories."""

    outcome = Choice(*FORK_OUTCOMES, required=True, metadata={
        "description": "；".join(f"{code} {words}" for code, words in FORK_OUTCOMES.items()), "example": "continued"})
    document = Text(100, required=True, metadata={"description": "决定的文件号", "example": "浙人社函〔2026〕88号"})
    words = Text(1000, required=True, metadata={
        "description": "怎样查明的", "example": "备份恢复有误，另签的一份已由该市书面作废。"})


class ReconciliationBody(Body):
    """A later snapshot: all records that the source has of the import's days, whatever became of them."""

    file = File(required=True, metadata={"description": "来源的快照：NDJSON（每行一个 ImportRow）、XLSX 或 CSV",
                                         "example": NDJSON})
    on = Day(required=True, metadata={"description": "快照的日期"})
    form = Choice(*FORMS, load_default="xlsx", metadata={"description": "试办所附差异清单的格式"})


class SetAsideAnswer(Answer):
    """A row that was not taken over."""

    row = ma.fields.Integer(required=True, metadata={"description": "第几行"})
    record = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "duplicate，或拒绝的原因"})
    claim = ma.fields.String(allow_none=True, required=True, metadata={
        "description": "course_registered_twice：同一课程已登记在册的另一条"})
    detail = ma.fields.String(required=True, metadata={"description": "原因和改法；试办时逐行写明位置"})


class TakenAnswer(Recorded):
    """An import as it stands after it was acted upon."""

    batch = ma.fields.String(required=True)
    system = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["open", "closed", "abandoned"]})
    file_sha256 = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(allow_none=True, required=True)
    outcome = ma.fields.Dict(allow_none=True, required=True, metadata={"description": "接受、拒绝、重复各多少行"})
    set_aside = ma.fields.List(ma.fields.Nested(SetAsideAnswer), required=True,
                               metadata={"description": "未接受的行，至多 200 行；全部见 rows"})
    fork_decision = ma.fields.Dict(allow_none=True, required=True, metadata={
        "description": "对那本账的两种历史所作的决定：结果、文件号"})


class RowsQuery(PublicAsOf):
    """Past which row."""

    after = QueryNumber(0, 1_000_000, metadata={"default": 0, "description": "从第几行之后"})
    limit = QueryNumber(1, 1_000, metadata={"default": 200})


class RowsAnswer(Reflects):
    """Rows that were not taken over, in order."""

    items = ma.fields.List(ma.fields.Nested(SetAsideAnswer), required=True)


class ChangesQuery(Query):
    """Of which source, past which position."""

    system = AnySystem(required=True)
    after = QueryNumber(0, LOG_SIZE_MOST, metadata={"default": 0, "description": "上次得到的 position"})
    limit = QueryNumber(1, 1_000, metadata={"default": 200})


class ChangeAnswer(Answer):
    """What was done here to a record of the source."""

    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    record = ma.fields.String(required=True)
    version = ma.fields.String(required=True, metadata={"description": "当时所依据的来源版本"})
    claim = ma.fields.String(required=True)
    what = ma.fields.String(required=True, metadata={
        "enum": ["corrected", "frozen", "released", "revoked", "reinstated", "freed"],
        "description": "freed：此前因在册的另一条而未接受的记录，那一条已撤销，可以再报送"})
    study = ma.fields.Dict(metadata={"description": "更正后的学习事实"})
    assessed = ma.fields.String(metadata={"description": "更正后的学时"})
    year = ma.fields.Integer(allow_none=True)
    basis = ma.fields.String(metadata={"description": "撤销、恢复的依据"})


class ChangesAnswer(Reflects):
    """What was changed, and where to go on asking."""

    items = ma.fields.List(ma.fields.Nested(ChangeAnswer), required=True)
    position = ma.fields.Integer(required=True, metadata={"description": "下次从这里继续（after），报送时写入 seen"})


class ReportQuery(MomentQuery):
    """Of which source, from which day to which."""

    system = AnySystem()
    starts = Day(metadata={"description": "从哪天完成的导入起"})
    ends = Day(metadata={"description": "到哪天为止"})


class ReportLine(Answer):
    """One source's day."""

    system = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    batches = ma.fields.Integer(required=True)
    sent = ma.fields.Integer(required=True)
    accepted = ma.fields.Integer(required=True)
    duplicates = ma.fields.Integer(required=True)
    refused = ma.fields.Integer(required=True)
    corrected = ma.fields.Integer(required=True, metadata={"description": "其中后来更正过的"})
    revoked = ma.fields.Integer(required=True, metadata={"description": "其中现已撤销的"})
    frozen = ma.fields.Integer(required=True, metadata={"description": "其中现被冻结的"})


class ReportAnswer(Reflects):
    """By source and day."""

    items = ma.fields.List(ma.fields.Nested(ReportLine), required=True)
