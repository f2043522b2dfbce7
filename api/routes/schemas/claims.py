"""What is sent and answered about claims: a study in the words of the law, and what is decided about it.

`tests/api/test_claims.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import (
    Choice,
    Day,
    Flag,
    Further,
    HalfDays,
    Hours,
    Id,
    Many,
    Number,
    Part,
    QueryFlag,
    Sha256,
    Subject,
    Text,
    Word,
)
from api.routes.schemas.common import Answer, ReasonCode, Recorded, SaidAnswer, UnitEndedAnswer, Words
from api.routes.schemas.evidence import FileAnswer


class StudyBody(Body):
    """The facts of one study, in the words of the law."""

    category = Subject(required=True)
    route = Word(required=True, metadata={"description": "途径，如 training", "example": "training"})
    date = Day(required=True, metadata={"description": "佐证材料的日期：决定年度和适用的细则"})
    level = Word(metadata={"example": "provincial"})
    starts = Day()
    ends = Day()
    year = Number(1950, 2099, metadata={"description": "跨年度活动所选的年度"})
    days = HalfDays()
    subjects = Number(1, 100)
    courses = Number(1, 1000)
    characters = Number(1, 100_000_000)
    minutes = Number(1, 527_040)
    hours = Hours()
    confirmed_hours = Hours()
    document = Text(100)
    rank = Number(1, 1000)
    participants = Number(1, 10_000)
    joint_first = Flag()
    organiser = Text(100)
    organiser_level = Word()
    approved_by = Text(60)
    filing = Text(100)
    filed_on = Day()
    training_class = Text(60)
    completed_by = Choice("exam", "completion")
    platform = Text(60)
    major = Text(60)
    occasion = Text(100, metadata={"description": "同一活动的编号"})
    output = Text(100, metadata={"description": "同一成果的编号"})
    further = Further(metadata={"description": "仅由某部细则声明的字段"})


class DetailsBody(Body):
    """What of a study tells about people; it is sealed."""

    title = Text(200, required=True)
    certificate_issuer = Text(100)
    certificate_number = Text(100)
    location = Text(200)
    authors = Many(Text(60), 50)
    file_names = Many(Text(200), 50)
    words = Text(2000)


class EvidenceBody(Body):
    """The digest of a paper or file that shows the study."""

    kind = Word(required=True, metadata={"example": "certificate"})
    sha256 = Sha256(required=True)
    issued_on = Day()


class RevisionBody(Body):
    """A study as it now is."""

    study = Part(StudyBody, required=True)
    details = Part(DetailsBody, required=True)
    evidence = Many(Part(EvidenceBody), 50)


class ClaimBody(RevisionBody):
    """A study that is put forward."""

    person = Id("person", required=True)


class OverrideBody(Body):
    """Hours past what a row ordinarily gives, where its words leave room, with the reason and the document."""

    hours = Hours(required=True, metadata={"description": "认定的学时：超过一般的上限，不超过按标准所得"})
    reason = Text(1000, required=True, metadata={"description": "理由，说给本人"})
    document = Text(100, required=True, metadata={"description": "文号", "example": "甬人社函〔2026〕9号"})


class ConfirmationOfHours(Body):
    """Hours that an authority gives: where no rulebook rules, or where the words of a row leave it room."""

    confirmed_hours = Hours()
    document = Text(100)
    override = Part(OverrideBody, metadata={
        "description": "条文写“一般”的，主管部门可有理由、有文件地认定超过一般上限的学时"})

    @ma.validates_schema
    def _together(self, data: dict[str, object], **_: object) -> None:
        for one, other in (("confirmed_hours", "document"), ("document", "confirmed_hours")):
            if one in data and other not in data:
                raise ma.ValidationError(f"写了 {one} 就要写 {other}。", other)
        if "override" in data and "confirmed_hours" in data:
            raise ma.ValidationError("细则有规定的用 override，没有规定的用 confirmed_hours；只能写一种。", "override")


class AssignmentBody(Body):
    """To whom the step that is due is handed, and why."""

    to = Id("actor", required=True, allow_none=True, metadata={
        "description": "本机构中能办理这一环节的经办账号；null：退还，不再指定"})
    words = Text(1000, metadata={"description": "交代，办理部门和本人看得到"})


class ReturnBody(Words):
    """What is to be mended, by a code and in words."""

    reason = ReasonCode("claim.returned")


class RefusalBody(Words):
    """Why it is refused, by a code and in words."""

    reason = ReasonCode("claim.refused")


class ApprovalBody(ConfirmationOfHours):
    """What the approver opened, and where no rulebook rules, what an authority confirms."""

    opened_evidence = Many(Sha256(), 50, unique=True)


class CorrectionBody(RevisionBody, ConfirmationOfHours):
    """A registered study put right."""

    evidence = Many(Part(EvidenceBody), 50, metadata={"description": "不写：原来的佐证照旧；写了：以所写的为准"})
    year = Number(1950, 2099)
    year_because = Word(metadata={"description": "变更归属年度的理由代码"})
    words = Text(1000, metadata={"description": "更正的理由，说给本人"})


class UpholdingBody(Words):
    """The numbers that were looked at, and why what was decided stays."""

    decided = Hours(required=True, metadata={"description": "所见的认定计入学时"})
    evaluated = Hours(required=True, metadata={"description": "所见的评定计入学时"})


class ReleaseBody(Body):
    """Why a hold ends."""

    words = Text(1000)


class BasisBody(Words):
    """On what basis a registration is undone or restored, and why."""

    basis = Word(required=True, metadata={"description": "依据代码，如 falsified", "example": "falsified"})


class AppealBody(Words):
    """Why a decision is not accepted, and what shows it."""

    evidence = Many(Part(EvidenceBody), 50)


class AppealAnswer(Answer):
    """The last appeal about a claim."""

    status = ma.fields.String(required=True, metadata={
        "description": "open、withdrawn、dismissed（维持）、reopened（重新审核）、reinstated（已恢复）、"
                       "remitted（责令更正）、corrected、overtaken"})
    against = ma.fields.String(required=True, metadata={"description": "refusal、revocation、assessment"})
    decision = ma.fields.Integer(required=True, metadata={"description": "所针对的决定是第几个事件"})
    office = ma.fields.String(required=True, metadata={"description": "由什么部门办理"})
    region = ma.fields.String(required=True)
    due = ma.fields.String(required=True, metadata={"format": "date", "description": "答复的期限"})
    rulebook = ma.fields.String(required=True)
    article = ma.fields.String(required=True)
    evidence = ma.fields.List(ma.fields.Dict(), required=True)


class BulkLine(Body):
    """One line of a batch: a claim to be approved, as it was seen."""

    claim = Id("claim", required=True)
    version = Number(1, 1_000_000_000, required=True, metadata={"description": "读取时得到的 version"})
    opened_evidence = Many(Sha256(), 50, unique=True)


class BulkQuery(Query):
    """How a batch is taken."""

    atomic = QueryFlag(metadata={"description": "true：整批一次登记，有一行不成就都不办"})
    continue_on_failure = QueryFlag(metadata={"description": "true：一行不成，仍办其后的；默认停在第一处"})

    dry_run = QueryFlag(metadata={"description": "true：只试办，给出每行的决定，不写入"})

    @ma.validates_schema
    def _one_way(self, data: dict[str, object], **_: object) -> None:
        if data.get("atomic") and data.get("continue_on_failure"):
            raise ma.ValidationError("整批一次登记时，没有其后的可办。", "continue_on_failure")


class BulkAnswer(Answer):
    """What became of one line."""

    index = ma.fields.Integer(required=True, metadata={"description": "第几行，从 0 起"})
    status = ma.fields.Integer(required=True, metadata={"description": "单独提交时的状态码；424：未办理"})
    claim = ma.fields.String(metadata={"description": "申报编号；这一行读不出时没有"})
    version = ma.fields.Integer()
    assessed = ma.fields.String()
    year = ma.fields.Integer()
    events = ma.fields.List(ma.fields.Integer())
    replayed = ma.fields.Boolean(metadata={"description": "true：此前已用同一个键办理"})
    problem = ma.fields.Dict(metadata={"description": "没有办成的原因（RFC 9457）"})


class RulingAnswer(Answer):
    """What the law made of a study when somebody decided."""

    status = ma.fields.String(required=True)
    assessed = ma.fields.String(required=True)
    rulebook = ma.fields.String(allow_none=True)
    digest = ma.fields.String(allow_none=True)
    clauses = ma.fields.List(ma.fields.String())
    flags = ma.fields.List(ma.fields.String())
    ordinary = ma.fields.String(metadata={"description": "主管部门认定超过一般上限的：条文一般给多少；其余没有这一项"})


class ClaimAnswer(Recorded):
    """A claim."""

    claim = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    revision = ma.fields.Integer(required=True)
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    origin = ma.fields.String(required=True)
    study = ma.fields.Dict(required=True)
    evidence = ma.fields.List(ma.fields.Dict(), required=True)
    steps = ma.fields.List(ma.fields.String(), required=True)
    steps_taken = ma.fields.Integer(required=True)
    step_due = ma.fields.String(allow_none=True)
    assigned = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "这一环节指定给哪个经办账号；null：未指定。不妨碍其他有权的经办人办理"})
    ruling = ma.fields.Nested(RulingAnswer, allow_none=True)
    year = ma.fields.Integer(allow_none=True)
    appeal = ma.fields.Nested(AppealAnswer, allow_none=True)
    details = ma.fields.Dict(allow_none=True, metadata={"description": "仅在查看时给出"})
    said = ma.fields.List(ma.fields.Nested(SaidAnswer), metadata={"description": "各环节所说的理由，仅在查看时给出"})
    files = ma.fields.List(ma.fields.Nested(FileAnswer), metadata={"description": "可打开的佐证文件，仅在查看时给出"})
    unit_ended = ma.fields.Nested(UnitEndedAnswer, allow_none=True, metadata={
        "description": "申报时的单位已并入或注销的，由谁承接；仅在查看时给出"})


class RemedyAnswer(Answer):
    """How the decision that is in force can be appealed against."""

    office = ma.fields.String(required=True, metadata={"description": "向哪个角色的部门申诉"})
    region = ma.fields.String(required=True, metadata={"description": "该部门的地区，区划代码的前几位"})
    until = ma.fields.Date(required=True, metadata={"description": "最后一日，含当日"})
    days = ma.fields.Integer(required=True, metadata={"description": "自决定之日起多少日"})
    rulebook = ma.fields.String(required=True)
    document = ma.fields.String(required=True, metadata={"description": "细则的文号"})
    article = ma.fields.String(required=True)
    quote = ma.fields.String(required=True)
    made = ma.fields.Boolean(required=True, metadata={"description": "对这一决定已经申诉过"})


class ClaimShownAnswer(ClaimAnswer):
    """A claim as it is; or as it was, with what that rests on."""

    remedy = ma.fields.Nested(RemedyAnswer, allow_none=True, metadata={
        "description": "不服现有的决定可到何时、向何处申诉；只告知申报人，没有可申诉的为 null；问了 as_of 的没有"})

    as_of = ma.fields.Integer(metadata={"description": "按第几个事件为止所知；问了 as_of 才有，以下三项同"})
    as_of_time = ma.fields.String(metadata={"format": "date-time"})
    log_size = ma.fields.Integer()
    root = ma.fields.String()
