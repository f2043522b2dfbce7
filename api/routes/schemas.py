"""What is sent and what is answered, noun by noun. Requests refuse what they do not name.

`tests/api/test_openapi.py` compares these with the committed description; the tests of each noun send and read them.
"""

from __future__ import annotations

import marshmallow as ma

from api.cases.actors import ROLES
from api.routes.fields import (
    Area,
    Body,
    Choice,
    Day,
    Document,
    Flag,
    Further,
    HalfDays,
    Hours,
    Id,
    Many,
    Number,
    Part,
    Query,
    QueryNumber,
    Region,
    Sha256,
    Shaped,
    Subject,
    Text,
    Word,
)
from ledger.identifiers.id_number import KINDS

PHONE_MOST = 40


class Answer(ma.Schema):
    """What is answered, field by field: a field that is not described here is answered nowhere."""


class Recorded(Answer):
    """A record as it stands: its version, and after a write the events that were recorded."""

    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    events = ma.fields.List(ma.fields.Integer(), metadata={"description": "本次登记的事件序号"})
    recorded_at = ma.fields.String(metadata={"format": "date-time"})


class Purpose(Query):
    """What somebody else's data is looked at for."""

    purpose = Shaped("^[a-z][a-z0-9_]{0,39}$", "小写英文代码，至多 40 位，不能是文字", example="annual_review",
                     metadata={"description": "查阅他人信息的目的，逐次留痕；查阅本人的不需要"})


class Words(Body):
    """The reason that is told to whom it concerns."""

    words = Text(1000, required=True, metadata={"description": "理由"})


# Units


class ContactBody(Body):
    """Whom to ask at the unit."""

    name = Text(60, required=True)
    phone = Text(PHONE_MOST)
    email = Shaped(r"^[^@\s\u0000-\u001f]{1,64}@[A-Za-z0-9.-]{1,190}$", "电子邮箱地址", example="someone@example.cn")


class UnitBody(Body):
    """A unit that registers itself."""

    credit_code = Text(40, required=True, metadata={"description": "统一社会信用代码"})
    name = Text(100, required=True)
    region = Region(required=True)
    sector = Word(required=True, metadata={"description": "行业，词表见 /v1/words", "example": "industry"})
    kinds = Many(Choice("employer", "organiser", "department", "association", "committee"), 5, unique=True)
    contact = Part(ContactBody, required=True)


class VerificationBody(Body):
    """What was shown."""

    evidence = Many(Sha256(), 50, unique=True)


class UnitAnswer(Recorded):
    """A unit."""

    unit = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    credit_code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    kinds = ma.fields.List(ma.fields.String(), required=True)
    into = ma.fields.String(allow_none=True)
    ended_on = ma.fields.String(allow_none=True)


# Actors


class OfficialBody(Body):
    """Who acts."""

    name = Text(60, required=True)
    phone = Text(PHONE_MOST)


class ActorBody(Body):
    """An account that is allotted."""

    organisation = Id("unit", required=True)
    account = Shaped(r"^[A-Za-z0-9][A-Za-z0-9._@-]{2,63}$", "3 到 64 位字母、数字和 . _ @ -", required=True,
                     example="lucheng-hr-01")
    official = Part(OfficialBody, required=True)
    person = Id("person", metadata={"description": "经办人本人的人员编号：不得经办自己的事项"})


class ScopeBody(Body):
    """What an actor may act upon."""

    role = Choice(*ROLES, required=True)
    region = Area(required=True)
    sector = Word()
    category = Subject()
    unit = Id("unit")


class ScopeAnswer(Answer):
    """What an actor may act upon."""

    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String()
    category = ma.fields.String()
    unit = ma.fields.String()


class ActorAnswer(Recorded):
    """An actor."""

    actor = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    person = ma.fields.String(allow_none=True)
    scopes = ma.fields.List(ma.fields.Nested(ScopeAnswer), required=True)


class TokenAnswer(Answer):
    """A token, shown this once."""

    holder = ma.fields.String(required=True)
    token = ma.fields.String(required=True)


