"""What a detector proposed of a case: every form of each finding, the SQL and the thresholds of the pattern's version.

A finding is derived, so it is signed for and not proved: what it rests on is. Whoever holds the same history asks the
same question of it and finds the same. Where this program no longer has that version of a pattern, or no finding was
looked for yet, the bundle says so in its place.

`tests/api/test_case_bundle.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, NamedTuple

from api.house import House
from api.refusals.problems import told_of
from api.words.finding_words import sentence
from ledger.offline.verify_leaf import format_lines
from projections.errors import ProjectionError
from projections.findings.found import Finding, history_of, position_of
from projections.findings.patterns import Pattern, patterns


class Detected(NamedTuple):
    """Findings in all their forms, the questions that found them, and what is not there of either."""

    findings: Mapping[str, tuple[Finding, ...]]
    patterns: tuple[Pattern, ...]
    missing: tuple[str, ...]

    def told(self) -> list[dict[str, Any]]:
        """Each finding in its last form, as a line."""
        return [{"finding": name, "pattern": forms[-1].name, "severity": forms[-1].severity,
                 "sentence": _sentence(self.patterns, forms[-1]), "facts_sha256": forms[-1].facts_sha256,
                 "events": list(forms[-1].events), "ended": forms[-1].until_position is not None}
                for name, forms in self.findings.items() if forms]

    def files(self) -> Iterable[tuple[str, bytes]]:
        """The files: a finding each, a question each, the thresholds."""
        for name, forms in self.findings.items():
            if forms:
                yield f"findings/{name}.json", format_lines({"finding": name, "forms": [_form(one) for one in forms]})
        for pattern in self.patterns:
            yield f"findings/{pattern.id}-{pattern.version}.sql", pattern.sql.encode()
        if self.patterns:
            yield "findings/thresholds.toml", resources.files("projections.findings").joinpath(
                "thresholds.toml").read_bytes()


def detected(house: House, case: Mapping[str, Any], as_of: int) -> Detected:
    """What was found of what a case looks into, up to a position."""
    names, missing = [str(one) for one in case["linked_findings"]], list[str]()
    found: dict[str, tuple[Finding, ...]] = {}
    try:
        at = min(as_of, position_of(house.answers)) if names else 0
        found = {name: tuple(_as_of(one, at) for one in history_of(house.answers, name, as_of=at)) for name in names}
    except ProjectionError as error:
        missing.append(told_of(error))
    missing += [f"线索 {name} 到第 {as_of} 个事件为止没有检出的记录。" for name, forms in found.items() if not forms]
    versions = {one.name for forms in found.values() for one in forms} | {
        str(case["pattern"])} - {"None"}
    known = {one.name: one for one in patterns().values()}
    missing += [f"核查规则 {name} 的这一版 SQL 不在现在的程序中。" for name in sorted(versions - known.keys())]
    return Detected(found, tuple(known[name] for name in sorted(versions & known.keys())), tuple(missing))


def _as_of(one: Finding, at: int) -> Finding:
    """The form without what became of it later, so that the same moment is told in the same bytes."""
    ends = one.until_position
    return one if ends is None or ends <= at else one._replace(until_position=None)


def _sentence(known: Iterable[Pattern], one: Finding) -> str:
    pattern = next((each for each in known if each.name == one.name), None)
    return sentence(pattern, one.pattern, one.figures)


def _form(one: Finding) -> dict[str, Any]:
    return {name: _plain(value) for name, value in one._asdict().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
