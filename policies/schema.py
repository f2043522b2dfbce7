"""The form of a rulebook file: TOML through marshmallow into the frozen values of `rulebook.py`.

Every problem is collected and said in Chinese with its row, its field, what was found and what is wanted. A number of
the law is a whole number or a decimal string; a TOML float is refused, because 4.35 is not a float.

`tests/policies/test_rulebook_errors.py` shows it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from ledger.vocabulary import parse_hours
from policies import rulebook as law
from policies.errors import UnreadableRulebook, shown
from policies.words import Declarations, MinimumWord, field_of, route_of

T = TypeVar("T")
FORMAT: Final = 1
EACH: Final = ("class", "item", "exam", "day", "subject", "course", "marked_hour", "whole_minutes",
               "ten_thousand_characters", "characters_prorata")
FORCES: Final = ("must", "ordinarily")
CYCLES: Final = ("fixed", "rolling", "personal_start")


class FloatText(str):
    """A number with a point as it stood in the file; kept as text so that it can be refused by name."""

    __slots__ = ()


class Hours(fields.Field[int]):
    """Hours: a whole number, or a decimal string of at most two decimals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        try:
            if isinstance(value, bool | FloatText) or not isinstance(value, int | str):
                raise ValueError
            return int(parse_hours(str(value)))
        except ValueError:
            raise ValidationError(f"读到 {shown(value)}，应为整数或至多两位小数的字符串，如 6 或 \"4.5\"") from None


class Day(fields.Field[date]):
    """A plain TOML date."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValidationError(f"读到 {shown(value)}，应为不带引号的日期，如 2019-01-01")
        return value


class Text(fields.Field[str]):
    """Words, not empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or isinstance(value, FloatText) or not value.strip():
            raise ValidationError(f"读到 {shown(value)}，应为不空的文字")
        return value


