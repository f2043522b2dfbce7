"""From one tainted entry to whatever shares something with it: a picture, what is shared, who shares it, a step on.

Each thing that is shared can itself be begun with, and has a timeline. Whoever shares by right is shown with the reason
beside them. What is sealed (numbers, devices, addresses) stands in no address and on no page but as its digest.

`tests/console/test_pivot_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.tracing import shared, shared_threads
from api.cases.tracing.shared import Seen
from api.console import words
from api.console.claiming.claim import told_basis
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.tracing import timeline
from api.console.tracing.ring import Node, ring
from api.paper.tables_out import Table
from api.whole import whole
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.words import base_vocabulary
from projections.findings.having import DIMENSIONS, Key
from projections.findings.shared import GUARDS, STARTS_MOST

ROWS: Final = 20
_FILE_MOST: Final = 3_000
_NAMES: Final = {
    "certificate": "证书编号", "number": "编号", "evidence": "佐证文件", "picture": "图像", "document": "生成时刻",
    "device": "设备", "address": "网络地址", "class": "培训班", "organiser": "主办单位", "approver": "认定账号",
    "hour": "认定钟点",
}
_SEALED: Final = frozenset({"certificate", "number", "picture", "document", "device", "address"})
_HEADS: Final = ("申报", "人员", "与起点相同", "状态", "单位", "途径", "科目", "佐证日期", "核定学时", "认定账号",
                 "认定时间")
_REST: Final = ("purpose", "only", "after", "dimension", "value")

assert _NAMES.keys() == set(DIMENSIONS), "each has its name"

_Ask = Callable[[int, tuple[Any, ...] | None, int], "Seen | Refusal"]


def claim(asking: Asking, claim: str) -> Shown:
    """What an entry shares with others."""
    moment, only = _asked()
    return _shown(asking, moment, f"/claims/{claim}/shared", only, lambda as_of, after, limit: shared.of_claim(
        asking.house, asking.caller, claim, asking.purpose, only=only, as_of=as_of, after=after, limit=limit),
        {"title": "与这项申报相同的", "claim": claim, "start": claim, "place": f"/claims/{claim}"})


def finding(asking: Asking, finding: str) -> Shown:
    """What the entries of a finding share, among themselves and with others."""
    moment, only = _asked()
    return _shown(asking, moment, f"/findings/{finding}/shared", only, lambda as_of, after, limit: shared.of_finding(
        asking.house, asking.caller, finding, asking.purpose, only=only, as_of=as_of, after=after, limit=limit),
        {"title": "与线索所涉申报相同的", "start": finding, "place": f"/findings/{finding}"})


def value(asking: Asking) -> Shown:
    """Who has something that an entry may have."""
    moment, _ = _asked()
    dimension, wanted = moment.rest.get("dimension", ""), moment.rest.get("value", "")
    key = shared.key_of(dimension, wanted)
    return _shown(asking, moment, "/shared", None, lambda as_of, after, limit: shared.of_key(
        asking.house, asking.caller, dimension, wanted, asking.purpose, as_of=as_of, after=after, limit=limit),
        {"title": f"同一{_NAMES[dimension]}的申报", "key": _key(asking, key, asking.purpose)})


def events(asking: Asking) -> Shown:
    """What happened to everything that has something, in two lanes."""
    moment, _ = _asked()
    dimension, wanted = moment.rest.get("dimension", ""), moment.rest.get("value", "")
    key = shared.key_of(dimension, wanted)
    position = moment.position(asking.house)
    purpose = asking.purpose  # Of the request, which is over while a file is still being written.
    told = _key(asking, key, purpose)
    kept: list[shared_threads.Thread] = []

    def ask(newest: bool, after: Any, limit: int) -> Any:
        found = shared_threads.of_key(asking.house, asking.caller, dimension, wanted, purpose, as_of=position,
                                      newest=newest, after=after, limit=limit)
        if isinstance(found, Refusal):
            return found
        kept.append(found)
        return found.page

    return timeline.of_several(asking, ask, {
        "title": f"{_NAMES[dimension]}的经过", "whose": told["said"], "path": "/shared/timeline", "is_record": True,
        "key": told, "thread": kept}, f"{dimension}-timeline", f"{_NAMES[dimension]}的经过", _REST)


def _asked() -> tuple[Moment, str | None]:
    moment = asked_moment(rest=_REST)
    only = moment.rest.get("only")
    return moment, only if only in DIMENSIONS else None


def _shown(
    asking: Asking, moment: Moment, path: str, only: str | None, ask: _Ask, told: dict[str, Any]
) -> Shown:
    position = moment.position(asking.house)
    place = whole(moment.rest.get("after", ""))
    is_file = request.path.endswith(".csv")
    found = ask(position, None if is_file or place is None else (place,),
                _FILE_MOST if is_file else ROWS)
    if isinstance(found, Refusal):
        return found
    basis, purpose = asking.house.answers.reflects(position), asking.purpose
    rows = [_row(asking, one) for one in found.items]
    dimensions = [_dimension(asking, one, purpose) for one in shared.view(found)["dimensions"]]
    further = [{**_key(asking, one.key, purpose), "claims": one.claims, "persons": one.persons,
                "through": "、".join(dict.fromkeys(_NAMES[by.dimension] for by in one.through))}
               for one in found.pivot.further]
    return Page("pivot.html", {
        "moment": moment, "basis": told_basis(basis), "path": path, "purpose": purpose, "rows": rows,
        "dimensions": dimensions, "further": further, "picture": ring(_nodes(found, dimensions)), "only": only,
        "kinds": {name: _NAMES[name] for name in dict.fromkeys(one["dimension"] for one in dimensions)},
        "left": found.pivot.left, "compares_sealed": found.has_clues,
        "next": None if found.next is None else found.next[0],
        "stopped": "、".join(dict.fromkeys(_NAMES[one.dimension] for one in found.pivot.stopped)),
        "starts_most": STARTS_MOST, "claim": None, "start": None, **told,
    }, {**shared.view(found), "items": list(found.items), "next": found.next, **basis},
        Table("shared", told["title"], _HEADS, [_line(one) for one in rows], position, basis["as_of_time"],
              {"起点": told.get("start") or told["key"]["said"]}))


def _nodes(found: Seen, dimensions: Sequence[Mapping[str, Any]]) -> list[Node]:
    """What others have of what was begun with; what nobody else has is in the table alone."""
    leads = [by for one in found.pivot.further for by in one.through[:1]]
    return [Node(told["name"], one.claims, one.persons, one.is_more, one.is_telling, leads.count(one.key), told["link"])
            for one, told in zip(found.pivot.shared, dimensions, strict=True) if one.claims]


def _dimension(asking: Asking, one: Mapping[str, Any], purpose: str | None) -> dict[str, Any]:
    return {**one, **_key(asking, Key(one["dimension"], one["value"]), purpose),
            "why": " ".join(GUARDS[guard["code"]] for guard in one["guards"])}


def _key(asking: Asking, key: Key, purpose: str | None) -> dict[str, Any]:
    """How something that entries may have is called, and where it leads."""
    asked = urlencode({"dimension": key.dimension, "value": key.value} | ({"purpose": purpose} if purpose else {}))
    return {"dimension": key.dimension, "name": _NAMES[key.dimension], "said": _said(asking, key),
            "is_sealed": key.dimension in _SEALED, "link": f"/shared?{asked}", "timeline": f"/shared/timeline?{asked}",
            "own": _own(key, purpose)}


def _said(asking: Asking, key: Key) -> str:
    if key.dimension == "hour":
        return f"{key.value[:10]} {key.value[11:]} 时"
    if key.dimension in _SEALED or key.dimension == "evidence":
        return f"{key.value[:12]}…"
    if key.value.startswith("unt_") and (unit := asking.house.answers.unit(key.value)) is not None:
        return unit.names[-1].name
    return key.value


def _own(key: Key, purpose: str | None) -> str | None:
    """Where its own record stands, if it has one."""
    asked = f"?{urlencode({'purpose': purpose})}" if purpose else ""
    places = {"evidence": "/evidence/{}", "approver": "/actors/{}/timeline", "class": "/classes/{}/timeline"}
    if key.dimension == "organiser":
        return f"/units/{key.value}/timeline{asked}" if key.value.startswith("unt_") else None
    return places[key.dimension].format(key.value) + asked if key.dimension in places else None


def _row(asking: Asking, one: Mapping[str, Any]) -> dict[str, Any]:
    unit, known = asking.house.answers.unit(one["unit"]), base_vocabulary()
    hours = one["assessed_centi"]
    return {
        **one, "unit_name": "" if unit is None else unit.names[-1].name, "state": words.state(one["status"]),
        "route_name": known.route_name(one["route"]), "category_name": known.categories.get(one["category"], ""),
        "same": "、".join(dict.fromkeys(_NAMES[each["dimension"]] for each in one["shares"])),
        "hours": None if hours is None else format_hours(hours),
    }


def _line(one: Mapping[str, Any]) -> tuple[str | None, ...]:
    return (one["claim"], one["person"], one["same"], one["state"][2], one["unit_name"], one["route_name"],
            one["category_name"], one["evidence_on"], one["hours"], one["decided_by"], one["decided_at"])
