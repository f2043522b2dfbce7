"""Facts as they are read: affiliations, entries, applications, each with the form that a line of them must have.

`Reader` turns one JSON line into a value or raises `BadLine` with the field, what was found and what is wanted. Its
fast path decodes into typed structs; its exact path runs only when the fast one refuses, to find the words.

`tests/policies/test_bad_lines.py` shows every refusal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from policies.errors import BadLine
from policies.words import Field, Vocabulary

Row = tuple[Any, ...]
"""An entry as it is read: its values in the order of `Reader.names`, UNSET where a field is not given."""

LINE_BYTES_MOST: Final = 65_536
FIRST_DAY: Final = date(1950, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""The ledger's life: nobody at work was so before, and no rulebook here reaches further."""

OWN_FIELDS: Final = ("id", "person", "date")
LOOSE_FIELDS: Final = ("year", "starts", "ends", "filed_on", "submitted_on", "occasion", "output", "document")
"""Fields that do not enter the law's answer as they stand: keys, dates and what only identifies."""


class Affiliation(msgspec.Struct, tag_field="kind", tag="affiliation", forbid_unknown_fields=True,
                  rename={"from_": "from"}):
    """Where a person belongs from a day on."""

    person: str
    from_: str
    region: str
    sector: str
    to: str | UnsetType = UNSET
    major: str | UnsetType = UNSET


class Application(msgspec.Struct, tag_field="kind", tag="application", forbid_unknown_fields=True):
    """A person applies for the next title on a day; for a first one without any. A line names the title they have."""

    person: str
    applied_on: str
    title_obtained_on: str | None
    minimum_years: int
    committee: str | UnsetType = UNSET


class EntryBase(msgspec.Struct, tag_field="kind", tag="entry", forbid_unknown_fields=True):
    """One registered occasion of learning; the rest of its fields are declared by the words of the law."""

    id: str
    person: str
    date: str


class Days(dict[str, int]):
    """Ordinals of dates as they are written; a text that is not a date of the ledger's life is a ValueError."""

    def __missing__(self, text: str) -> int:
        if len(text) != 10 or text[4] != "-" or text[7] != "-" or not text.isascii():
            raise ValueError(text)
        day = date.fromisoformat(text)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(text)
        number = self[text] = day.toordinal()
        return number


DAYS: Final = Days()


def decimal_centi(text: object, one: Field) -> int:
    """Hundredths of a positive decimal string within the field's step and bound, or `BadLine`."""
    step = f"{one.step_centi // 100}" if one.step_centi >= 100 else f"0.{one.step_centi:02d}".rstrip("0")
    wanted = f"应为带引号的正的十进制数，{step} 的倍数，不超过 {one.most_centi // 100}，如 \"4.5\""
    if not isinstance(text, str):
        raise BadLine(one.code, text, wanted)
    whole, point, fraction = text.partition(".")
    plain = (
        whole.isascii() and whole.isdigit() and len(whole) <= 9 and (whole == "0" or whole[0] != "0")
        and (not point or (fraction.isascii() and fraction.isdigit() and len(fraction) <= 2))
    )
    value = int(whole) * 100 + int(fraction.ljust(2, "0")) if plain else 0
    if value <= 0 or value % one.step_centi or value > one.most_centi:
        raise BadLine(one.code, text, wanted)
    return value


def check_value(one: Field, value: object) -> None:
    """Raise `BadLine` unless the value has the field's form."""
    match one.kind:
        case "decimal":
            decimal_centi(value, one)
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= one.most:
                raise BadLine(one.code, value, f"应为 1 到 {one.most} 的整数，不带引号，不带小数点")
        case "date":
            check_date(one.code, value)
        case "choice":
            if value not in one.among:
                raise BadLine(one.code, value, f"应为 {'、'.join(one.among)} 之一")
        case _:
            check_text(one.code, value)


def check_text(name: str, value: object) -> None:
    """Raise `BadLine` unless this is a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise BadLine(name, value, "应为不空的文字")


def check_date(name: str, value: object) -> int:
    """The ordinal of a date of the ledger's life, or `BadLine`."""
    try:
        if isinstance(value, str):
            return DAYS[value]
    except ValueError:
        pass
    raise BadLine(name, value, f"应为 YYYY-MM-DD 的日期，在 {FIRST_DAY} 到 {LAST_DAY} 之间")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine(twice, row[twice], "同一字段写了两次；只留一个")
    return row


