"""The form of a rulebook file, row by row: `form.py` reads files by it, `building.py` makes frozen values of the rows.

`tests/policies/test_rulebook_errors.py` shows it.
"""

from __future__ import annotations

from typing import Final

from marshmallow import fields, validate

from policies.schema_fields import Day, Flag, Hours, OneOf, RegionPrefix, Row, Text, Whole, words

FORMAT: Final = 1
EACH: Final = ("class", "item", "exam", "day", "subject", "course", "marked_hour", "whole_minutes",
               "ten_thousand_characters", "characters_prorata")
FORCES: Final = ("must", "ordinarily")
CYCLES: Final = ("fixed", "rolling", "personal_start")


class ScopeRow(Row):
    region = RegionPrefix(required=True)
    sector = Text()
    majors = words()


class WhenRow(Row):
    field = Text(required=True)
    among = words(required=True)


class FilingRow(Row):
    by = Text(required=True)
    before = Text(required=True)
    days = Whole(0, 366, required=True)
    force = OneOf(*FORCES, required=True)
    flag = Text(required=True)
    quote = Text(required=True)


class BindsRow(Row):
    categories = words(required=True)
    routes = words(required=True)


class ConditionRow(Row):
    name = Text(required=True)
    article = Text(required=True)
    quote = Text(required=True)
    reason = Text(required=True)
    field = Text()
    among = words()
    not_among = words()
    when = fields.Nested(WhenRow)
    filing = fields.Nested(FilingRow)
    binds = fields.Nested(BindsRow)


class RateRow(Row):
    each = OneOf(*EACH, required=True)
    hours = Hours()
    by_level = fields.Dict(keys=Text(), values=Hours())
    without_level = Hours()
    of = Whole(1, 1440)


class ThresholdRow(Row):
    field = Text(required=True)
    more_than = Hours(required=True)


class ShareRow(Row):
    percent = fields.List(Whole(0, 100), required=True, validate=validate.Length(min=1, error="至少一个百分数"))
    then = Whole(0, 100, required=True)
    quote = Text(required=True)
    equal_to_first = words()


class BonusRow(Row):
    by_rank = fields.List(Hours(), required=True)
    quote = Text(required=True)


class LimitRow(Row):
    hours = Hours(required=True)
    force = OneOf(*FORCES)
    per = OneOf("class", "day")
    quote = Text(required=True)


class CapRow(Row):
    hours = Hours(required=True)
    per = OneOf("year", required=True)
    article = Text(required=True)
    quote = Text(required=True)
    bucket = Text()


class ClaimWithinRow(Row):
    days = Whole(1, 3660, required=True)
    december_until = Text(validate=validate.Regexp(r"^\d{2}-\d{2}$", error="应为月-日，如 03-31"))
    quote = Text(required=True)


class CreditRow(Row):
    category = Text(required=True)
    hours = Hours(required=True)
    quote = Text(required=True)


class ClauseRow(Row):
    article = Text(required=True)
    quote = Text(required=True)
    routes = words(required=True)
    categories = words()
    levels = words()
    rate = fields.Nested(RateRow)
    refuses = Text()
    analogy = fields.Dict(keys=Text(), values=Text())
    share = fields.Nested(ShareRow)
    bonus = fields.Nested(BonusRow)
    class_limit = fields.Nested(LimitRow)
    cap = fields.Nested(CapRow)
    class_ = Text(data_key="class")
    conditions = words()
    when = fields.Nested(WhenRow)
    threshold = fields.Nested(ThresholdRow)
    claim_within = fields.Nested(ClaimWithinRow)
    credit = fields.Nested(CreditRow)
    force = OneOf(*FORCES)


class CycleRow(Row):
    years = Whole(2, 10, required=True)
    from_ = Whole(1990, 2099, required=True, data_key="from")
    kind = OneOf(*CYCLES, required=True)


class MinimumRow(Row):
    name = Text(required=True)
    article = Text(required=True)
    quote = Text(required=True)
    hours = Hours()
    class_ = Text(data_key="class")
    cycle = fields.Nested(CycleRow)
    percent = Whole(1, 100)
    percent_of = Text()
    first_year = Whole(1990, 2099)
    last_year = Whole(1990, 2099)
    force = OneOf(*FORCES)


class MakeUpRow(Row):
    from_ = Day(required=True, data_key="from")
    to = Day(required=True)
    years = fields.List(Whole(1990, 2099), required=True)
    platforms = words(required=True)
    article = Text(required=True)
    quote = Text(required=True)


class ReliefRow(Row):
    minimums = words(required=True)
    years = fields.List(Whole(1990, 2099), required=True)
    article = Text(required=True)
    quote = Text(required=True)