class Whole(fields.Field[int]):
    """A whole number within bounds."""

    def __init__(self, least: int, most: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValidationError(f"读到 {shown(value)}，应为 {self.least} 到 {self.most} 的整数")
        return value


class OneOf(Text):
    """One word of a closed list."""

    def __init__(self, *words: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in self.words:
            raise ValidationError(f"读到 {shown(value)}，应为 {'、'.join(self.words)} 之一")
        return str(value)


class Flag(fields.Field[bool]):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"读到 {shown(value)}，应为 true 或 false")
        return value


def words(**rest: Any) -> fields.List[str]:
    """A list of words."""
    return fields.List(Text(), error_messages={"invalid": "应为一列文字，如 [\"exam\"]"}, **rest)


class Row(Schema):
    """A row knows all its fields; an unknown one is a spelling mistake, never ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "没有这个字段，请查拼写", "type": "应为一张表（[...] 或 {...}）"}  # noqa: RUF012


class ScopeRow(Row):
    region = Text(
        required=True,
        validate=validate.Regexp(r"^\d{2}(\d{2}){0,2}$", error="应为两位、四位或六位区划代码前缀"),
    )
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


def read_form(path: str, source: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file as plain TOML and as checked rows; `UnreadableRulebook` lists every break of the form."""
    try:
        plain = tomllib.loads(source.decode("utf-8"), parse_float=FloatText)
    except UnicodeDecodeError as error:
        raise UnreadableRulebook(path, [f"第 {error.start} 字节不是 UTF-8；请存为 UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise UnreadableRulebook(path, [f"不是合法的 TOML：{error}"]) from None
    except RecursionError:
        raise UnreadableRulebook(path, ["括号套得太深；细则至多只有几层"]) from None
    try:
        return plain, dict(RulebookFile().load(plain))
    except ValidationError as error:
        raise UnreadableRulebook(path, list(problems(error.messages, plain))) from None


def problems(tree: Any, plain: Any, where: str = "") -> Iterable[str]:
    """One sentence for each leaf of marshmallow's tree, with the row's article or name as its address."""
    if isinstance(tree, list):
        for message in tree:
            text = {"Missing data for required field.": "缺这个字段",
                    "Field may not be null.": "不能为空"}.get(str(message), str(message))
            yield f"{where}：{text}"
        return
    for key, below in tree.items():
        inner = plain[key] if isinstance(plain, dict) and key in plain else None
        if isinstance(plain, list) and isinstance(key, int):
            inner = plain[key]
            name = inner.get("article") or inner.get("name") or inner.get("id") if isinstance(inner, dict) else None
            here = f"{where} 第 {key + 1} 条" + (f"（{name}）" if name else "")
        elif key == "_schema":
            here = where or "文件"
        else:
            here = f"{where} {key}".strip()
        yield from problems(below, inner, here)


def build(path: str, source: bytes, digest: str, text: str | None) -> law.Rulebook:
    """The rulebook that a file's bytes say; every row becomes a frozen value."""
    _, row = read_form(path, source)
    conditions = {one["name"]: _condition(one) for one in row.get("condition", ())}
    wrong = [
        f"clause 第 {index + 1} 条（{one['article']}） conditions：没有名为 {shown(name)} 的 [[condition]]"
        for index, one in enumerate(row.get("clause", ()))
        for name in one.get("conditions", ()) if name not in conditions
    ]
    if wrong:
        raise UnreadableRulebook(path, wrong)
    declares = _declares(row.get("declares", {}))
    revision = row.get("revision", 1)
    version = f"{row['family']}/{row['in_force_from']}"
    return law.Rulebook(
        id=version if revision == 1 else f"{version}.{revision}",
        family=row["family"],
        in_force_from=row["in_force_from"],
        in_force_to=row.get("in_force_to"),
        revision=revision,
        key=row["key"],
        title=row["title"],
        document=row["document"],
        issuers=tuple(row["issuers"]),
        issued_on=row.get("issued_on"),
        scope=_tuples(law.Scope, row["scope"]),
        first_year_judged=row["first_year_judged"],
        draft=row.get("draft", False),
        off=row.get("off", False),
        legal_basis=tuple(row.get("legal_basis", ())),
        supersedes=tuple(row.get("supersedes", ())),
        declares=declares,
        clauses=tuple(_clause(index, one, conditions) for index, one in enumerate(row.get("clause", ()))),
        conditions=tuple(conditions.values()),
        minimums=tuple(_minimum(one, declares) for one in row.get("minimum", ())),
        application=_application(row.get("application")),
        registrars=tuple(_registrar(one) for one in row.get("registrar", ())),
        steps=_tuples(law.Steps, row["steps"]) if "steps" in row else None,
        duties=tuple(_duty(one) for one in row.get("duty", ())),
        consequences=tuple(_tuples(law.Consequence, one) for one in row.get("consequence", ())),
        readings=tuple(_tuples(law.Reading, one) for one in row.get("reading", ())),
        make_up=tuple(_tuples(law.MakeUp, one) for one in row.get("make_up", ())),
        relief=tuple(_tuples(law.Relief, one) for one in row.get("relief", ())),
        rounding=law.Rounding(row["rounding"]["mode"], row["rounding"]["unit"]) if "rounding" in row else None,
        text_name=row.get("text"),
        text=text,
        digest=digest,
        source=source,
    )


def _tuples(make: type[T], row: Mapping[str, Any], **more: Any) -> T:
    """A value whose lists are tuples."""
    return make(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()} | more)


def _hours(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its `hours` named by unit."""
    return {("hours_centi" if key == "hours" else key): value for key, value in row.items()}


def _condition(row: Mapping[str, Any]) -> law.Condition:
    parts: dict[str, Any] = {
        name: _tuples(make, row[name])
        for name, make in (("when", law.When), ("filing", law.Filing), ("binds", law.Binds)) if name in row
    }
    return _tuples(law.Condition, row, **parts)


def _clause(index: int, row: Mapping[str, Any], conditions: Mapping[str, law.Condition]) -> law.Clause:
    parts: dict[str, Any] = {
        name: _tuples(make, _hours(row[name]))
        for name, make in (
            ("rate", law.Rate), ("share", law.Share), ("bonus", law.Bonus), ("class_limit", law.Limit),
            ("cap", law.Cap), ("when", law.When), ("claim_within", law.ClaimWithin),
            ("credit", law.Credit),
        ) if name in row
    }
    if "threshold" in row:
        parts["threshold"] = law.Threshold(row["threshold"]["field"], row["threshold"]["more_than"])
    parts["conditions"] = tuple(conditions[name] for name in row.get("conditions", ()))
    parts["categories"] = tuple(row.get("categories", ("professional",)))
    return _tuples(law.Clause, row, index=index, **parts)


def _minimum(row: Mapping[str, Any], declares: Declarations) -> law.Minimum:
    from policies.words import base_vocabulary

    known = base_vocabulary().with_declared([declares]).minimums
    rest = {key: value for key, value in row.items() if key not in ("cycle", "hours")}
    cycle = row.get("cycle")
    return law.Minimum(
        **rest,
        hours_centi=row.get("hours", 0),
        categories=known[row["name"]].categories if row["name"] in known else (),
        cycle=law.Cycle(cycle["years"], cycle["from_"], cycle["kind"]) if cycle else None,
    )


def _application(row: Mapping[str, Any] | None) -> law.ApplicationRule | None:
    if row is None:
        return None
    pairs = {name: tuple((pair[0], pair[1]) for pair in row[name]) for name in ("first_half_pairs", "other_pairs")}
    return law.ApplicationRule(**{**row, **pairs})


def _registrar(row: Mapping[str, Any]) -> law.Registrar:
    offices = tuple(part.strip() for part in row["office"].split(","))
    return _tuples(law.Registrar, {key: value for key, value in row.items() if key != "office"}, offices=offices)


def _duty(row: Mapping[str, Any]) -> law.Duty:
    plain = ("kind", "article", "quote", "who", "what", "routes", "documents")
    more = {key: value for key, value in row.items() if key not in (*plain, "to")}
    to = tuple(part.strip() for part in row.get("to", "").split(",") if part.strip())
    return _tuples(law.Duty, {key: row[key] for key in plain if key in row}, to=to, more=more)


def _declares(row: Mapping[str, Any]) -> Declarations:
    return Declarations(
        sectors=row.get("sectors", {}),
        levels=row.get("levels", {}),
        routes=tuple(route_of(code, one) for code, one in row.get("routes", {}).items()),
        fields=tuple(field_of(code, one) for code, one in row.get("fields_", {}).items()),
        minimums=tuple(
            MinimumWord(code, one["name"], tuple(one["categories"])) for code, one in row.get("minimums", {}).items()
        ),
        route_levels={code: tuple(more) for code, more in row.get("route_levels", {}).items()},
        majors=tuple(row.get("majors", ())),
    )