class Reader:
    """Reads lines against the words of one set of rulebooks."""

    def __init__(self, words: Vocabulary) -> None:
        self.words: Final = words
        declared = [one for name, one in words.fields.items() if name not in (*OWN_FIELDS, *LOOSE_FIELDS)]
        self.weighed: Final = tuple(
            [one.code for one in declared if one.kind != "integer"]
            + [one.code for one in declared if one.kind == "integer"]
        )
        self.names: Final = OWN_FIELDS + LOOSE_FIELDS + self.weighed
        """The order of a row: the entry's own fields, the loose ones, then those that the law weighs, integers last."""
        self.tail: Final = len(OWN_FIELDS) + len(LOOSE_FIELDS)
        self.first_number: Final = len(self.names) - sum(one.kind == "integer" for one in declared)
        types: list[tuple[str, Any, Any]] = [("year", int | UnsetType, UNSET)]
        types += [(name, str | UnsetType, UNSET) for name in LOOSE_FIELDS[1:]]
        types += [
            (name, (int if words.fields[name].kind == "integer" else str) | UnsetType, UNSET)
            for name in self.weighed
        ]
        self.entry: Final = msgspec.defstruct(
            "Entry", types, bases=(EntryBase,), tag_field="kind", tag="entry", forbid_unknown_fields=True
        )
        self.decode: Final[Callable[[bytes], Any]] = msgspec.json.Decoder(
            Affiliation | Application | self.entry
        ).decode

    def read(self, line: bytes) -> Affiliation | Application | Row:
        """The fact on a line; an entry comes as its row. Raises `BadLine`. The checks that need the law come later."""
        try:
            fact = self.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self.fault(line) from None
        row: Row = msgspec.structs.astuple(fact)
        given = len(row) - row.count(UNSET)
        if type(fact) is self.entry:
            numbers = row[self.first_number:]
            plain = len(numbers) - numbers.count(UNSET) + (row[len(OWN_FIELDS)] is not UNSET)
        else:
            plain = 1 if type(fact) is Application else 0
        # Each name and each text brings two quotation marks; any more means a name given twice or an escaped mark.
        if line.count(b'"') != 4 * given + 4 - 2 * plain:
            self.exact(line)
        return row if type(fact) is self.entry else fact

    def entry_row(self, values: Mapping[str, Any]) -> Row:
        """The row of an entry that is given as a mapping; its form is not checked."""
        return tuple(values.get(name, UNSET) for name in self.names)

    def values(self, row: Row) -> dict[str, Any]:
        """The fields that an entry gives, as they were written."""
        return {name: value for name, value in zip(self.names, row, strict=True) if value is not UNSET}

    def fault(self, line: bytes) -> BadLine:
        """The exact reason why a line cannot be decoded."""
        try:
            self.exact(line)
        except BadLine as bad:
            return bad
        return BadLine("-", line.decode("utf-8", "replace"), "应为一个 JSON 对象")

    def exact(self, line: bytes) -> None:
        """Read a line slowly and say exactly what is wrong with it."""
        row = self.row(line)
        allowed: tuple[str, ...]
        needed: tuple[str, ...]
        match row.get("kind"):
            case "affiliation":
                allowed, needed = ("from", "to", "region", "sector", "major"), ("from", "region", "sector")
            case "application":
                allowed = ("applied_on", "title_obtained_on", "minimum_years", "committee")
                needed = allowed[:3]
            case "entry":
                allowed, needed = tuple(self.words.fields), ("id", "date", "category", "route")
            case other:
                wanted = "应为 affiliation、entry、application 之一"
                raise BadLine("kind", other, wanted, missing="kind" not in row)
        for name in row:
            if name not in ("kind", "person", *allowed):
                raise BadLine(name, row[name], "没有这个字段；请查拼写，或先由细则在 [declares] 里声明")
        for name in ("person", *needed):
            if name not in row:
                raise BadLine(name, None, "这个字段必须给出", missing=True)
        for name, value in row.items():
            if row["kind"] == "entry" and name in self.words.fields:
                check_value(self.words.fields[name], value)
            elif name == "minimum_years":
                check_value(Field(name, "integer", most=60), value)
            elif name in ("from", "to", "applied_on", "title_obtained_on"):
                check_date(name, value)
            else:
                check_text(name, value)

    def row(self, line: bytes) -> dict[str, Any]:
        """The JSON object on a line, names given once, or `BadLine` with field `-`."""
        if line.startswith(b"\xef\xbb\xbf"):
            raise BadLine("-", "BOM（EF BB BF）", "应为不带 BOM 的 UTF-8")
        try:
            row = json.loads(line.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constant)
            json.dumps(row, ensure_ascii=False).encode("utf-8")
        except BadLine:
            raise
        except UnicodeDecodeError as error:
            raise BadLine("-", f"第 {error.start + 1} 字节", "应为 UTF-8") from None
        except UnicodeEncodeError:
            raise BadLine("-", "单独的代理字符（\\uD800—\\uDFFF）", "应为完整的 Unicode 字符") from None
        except json.JSONDecodeError as error:
            cure = f"应为一个完整的 JSON 对象；第 {error.pos + 1} 个字符处不合写法"
            raise BadLine("-", line.decode(), cure) from None
        except ValueError as error:       # Words of `_no_constant`, or a number of thousands of digits.
            told = error if isinstance(error, NoConstant) else "数字过长"
            raise BadLine("-", line.decode(), f"应为一个完整的 JSON 对象；{told}") from None
        except RecursionError:
            raise BadLine("-", line.decode(), "应为一个完整的 JSON 对象；嵌套过深") from None
        if not isinstance(row, dict):
            raise BadLine("-", row, "应为一个 JSON 对象 {…}")
        return row


class NoConstant(ValueError):
    """A word that other readers of JSON let pass: NaN, Infinity."""


def _no_constant(name: str) -> None:
    raise NoConstant(f"{name} 不是 JSON")