# People


class PersonBody(Body):
    """A person who is registered."""

    name = Text(120, required=True)
    id_kind = Choice(*KINDS, required=True)
    id_number = Text(60, required=True)
    phone = Text(PHONE_MOST)


class IdentityAnswer(Answer):
    """Who it is, masked."""

    name = ma.fields.String(required=True)
    id_kind = ma.fields.String(required=True)
    id_number = ma.fields.String(required=True)
    phone = ma.fields.String(allow_none=True)


class AffiliationAnswer(Answer):
    """Where a person belongs from a day on."""

    unit = ma.fields.String(required=True)
    from_ = ma.fields.String(required=True, data_key="from")
    to = ma.fields.String(allow_none=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    major = ma.fields.String(allow_none=True)
    standing = ma.fields.String(allow_none=True)


class TitleAnswer(Answer):
    """A professional title."""

    obtained_on = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    series = ma.fields.String(allow_none=True)


class PersonAnswer(Recorded):
    """A person."""

    person = ma.fields.String(required=True)
    restricted = ma.fields.Boolean(required=True)
    forgotten = ma.fields.Boolean(required=True)
    identity = ma.fields.Nested(IdentityAnswer, allow_none=True)
    affiliations = ma.fields.List(ma.fields.Nested(AffiliationAnswer), required=True)
    titles = ma.fields.List(ma.fields.Nested(TitleAnswer), required=True)
    token = ma.fields.String(metadata={"description": "只在本人登记的答复中给出；请妥善保存"})


# Transfers


class TransferBody(Body):
    """A unit that a person asks to belong to."""

    to_unit = Id("unit", required=True)
    starts = Day(required=True)
    major = Text(60, metadata={"description": "专业（自然资源九个专业之一）"})
    standing = Word(metadata={"description": "人事身份，如 talent_market、provincial_institution"})
    evidence = Many(Sha256(), 50, unique=True)


class ConfirmationBody(Body):
    """The receiving unit's answer; it may put the day right."""

    starts = Day()


class TransferAnswer(Recorded):
    """A transfer."""

    transfer = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    to_unit = ma.fields.String(required=True)
    from_unit = ma.fields.String(allow_none=True)
    starts = ma.fields.String(required=True)
    major = ma.fields.String(allow_none=True)
    standing = ma.fields.String(allow_none=True)


# Claims


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


class ConfirmationOfHours(Body):
    """Hours that an authority confirms where no rulebook rules, with the document that says so."""

    confirmed_hours = Hours()
    document = Text(100)

    @ma.validates_schema
    def _together(self, data: dict[str, object], **_: object) -> None:
        for one, other in (("confirmed_hours", "document"), ("document", "confirmed_hours")):
            if one in data and other not in data:
                raise ma.ValidationError(f"写了 {one} 就要写 {other}。", other)


class ApprovalBody(ConfirmationOfHours):
    """What the approver opened, and where no rulebook rules, what an authority confirms."""

    opened_evidence = Many(Sha256(), 50, unique=True)


class CorrectionBody(RevisionBody, ConfirmationOfHours):
    """A registered study put right."""

    year = Number(1950, 2099)
    year_because = Word(metadata={"description": "变更归属年度的理由代码"})


class ReleaseBody(Body):
    """Why a hold ends."""

    words = Text(1000)


class BasisBody(Words):
    """On what basis a registration is undone or restored, and why."""

    basis = Word(required=True, metadata={"description": "依据代码，如 falsified", "example": "falsified"})


class RulingAnswer(Answer):
    """What the law made of a study when somebody decided."""

    status = ma.fields.String(required=True)
    assessed = ma.fields.String(required=True)
    rulebook = ma.fields.String(allow_none=True)
    digest = ma.fields.String(allow_none=True)
    clauses = ma.fields.List(ma.fields.String())
    flags = ma.fields.List(ma.fields.String())


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
    ruling = ma.fields.Nested(RulingAnswer, allow_none=True)
    year = ma.fields.Integer(allow_none=True)
    details = ma.fields.Dict(allow_none=True, metadata={"description": "仅在查看时给出"})


class EventAnswer(Answer):
    """An event as it stands in the log; what is sealed is not here."""

    position = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    stream = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    by = ma.fields.Dict(required=True)
    event = ma.fields.Dict(required=True)


class EventsAnswer(Answer):
    """The events of one record, oldest first."""

    items = ma.fields.List(ma.fields.Nested(EventAnswer), required=True)
    version = ma.fields.Integer(required=True)


# Questions


class AxesQuery(Purpose):
    """When it was known, when it happened, under which law."""

    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知回答"})
    valid_on = Text(20, metadata={"description": "只看这一天及以前发生的"})
    law = Text(2000, metadata={"description": "then、now 或 set:甲,乙"})


class YearsAnswer(Answer):
    """A person's years as decided and as evaluated, on a basis that gives the same answer again."""

    person = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True)
    years = ma.fields.List(ma.fields.Dict(), required=True)
    affiliations = ma.fields.List(ma.fields.Dict(), required=True)


