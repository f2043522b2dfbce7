"""Fields of an event in Chinese, and in what one event of a record differs from those before it.

What an event says is taken apart to its single values, each under the words of where it stands ("评定 · 核定学时");
codes, regions and hours are put as people write them. A record's later event is shown by what it changes: a value that
an earlier one gave, and the one it gives now. `tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from api.console.tracing.code_words import code_words
from api.console.tracing.field_words import FIELDS, OWN
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.ids import PREFIXES
from ledger.vocabulary import format_hours
from policies.words import base_vocabulary
from projections.basis import written_time

_PREFIXES: Final = tuple(PREFIXES.values())
_ROLES: Final = frozenset({"role", "step", "steps", "office", "missing", "recipient", "recipients"})
_TIMES: Final = frozenset({"started_at", "ended_at", "final_after"})
_CITED: Final = ("clauses", "article")
_RULEBOOK: Final = re.compile(r"[a-z0-9-]+/[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]+)?")
_LONG: Final = 40


class Field(NamedTuple):
    """One value of an event."""

    path: str      # Where it stands, for programs: `study.evidence_on`.
    name: str
    value: str
    kind: str = ""  # id: a record's name, which may lead somewhere; hash: a digest; rulebook, clause; empty: words.
    code: str = ""  # What was recorded, where the value is what that is called.
    rulebook: str = ""  # Of a clause: in which rulebook it stands.


class Change(NamedTuple):
    """What an event says other than those before it in its record; `before` None: nothing was said of it."""

    path: str
    name: str
    before: str | None
    after: str | None
    kind: str = ""


def fields(what: str, event: Mapping[str, Any]) -> list[Field]:
    """Every value of an event or of what is sealed beside it, in its own order."""
    return list(_taken_apart(what, event, (), ""))


def _taken_apart(what: str, value: Any, path: tuple[str, ...], rulebook: str) -> Iterator[Field]:
    if isinstance(value, Mapping):
        within = str(value.get("rulebook") or rulebook)
        for name, one in value.items():
            if name != "type" and one is not None:
                yield from _taken_apart(what, one, (*path, str(name)), within)
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for number, one in enumerate(value, 1):
            yield from _taken_apart(what, one, (*path, str(number)), rulebook)
    elif not isinstance(value, list | tuple):
        yield _field(what, path, value, rulebook)
    elif path[-1] in _CITED:  # One by one, since each leads to its own words.
        for number, one in enumerate(value, 1):
            yield _field(what, path if len(value) == 1 else (*path, str(number)), one, rulebook)
    elif value:
        told = [_told(what, path[-1], one) for one in value]
        codes = [str(one) for one, words in zip(value, told, strict=True) if _is_code(path[-1], one, words)]
        yield Field(".".join(path), _name(path, OWN.get(what, {})), "、".join(told),
                    _kind(value[0]) if len(value) == 1 else "", " ".join(codes))


def _field(what: str, path: tuple[str, ...], value: Any, rulebook: str) -> Field:
    name = next(one for one in reversed(path) if not one.isdecimal())
    told, kind = _told(what, name, value), _kind(value)
    if name == "rulebook" and _RULEBOOK.fullmatch(str(value)):
        kind = "rulebook"
    elif name in _CITED and rulebook:
        kind = "clause"
    code = str(value) if _is_code(name, value, told) else ""
    return Field(".".join(path), _name(path, OWN.get(what, {})), told, kind, code, rulebook if kind == "clause" else "")


def _is_code(name: str, value: Any, told: str) -> bool:
    """Say whether a value is a code that is told in words; a region says its own."""
    return isinstance(value, str) and name != "region" and told != value


def _name(path: Iterable[str], own: Mapping[str, str]) -> str:
    """The words of where a value stands: `ruling.assessed_centi` is 评定 · 核定学时."""
    known = base_vocabulary()
    told: list[str] = []
    for one in path:
        if one.isdecimal() and told:
            told[-1] += f" {one}"
        else:
            told.append(own.get(one) or FIELDS.get(one) or known.field_name(one))
    return " · ".join(told)


def _kind(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if value.startswith(_PREFIXES):
        return "id"
    return "hash" if len(value) >= _LONG and value.isascii() and " " not in value else ""


def _told(what: str, name: str, value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return _number(name, value)
    text = str(value)
    if name in _ROLES:
        return role_name(text)
    if name == "region":
        return f"{region(text.ljust(6, '0'))}（{text}）"
    if name == "route":
        return base_vocabulary().route_name(text)
    return code_words(what, name, text)


def _number(name: str, value: int) -> str:
    if name.endswith("_centi"):
        return format_hours(value)
    if name.endswith("_half"):
        return f"{value // 2}{'.5' if value % 2 else ''} 天"
    return written_time(value)[:19].replace("T", " ") if name in _TIMES else str(value)


def changes(what: str, event: Mapping[str, Any], before: Mapping[str, str]) -> list[Change]:
    """In what an event differs from what its record said so far, as `told_so_far` keeps it.

    A part that is stated anew is stated whole: what it no longer names is gone with it.
    """
    found = fields(what, event)
    now = {one.path: one for one in found}
    stated = {one.path.partition(".")[0] for one in found if "." in one.path}
    changed = [Change(one.path, one.name, before.get(one.path), one.value, one.kind)
               for one in found if before.get(one.path) != one.value]
    own = OWN.get(what, {})
    gone = [Change(path, _name(path.split("."), own), value, None) for path, value in before.items()
            if path not in now and path.partition(".")[0] in stated]
    return changed + gone


def told_so_far(what: str, event: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    """What a record says once an event is added to what it said."""
    found = fields(what, event)
    stated = {one.path.partition(".")[0] for one in found if "." in one.path}
    kept = {path: value for path, value in before.items() if path.partition(".")[0] not in stated}
    return kept | {one.path: one.value for one in found}
