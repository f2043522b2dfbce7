"""Lines of a timeline in Chinese: what happened, when by both clocks, by whose hand, what it changed, where it leads.

Each leads on: to the event itself, its record, what led to it, the source that a row came from, and to what was seen
right before it (看当时看到的). A hand is followed only where whoever looks may follow it: that is found by asking.
`tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from api.cases.log import histories
from api.console.screen import Asking
from api.console.tracing.fields import Change, changes, told_so_far
from api.house import House
from api.words.codes import TITLE_LEVELS
from api.words.telling import role as role_name
from api.words.telling import source_of
from api.words.year_page import HANDS
from ledger.envelope import decode
from ledger.events.act import ActOpened
from ledger.ids import PREFIXES
from ledger.vocabulary import format_hours
from policies.reasons import reason
from policies.words import base_vocabulary
from projections.event_kinds import kind_of as kind_of_event

RECORDS: Final = {
    "person": "人员", "transfer": "单位变更", "claim": "申报", "statement": "情况表", "enrolment": "学习",
    "booking": "考试", "card": "登记卡", "application": "职称申报", "actor": "账号", "unit": "单位", "plan": "培训计划",
    "class": "培训班", "import": "导入", "course": "课程", "exam": "场次", "rulebook": "细则", "case": "案件",
    "finding": "线索", "act": "批次", "log": "日志",
}
AT: Final = {
    "claim": "/claims/", "transfer": "/transfers/", "statement": "/statements/", "unit": "/units/", "plan": "/plans/",
    "class": "/classes/", "import": "/imports/", "person": "/persons/", "actor": "/actors/",
    "case": "/cases/",
}
"""Under which address the thread of a record stands, with `/timeline` behind it."""

_CHANGES_MOST: Final = 12
_IDLE: Final = ("claim", "person", "training_class", "plan", "unit", "transfer", "statement", "actor", "batch", "hand")
"""What every event of a record repeats, or says of the hand that stands beside it."""


def leads(record: str, purpose: str | None) -> str | None:
    """Where the thread of a record stands, if it has one here."""
    kind = _kind(record)
    if kind not in AT or kind == "case":  # Who works on one is not asked for each line: its own page leads to it.
        return None
    return f"{AT[kind]}{record}/timeline{'?' + urlencode({'purpose': purpose}) if purpose else ''}"


def told(asking: Asking, found: Sequence[Mapping[str, Any]], purpose: str | None) -> list[dict[str, Any]]:
    """Lines as a page shows them."""
    house = asking.house
    changed = _changed(house, found)
    names = {one["by"]["organisation"]: _unit(house, one["by"]["organisation"]) for one in found}

    @cache
    def may_follow(actor: str) -> bool:
        return not asking.capacity.is_person and actor.startswith(PREFIXES["actor"]) and histories.follows(
            house, asking.caller, actor)

    shown = [_line(house, one, names, changed.get(one["event"], ()), purpose) | {
        "follows": may_follow(one["by"]["actor"])} for one in found]
    sees = asking.capacity.is_person or asking.capacity.sees
    for one in shown:
        if not sees:  # An administrator's own appointment names a person at whom they may not look.
            one["then"] = []
        if one["decision"] and one["by"]["actor"] == asking.caller.id and asking.capacity.reviews:
            one["then"].append(("审核待办", f"/queue?{urlencode({'as_of': one['position'] - 1})}"))
    return shown


def _line(
    house: House, one: Mapping[str, Any], names: Mapping[str, str], changed: Sequence[Change], purpose: str | None
) -> dict[str, Any]:
    by, facts = one["by"], one["facts"] or {}
    recorded = datetime.fromisoformat(one["recorded_at"])
    happened = recorded.date() if one["happened_on"] is None else date.fromisoformat(one["happened_on"])
    why = reason(one["what"], by["reason"])
    return {
        **one, "recorded": recorded.date(), "time": one["recorded_at"][11:19], "happened": happened,
        "own_day": one["happened_on"] is not None, "days": (recorded.date() - happened).days,
        "about": "，".join(about(house, facts)), "role": HANDS.get(by["role"], role_name(by["role"])),
        "organisation": names[by["organisation"]], "reason": by["reason"] if why is None else why.title,
        "record": RECORDS.get(_kind(one["stream"]), ""), "leads": leads(one["stream"], purpose),
        "changes": changed[:_CHANGES_MOST], "more_changes": max(0, len(changed) - _CHANGES_MOST),
        "source": _source(facts.get("source")), "batch": _batch(house, one["act"]), "then": _then(one, facts, purpose),
        "decision": _decision(one.get("decision")), "became": one.get("became"), "person": facts.get("person"),
    }


def _source(said: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Where a record came from, and what that is called."""
    return said and {**said, "words": source_of(said["system"])}