class WorkQuery(Query):
    """Which work, and which page of it."""

    role = Choice(*ROLES)
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class WaitingAnswer(Answer):
    """One thing that waits."""

    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    category = ma.fields.String(allow_none=True)
    unit = ma.fields.String(allow_none=True)
    person = ma.fields.String(allow_none=True)
    since = ma.fields.Integer(required=True)
    since_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class WorkAnswer(Answer):
    """What waits, longest first."""

    items = ma.fields.List(ma.fields.Nested(WaitingAnswer), required=True)
    next_cursor = ma.fields.String(allow_none=True)
    as_of = ma.fields.Integer(required=True)


# Rulebooks


class RulebookBody(Body):
    """A rulebook and the text that it quotes, in full."""

    source = Document(required=True, metadata={"description": "细则文件（TOML）全文"})
    text = Document(required=True, metadata={"description": "公布的原文全文"})


class RulebookAnswer(Recorded):
    """A rulebook's life so far."""

    rulebook = ma.fields.String(required=True)
    in_force_from = ma.fields.String(allow_none=True)
    revision = ma.fields.Integer(required=True)
    digests = ma.fields.List(ma.fields.String(), required=True)
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)


class EnactedAnswer(Answer):
    """One enacted revision."""

    id = ma.fields.String(required=True)
    family = ma.fields.String(required=True)
    in_force_from = ma.fields.String(required=True)
    revision = ma.fields.Integer(required=True)
    digest = ma.fields.String(required=True)
    document = ma.fields.String(required=True)
    event = ma.fields.Integer(required=True)
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)
    source = ma.fields.String()
    text = ma.fields.String(allow_none=True)


class RulebooksAnswer(Answer):
    """Every rulebook that was enacted."""

    items = ma.fields.List(ma.fields.Nested(EnactedAnswer), required=True)


class WordsAnswer(Answer):
    """The words of the law as of now."""

    sectors = ma.fields.Dict(required=True)
    categories = ma.fields.Dict(required=True)
    levels = ma.fields.Dict(required=True)
    routes = ma.fields.List(ma.fields.Dict(), required=True)


# Statements


class StatementBody(Body):
    """Which years, on which basis, and whether the name stands there in clear."""

    years = Many(Number(1950, 2099), 60, unique=True)
    as_of = Text(60)
    valid_on = Text(20)
    law = Text(2000)
    name = Choice("masked", "clear")


class StatementAnswer(Recorded):
    """A statement."""

    statement = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "核验码"})
    sha256 = ma.fields.String(required=True)
    as_of = ma.fields.Integer(required=True)
    valid_on = ma.fields.String(allow_none=True)
    law = ma.fields.String(required=True)
    rulebooks = ma.fields.List(ma.fields.String(), required=True)
    years = ma.fields.List(ma.fields.Integer(), required=True)
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(allow_none=True)
    superseded_by = ma.fields.String(allow_none=True)
    text = ma.fields.String(allow_none=True)
