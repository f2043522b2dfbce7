"""What is sent and answered between ledgers: a file handed over, how each ledger stands with us.

`tests/province/test_province.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import Id, Number, QueryNumber, Region, Shaped, Word
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import Reflects
from api.routes.schemas.imports import NDJSON
from api.routes.schemas.questions import LOG_SIZE_MOST
from api.routes.schemas.rosters import File

CLAIMS_MOST = 60


class HandOverQuery(Query):
    """Since which size, which part, under which checkpoint."""

    since = QueryNumber(0, LOG_SIZE_MOST, required=True,
                        metadata={"description": "接收方最近一次接受的检查点大小；从未移交过为 0"})
    part = QueryNumber(1, 1_000_000, metadata={"default": 1, "description": "第几份"})
    size = QueryNumber(1, LOG_SIZE_MOST, metadata={"description": "第一份首行所写的 size；取其余各份时必写"})
    also = Shaped(f"^clm_[0-9a-z]{{22}}(,clm_[0-9a-z]{{22}}){{0,{CLAIMS_MOST - 1}}}$", "申报编号，逗号分隔",
                  metadata={"description": "以前移交过而未被接受、要再移交的记录"})


class HandedOverBody(Body):
    """A file that another ledger handed over, or that a person carried along."""

    file = File(required=True, metadata={"description": "移交文件（xueshi-hand-over/1）", "example": NDJSON})
    region = Region(required=True, metadata={"description": "记录所属地区", "example": "330200"})
    sector = Word(metadata={"description": "只含一个行业的记录时", "example": "industry"})
    on_behalf_of = Id("unit", metadata={"description": "代哪个单位报送；不写即本单位的系统"})
    seen = Number(0, LOG_SIZE_MOST, metadata={"description": "来源已取回更正清单到哪个位置（changes 的 position）"})


class LedgersQuery(Query):
    """Within how many days a ledger is expected to be heard of again."""

    within = QueryNumber(1, 3_650, metadata={"default": 31, "description": "约定几天移交一次（P 14 的“定期”）"})


class AcceptedAnswer(Answer):
    """Up to where a ledger was accepted."""

    size = ma.fields.Integer(required=True, metadata={"description": "下次移交的 since"})
    root = ma.fields.String(required=True)
    checkpoint = ma.fields.String(required=True, metadata={"description": "签名的检查点原文"})
    batch = ma.fields.String(required=True)
    event = ma.fields.Integer(required=True)
    at = ma.fields.String(required=True, metadata={"format": "date-time"})


class TroubleAnswer(Answer):
    """Something that hangs or contradicts, and the cure."""

    code = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, metadata={"enum": ["hanging", "contradictory", "decided"]})
    words = ma.fields.String(required=True)
    cure = ma.fields.String(required=True)
    batch = ma.fields.String(allow_none=True, required=True)
    event = ma.fields.Integer(allow_none=True, required=True)
    at = ma.fields.String(allow_none=True, required=True, metadata={"format": "date-time"})
    number = ma.fields.Integer(required=True, metadata={"description": "多少条、多少份、多少天，或哪个大小"})
    fork = ma.fields.String(allow_none=True, required=True, metadata={
        "description": "两份历史互相矛盾的证明（xueshi-fork/1），任何人凭该账的公钥用 xueshi verify 核验"})
    decision = ma.fields.Dict(allow_none=True, required=True, metadata={
        "description": "登记部门对两种历史所作的决定：事件、结果（continued 或 closed）、文件号"})


class LedgerAnswer(Answer):
    """Another ledger as it stands with us."""

    origin = ma.fields.String(required=True)
    system = ma.fields.String(required=True, metadata={"description": "其记录的来源系统代码"})
    keys = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "相信的公钥"})
    accepted = ma.fields.Nested(AcceptedAnswer, allow_none=True, required=True)
    days = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "距上次接受几天"})
    behind = ma.fields.Integer(required=True, metadata={"description": "见过的最大检查点比已接受的多几个事件"})
    batches = ma.fields.Integer(required=True)
    carried = ma.fields.Integer(required=True, metadata={"description": "其中随人携带的导入"})
    entries = ma.fields.Integer(required=True, metadata={"description": "接受的行数，含更正"})
    troubles = ma.fields.List(ma.fields.Nested(TroubleAnswer), required=True)


class LedgersAnswer(Reflects):
    """Every ledger that is believed, or that something was accepted of."""

    items = ma.fields.List(ma.fields.Nested(LedgerAnswer), required=True)


class CheckpointQuery(Query):
    """A checkpoint, as it was fetched from the ledger itself."""

    checkpoint = Shaped("^[A-Za-z0-9+/]{40,8000}={0,2}$", "base64 文本", required=True, metadata={
        "description": "签名的检查点原文（对方的 /log/checkpoint），base64"})


class ComparedAnswer(Answer):
    """How a ledger's own checkpoint compares with what was accepted of it."""

    origin = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)
    accepted = ma.fields.Integer(required=True)
    behind = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"enum": [
        "same", "behind", "older", "forked", "contradicted", "closed"]})
    kind = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    cure = ma.fields.String(required=True)
    against = ma.fields.String(allow_none=True, required=True, metadata={"description": "与之矛盾的检查点"})