class ApplicationRow(Row):
    article = Text(required=True)
    quote = Text(required=True)
    pairs_quote = Text(required=True)
    postponed_quote = Text(required=True)
    elsewhere_quote = Text(required=True)
    count_title_year = Flag(required=True)
    first_half_ends = Text(required=True, validate=validate.Regexp(r"^\d{2}-\d{2}$", error="应为月-日，如 06-30"))
    first_half_pairs = fields.List(fields.List(Whole(-5, 0), validate=validate.Length(equal=2)), required=True)
    other_pairs = fields.List(fields.List(Whole(-5, 0), validate=validate.Length(equal=2)), required=True)


class RegistrarRow(Row):
    article = Text(required=True)
    quote = Text(required=True)
    person = Text(required=True)
    categories = words(required=True)
    office = Text(required=True)
    level = Text()
    system = Text()
    automatic = Flag()
    batch = Flag()
    yields_to_local = Flag()


class StepsRow(Row):
    article = Text(required=True)
    quote = Text(required=True)
    claim = words(required=True)


class DutyRow(Row):
    kind = Text(required=True)
    article = Text(required=True)
    quote = Text(required=True)
    who = Text(required=True)
    what = Text(required=True)
    to = Text()
    routes = words()
    documents = words()
    days = Whole(0, 366)
    answer_days = Whole(1, 366)
    hours = Hours()
    courses_per_year = Whole(1, 100)
    repeat = Flag()
    heartbeat_seconds = Whole(1, 3600)
    gap_seconds = Whole(1, 3600)
    challenge_minutes = Whole(1, 240)
    after_study = Flag()
    on_site = Flag()


class ConsequenceRow(Row):
    article = Text(required=True)
    quote = Text(required=True)
    when = words(required=True)
    effect = Text(required=True)
    lasts = Text()


class ReadingRow(Row):
    id = Text(required=True)
    question = Text(required=True)
    parameter = Text()
    value = fields.Raw()
    chosen = Text(required=True)
    reason = Text(required=True)
    alternatives = words(required=True)
    concerns = OneOf("hours", "duties")


class RoundingRow(Row):
    mode = OneOf("down", "half_up", required=True)
    unit = Hours(required=True)


class DeclaredRouteRow(Row):
    name = Text(required=True)
    quantity = words()
    needs = words()
    levels = words()
    categories = words()
    level_optional = Flag()
    ranked = Flag()
    level_names = fields.Dict(keys=Text(), values=Text())


class DeclaredFieldRow(Row):
    name = Text()
    names = fields.Dict(keys=Text(), values=Text())
    kind = OneOf("text", "date", "decimal", "integer", "choice", required=True)
    among = words()
    step = Text()
    most = fields.Raw()


class DeclaredMinimumRow(Row):
    name = Text(required=True)
    categories = words(required=True)


class DeclaresRow(Row):
    sectors = fields.Dict(keys=Text(), values=Text())
    levels = fields.Dict(keys=Text(), values=Text())
    routes = fields.Dict(keys=Text(), values=fields.Nested(DeclaredRouteRow))
    fields_ = fields.Dict(keys=Text(), values=fields.Nested(DeclaredFieldRow), data_key="fields")
    minimums = fields.Dict(keys=Text(), values=fields.Nested(DeclaredMinimumRow))
    route_levels = fields.Dict(keys=Text(), values=words())
    majors = words()


class RulebookFile(Row):
    format = Whole(FORMAT, FORMAT, required=True)
    family = Text(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9-]*$", error="应为小写字母、数字和连字符"))
    in_force_from = Day(required=True)
    in_force_to = Day()
    revision = Whole(1, 999)
    key = Text(required=True)
    title = Text(required=True)
    document = Text(required=True)
    issuers = words(required=True)
    issued_on = Day()
    text = Text()
    text_sha256 = Text(validate=validate.Regexp(r"^[0-9a-f]{64}$", error="应为 64 位小写十六进制摘要"))
    legal_basis = words()
    supersedes = words()
    first_year_judged = Whole(1990, 2099, required=True)
    draft = Flag()
    off = Flag()
    scope = fields.Nested(ScopeRow, required=True)
    declares = fields.Nested(DeclaresRow)
    rounding = fields.Nested(RoundingRow)
    clause = fields.List(fields.Nested(ClauseRow))
    condition = fields.List(fields.Nested(ConditionRow))
    minimum = fields.List(fields.Nested(MinimumRow))
    application = fields.Nested(ApplicationRow)
    registrar = fields.List(fields.Nested(RegistrarRow))
    steps = fields.Nested(StepsRow)
    duty = fields.List(fields.Nested(DutyRow))
    consequence = fields.List(fields.Nested(ConsequenceRow))
    reading = fields.List(fields.Nested(ReadingRow))
    make_up = fields.List(fields.Nested(MakeUpRow))
    relief = fields.List(fields.Nested(ReliefRow))
