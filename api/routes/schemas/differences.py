"""What is asked and answered about differences between as decided and as evaluated.

`tests/api/test_http_differences.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Area, Choice, Id, QueryNumber, Word
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import PageAnswer, PageQuery, Reflects
from api.routes.schemas.questions import AxesQuery
from projections.differing import KINDS

_KINDS = ("unreadable：现行细则读不懂；belonging：后来登记的隶属关系不同；worth：细则给的学时不同；"
          "duplicate：重复的取舍不同；room：上限之下所余不同；class：归类不同")


class OfficesQuery(AxesQuery):
    """Which of them are counted: as it was known when, of what had happened by when, under which law."""

    region = Area(metadata={"description": "区划代码前缀"})
    sector = Word()
    year = QueryNumber(1950, 2099)
    kind = Choice(*KINDS, metadata={"description": _KINDS})


class DifferencesQuery(OfficesQuery, PageQuery):
    """Which of them are listed, and which page."""

    person = Id("person")


class OfficeAnswer(Answer):
    """Who has to look: the office that decided, where the claim was submitted."""

    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    category = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)


class EntrySideAnswer(Answer):
    """What an entry counts, and by what."""

    counted = ma.fields.String(required=True)
    rulebook = ma.fields.String(allow_none=True, required=True)
    clause = ma.fields.String(allow_none=True, required=True)


class EntryAnswer(Answer):
    """An entry that differs."""

    claim = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True, metadata={"enum": list(KINDS)})
    because = ma.fields.String(required=True)
    office = ma.fields.Nested(OfficeAnswer, required=True)
    decided = ma.fields.Nested(EntrySideAnswer, required=True)
    evaluated = ma.fields.Nested(EntrySideAnswer, required=True)
    since = ma.fields.Integer(required=True, metadata={"description": "自哪一个事件起不同"})
    since_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    upheld = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "维持原认定的事件"})


_BASIS = {"description": "所用的三个轴、细则的摘要、账本的长度和根：照此再问，得到同样的回答"}


class EntriesAnswer(PageAnswer):
    """Entries that differ, longest first."""

    law = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True, metadata=_BASIS)
    items = ma.fields.List(ma.fields.Nested(EntryAnswer), required=True)


class YearSideAnswer(Answer):
    """A year's total and verdict."""

    total = ma.fields.String(required=True)
    met = ma.fields.Boolean(allow_none=True, required=True)


class YearAnswer(Answer):
    """A person-year that differs, where its person belonged on 31 December."""

    person = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    decided = ma.fields.Nested(YearSideAnswer, required=True)
    evaluated = ma.fields.Nested(YearSideAnswer, required=True)
    entries = ma.fields.Integer(required=True, metadata={"description": "本年度有几项学习不同；0 为周期中以前年度所致"})
    since = ma.fields.Integer(required=True)
    since_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class YearsDifferAnswer(PageAnswer):
    """Person-years that differ, longest first."""

    law = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True, metadata=_BASIS)
    items = ma.fields.List(ma.fields.Nested(YearAnswer), required=True)


class CountAnswer(Answer):
    """How many wait for one office."""

    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    waiting = ma.fields.Integer(required=True)
    upheld = ma.fields.Integer(required=True)
    since = ma.fields.Integer(allow_none=True, required=True)
    kinds = ma.fields.Dict(required=True)


class CountsAnswer(Reflects):
    """How many wait for which office."""

    law = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True, metadata=_BASIS)
    waiting = ma.fields.Integer(required=True)
    upheld = ma.fields.Integer(required=True)
    items = ma.fields.List(ma.fields.Nested(CountAnswer), required=True)