def about(house: House, facts: Mapping[str, Any]) -> Iterable[str]:
    """What an event is about, in a few words."""
    known = base_vocabulary()
    if (study := facts.get("study")) is not None:
        level = study.get("level")
        yield known.route_name(study["route"]) + (f"（{known.level_name(level, study['route'])}）" if level else "")
        yield known.categories.get(study["category"], "")
    if (ruling := facts.get("ruling")) is not None:
        yield f"核定 {format_hours(ruling['assessed_centi'])} 学时"
    place = facts.get("affiliation") or {}
    unit = facts.get("to_unit") or place.get("unit")
    if unit is not None and (name := _unit(house, unit)):
        yield name
    if "obtained_on" in facts and "level" in facts:
        yield TITLE_LEVELS.get(facts["level"], str(facts["level"]))
    if isinstance(facts.get("title"), str):
        yield facts["title"]
    if (scope := facts.get("scope")) is not None:
        yield role_name(scope["role"])


def _decision(one: Mapping[str, Any] | None) -> str:
    """How long a step had waited, what was opened, and whether it was one of the own organisation's."""
    if one is None:
        return ""
    said = [f"等待 {length(one['waited_seconds'])}"]
    if one.get("evidence"):
        said.append(f"打开佐证 {one['evidence_opened']}/{one['evidence']}")
    if one["own_organisation"]:
        said.append("办理本单位的")
    return "，".join(said)


def length(seconds: int) -> str:
    """A span of time in the largest unit that fits."""
    for size, name in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} 秒"


def _then(one: Mapping[str, Any], facts: Mapping[str, Any], purpose: str | None) -> list[tuple[str, str]]:
    """Where to see what was seen right before an event: the claim and the year of whom it was about."""
    before = one["position"] - 1
    asked = {"as_of": before} | ({"purpose": purpose} if purpose else {})
    places = []
    if one["stream"].startswith(PREFIXES["claim"]) and one["version"] > 1 and one["act"] is None:
        places.append(("申报", f"/claims/{one['stream']}?{urlencode(asked)}"))
    if (person := facts.get("person")) is not None and one["what"] != "person.registered":
        places.append(("年度学时", f"/persons/{person}/years?{urlencode(asked)}"))
    return places


def _batch(house: House, act: str | None) -> dict[str, Any] | None:
    """The larger act that an event belongs to: where it was opened, and the digest of its list."""
    if act is None:
        return None
    (position, leaf), *_ = house.ledger.store.stream(act)
    opened = decode(leaf).event
    assert isinstance(opened, ActOpened), "an act begins with its opening"
    return {"event": position, "rows": opened.rows, "sha256": opened.list_sha256}


# What each changed


def _changed(house: House, found: Iterable[Mapping[str, Any]]) -> dict[int, list[Change]]:
    """Of each event that is not its record's first, in what it differs from what the record said until then."""
    wanted = {one["event"] for one in found if one["facts"] is not None and one["version"] > 1}
    streams = list(dict.fromkeys(one["stream"] for one in found if one["event"] in wanted))
    changed: dict[int, list[Change]] = {}
    for leaves in house.ledger.store.streams(streams).values():
        before: dict[str, str] = {}
        for position, leaf in leaves:
            event = decode(leaf).event
            said = payload(event)
            if position in wanted:
                changed[position] = changes(kind_of_event(event), said, before)
            before = told_so_far(kind_of_event(event), said, before)
    return changed


def payload(event: Any) -> dict[str, Any]:
    """What an event says openly, without what all of its record's repeat."""
    return {name: value for name, value in whole(event).items() if name not in _IDLE}


def whole(event: Any) -> dict[str, Any]:
    """Everything that an event says openly."""
    facts: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in facts.items() if name != "type"}


def row(one: Mapping[str, Any]) -> tuple[str | int | None, ...]:
    """A line as a row of a file."""
    by = one["by"]
    return (one["event"], one["position"], one["recorded_at"], one["happened_on"], one["words"], one["what"],
            one["stream"], one["version"], role_name(by["role"]), by["actor"], by["organisation"], by["on_behalf_of"],
            by["reason"], one["cause"], one["act"], one["correlation"])


def _unit(house: House, unit: str | None) -> str:
    found = None if unit is None else house.answers.unit(unit)
    return "" if found is None else found.names[-1].name


def _kind(record: str) -> str:
    return next((kind for kind, prefix in PREFIXES.items() if record.startswith(prefix)), "")

