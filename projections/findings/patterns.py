"""Patterns: each a question in SQL over traces and clues, with a head that says what it is for, and its thresholds.

`patterns/D??.sql` begins with comments of a fixed form:

    -- D01/1 两个人，同一个证书编号           the pattern and its version, and what it is called
    -- severity: high                      critical, high, medium or low
    -- touches: claim, class               kinds of keys whose facts it rests on (`touching.py` has them all)
    -- rule: / reason: / guard:            what it looks for; why, with the articles; which honest likenesses it spares
    -- thresholds: class_persons           names in thresholds.toml, bound as :D01_class_persons
    -- counter: one_class 是否同一班次；……   what each number of `counter` and of `figures` says
    -- looks: everything                   only of a pattern that compares everything with everything
    -- tells: members                      `members.sql` follows: what is told of the entries that belong to a finding

The question begins at the temporary table `touched(kind, id)`, goes on by indexes (`FROM touched t CROSS JOIN claim c
ON ...`), and gives one row a finding, with these columns: `about`, the key of the finding within its pattern; `region`
and `sector` (null where there is more than one); `persons`, `claims`, `actors`, `organisers`, `events` as sorted lists
in JSON; `counter` and `figures` as objects in JSON. It may give `looked` as well: a list of the keys of its kinds that
lead to the finding, where these are none of those four lists (a course, a class, a month of an account).

So one question serves the whole past, where everything is touched, and the newest events. Two promises make both come
to the same, and a test holds every pattern to them:

* What it says of an `about` follows from everything that belongs to it, however it came to look there.
* From any key that belongs to an `about` it comes to look there. Whoever changes so that he belongs to it no longer is
  known from the finding: before a pattern is asked, everyone who stands in a finding with a touched key is touched.

A pattern with `looks: everything` keeps neither and begins at no key: it is asked whenever anything of its kinds moved.

`tests/projections/findings/test_patterns_read.py` shows it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import msgspec

from projections.errors import ProjectionError

SEVERITIES: Final = ("critical", "high", "medium", "low")
LISTS: Final = ("persons", "claims", "actors", "organisers")
"""What a finding is about, in lists of ids; the kind of each is its name without the s."""
COLUMNS: Final = ("about", "region", "sector", *LISTS, "events", "counter", "figures")
KINDS: Final = (
    "claim", "person", "actor", "actor_month", "class", "organiser", "course", "unit", "unit_year", "system", "act")
"""What can be touched."""
LISTED: Final = tuple(one.removesuffix("s") for one in LISTS)

_FOLDER: Final = resources.files(__package__).joinpath("patterns")
_FIRST: Final = re.compile(r"-- (D[0-9]{2})/([1-9][0-9]*) (\S.*)")
_LINE: Final = re.compile(r"-- ([a-z]+): (\S.*)")
_BETWEEN: Final = re.compile("；(?![^（]*）)")
_NAME: Final = re.compile(r"[a-z][a-z_]*")
_WANTED: Final = ("severity", "touches", "rule", "reason", "guard")
_MORE: Final = ("thresholds", "counter", "figures", "looks", "tells")
_MEMBERS: Final = "members.sql"
_PARAMETER: Final = re.compile(r"(?<![\w:]):([A-Za-z]\w*)")
_UNSTEADY: Final = re.compile(r"'now'|\bcurrent_(?:date|time|timestamp)\b|\brandom(?:blob)?\s*\(", re.IGNORECASE)


class PatternMalformed(ProjectionError):
    """A pattern or the thresholds cannot be used as they are written: a defect of this program."""

    code = "pattern_malformed"

    def __init__(self, pattern: str, reason: str) -> None:
        self.pattern = pattern
        super().__init__(f"检出规则 {pattern} 写得不合格式：{reason}。这是程序自身的缺陷，请报告维护者。")


class PatternUnknown(ProjectionError):
    """A pattern that there is not."""

    code = "pattern_unknown"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"没有名为 {name} 的检出规则。现有：{'、'.join(known)}。")


class Threshold(NamedTuple):
    """A value from a day on, and why it is that."""

    starts: date
    value: int | str
    because: str


class Pattern(NamedTuple):
    """One of them."""

    id: str
    version: int
    title: str
    severity: str
    touches: tuple[str, ...]
    rule: str
    reason: str
    guard: str
    thresholds: tuple[str, ...]
    counter: Mapping[str, str]   # What each of its numbers says.
    figures: Mapping[str, str]
    looks_at_everything: bool
    sql: str

    @property
    def name(self) -> str:
        """With its version, as findings and decisions name it."""
        return f"{self.id}/{self.version}"

    def bound(self, values: Mapping[str, int | str]) -> dict[str, int | str]:
        """Give its thresholds under the names that the SQL has for them."""
        return {f"{self.id}_{name}": values[name] for name in self.thresholds}

    def fingerprint(self, values: Mapping[str, int | str]) -> str:
        """What its findings follow from besides the facts: where it changes, the whole past is asked about again."""
        return hashlib.sha256(msgspec.json.encode((self.sql, sorted(values.items())))).hexdigest()


@cache
def patterns() -> Mapping[str, Pattern]:
    """Every pattern there is, by its id."""
    texts = sorted((one.name, one.read_text("utf-8")) for one in _FOLDER.iterdir()
                   if one.name.endswith(".sql") and one.name != _MEMBERS)
    read = {name.removesuffix(".sql"): read_pattern(name.removesuffix(".sql"), text) for name, text in texts}
    for pattern in read.values():
        for name in pattern.thresholds:
            if name not in thresholds().get(pattern.id, {}):
                raise PatternMalformed(pattern.id, f"thresholds.toml 里没有 {pattern.id}.{name}")
    return read


def chosen(names: Iterable[str]) -> list[Pattern]:
    """Give some of them by id, in their order, or all; raises PatternUnknown."""
    known, wanted = patterns(), {name.upper().partition("/")[0] for name in names}
    if unknown := sorted(wanted - known.keys()):
        raise PatternUnknown(unknown[0], known)
    return [one for one in known.values() if not wanted or one.id in wanted]


def read_pattern(id_: str, text: str) -> Pattern:
    """Read a pattern; raises PatternMalformed."""
    head = [line for line in text.splitlines() if line.strip()]
    first = _FIRST.fullmatch(head[0]) if head else None
    if first is None or first[1] != id_:
        raise PatternMalformed(id_, f"首行须为“-- {id_}/版本 名称”")
    said: dict[str, str] = {}
    for line in head[1:]:
        if (found := _LINE.fullmatch(line)) is None or found[1] not in (*_WANTED, *_MORE):
            break
        if found[1] in said:
            raise PatternMalformed(id_, f"“{found[1]}”写了两次")
        said[found[1]] = found[2]
    if missing := [name for name in _WANTED if name not in said]:
        raise PatternMalformed(id_, f"缺少“{missing[0]}”一行")
    pattern = Pattern(
        id_, int(first[2]), first[3], said["severity"], _names(said["touches"]), said["rule"], said["reason"],
        said["guard"], _names(said.get("thresholds", "")), _told(said.get("counter", "")),
        _told(said.get("figures", "")), said.get("looks") == "everything",
        text + _FOLDER.joinpath(_MEMBERS).read_text("utf-8") if "tells" in said else text)
    _check(pattern, said)
    return pattern


def _check(pattern: Pattern, said: Mapping[str, str]) -> None:
    if pattern.severity not in SEVERITIES:
        raise PatternMalformed(pattern.id, f"severity 只能是 {'、'.join(SEVERITIES)}")
    if unknown := [kind for kind in pattern.touches if kind not in KINDS]:
        raise PatternMalformed(pattern.id, f"touches 里没有 {unknown[0]} 这一类")
    if said.get("looks", "everything") != "everything":
        raise PatternMalformed(pattern.id, "looks 只能是 everything")
    if said.get("tells", "members") != "members":
        raise PatternMalformed(pattern.id, "tells 只能是 members")
    if bad := [name for name in pattern.thresholds if _NAME.fullmatch(name) is None]:
        raise PatternMalformed(pattern.id, f"门槛名 {bad[0]} 不是小写英文")
    bare = _bare(pattern.sql)
    asked, given = set(_PARAMETER.findall(bare)), {f"{pattern.id}_{name}" for name in pattern.thresholds}
    if asked != given:
        raise PatternMalformed(pattern.id, f"所用参数与 thresholds 一行不一致：{'、'.join(sorted(asked ^ given))}")
    if _UNSTEADY.search(pattern.sql) is not None:
        raise PatternMalformed(pattern.id, "结果不得随运行的时刻或随机数而变")


def _bare(sql: str) -> str:
    """The SQL without comments and literals, in which a colon means a parameter."""
    return re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", sql)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _told(text: str) -> dict[str, str]:
    """`one_class 是否同一班次；cards 卡数`: what each name means; what stands in brackets belongs to one name."""
    pairs = (one.strip().partition(" ") for one in _BETWEEN.split(text) if one.strip())
    return {name: words.strip() for name, _, words in pairs}


# Thresholds


@cache
def thresholds() -> Mapping[str, Mapping[str, tuple[Threshold, ...]]]:
    """The history of every threshold, by pattern and name."""
    return read_thresholds(resources.files(__package__).joinpath("thresholds.toml").read_text("utf-8"))


def read_thresholds(text: str) -> dict[str, dict[str, tuple[Threshold, ...]]]:
    """Read them; raises PatternMalformed where a history has a gap, an unordered day or a value without a reason."""
    read: dict[str, dict[str, tuple[Threshold, ...]]] = {}
    for id_, names in tomllib.loads(text).items():
        read[id_] = {name: tuple(_threshold(id_, name, one) for one in told) for name, told in names.items()}
        for name, history in read[id_].items():
            days = [one.starts for one in history]
            if not days or days != sorted(set(days)):
                raise PatternMalformed(id_, f"门槛 {name} 的各个 from 须由早到晚")
    return read


def _threshold(id_: str, name: str, told: Mapping[str, Any]) -> Threshold:
    starts, value, because = told.get("from"), told.get("value"), told.get("because")
    is_value = isinstance(value, int | str) and not isinstance(value, bool)
    if set(told) != {"from", "value", "because"} or type(starts) is not date or not is_value or not because:
        raise PatternMalformed(id_, f"门槛 {name} 每一条须有且只有 from（日期）、value（整数或文字）、because（理由）")
    assert isinstance(starts, date)
    assert isinstance(value, int | str)
    return Threshold(starts, value, str(because))


def thresholds_on(pattern: Pattern, day: date) -> dict[str, int | str]:
    """The values of a pattern's thresholds that are in force on a day; before the first of them, the first."""
    histories = thresholds().get(pattern.id, {})
    return {name: next((one for one in reversed(histories[name]) if one.starts <= day), histories[name][0]).value
            for name in pattern.thresholds}
